"""The figures of a policy on a market: one value a seed, and their 95% interval over seeds.

`figures_of(runs)` is the one call; `MEASURES` says what each figure is, in the order of the table.
Denominators follow the domain page: a target's is every referral, since a run goes on until every
target instant has passed; unfilled and escalated ones count as missed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from deploy.simulator.figures_life import LIFE_MEASURES
from deploy.simulator.figures_shares import Peers, share_by_speed
from deploy.simulator.intervals import Interval
from deploy.simulator.measure import Measure
from deploy.simulator.outcomes import RunOutcome
from services.matching.reporting.fill_report import BENCHMARK

MARK = "simulated, assumed habits"
"""Stands wherever a figure of the simulator is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """At least `percent` of referrals filled within `minutes`; reached if the interval's low is."""

    minutes: int
    percent: float

    @property
    def key(self) -> str:
        """The measure that it speaks of."""
        return f"filled_{self.minutes}"


GOALS = tuple(
    Goal(minutes=target["target_minutes"], percent=target["percent"])
    for target in BENCHMARK["targets"]
)
"""Source: Devon Cares' published figures, taken as goals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of one policy: `by_seed[key]` in the order of `seeds`, `intervals[key]` of them."""

    policy: str
    seeds: tuple[int, ...]
    by_seed: dict[str, tuple[float | None, ...]] = field(repr=False)
    intervals: dict[str, Interval | None]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Those that there are figures of, in the order of the table."""
        return tuple(one for one in BY_KEY.values() if one.key in self.by_seed)

    def mean(self, key: str) -> float:
        """A figure that every run has. Raises KeyError for one that some run lacks."""
        interval = self.intervals[key]
        if interval is None:
            raise KeyError(key)
        return interval.mean

    def reaches(self, goal: Goal) -> bool:
        """Whether even the lower end of the interval is at the goal; never so for one seed."""
        interval = self.intervals[goal.key]
        return interval is not None and interval.low is not None and interval.low >= goal.percent

    def reaches_all(self, goals: Sequence[Goal] = GOALS) -> bool:
        """Whether every goal is reached at the lower end."""
        return all(self.reaches(goal) for goal in goals)


def figures_of(runs: Sequence[RunOutcome], peers: Peers = ()) -> Figures:
    """Every figure of one policy's runs, one run a seed, in the order given.

    `peers` tell providers of equal contracts apart by speed; without them there is no fair share.
    Raises ValueError for no run, two runs of a seed, or runs of more than one policy or market.
    """
    seeds = tuple(run.seed for run in runs)
    if len({(run.market, run.policy) for run in runs}) != 1 or len(set(seeds)) != len(seeds):
        raise ValueError("figures are of one policy on one market, with one run a seed")
    lives = any(one.life for run in runs for one in run.packages)
    measures = (*MEASURES, *LIFE_MEASURES) if lives else MEASURES
    by_seed = {one.key: tuple(one.of(run, peers) for run in runs) for one in measures}
    return Figures(
        policy=runs[0].policy,
        seeds=seeds,
        by_seed=by_seed,
        intervals={one.key: one.interval(by_seed[one.key]) for one in measures},
    )


def filled_within(run: RunOutcome, minutes: float) -> float | None:
    """The percentage of all referrals that were filled within minutes of receipt."""
    met = sum(
        one.filled_minutes is not None and one.filled_minutes <= minutes for one in run.packages
    )
    return _percent(met, len(run.packages))


def _fill_quantile(run: RunOutcome, _: Peers, *, share: float) -> float | None:
    """Minutes by which this share of **all** referrals is filled; None if it never comes to it.

    Leaving the unfilled out would make a policy look faster the more it fails.
    """
    filled = sorted(one.filled_minutes for one in run.packages if one.filled_minutes is not None)
    rank = math.ceil(share * len(run.packages))
    return filled[rank - 1] if 0 < rank <= len(filled) else None


def _within(run: RunOutcome, _: Peers, *, minutes: float) -> float | None:
    return filled_within(run, minutes)


def _never(run: RunOutcome, _: Peers) -> float | None:
    return _percent(sum(one.filled_minutes is None for one in run.packages), len(run.packages))


def _offers(run: RunOutcome, _: Peers) -> float | None:
    return _each(sum(one.offers for one in run.packages), run)


def _framework(run: RunOutcome, _: Peers) -> float | None:
    kinds = [one.awarded_kind for one in run.packages if one.filled_minutes is not None]
    return _percent(kinds.count("framework"), len(kinds))


def _rate(run: RunOutcome, _: Peers) -> float | None:
    rated = [
        (one.rate_pence, one.weekly_minutes) for one in run.packages if one.rate_pence is not None
    ]
    minutes = sum(weekly for _, weekly in rated)
    return sum(rate * weekly for rate, weekly in rated) / minutes if minutes else None


def _lost_races(run: RunOutcome, _: Peers) -> float | None:
    return _each(100 * sum(one.accepted_lost for one in run.packages), run)


def _interventions(run: RunOutcome, _: Peers) -> float | None:
    return _each(100 * sum(one.interventions for one in run.packages), run)


def _each(total: float, run: RunOutcome) -> float | None:
    return total / len(run.packages) if run.packages else None


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _filled(minutes: int) -> Measure:
    hours = f"{minutes / 60:g} h"
    return Measure(
        key=f"filled_{minutes}",
        title=f"filled in {hours}",
        told=f"Share of all referrals awarded within {hours} of receipt, by an award that lasted. "
        "Referrals never filled or with a person count as missed.",
        unit="percent",
        better="more",
        most=100,
        of=partial(_within, minutes=minutes),
    )


MEASURES: tuple[Measure, ...] = (
    _filled(90),
    _filled(240),
    _filled(1440),
    Measure(
        key="median_minutes",
        title="half filled by",
        told="Median time from receipt to award, over all referrals: one never filled counts as "
        "endless. A dash: in some run the search never got so far.",
        unit="minutes",
        better="less",
        of=partial(_fill_quantile, share=0.5),
    ),
    Measure(
        key="p90_minutes",
        title="nine in ten by",
        told="90th percentile of the same times.",
        unit="minutes",
        better="less",
        of=partial(_fill_quantile, share=0.9),
    ),
    Measure(
        key="never",
        title="never filled",
        told="Share of referrals for which every provider had been asked, or time was up, and "
        "none had taken it when the run ended.",
        unit="percent",
        better="less",
        most=100,
        of=_never,
    ),
    Measure(
        key="offers",
        title="offers a package",
        told="Providers asked for each package: what a fast search costs them in reading and "
        "answering, and you in goodwill.",
        unit="number",
        better="less",
        of=_offers,
    ),
    Measure(
        key="framework_share",
        title="to the framework",
        told="Share of filled packages that a framework provider took.",
        unit="percent",
        better="more",
        most=100,
        of=_framework,
    ),
    Measure(
        key="mean_rate_pence",
        title="mean rate an hour",
        told="Mean hourly rate of what was filled, weighted by weekly hours.",
        unit="pence",
        better="less",
        of=_rate,
    ),
    Measure(
        key="speed_share",
        title="fair share by speed",
        told="Hours won by the slower half of providers with equal contracts, as a share of what "
        "the faster half won (each against its capacity). 100%: being quick earns nothing.",
        unit="percent",
        better=None,
        of=share_by_speed,
    ),
    Measure(
        key="lost_races",
        title="lost races",
        told="Acceptances that came to nothing because another provider won, for every 100 "
        "packages.",
        unit="per_hundred",
        better="less",
        of=_lost_races,
    ),
    Measure(
        key="interventions",
        title="for a person to look at",
        told="Escalations opened (nobody left to ask, an overdue target, a release …), for every "
        "100 packages. Nobody acts on them in a run.",
        unit="per_hundred",
        better="less",
        of=_interventions,
    ),
)
BY_KEY = {measure.key: measure for measure in (*MEASURES, *LIFE_MEASURES)}
