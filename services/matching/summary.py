"""One placement as lists and reports see it, and what people's decisions change in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
from services.matching.domain.interventions import Intervention
from services.matching.domain.negotiations import Negotiation
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Requirement


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
    cause: str = "referral"
    follows: UUID | None = None
    bridging_until: datetime | None = None
    gap_at: datetime | None = None
    """From when a visit has nobody, while nobody has the package."""
    contingency: str | None = None
    weekly_minutes: int | None = None
    paused_until: datetime | None = None
    last_visit_at: datetime | None = None
    ended_at: datetime | None = None
    care_type: str | None = None
    needs: str = ""
    """Codes, joined by spaces, as are the languages."""
    languages: str = ""
    double_handed: bool = False
    divided: bool = False
    """Whether the search went on in parts, or in the whole that parts make again."""
    withdrawn_because: str | None = None
    ready_at: datetime | None = None
    slips: int = 0
    """How often the start moved to a later instant while somebody had the package."""
    slipped_at: datetime | None = None
    """When it last did."""
    slipped_beyond: bool = False
    """Whether it ever did by more than the policy tolerates."""


NOBODY: Mapping[str, Any] = dict.fromkeys(
    ("provider_id", "provider_name", "lot", "contract_kind", "award_id", "confirm_by", "filled_at",
     "confirmed_at")
)  # fmt: skip
"""What a placement that is not filled lacks."""


def with_care(row: Summary, event: care.CareEvent) -> Summary:
    """The summary after something about its care."""
    match event:
        case care.HandedBack() | care.CareEnding():
            # Given up before it started, it was not filled.
            undone = NOBODY if row.started_at is None else {}
            return replace(row, status="ending", last_visit_at=event.last_visit_at, **undone)
        case care.CareEnded() | care.PauseLapsed() | care.RestartRefused():
            return replace(row, status="ended", ended_at=event.at, paused_until=None)
        case care.PlacementDivided():
            return replace(
                row, status="ended", ended_at=event.at, offers_out=0, next_deadline_at=None,
                decided_by=None, divided=True,
            )  # fmt: skip
        case care.CarePaused():
            return replace(row, status="paused", paused_until=event.held_until)
        case care.CareResumed():
            return replace(row, status="started", paused_until=None, ended_at=None)
        case care.ChangeAgreed() if row.status == "ending":
            return replace(
                row, status="started", last_visit_at=None, weekly_minutes=event.weekly_minutes
            )
        case care.ChangeAgreed():
            return replace(row, weekly_minutes=event.weekly_minutes)
        case care.CareGapMoved():
            return replace(row, gap_at=event.gap_at)
        case care.ContingencyRecorded():
            return replace(row, contingency=event.contingency)
        case care.RestartAsked() | care.ChangeAsked() | care.ChangeRefused():
            return row
        case _:
            assert_never(event)


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
        case acts.AnswerCorrected():
            return _corrected(row, event)
        case acts.PersonViewRecorded():
            return replace(row, person_view=event.view)
        case acts.PlacementAssigned():
            return replace(row, assignee_id=event.assignee_id)
        case acts.PolicyMoved():
            return replace(row, policy_name=event.policy_name, policy_version=event.policy_version)
        case acts.RequirementAmended():
            return _amended(row, event)
        case (
            acts.ProviderSkipped()
            | acts.ProviderExcluded()
            | acts.ExclusionLifted()
            | acts.ExclusionProposed()
            | acts.PackageLinked()
        ):
            return row
        case _:
            assert_never(event)


def _corrected(row: Summary, event: acts.AnswerCorrected) -> Summary:
    after = replace(row, standing=len(event.standing), decided_by=event.decided_by)
    if event.becomes != "live":
        return after
    next_at = row.next_deadline_at
    if event.expires_at > event.at:
        next_at = min(next_at or event.expires_at, event.expires_at)
    return replace(after, offers_out=row.offers_out + 1, next_deadline_at=next_at)


def _amended(row: Summary, event: acts.RequirementAmended) -> Summary:
    after = replace(
        row, outcode=event.outcode, sector=event.sector, **of_requirement(event.requirement)
    )
    if row.award_id is None or row.ready_at is None or event.requirement.ready_at <= row.ready_at:
        return after
    beyond = row.slipped_beyond or event.change == "material"
    return replace(after, slips=row.slips + 1, slipped_at=event.at, slipped_beyond=beyond)


def with_negotiation(row: Summary, event: Negotiation) -> Summary:
    """The summary after a step of a negotiation: an offer is out until it is over."""
    over = isinstance(event, talks.RateRefused | talks.ConditionRefused)
    return replace(row, offers_out=row.offers_out - 1) if over else row


def of_requirement(requirement: Requirement) -> dict[str, Any]:
    """What of a requirement lists and reports need, by field of a Summary."""
    spoken = [language.value for language in requirement.preferences.languages]
    return {
        "weekly_minutes": requirement.weekly_minutes,
        "care_type": requirement.care_type,
        "ready_at": requirement.ready_at,
        "needs": " ".join(requirement.needs),
        "languages": " ".join(spoken),
        "double_handed": any(visit.carers > 1 for visit in requirement.visits),
    }


def with_fewer_standing(row: Summary, fewer: int) -> Summary:
    """The summary with so many acceptances taken back; with none left, none has to be decided."""
    left = row.standing - fewer
    return replace(row, standing=left, decided_by=row.decided_by if left > 0 else None)
