"""What was read last of the placements, and every chance that was read on the way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from deploy.simulator.forecasting import TARGETS
from deploy.simulator.outcomes import Horizon
from services.matching.domain.outlook import ends_of_day

SHOWN = 8
"""How many of the placements that are searched are shown: the oldest."""
FORECASTS_A_READ = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One chance that a broker read: of which placement, how old it was, and by when."""

    referral_id: str
    at_minute: float
    horizon: Horizon
    until: datetime
    chance: float


@dataclass(slots=True, kw_only=True)
class Seen:
    """The list as it is, and forecasts (by referral) as they were when last read."""

    rows: Sequence[Mapping[str, Any]] = ()
    forecasts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The one read longest ago first."""
    looked: list[Looked] = field(default_factory=list)

    @property
    def statuses(self) -> Counter[str]:
        """How many placements are in each status."""
        return Counter(row["status"] for row in self.rows)

    @property
    def outlooks(self) -> Counter[str]:
        """How many of those that are searched have each word for wards."""
        return Counter(row["outlook"] or "not yet" for row in self._searched())

    @property
    def tiers(self) -> Counter[str]:
        """How many are searched in each tier."""
        return Counter(row["tier_name"] for row in self._searched())

    @property
    def offers_out(self) -> int:
        """Offers without an answer."""
        return sum(row["offers_out"] for row in self.rows)

    @property
    def escalated(self) -> int:
        """Placements with an open item for a person."""
        return sum(bool(row["escalations"]) for row in self.rows)

    def shown(self) -> list[Mapping[str, Any]]:
        """The placements that are searched longest."""
        return sorted(self._searched(), key=lambda row: row["received_at"])[:SHOWN]

    def to_look_at(self) -> list[str]:
        """Of those shown, the referrals whose forecast was read longest ago or never."""
        shown = [row["referral_id"] for row in self.shown()]
        read = [one for one in self.forecasts if one in shown]
        return [*(one for one in shown if one not in read), *read][:FORECASTS_A_READ]

    def take(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """A new list."""
        self.rows = rows

    def look(self, placement: Mapping[str, Any], now: datetime) -> None:
        """One placement with its forecast, None where it is no longer searched."""
        referral_id, forecast = placement["referral_id"], placement["forecast"]
        self.forecasts.pop(referral_id, None)
        if forecast is None:
            return
        self.forecasts[referral_id] = forecast
        chances = {one["target_minutes"]: one["percent"] for one in forecast["by_target"]}
        received_at = datetime.fromisoformat(placement["received_at"])
        told: list[tuple[Horizon, datetime, float]] = [
            (horizon, received_at + timedelta(minutes=minutes), chances[minutes])
            for horizon, minutes in TARGETS
            if minutes in chances
        ]
        if (ends_at := ends_of_day(now)[0]) > now:
            told.append(("today", ends_at, forecast["today_percent"]))
        self.looked += [
            Looked(
                referral_id=referral_id,
                at_minute=placement["minutes"],
                horizon=horizon,
                until=until,
                chance=percent / 100,
            )
            for horizon, until, percent in told
        ]

    def target(self, minutes: int, now: datetime) -> tuple[int, int]:
        """How many met a target, of how many whose instant has passed.

        Those withdrawn before that instant are outside. Source: domain glossary, clocks.
        """
        due = met = 0
        for row in self.rows:
            instant = datetime.fromisoformat(row["received_at"]) + timedelta(minutes=minutes)
            withdrawn = row["withdrawn_at"]
            if now < instant or (withdrawn and datetime.fromisoformat(withdrawn) < instant):
                continue
            due += 1
            filled = row["filled_at"]
            met += bool(filled) and datetime.fromisoformat(filled) <= instant
        return met, due

    def _searched(self) -> list[Mapping[str, Any]]:
        return [row for row in self.rows if row["status"] == "searching"]
