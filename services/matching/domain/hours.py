"""Open minutes: time weighted by how much providers answer at that hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Every hour counts alike, until it is learned otherwise."""

    def between(self, start: datetime, end: datetime) -> float:
        """Open minutes from start to end."""
        return max(0.0, (end - start).total_seconds() / 60)

    def after(self, start: datetime, open_minutes: float) -> datetime:
        """The instant at which so many open minutes have passed."""
        return start + timedelta(minutes=open_minutes)
