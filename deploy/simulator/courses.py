"""Luck after the award: when people go to hospital, when needs change, when a package is given up.

Drawn like everything else from (seed, package), and for what a provider does from (seed, package,
provider); counted from the start of care, so that policies meet the same luck.
"""

import math
from dataclasses import dataclass

import numpy as np

from deploy.simulator.drawing import DAY_MINUTES, WEEK_MINUTES, Luck
from deploy.simulator.market import Amount, SimulatedMarket

_PEOPLE, _PROVIDERS, _LATER = 1, 2, 3
MOST_HAPPENINGS = 40
"""Of one kind to one package; more than anybody's care has."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in hospital: minutes after the start of care, how long, and whether they come home."""

    after: float
    minutes: float
    returns: bool


@dataclass(frozen=True, slots=True)
class Growth:
    """Needs change: minutes after the start of care, and by which factor the hours."""

    after: float
    factor: float


@dataclass(frozen=True, slots=True)
class Course:
    """What will happen to one person's needs. `long_term_weeks` None: reablement ends them."""

    stays: tuple[Stay, ...]
    growths: tuple[Growth, ...]
    long_term_weeks: float | None


class ProviderLuck:
    """What one provider does with one package after the award, one number after the other."""

    def __init__(self, seed: int, package: int, provider: int) -> None:
        self._numbers = _numbers(seed, _PROVIDERS, package, provider)

    def chance(self) -> float:
        """A number from 0 to 1, to be held against a chance."""
        return float(self._numbers.random())

    def minutes_until(self, a_week: float) -> float:
        """Minutes until what has a chance in each week comes about."""
        return _waits(self._numbers, a_week)

    def normal(self) -> float:
        """A standard normal number."""
        return float(self._numbers.standard_normal())


def course_of(market: SimulatedMarket, seed: int, package: int) -> Course:
    """What will happen to a package's needs, whoever has it."""
    numbers, life = _numbers(seed, _PEOPLE, package, 0), market.life
    pauses, changes = (life.pauses, life.changes) if life else (None, None)
    stays: list[Stay] = []
    growths: list[Growth] = []
    long_term, lasting = float(numbers.random()), float(numbers.standard_normal())
    if pauses is not None:
        after = 0.0
        for _ in range(MOST_HAPPENINGS):
            after += _waits(numbers, pauses.a_week)
            minutes = amount(pauses.days, float(numbers.standard_normal())) * DAY_MINUTES
            stays.append(Stay(after, minutes, float(numbers.random()) < pauses.returns))
            after += minutes
    if changes is not None:
        after = 0.0
        for _ in range(MOST_HAPPENINGS):
            after += _waits(numbers, changes.a_week)
            growths.append(Growth(after, amount(changes.factor, float(numbers.standard_normal()))))
    goes_on = life is not None and long_term < life.long_term_after_reablement
    weeks = amount(market.packages.weeks, lasting) if goes_on else None
    return Course(tuple(stays), tuple(growths), weeks)


def later_luck(seed: int, package: int, provider: int, search: int) -> Luck:
    """The chance between a package and a provider when it is searched for the second time or more."""
    numbers = _numbers(seed, _LATER + search, package, provider)
    chances, normals = numbers.random(5), numbers.standard_normal(2)
    return Luck(*chances.tolist(), *normals.tolist())


def amount(of: Amount, normal: float) -> float:
    """The value of a lognormal at a standard normal number."""
    return of.median * math.exp(of.sigma * normal)


def _waits(numbers: np.random.Generator, a_week: float) -> float:
    rate = -math.log1p(-a_week)
    return float(numbers.standard_exponential()) / rate * WEEK_MINUTES if rate else math.inf


def _numbers(seed: int, of: int, package: int, provider: int) -> np.random.Generator:
    key = np.array([(seed << 16) + of, (package << 20) + provider], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
