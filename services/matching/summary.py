"""One placement as lists and reports see it, and what people's decisions change in it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.matching.domain import interventions as acts
from services.matching.domain.interventions import Intervention


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One placement as lists and reports see it."""

    referral_id: UUID
    placement_id: UUID
    status: str
    urgency: str
    source_kind: str
    organisation: str
    ward: str
    outcode: str | None = None
    sector: str | None = None
    policy_name: str | None = None
    policy_version: str | None = None
    received_at: datetime
    complete_at: datetime | None = None
    round: int = 1
    tier_name: str | None = None
    """The tier of the award, else the tier asked last."""
    outlook: str | None = None
    offers_out: int = 0
    offers_made: int = 0
    next_deadline_at: datetime | None = None
    decided_by: datetime | None = None
    provider_id: UUID | None = None
    provider_name: str | None = None
    lot: str | None = None
    contract_kind: str | None = None
    award_id: UUID | None = None
    confirm_by: datetime | None = None
    filled_at: datetime | None = None
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    withdrawn_at: datetime | None = None
    standing: int = 0
    """Acceptances that stand."""
    held_until: datetime | None = None
    person_view: str = "not_asked"
    assignee_id: UUID | None = None
    escalations: str = ""
    """Open items, joined by spaces in the order of opening."""


def with_intervention(row: Summary, event: Intervention) -> Summary:
    """The summary after what a person decided."""
    match event:
        case acts.SearchHeld():
            return replace(row, held_until=event.until, decided_by=event.decided_by)
        case acts.SearchResumed():
            return replace(row, held_until=None, decided_by=event.decided_by)
        case acts.OfferWindowChanged():
            alone = row.offers_out == 1 or row.next_deadline_at is None
            before = event.expires_at if alone else row.next_deadline_at
            assert before is not None
            return replace(row, next_deadline_at=min(before, event.expires_at))
        case acts.PersonViewRecorded():
            return replace(row, person_view=event.view)
        case acts.PlacementAssigned():
            return replace(row, assignee_id=event.assignee_id)
        case acts.PolicyMoved():
            return replace(row, policy_name=event.policy_name, policy_version=event.policy_version)
        case (
            acts.ProviderSkipped()
            | acts.ProviderExcluded()
            | acts.ExclusionLifted()
            | acts.ExclusionProposed()
        ):
            return row
        case _:
            assert_never(event)


def with_fewer_standing(row: Summary, fewer: int) -> Summary:
    """The summary with so many acceptances taken back; with none left, none has to be decided."""
    left = row.standing - fewer
    return replace(row, standing=left, decided_by=row.decided_by if left > 0 else None)
