"""What matching says of one referral, event by event, as the tests tell it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from shared.contracts import care, interventions, negotiations, placements
from shared.contracts.model import Event
from shared.contracts.requirement import Requirement, Visit
from shared.ids import new_id

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Story:
    """One referral's events. `at` is the instant at which the next one is decided."""

    def __init__(self, at: datetime = START, *, part_of: "Story | None" = None) -> None:
        self.referral_id: UUID = part_of.referral_id if part_of else new_id()
        self.placement_id = uuid5(
            self.referral_id, f"placement:{new_id()}" if part_of else "placement"
        )
        self.at = at
        self.awards = 0

    def part(self) -> "Story":
        """Another placement of the same referral."""
        return Story(self.at, part_of=self)

    def event(self, kind: type[Event], **fields: Any) -> Event:
        """An event of this referral, now."""
        return kind(
            at=self.at,
            referral_id=self.referral_id,  # type: ignore[call-arg]
            placement_id=self.placement_id,
            **fields,
        )

    def search_started(self, **changes: Any) -> Event:
        """A search for one lunch visit in E17."""
        fields: dict[str, Any] = {
            "received_at": self.at,
            "complete_at": self.at,
            "source_kind": "hospital",
            "organisation": "whipps-cross",
            "ward": "ward-1",
            "urgency": "routine",
            "outcode": "E17",
            "gender": None,
            "requirement": Requirement(
                care_type="personal_care",
                visits=(Visit(weekday="mon", band="lunch", minutes=45, carers=2, tasks=("meal",)),),
                needs=("dementia",),
                risks=("falls",),
                equipment=("key_safe",),
                exclude_provider_ids=(new_id(),),
                continuity_provider_id=new_id(),
                outcomes=("safe_at_home",),
                ready_at=self.at,
            ),
            "policy_name": "three-tier",
            "policy_version": "0123456789abcdef",
            "targets_minutes": (90, 240),
            **changes,
        }
        return self.event(placements.SearchStarted, **fields)

    def offer_id(self, provider_id: UUID) -> UUID:
        """The id of this referral's offer to a provider."""
        return uuid5(self.placement_id, f"offer:{provider_id}")

    def offers_made(self, *provider_ids: UUID, minutes: float = 60) -> Event:
        """One wave to these providers."""
        return self.event(
            placements.OffersMade,
            round=1,
            tier=0,
            tier_name="framework",
            wave=1,
            expires_at=self.at + timedelta(minutes=minutes),
            offers=tuple(
                placements.OfferMade(
                    offer_id=self.offer_id(provider_id),
                    provider_id=provider_id,
                    place=place,
                    lot="lot-1",
                    contract_kind="framework",
                    rate_pence=1790,
                )
                for place, provider_id in enumerate(provider_ids, 1)
            ),
            passed_over=(),
        )

    def awarded(
        self, provider_id: UUID, response_id: UUID | None = None, *, via: str = "endpoint"
    ) -> Event:
        """The award, by a response, by telephone, or by hand (then of no offer)."""
        self.awards += 1
        return self.event(
            placements.Awarded,
            award_id=self.award_id(provider_id),
            offer_id=None if via == "hand" else self.offer_id(provider_id),
            provider_id=provider_id,
            provider_name="Amber Care",
            accepted_at=self.at,
            tier=None if via == "hand" else 0,
            tier_name=None if via == "hand" else "framework",
            lot="lot-1",
            contract_kind="framework",
            rate_pence=1790,
            confirm_by=self.at + 120 * MINUTE,
            via=via,
            ground="persons_choice" if via == "hand" else None,
            response_id=response_id,
        )

    def award_id(self, provider_id: UUID) -> UUID:
        """The id of the newest award, if it is this provider's."""
        return uuid5(self.placement_id, f"award:{provider_id}:{self.awards}")

    def stood(self, provider_id: UUID, response_id: UUID | None, *, via: str = "endpoint") -> Event:
        """A yes that waits for better-ranked providers."""
        return self.event(
            placements.AcceptanceStood,
            offer_id=self.offer_id(provider_id),
            provider_id=provider_id,
            accepted_at=self.at,
            decided_by=self.at + 10 * MINUTE,
            via=via,
            response_id=response_id,
        )

    def declined(
        self, provider_id: UUID, response_id: UUID | None = None, *, via: str = "endpoint"
    ) -> Event:
        """A no."""
        return self.event(
            placements.OfferDeclined,
            offer_id=self.offer_id(provider_id),
            provider_id=provider_id,
            reason="no_capacity",
            answered_at=self.at,
            prompt=True,
            lot="lot-1",
            via=via,
            response_id=response_id,
        )

    def quoted(self, provider_id: UUID, response_id: UUID | None) -> Event:
        """Its yes asks for more than the limit."""
        return self.event(
            negotiations.RateQuoted, offer_id=self.offer_id(provider_id), provider_id=provider_id,
            rate_pence=2500, limit_pence=2000, accepted_at=self.at, via="endpoint",
            response_id=response_id,
        )  # fmt: skip

    def conditional(self, provider_id: UUID, response_id: UUID | None) -> Event:
        """Its yes is on a condition."""
        return self.event(
            negotiations.ConditionRaised, offer_id=self.offer_id(provider_id),
            provider_id=provider_id, starts_at=self.at + 60 * MINUTE, visits=(),
            accepted_at=self.at, via="endpoint", response_id=response_id,
        )  # fmt: skip

    def countered(self, provider_id: UUID, response_id: UUID | None) -> Event:
        """Other terms were put to it."""
        return self.event(
            negotiations.ConditionCountered, offer_id=self.offer_id(provider_id),
            provider_id=provider_id, starts_at=self.at, visits=(),
            expires_at=self.at + 90 * MINUTE, response_id=response_id,
        )  # fmt: skip

    def refused_terms(self, provider_id: UUID, response_id: UUID | None) -> Event:
        """Its condition was refused."""
        return self.event(
            negotiations.ConditionRefused, offer_id=self.offer_id(provider_id),
            provider_id=provider_id, response_id=response_id,
        )  # fmt: skip

    def refused(self, provider_id: UUID, request: str, code: str, response_id: UUID) -> Event:
        """An answer that changed nothing."""
        of_offer = request in ("accept", "decline")
        return self.event(
            placements.RequestRefused,
            request=request,
            provider_id=provider_id,
            offer_id=self.offer_id(provider_id) if of_offer else None,
            award_id=None if of_offer else self.award_id(provider_id),
            code=code,
            response_id=response_id,
        )

    def lapsed(self, *provider_ids: UUID) -> Event:
        """Deadlines passed."""
        ids = tuple(map(self.offer_id, provider_ids))
        return self.event(placements.OffersLapsed, offer_ids=ids)

    def withdrawn(self, *provider_ids: UUID, because: str = "placed") -> Event:
        """Offers that no longer stand."""
        ids = tuple(map(self.offer_id, provider_ids))
        return self.event(placements.OffersWithdrawn, offer_ids=ids, because=because)

    def corrected(self, provider_id: UUID, becomes: str) -> Event:
        """An answer that had been written down wrongly is taken away."""
        return self.event(
            interventions.AnswerCorrected,
            offer_id=self.offer_id(provider_id),
            provider_id=provider_id,
            was="accept",
            becomes=becomes,
            expires_at=START,
            standing=(),
            decided_by=None,
            lot=None,
        )

    def of_award(
        self, kind: type[Event], provider_id: UUID, response_id: UUID | None = None, **fields: Any
    ) -> Event:
        """Something about the newest award."""
        return self.event(
            kind,
            award_id=self.award_id(provider_id),
            provider_id=provider_id,
            response_id=response_id,
            **fields,
        )

    def cancelled(self, provider_id: UUID, because: str = "referral_withdrawn") -> Event:
        """The newest award ended by somebody else."""
        return self.event(
            placements.AwardCancelled,
            award_id=self.award_id(provider_id),
            provider_id=provider_id,
            because=because,
        )

    def handed_back(self, provider_id: UUID, response_id: UUID | None = None) -> Event:
        """The provider gives the newest award up, with four weeks' notice."""
        return self.of_award(
            care.HandedBack,
            provider_id,
            response_id,
            reason="staffing",
            last_visit_at=self.at + 28 * DAY,
            notice_until=self.at + 28 * DAY,
            breach=False,
        )

    def of_care(self, kind: type[Event], provider_id: UUID, **fields: Any) -> Event:
        """Something about the newest award that no provider said."""
        return self.event(
            kind, award_id=self.award_id(provider_id), provider_id=provider_id, **fields
        )

    def paused(self, provider_id: UUID) -> Event:
        """The person is away for two weeks at most."""
        held_until = self.at + 14 * DAY
        return self.of_care(
            care.CarePaused,
            provider_id,
            held_until=held_until,
            warn_at=held_until - DAY,
            retainer=True,
        )

    def restart_asked(self, provider_id: UUID, *, answer_by: datetime | None = None) -> Event:
        """The person comes home in two days."""
        return self.of_care(
            care.RestartAsked,
            provider_id,
            restart_at=self.at + 2 * DAY,
            answer_by=answer_by or self.at + DAY,
        )

    def change_asked(self, provider_id: UUID, *, version: int = 2) -> Event:
        """Two visits of an hour in E10 are needed now."""
        visits = tuple(Visit(weekday=day, band="tea", minutes=60) for day in ("mon", "thu"))
        requirement = Requirement(care_type="personal_care", visits=visits, ready_at=self.at)
        return self.of_care(
            care.ChangeAsked,
            provider_id,
            version=version,
            outcode="E10",
            requirement=requirement,
            answer_by=self.at + DAY,
        )

    def amended(self, provider_id: UUID | None, **changes: Any) -> Event:
        """A visit of an hour in E10 is needed now, also by whoever has the award."""
        visits = (Visit(weekday="mon", band="tea", minutes=60),)
        requirement = Requirement(care_type="personal_care", visits=visits, ready_at=self.at)
        return self.event(
            interventions.RequirementAmended,
            source="broker",
            outcode="E10",
            gender=None,
            requirement=requirement,
            award_id=None if provider_id is None else self.award_id(provider_id),
            **{"version": 2, **changes},
        )
