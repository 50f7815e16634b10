"""What matching says of one referral's placements, as the tests tell it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.referrals.domain.package import Package
from services.referrals.projections import parts
from shared.contracts import care, placements
from shared.contracts.requirement import Requirement, Visit
from shared.ids import new_id

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""
DAY = timedelta(days=1)
LARCH, ROWAN = new_id(), new_id()
NAMES = {LARCH: "Larch Home Care", ROWAN: "Rowan Care"}


class Told:
    """One referral's events; `at` is the instant at which the next one is decided."""

    def __init__(self, at: datetime = T0, referral_id: UUID | None = None) -> None:
        self.referral_id = referral_id or new_id()
        self.first = uuid5(self.referral_id, "placement")
        self.at = at
        self.events: list[placements.PlacementEvent] = []

    def __iter__(self) -> Any:
        return iter(self.events)

    def say(
        self, kind: type[placements.PlacementEvent], placement_id: UUID, **fields: Any
    ) -> "Told":
        """One more event."""
        event = kind(at=self.at, referral_id=self.referral_id, placement_id=placement_id, **fields)
        self.events.append(event)
        return self

    def search(self, placement_id: UUID | None = None, **changes: Any) -> UUID:
        """A search begins; the id of its placement."""
        placement_id = placement_id or (new_id() if self.events else self.first)
        fields: dict[str, Any] = {
            "received_at": self.at,
            "complete_at": self.at,
            "source_kind": "hospital",
            "organisation": "whipps",
            "ward": "aspen",
            "urgency": "routine",
            "outcode": "E17",
            "gender": None,
            "requirement": requirement(ready_at=self.at + 2 * DAY),
            "policy_name": "three-tier",
            "policy_version": "0123456789abcdef",
            "targets_minutes": (90, 240),
            **changes,
        }
        self.say(placements.SearchStarted, placement_id, **fields)
        self.say(
            placements.TierOpened,
            placement_id,
            round=1,
            tier=0,
            tier_name="framework-lot",
            clause="4.2",
            because="first",
            closes_at=None,
            ranked=(),
            passed_over=(),
        )
        return placement_id

    def award_id(self, placement_id: UUID, provider_id: UUID) -> UUID:
        """The id of a placement's award to a provider."""
        return uuid5(placement_id, f"award:{provider_id}")

    def awarded(self, placement_id: UUID, provider_id: UUID = LARCH) -> "Told":
        """A provider has it."""
        return self.say(
            placements.Awarded,
            placement_id,
            award_id=self.award_id(placement_id, provider_id),
            offer_id=None,
            provider_id=provider_id,
            provider_name=NAMES[provider_id],
            accepted_at=self.at,
            tier=0,
            tier_name="framework-lot",
            lot="north",
            contract_kind="framework",
            rate_pence=1790,
            confirm_by=self.at + timedelta(hours=2),
            via="endpoint",
            ground=None,
            response_id=None,
        )

    def of_award(
        self,
        kind: type[placements.PlacementEvent],
        placement_id: UUID,
        provider_id: UUID = LARCH,
        **fields: Any,
    ) -> "Told":
        """Something about an award."""
        if "response_id" in kind.model_fields:
            fields = {"response_id": None, **fields}
        return self.say(
            kind,
            placement_id,
            award_id=self.award_id(placement_id, provider_id),
            provider_id=provider_id,
            **fields,
        )

    def confirmed(self, placement_id: UUID, provider_id: UUID = LARCH) -> "Told":
        """It is awarded and confirmed."""
        self.awarded(placement_id, provider_id)
        return self.of_award(placements.AwardConfirmed, placement_id, provider_id)

    def started(self, placement_id: UUID, provider_id: UUID = LARCH) -> "Told":
        """Care has begun."""
        self.confirmed(placement_id, provider_id)
        return self.of_award(placements.CareStarted, placement_id, provider_id, started_at=self.at)

    def handed_back(self, placement_id: UUID, provider_id: UUID = LARCH, days: int = 28) -> "Told":
        """Its provider gives it up, from in so many days on."""
        return self.of_award(
            care.HandedBack,
            placement_id,
            provider_id,
            reason="staffing",
            last_visit_at=self.at + days * DAY,
            notice_until=None,
            breach=False,
        )

    def paused(self, placement_id: UUID) -> "Told":
        """The person is away for two weeks at most."""
        held_until = self.at + 14 * DAY
        return self.of_award(
            care.CarePaused,
            placement_id,
            held_until=held_until,
            warn_at=held_until - DAY,
            retainer=False,
        )

    def change_asked(self, placement_id: UUID, version: int = 2) -> "Told":
        """Two visits of an hour are needed now, in E10."""
        return self.of_award(
            care.ChangeAsked,
            placement_id,
            version=version,
            outcode="E10",
            requirement=requirement(days=("mon", "thu"), minutes=60, ready_at=self.at),
            answer_by=self.at + DAY,
        )

    def package(self) -> Package:
        """What all of it comes to."""
        package = Package()
        for event in self.events:
            package = parts.after(package, event)
        assert parts.package_in(parts.stored(package)) == package
        return package


def requirement(
    *, days: tuple[Any, ...] = ("mon",), minutes: int = 45, ready_at: datetime, **changes: Any
) -> Requirement:
    """Visits in the morning, by two carers."""
    visits = tuple(
        Visit(weekday=day, band="morning", minutes=minutes, carers=2, tasks=("wash",))
        for day in days
    )
    return Requirement(care_type="personal_care", visits=visits, ready_at=ready_at, **changes)
