"""How good forecasts were: calibration, Brier score, and skill against the base rate of their age.

The base rate is what happened to all placements that were looked at when they were as old: a
forecaster that knows the clock and nothing else. Skill is the share of its Brier score that a
forecast takes away: 0 is no better, 1 is perfect. Source: G. W. Brier, Verification of forecasts
expressed in terms of probability, 1950.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from deploy.simulator.intervals import Interval, over_seeds
from deploy.simulator.outcomes import Forecast, Horizon, RunOutcome

TENTHS = 10
NORMAL_95 = 1.959964
HORIZONS: tuple[Horizon, ...] = get_args(Horizon)
TOLD_FROM = 300
"""Fewer forecasts in a tenth say little about it."""
_AGE_STEPS = ((240.0, 10.0), (1440.0, 60.0), (math.inf, 1440.0))
"""Up to an age in minutes, how wide a class of age is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenth:
    """Forecasts between two chances: what was said on average, and the share that happened.

    `sampling_error` is the half width of the 95% interval of happened − said, in which forecasts of
    one package count as one look.
    """

    forecasts: int
    said: float
    happened: float
    sampling_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastFigures:
    """The forecasts of one horizon. Intervals are over seeds; `oracle_skill` is of a forecaster
    that knows the true habits, None where nobody asked one.
    """

    horizon: Horizon
    forecasts: int
    brier: Interval | None
    base_brier: Interval | None
    skill: Interval | None
    oracle_skill: Interval | None
    tenths: tuple[Tenth, ...]


def forecast_figures(runs: Sequence[RunOutcome]) -> tuple[ForecastFigures, ...]:
    """How good each horizon's forecasts were, over all runs; horizons without any are left out."""
    told = (_of_horizon(runs, horizon) for horizon in HORIZONS)
    return tuple(one for one in told if one is not None)


def _of_horizon(runs: Sequence[RunOutcome], horizon: Horizon) -> ForecastFigures | None:
    by_run = [_packages(run, horizon) for run in runs]
    packages = [package for run in by_run for package in run]
    forecasts = [one for package in packages for one in package]
    if not forecasts:
        return None
    rates = _base_rates(forecasts)
    seeds = [[one for package in run for one in package] for run in by_run]
    brier = [_brier(seed, lambda one: one.chance) for seed in seeds]
    base = [_brier(seed, lambda one: rates[_age(one)]) for seed in seeds]
    oracle = [_brier(seed, lambda one: one.oracle_chance) for seed in seeds]
    return ForecastFigures(
        horizon=horizon,
        forecasts=len(forecasts),
        brier=over_seeds(brier),
        base_brier=over_seeds(base),
        skill=over_seeds([_skill(mine, its) for mine, its in zip(brier, base, strict=True)]),
        oracle_skill=over_seeds(
            [_skill(mine, its) for mine, its in zip(oracle, base, strict=True)]
        ),
        tenths=tuple(_tenths(packages)),
    )


def _packages(run: RunOutcome, horizon: Horizon) -> list[list[Forecast]]:
    found = (
        [one for one in package.forecasts if one.horizon == horizon] for package in run.packages
    )
    return [package for package in found if package]


def _age(forecast: Forecast) -> float:
    """The class of age: its lower end in minutes."""
    step = next(step for below, step in _AGE_STEPS if forecast.at_minute < below)
    return forecast.at_minute // step * step


def _base_rates(forecasts: Iterable[Forecast]) -> dict[float, float]:
    counts: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for one in forecasts:
        counts[_age(one)][0] += one.happened
        counts[_age(one)][1] += 1
    return {age: happened / count for age, (happened, count) in counts.items()}


def _brier(
    forecasts: Sequence[Forecast], chance: Callable[[Forecast], float | None]
) -> float | None:
    errors = [
        None if (said := chance(one)) is None else (said - one.happened) ** 2 for one in forecasts
    ]
    told = [error for error in errors if error is not None]
    return math.fsum(told) / len(told) if told and len(told) == len(errors) else None


def _skill(brier: float | None, base: float | None) -> float | None:
    return None if brier is None or not base else 1 - brier / base


def _tenths(packages: Iterable[Sequence[Forecast]]) -> Iterable[Tenth]:
    by_tenth: dict[int, list[list[Forecast]]] = defaultdict(list)
    for package in packages:
        parts: dict[int, list[Forecast]] = defaultdict(list)
        for one in package:
            parts[min(int(one.chance * TENTHS), TENTHS - 1)].append(one)
        for tenth, part in parts.items():
            by_tenth[tenth].append(part)
    for tenth in sorted(by_tenth):
        yield _tenth(by_tenth[tenth])


def _tenth(packages: Sequence[Sequence[Forecast]]) -> Tenth:
    count = sum(len(package) for package in packages)
    said = math.fsum(one.chance for package in packages for one in package) / count
    happened = sum(one.happened for package in packages for one in package) / count
    apart = happened - said
    squares = math.fsum(
        math.fsum(one.happened - one.chance - apart for one in package) ** 2 for package in packages
    )
    return Tenth(
        forecasts=count,
        said=said,
        happened=happened,
        sampling_error=NORMAL_95 * math.sqrt(squares) / count,
    )
