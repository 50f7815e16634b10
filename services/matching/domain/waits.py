"""How long an offer was out: in bins of open minutes, and spread over the hours of the day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from services.matching.domain.curve import BIN_MINUTES, BINS
from services.matching.domain.hours import Hours
from services.matching.domain.london import LONDON

SPANS = (0, 3, 12, BINS)
"""Where an offer's early, middle and late span begin and end, in bins: 0, 15, 60, 480 minutes."""
STATED_HOURS = Hours()
"""Waits are measured on the stated hours, not on learned ones, so that no sum depends on another."""
_HOUR = timedelta(hours=1)
_SPAN_MINUTES = tuple(edge * BIN_MINUTES for edge in SPANS)


class HourOfWeek(NamedTuple):
    """An hour of the day in London, on a weekday or at the weekend, in a span of an offer's age."""

    weekend: bool
    hour: int
    span: int


class Wait(NamedTuple):
    """From being asked to the end of the offer, in open minutes and as hours of the day.

    `answered_in` is the bin in which an answer at the end falls, `whole_bins` how many bins had
    passed by then, to the nearest: a wait that was cut short counts as often too long as too short.
    """

    answered_in: int
    whole_bins: int
    ended: HourOfWeek
    hours: tuple[tuple[HourOfWeek, float], ...]
    """The open minutes that fell into each hour, up to the last bin."""


@lru_cache(maxsize=256)
def wait_between(asked_at: datetime, ended_at: datetime) -> Wait:
    """The wait of an offer; offers made and withdrawn together share it."""
    age = STATED_HOURS.between(asked_at, ended_at)
    answered_in = min(int(age / BIN_MINUTES), BINS - 1)
    return Wait(
        answered_in=answered_in,
        whole_bins=min(round(age / BIN_MINUTES), BINS),
        ended=_hour_of(max(asked_at, ended_at), span_of(answered_in)),
        hours=tuple(_spread(asked_at, ended_at)),
    )


def span_of(bin_: int) -> int:
    """The span that a bin lies in."""
    return 0 if bin_ < SPANS[1] else 1 if bin_ < SPANS[2] else 2


def _spread(asked_at: datetime, ended_at: datetime) -> Iterator[tuple[HourOfWeek, float]]:
    start, age = asked_at.astimezone(UTC), 0.0
    while start < ended_at and age < _SPAN_MINUTES[-1]:
        # Clocks change by whole hours, so an hour of London is an hour of UTC.
        end = min(start.replace(minute=0, second=0, microsecond=0) + _HOUR, ended_at)
        until = age + STATED_HOURS.between(start, end)
        for span, (opens, closes) in enumerate(pairwise(_SPAN_MINUTES)):
            minutes = min(until, closes) - max(age, opens)
            if minutes > 0:
                yield _hour_of(start, span), minutes
        start, age = end, until


def _hour_of(instant: datetime, span: int) -> HourOfWeek:
    local = instant.astimezone(LONDON)
    return HourOfWeek(weekend=local.weekday() >= 5, hour=local.hour, span=span)
