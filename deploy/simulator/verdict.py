"""Which of the policies that were tried to choose, and what is better and worse about it.

Goals first: of those that reach every goal at the lower end of the interval, the one of fewest
offers. Where none does, the one of fewest offers among those that fill nearly as much in time as
the best. A difference counts only if its paired interval leaves out nothing at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from deploy.simulator.comparing import (
    FILL,
    OFFERS,
    best_filling,
    cheapest_near,
    cheapest_reaching,
    difference,
)
from deploy.simulator.figures import Figures, Goal
from deploy.simulator.intervals import Interval
from deploy.simulator.measure import Measure

GoalState = Literal["reached", "unsure", "missed"]
SHARE = "framework_share"
_ROUNDED = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The policy to choose, those that reach every goal, and the one that fills most in time."""

    chosen: Figures
    reaching: tuple[Figures, ...]
    best: Figures
    others: tuple[Figures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """How much more of a measure one policy has than another; `better` None where it is neither
    good nor bad to have more, or where it may be chance.
    """

    measure: Measure
    interval: Interval
    sure: bool
    better: bool | None


def verdict_on(policies: Sequence[Figures]) -> Verdict:
    """What to choose. Raises ValueError for no policy."""
    chosen = cheapest_reaching(policies) or cheapest_near(policies)
    return Verdict(
        chosen=chosen,
        reaching=tuple(one for one in policies if one.reaches_all()),
        best=best_filling(policies),
        others=tuple(one for one in policies if one is not chosen),
    )


def state_of(figures: Figures, goal: Goal) -> GoalState:
    """Reached or missed with the whole interval; unsure where the goal lies within it."""
    interval = figures.intervals[goal.key]
    if figures.reaches(goal):
        return "reached"
    if interval is not None and interval.high is not None and interval.high < goal.percent:
        return "missed"
    return "unsure"


def apart(one: Figures, other: Figures, measures: Sequence[Measure] | None = None) -> list[Apart]:
    """How the one differs from the other, measure by measure; without those that either lacks."""
    compared = one.measures if measures is None else measures
    told = ((measure, difference(one, other, measure.key)) for measure in compared)
    return [_apart(measure, interval) for measure, interval in told if interval is not None]


def _apart(measure: Measure, interval: Interval) -> Apart:
    sure = interval.excludes_zero and abs(interval.mean) > _ROUNDED
    better = None
    if sure and measure.better is not None:
        better = (interval.mean > 0) == (measure.better == "more")
    return Apart(measure=measure, interval=interval, sure=sure, better=better)


def efficient(policies: Sequence[Figures]) -> list[Figures]:
    """Those that no other beats at once in speed, offers and the framework's share."""
    return [one for one in policies if not any(_beats(other, one) for other in policies)]


def _beats(other: Figures, one: Figures) -> bool:
    gains = [
        other.mean(FILL) - one.mean(FILL),
        one.mean(OFFERS) - other.mean(OFFERS),
        _share(other) - _share(one),
    ]
    return min(gains) >= 0 and max(gains) > 0


def _share(figures: Figures) -> float:
    """Nothing where some run filled nothing at all."""
    interval = figures.intervals[SHARE]
    return 0.0 if interval is None else interval.mean
