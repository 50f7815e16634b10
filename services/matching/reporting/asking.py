"""What somebody who asks for a report says: the period, what to group by, and the rules in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.matching.domain.policy import Policy

DEFAULT_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` up to and without `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request for a report; `now` is the instant at which everything is counted."""

    policy: Policy
    period: Period
    now: datetime
    by: str | None = None

    def facts(self, **more: Any) -> dict[str, Any]:
        """What holds for every table of a report."""
        return {"from": self.period.start, "to": self.period.end, "as_of": self.now, **more}


def percent(part: float, whole: float) -> float | None:
    """A percentage to one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which that share of ordered values lies, interpolated; None of nothing."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return round(ordered[below] + (ordered[above] - ordered[below]) * (place - below), 1)
