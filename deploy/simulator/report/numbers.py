"""A study as JSON for programs: every figure with its interval and its value for each seed."""

import json
from collections.abc import Sequence
from typing import Any

from deploy.simulator.comparing import difference
from deploy.simulator.figures import GOALS, MARK, Figures
from deploy.simulator.grid import Grid
from deploy.simulator.intervals import Interval
from deploy.simulator.report import words
from deploy.simulator.report.material import Material
from deploy.simulator.report.policies_told import tiers_told
from deploy.simulator.report.tables import told_in_tenths
from deploy.simulator.study import CURVE_MINUTES, Studied
from deploy.simulator.verdict import state_of
from services.matching.reporting.fill_report import BENCHMARK

_DIGITS = 6


def numbers(material: Material) -> str:
    """The JSON text, always the same for the same study."""
    return json.dumps(_rounded(_of(material)), indent=1, ensure_ascii=False) + "\n"


def _of(material: Material) -> dict[str, Any]:
    size, found = material.size, material.verdict
    return {
        "mark": MARK,
        "market": material.market.name,
        "first_seed": size.first_seed,
        "seeds": size.seeds,
        "weeks": size.weeks,
        "warm_up_weeks": size.warm_up_weeks,
        "benchmark": BENCHMARK,
        "measures": [
            {"key": one.key, "title": one.title, "unit": one.unit, "told": one.told}
            for one in found.chosen.measures
        ],
        "chosen": found.chosen.policy,
        "reaching": [one.policy for one in found.reaching],
        "summary": list(words.summary(material)),
        "policies": [_studied(one) for one in material.studied],
        "differences": [
            {
                "policy": found.chosen.policy,
                "less": other.policy,
                "figures": {
                    one.key: _interval(difference(found.chosen, other, one.key))
                    for one in found.chosen.measures
                },
            }
            for other in found.others
        ],
        "sensitivity": None if material.worse is None else _figures_of(material.worse),
        "grid": None if material.grid is None else _grid(material.grid),
    }


def _studied(one: Studied) -> dict[str, Any]:
    return {
        "policy": one.policy.name,
        "version": one.policy.version,
        "tiers": tiers_told(one.policy),
        "prices": {str(target): price for target, price in one.policy.prices.items()},
        "goals": {goal.key: state_of(one.figures, goal) for goal in GOALS},
        "figures": _figures(one.figures),
        "curve": [
            {"minutes": minutes, **(_interval(interval) or {})}
            for minutes, interval in zip(CURVE_MINUTES, one.curve, strict=True)
        ],
        "filled_240_by_outcode": {
            place.place: {"share": place.share, **(_interval(place.filled) or {})}
            for place in one.places
        },
        "new_hours_a_week_by_provider": one.hours_a_week,
        "forecasts": [
            {
                "horizon": told.horizon,
                "forecasts": told.forecasts,
                "brier": _interval(told.brier),
                "base_brier": _interval(told.base_brier),
                "skill": _interval(told.skill),
                "oracle_skill": _interval(told.oracle_skill),
                "tenths": told_in_tenths(told),
            }
            for told in one.forecasts
        ],
        **_later(one),
    }


def _later(one: Studied) -> dict[str, Any]:
    if not one.later:
        return {}
    return {
        "later_searches": {
            told.cause: {
                "per_hundred_packages": _interval(told.per_hundred),
                "filled_1440": _interval(told.filled),
            }
            for told in one.later
        }
    }


def _figures_of(studied: Sequence[Studied]) -> list[dict[str, Any]]:
    return [{"policy": one.policy.name, "figures": _figures(one.figures)} for one in studied]


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        one.key: {
            **(_interval(figures.intervals[one.key]) or {"mean": None}),
            "by_seed": list(figures.by_seed[one.key]),
        }
        for one in figures.measures
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return {
        "policy": grid.policy.policy,
        "broadcasts_tried": grid.broadcasts,
        "a_broadcast_reaches_both": grid.reaches,
        "broadcast": {"policy": grid.broadcast.policy, "figures": _figures(grid.broadcast)},
        "waves": {
            str(window): [{"policy": one.policy, "figures": _figures(one)} for one in family]
            for window, family in grid.waves.items()
        },
        "offers_as_share_of_best_waves": {
            str(window): _interval(share) for window, share in grid.shares.items()
        },
    }


def _interval(interval: Interval | None) -> dict[str, float | None] | None:
    if interval is None:
        return None
    return {"mean": interval.mean, "low": interval.low, "high": interval.high}


def _rounded(value: Any) -> Any:
    """The same without digits that nobody needs."""
    match value:
        case float():
            return round(value, _DIGITS) + 0.0
        case dict():
            return {key: _rounded(part) for key, part in value.items()}
        case list() | tuple():
            return [_rounded(part) for part in value]
        case _:
            return value
