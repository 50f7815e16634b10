"""Events of what people decide about a search: one class for each in `shared.contracts.interventions`.

Who decided, and why in words, stays in matching's notes. Source: domain rule 11.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.matching.domain.codes import (
    AmendmentKind,
    AwardGround,
    ExclusionCause,
    Gender,
    PersonView,
    PersonViewBy,
)
from services.matching.domain.fact import PlacementEvent
from services.matching.domain.requirement import Requirement

ResumedBecause = Literal["by_person", "hold_ended"]
WithoutAnswer = Literal["live", "lapsed", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHeld(PlacementEvent):
    """Nobody new is asked until then; live offers run on, and acceptances stand as long.

    `standing`: the offers whose acceptance now stands until `decided_by`.
    """

    TYPE: ClassVar[str] = "homeward.placement.search-held.v1"
    until: datetime
    standing: tuple[UUID, ...]
    decided_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResumed(PlacementEvent):
    """The search goes on; the open tier's end is shifted by as long as it was held."""

    TYPE: ClassVar[str] = "homeward.placement.search-resumed.v1"
    because: ResumedBecause
    closes_at: datetime | None
    standing: tuple[UUID, ...]
    decided_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSkipped(PlacementEvent):
    """A provider is not asked in this round; it says nothing of later ones."""

    TYPE: ClassVar[str] = "homeward.placement.provider-skipped.v1"
    round: int
    provider_id: UUID
    ground: AwardGround


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderExcluded(PlacementEvent):
    """A provider is not asked for this package any more, until it is lifted."""

    TYPE: ClassVar[str] = "homeward.placement.provider-excluded.v1"
    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionLifted(PlacementEvent):
    """A provider may be asked again for this package."""

    TYPE: ClassVar[str] = "homeward.placement.exclusion-lifted.v1"
    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionProposed(PlacementEvent):
    """What happened suggests that a provider be excluded; a person decides."""

    TYPE: ClassVar[str] = "homeward.placement.exclusion-proposed.v1"
    provider_id: UUID
    because: ExclusionCause


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWindowChanged(PlacementEvent):
    """An offer's deadline was moved."""

    TYPE: ClassVar[str] = "homeward.placement.offer-window-changed.v1"
    offer_id: UUID
    provider_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonViewRecorded(PlacementEvent):
    """What the person says of the plan, told by whom (a role) and when."""

    TYPE: ClassVar[str] = "homeward.placement.person-view-recorded.v1"
    view: PersonView
    told_by_role: PersonViewBy
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementAssigned(PlacementEvent):
    """A broker looks after it, by an id that matching alone can resolve; None: nobody in particular."""

    TYPE: ClassVar[str] = "homeward.placement.assigned.v1"
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMoved(PlacementEvent):
    """From now on a newer version of the policy holds for this placement."""

    TYPE: ClassVar[str] = "homeward.placement.policy-moved.v1"
    policy_name: str
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementAmended(PlacementEvent):
    """What is needed has changed before the start: what it is now, all of it, as a new version.

    A date within tolerance and a small change keep offers and award; a material change withdraws
    offers, and who has the award is asked before anybody else.
    """

    TYPE: ClassVar[str] = "homeward.placement.requirement-amended.v1"
    version: int
    change: AmendmentKind
    source: Literal["referral", "broker"]
    outcode: str
    gender: Gender | None
    requirement: Requirement
    sector: str | None = None
    award_id: UUID | None = None
    """The award that there is, for which this is meant."""
    start_by: datetime | None = None
    """When care under it is overdue now, if the change is not a question to its provider."""
    rate_pence: int | None = None
    weekly_cost_sixtieths: int | None = None
    """What it comes to by the rate card of the award's contract, if the change is no question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCorrected(PlacementEvent):
    """What a person wrote down as a provider's answer was not said, and counts no longer.

    The offer is as if it had no answer: `live`, or `lapsed` or `withdrawn` in the meantime; what was
    said instead is an event of its own. `standing`: the acceptances that stand now, until `decided_by`.
    `prompt` and `weekly_minutes`: what the wrong answer had cost or brought its provider in turns.
    `meant_offer_id`: the offer of the provider that had given the answer.
    """

    TYPE: ClassVar[str] = "homeward.placement.answer-corrected.v1"
    offer_id: UUID
    provider_id: UUID
    was: Literal["accept", "decline"]
    becomes: WithoutAnswer
    expires_at: datetime
    standing: tuple[UUID, ...]
    decided_by: datetime | None
    lot: str | None
    prompt: bool = False
    weekly_minutes: int | None = None
    meant_offer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLinked(PlacementEvent):
    """The package's person lives with the person of another referral; each is awarded on its own.

    None: with nobody that is referred. It holds for the referral, whatever placements it has.
    """

    TYPE: ClassVar[str] = "homeward.placement.linked.v1"
    linked_referral_id: UUID | None


OfSearch = SearchHeld | SearchResumed | ProviderSkipped | OfferWindowChanged
OfPlacement = (
    ProviderExcluded
    | ExclusionLifted
    | ExclusionProposed
    | PersonViewRecorded
    | PlacementAssigned
    | PolicyMoved
    | RequirementAmended
    | AnswerCorrected
    | PackageLinked
)
Intervention = OfSearch | OfPlacement
