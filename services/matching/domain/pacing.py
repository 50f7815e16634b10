"""How many of the next-ranked to ask now."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.matching.domain.curve import Curve


@dataclass(frozen=True, slots=True)
class Live:
    curve: Curve
    age: float
    left: float


@dataclass(frozen=True, slots=True)
class Goal:
    minutes: float
    price: float


@dataclass(frozen=True, slots=True)
class Next:
    curve: Curve
    window: float


@dataclass(frozen=True, slots=True)
class Plan:
    ask: int
    again_in: float | None
    cost: float
    missed: tuple[float, ...]


def plan(
    live: Sequence[Live],
    following: Sequence[Next],
    goals: Sequence[Goal],
    *,
    settling: float = 0.0,
) -> Plan:
    """One at a time, until the rule is here."""
    ask = 1 if following and not live else 0
    return Plan(ask=ask, again_in=20.0 if following else None, cost=0.0, missed=tuple(0.0 for _ in goals))
