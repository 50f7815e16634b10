"""Figures of what comes after the award: later searches, counted apart, and whose care breaks off.

Only a market in which something happens after the award has them. They are of the packages that came
in the weeks that count, until the last of these weeks ends.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy.simulator.drawing import DAY_MINUTES
from deploy.simulator.figures_shares import Peers
from deploy.simulator.intervals import Interval, over_seeds
from deploy.simulator.measure import Measure
from deploy.simulator.outcomes import LaterSearch, PackageLife, RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseFigures:
    """Later searches of one cause: how many for every 100 packages, and the share filled in a day."""

    cause: str
    per_hundred: Interval | None
    filled: Interval | None


def lives_of(run: RunOutcome) -> Iterator[PackageLife]:
    """What came after the start, package by package."""
    return (one.life for one in run.packages if one.life is not None)


def later_by_cause(runs: Sequence[RunOutcome]) -> tuple[CauseFigures, ...]:
    """Later searches by cause, the most frequent first; none where nothing happens after an award."""
    found = Counter(one.cause for run in runs for one in _later(run))
    return tuple(
        _of_cause(cause, runs)
        for cause, _ in sorted(found.items(), key=lambda one: (-one[1], one[0]))
    )


def _of_cause(cause: str, runs: Sequence[RunOutcome]) -> CauseFigures:
    searches = [[one for one in _later(run) if one.cause == cause] for run in runs]
    counts = [_per_hundred(len(some), run) for some, run in zip(searches, runs, strict=True)]
    return CauseFigures(
        cause=cause,
        per_hundred=_within(over_seeds(counts), math.inf),
        filled=_within(over_seeds([_filled(some) for some in searches]), 100),
    )


def _later(run: RunOutcome) -> list[LaterSearch]:
    return [one for life in lives_of(run) for one in life.later]


def _within(interval: Interval | None, most: float) -> Interval | None:
    return None if interval is None else interval.within(0, most)


def _filled(searches: Sequence[LaterSearch]) -> float | None:
    filled = [one.filled_minutes for one in searches if one.filled_minutes is not None]
    return _percent(sum(minutes <= DAY_MINUTES for minutes in filled), len(searches))


def _per_hundred(count: int, run: RunOutcome) -> float | None:
    return 100 * count / len(run.packages) if run.packages else None


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _searches(run: RunOutcome, _: Peers) -> float | None:
    return _per_hundred(len(_later(run)), run)


def _handed_back(run: RunOutcome, _: Peers) -> float | None:
    return _per_hundred(sum(one.handed_back for one in lives_of(run)), run)


def _short(run: RunOutcome, _: Peers) -> float | None:
    lives = list(lives_of(run))
    return _percent(sum(one.short_notice for one in lives), sum(one.handed_back for one in lives))


def _in_a_day(run: RunOutcome, _: Peers) -> float | None:
    return _filled(_later(run))


def _gaps(run: RunOutcome, _: Peers) -> float | None:
    return _per_hundred(sum(one.gaps for one in lives_of(run)), run)


def _given(run: RunOutcome, _: Peers) -> float | None:
    lives = list(lives_of(run))
    due = sum(one.visits_due for one in lives)
    return _percent(due - sum(one.visits_missed for one in lives), due)


LIFE_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="handed_back",
        title="handed back",
        told="Packages that a provider gave up after care had started, for every 100 packages.",
        unit="per_hundred",
        better="less",
        of=_handed_back,
    ),
    Measure(
        key="short_notice",
        title="of these at short notice",
        told="Share of the hand-backs with shorter notice than the contract's.",
        unit="percent",
        better="less",
        most=100,
        of=_short,
    ),
    Measure(
        key="later_searches",
        title="later searches",
        told="Searches after care had started (handed back, a pause that lapsed, a restart or a "
        "change refused, the end of reablement), for every 100 packages. Each has its own clock and "
        "is in no figure above.",
        unit="per_hundred",
        better="less",
        of=_searches,
    ),
    Measure(
        key="later_filled_1440",
        title="of these filled in 24 h",
        told="Share of the later searches that ended within 24 hours in an award that lasted.",
        unit="percent",
        better="more",
        most=100,
        of=_in_a_day,
    ),
    Measure(
        key="care_gaps",
        title="care gaps",
        told="Times that care broke off: a visit that was due and nobody held, for every 100 "
        "packages. Nobody acts on the alarm in a run.",
        unit="per_hundred",
        better="less",
        of=_gaps,
    ),
    Measure(
        key="visits_given",
        title="time covered",
        told="Share of the visits due, from the start of care until its end and while the person was "
        "at home, that some provider held.",
        unit="percent",
        better="more",
        most=100,
        of=_given,
    ),
)
