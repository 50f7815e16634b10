"""Fill times against the targets, with the denominators of the domain page.

A target's denominator is every referral whose target instant has passed, unfilled and escalated
ones included; those withdrawn before that instant are outside. Source: domain glossary, *clocks*.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.matching.reporting.asking import percent, quantile
from services.matching.reporting.searches import Search
from services.matching.reporting.working import WorkingClock

_MINUTE = timedelta(minutes=1)
QUANTILES = {"median": 0.5, "p90": 0.9, "p97": 0.97}
BIN_HOURS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 24.0, 48.0, 168.0)
"""Upper ends, inclusive, of the distribution's bins; the last has none."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A search with how long it took, in minutes of the clock and of the working hours.

    None where it was not filled, or was never complete. `watched`: minutes from received, and from
    complete, until it was withdrawn, or to now: a target within them has passed.
    """

    search: Search
    watched: float
    watched_complete: float | None
    received: float | None = None
    complete: float | None = None
    working_received: float | None = None
    working_complete: float | None = None


def timed(found: Iterable[Search], now: datetime, clock: WorkingClock | None = None) -> list[Timed]:
    """Each search with its minutes; without a clock, working minutes stay unknown."""
    return [_timed(search, now, clock) for search in found]


def _timed(search: Search, now: datetime, clock: WorkingClock | None) -> Timed:
    received, complete, filled = search.received_at, search.complete_at, search.filled_at
    ended = search.withdrawn_at
    until = now if ended is None or ended > now else ended
    watched = (until - received) / _MINUTE
    since_complete = None if complete is None else (until - complete) / _MINUTE
    if filled is None:
        return Timed(search, watched, since_complete)
    return Timed(
        search,
        watched,
        since_complete,
        (filled - received) / _MINUTE,
        None if complete is None else (filled - complete) / _MINUTE,
        None if clock is None else clock.minutes(received, filled),
        None if clock is None or complete is None else clock.minutes(complete, filled),
    )


def figures(part: str, found: Sequence[Timed], targets: Sequence[int]) -> Any:
    """Every figure of one part, by name."""
    every = [one.search for one in found]
    waiting = [one for one in every if one.filled_at is None and one.withdrawn_at is None]
    withdrawn = [one for one in every if one.withdrawn_at is not None]
    return {
        "part": part,
        "count": len(every),
        "filled": sum(one.filled_at is not None for one in every),
        "covered": sum(one.covered_at is not None for one in every),
        "confirmed": sum(one.confirmed_at is not None for one in every),
        "started": sum(one.started_at is not None for one in every),
        "withdrawn": len(withdrawn),
        "never_filled": sum(one.filled_at is None for one in withdrawn),
        "unfilled_now": len(waiting),
        "incomplete_now": sum(one.complete_at is None for one in waiting),
        "escalated_now": sum(one.exhausted for one in waiting),
        "in_parts": sum(one.parts > 1 for one in every),
        "offers_made": sum(one.offers_made for one in every),
        "targets": [_target(found, minutes) for minutes in targets],
        "minutes_from_received": quantiles(one.received for one in found),
        "minutes_from_complete": quantiles(one.complete for one in found),
        "working_minutes_from_received": quantiles(one.working_received for one in found),
        "working_minutes_from_complete": quantiles(one.working_complete for one in found),
    }


def _target(found: Sequence[Timed], minutes: int) -> dict[str, Any]:
    due = met = due_complete = met_complete = 0
    for one in found:
        if one.watched >= minutes:
            due += 1
            met += one.received is not None and one.received <= minutes
        if one.watched_complete is not None and one.watched_complete >= minutes:
            due_complete += 1
            met_complete += one.complete is not None and one.complete <= minutes
    return {
        "target_minutes": minutes,
        "due": due,
        "met": met,
        "due_from_complete": due_complete,
        "met_from_complete": met_complete,
        "percent": percent(met, due),
        "percent_from_complete": percent(met_complete, due_complete),
    }


def quantiles(minutes: Iterable[float | None]) -> dict[str, float | None]:
    """Median, 90% and 97% of the minutes that are known."""
    ordered = sorted(one for one in minutes if one is not None)
    return {name: quantile(ordered, share) for name, share in QUANTILES.items()}


def distribution(found: Sequence[Timed]) -> list[dict[str, Any]]:
    """How many were filled in each span of hours, by each clock; the last row was never filled."""
    clocks = {
        "from_received": [one.received for one in found],
        "from_complete": [one.complete for one in found],
        "working_from_received": [one.working_received for one in found],
    }
    bounds = [60 * hours for hours in BIN_HOURS]
    spans = zip((0.0, *BIN_HOURS, None), (*BIN_HOURS, None, None), strict=True)
    rows: list[dict[str, Any]] = [
        {"over_hours": lower, "up_to_hours": upper} for lower, upper in spans
    ]
    for name, values in clocks.items():
        counts = Counter(
            len(bounds) + 1 if value is None else bisect_left(bounds, value) for value in values
        )
        for n, row in enumerate(rows):
            row[name] = counts[n]
    return rows
