"""Luck: every package of a run and every answer to it, drawn from the seed alone.

What a provider would say to a package follows from (seed, package, provider), not from the policy,
not from whom else is asked, and from when it is asked only as far as the market itself changes.
So policies are compared on the same luck, and a market with factors on the same draws.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar, cast
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from deploy.simulator.market import AnswerMinutes, Arrivals, Lognormal, SimulatedMarket
from services.matching.domain.codes import Band, SourceKind, Urgency, Weekday
from services.matching.domain.requirement import Requirement, Visit, Wanted

START_AT = datetime(2024, 1, 1, tzinfo=UTC)
"""Minute 0 of every run: a Monday."""
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES

_REFERRALS = UUID("0b7d3c52-6f0e-5b8e-9d0a-4c1d5e7f2a90")
_ARRIVALS, _CHOICES, _AMOUNTS, _ANSWERS, _SPEEDS, _HELD = range(6)
"""One stream of numbers for each thing that is drawn, so that none moves another."""
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BANDS: tuple[tuple[Band, ...], ...] = (
    ("morning",),
    ("morning", "bed"),
    ("morning", "lunch", "bed"),
    ("morning", "lunch", "tea", "bed"),
)
REABLEMENT_WEEKS = 6.0
"""Source: domain.md, reablement lasts up to 6 weeks."""

Numbers = NDArray[np.float64]
K = TypeVar("K", bound=str)
_Row = tuple[float, list[float], list[float]]
"""What is drawn of a package: its minute of arrival, chances, and standard normal numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package as it will be asked for. `complete_at` is when nothing is missing any more."""

    number: int
    referral_id: UUID
    received_at: datetime
    complete_at: datetime
    source_kind: SourceKind
    urgency: Urgency
    wanted: Wanted
    weekly_minutes: int
    double_handed: bool
    hardness: float
    weeks: float


@dataclass(frozen=True, slots=True)
class Luck:
    """What is left to chance between one package and one provider.

    All but the last two lie between 0 and 1 and are held against a chance; `speed` and
    `confirming` are standard normal.
    """

    answers: float
    accepts: float
    mixture: float
    releases: float
    starts_late: float
    speed: float
    confirming: float


class Draws:
    """Everything that a seed decides about a market, package by package in their order."""

    def __init__(self, market: SimulatedMarket, seed: int, weeks: int) -> None:
        self.market = market
        self.seed = seed
        self.ends = weeks * WEEK_MINUTES
        """The minute at which the run's last week ends: nobody arrives after it."""
        self.packages = _packages(market, seed, weeks)
        pairs = (len(self.packages), len(market.providers))
        self._chances = _stream(seed, _ANSWERS).random((*pairs, 5))
        self._speeds = _normal(_stream(seed, _SPEEDS).random((*pairs, 2, 2)))

    def luck(self, package: int, provider: int) -> Luck:
        """The chance between a package and the provider of that index."""
        at = (package, provider)
        return Luck(*self._chances[at].tolist(), *self._speeds[at].tolist())

    def held_until(self, provider: int) -> list[tuple[float, float]]:
        """What a provider carries when the run begins: (weekly minutes, minute of its end).

        Packages met at an instant are the longer ones, and each is somewhere in its course.
        """
        asked = self.market.packages
        free = self.market.providers[provider].hours_a_week * 60 * asked.held_at_start
        numbers = _stream(self.seed, _HELD + provider)
        held: list[tuple[float, float]] = []
        while True:
            hours, weeks = numbers.standard_normal(2).tolist()
            minutes = 60 * asked.weekly_hours.median * math.exp(asked.weekly_hours.sigma * hours)
            if minutes > free:
                return held
            free -= minutes
            sigma = asked.weeks.sigma
            whole = asked.weeks.median * math.exp(sigma * sigma + sigma * weeks)
            held.append((minutes, whole * numbers.random() * WEEK_MINUTES))


def instant(minute: float) -> datetime:
    """The instant of a minute of the run."""
    return START_AT + timedelta(minutes=minute)


def minute(at: datetime) -> float:
    """The minute of the run at an instant."""
    return (at - START_AT).total_seconds() / 60


def drawn(of: Lognormal, normal: float) -> float:
    """The value of a lognormal at a standard normal number."""
    return of.median * math.exp(of.sigma * normal)


def one_of(parts: Sequence[AnswerMinutes], at: float) -> AnswerMinutes:
    """The part of a mixture that a number from 0 to 1 falls in."""
    for part in parts:
        at -= part.share
        if at < 0:
            return part
    return parts[-1]


def _stream(seed: int, of: int) -> np.random.Generator:
    """Numbers that depend on the seed and on what they are for."""
    return np.random.Generator(np.random.Philox(key=(seed << 32) + of))


def _normal(uniform: Numbers) -> Numbers:
    """Standard normal numbers, each of two uniform ones on the last axis (Box and Muller)."""
    radius = np.sqrt(-2 * np.log1p(-uniform[..., 0]))
    return cast("Numbers", radius * np.cos(2 * np.pi * uniform[..., 1]))


def _packages(market: SimulatedMarket, seed: int, weeks: int) -> tuple[Package, ...]:
    received = _received(market.arrivals, seed, weeks)
    choices = _stream(seed, _CHOICES).random((len(received), 5 + len(market.packages.needs)))
    amounts = _normal(_stream(seed, _AMOUNTS).random((len(received), 4, 2)))
    return tuple(
        _package(market, seed, number, row)
        for number, row in enumerate(zip(received, choices.tolist(), amounts.tolist(), strict=True))
    )


def _received(arrivals: Arrivals, seed: int, weeks: int) -> list[float]:
    """Minutes of arrival: a Poisson process on the hours in which packages come, days weighted."""
    opens, closes = arrivals.hours
    days = [arrivals.weekdays] * 5 + [arrivals.weekends] * 2
    ends = np.cumsum(days)
    expected = arrivals.per_week * weeks
    most = int(expected + 10 * math.sqrt(expected) + 20)
    passed = np.cumsum(_stream(seed, _ARRIVALS).standard_exponential(most)) / arrivals.per_week
    week = np.floor(passed)
    within = (passed - week) * ends[-1]
    day = np.minimum(np.searchsorted(ends, within, side="right"), 6)
    share = 1 - (ends[day] - within) / np.array(days)[day]
    minutes = week * WEEK_MINUTES + day * DAY_MINUTES + opens + share * (closes - opens)
    return cast("list[float]", minutes[week < weeks].tolist())


def _package(market: SimulatedMarket, seed: int, number: int, row: _Row) -> Package:
    asked, arrivals = market.packages, market.arrivals
    received, (urgent, two_carers, reablement, where, whence, *needs), normals = row
    hours, completing, lasting, hardness = normals
    incomplete = asked.complete_after_minutes
    complete = received if incomplete is None else received + drawn(incomplete, completing)
    again_able = reablement < asked.reablement
    weeks = asked.weeks.median * math.exp(asked.weeks.sigma * lasting)
    visits = visits_of(
        asked.weekly_hours.median * 60 * math.exp(asked.weekly_hours.sigma * hours),
        2 if two_carers < asked.double_handed else 1,
    )
    requirement = Requirement(
        care_type="reablement" if again_able else "personal_care",
        visits=visits,
        needs=tuple(
            need
            for (need, chance), one in zip(asked.needs.items(), needs, strict=True)
            if one < chance
        ),
        ready_at=_next_morning(complete),
    )
    return Package(
        number=number,
        referral_id=uuid5(_REFERRALS, f"{seed}:{number}"),
        received_at=instant(received),
        complete_at=instant(complete),
        source_kind=_picked(arrivals.sources, whence),
        urgency="urgent" if urgent < asked.urgent else "routine",
        wanted=Wanted(
            outcode=_picked(arrivals.by_outcode, where), requirement=requirement, gender=None
        ),
        weekly_minutes=requirement.weekly_minutes,
        double_handed=visits[0].carers == 2,
        hardness=asked.difficulty * hardness,
        weeks=min(weeks, REABLEMENT_WEEKS) if again_able else weeks,
    )


def _picked(shares: Mapping[K, float], at: float) -> K:
    """The entry that a number from 0 to 1 falls in."""
    for entry, share in shares.items():
        at -= share
        if at < 0:
            return entry
    return next(reversed(list(shares)))


def _next_morning(minute_of_run: float) -> datetime:
    """When care is wanted: the day after all is known."""
    days = int(minute_of_run // DAY_MINUTES) + 1
    return instant(days * DAY_MINUTES + 9 * 60)


def visits_of(weekly_minutes: float, carers: int) -> tuple[Visit, ...]:
    """The same visits every day that come nearest to so many minutes a week."""
    daily = weekly_minutes / 7 / carers
    times = max(1, min(len(_BANDS), int(daily // 30)))
    return _same_every_day(times, max(15, 5 * round(daily / times / 5)), carers)


@lru_cache(maxsize=1024)
def _same_every_day(times: int, minutes: int, carers: int) -> tuple[Visit, ...]:
    return tuple(
        Visit(weekday=weekday, band=band, minutes=minutes, carers=carers)
        for weekday in _WEEKDAYS
        for band in _BANDS[times - 1]
    )
