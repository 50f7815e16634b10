"""What a demo is asked to be."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.simulator.market import SimulatedMarket

MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
"""A week after the market position statement that the market of Waltham Forest is from."""
TARGET_HOURS = 4
"""The last target: the demo ends when the last referral's four hours are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """How many, how fast, by which rules, on which market. The same seed gives the same day.

    `day_hours`: how long referrals come, from when the market opens; None: as long as it is open.
    """

    seed: int
    scale: float
    referrals: int
    policy: Path
    market: SimulatedMarket
    day_hours: float | None = None

    @property
    def opens_at(self) -> datetime:
        """When the day begins: simulated, in UTC, which is London's time on that day."""
        return MONDAY + timedelta(minutes=self.market.arrivals.hours[0])

    @property
    def day_minutes(self) -> float:
        """Minutes from the opening in which referrals come."""
        opens, closes = self.market.arrivals.hours
        return closes - opens if self.day_hours is None else self.day_hours * 60
