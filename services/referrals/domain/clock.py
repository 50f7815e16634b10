"""The two clocks of a referral, and how they stand against the targets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

TargetState = Literal["running", "met", "over", "not_counted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The instants that a referral's two clocks run between."""

    received_at: datetime
    complete_at: datetime | None
    filled_at: datetime | None
    withdrawn_at: datetime | None

    def stopped_at(self, now: datetime) -> datetime:
        """Where both clocks stand: at the fill, else the withdrawal, else now."""
        return self.filled_at or self.withdrawn_at or now

    def minutes(self, now: datetime) -> int:
        """Whole minutes on the headline clock, from received."""
        return _minutes(self.received_at, self.stopped_at(now))

    def minutes_since_complete(self, now: datetime) -> int | None:
        """Whole minutes from complete, None while something is missing."""
        if self.complete_at is None:
            return None
        return _minutes(self.complete_at, self.stopped_at(now))

    def target(self, target_minutes: int, now: datetime) -> TargetState:
        """How it stands against one target; withdrawn before its instant is outside the count.

        Source: domain glossary, clocks.
        """
        due_at = self.received_at + timedelta(minutes=target_minutes)
        if self.filled_at is not None:
            return "met" if self.filled_at <= due_at else "over"
        if self.withdrawn_at is not None and self.withdrawn_at <= due_at:
            return "not_counted"
        return "over" if now > due_at else "running"


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds() // 60))
