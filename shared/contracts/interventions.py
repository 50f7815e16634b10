"""Events of `placements.v1` that say what people decided about a search. Written by matching.

Codes and numbers only: who decided, and why in words, stays in matching's notes.
"""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.codes import (
    AmendmentKind,
    AwardGround,
    ExclusionCause,
    Gender,
    PersonView,
    PersonViewBy,
)
from shared.contracts.model import Code, Instant, Outcode, Pence, Sector, Sixtieths
from shared.contracts.placement_event import PlacementEvent
from shared.contracts.requirement import Requirement


class SearchHeld(PlacementEvent):
    """Nobody new is asked until then; live offers run on, and acceptances stand as long.

    `standing`: the offers whose acceptance now stands until `decided_by`.
    """

    TYPE: ClassVar[str] = "homeward.placement.search-held.v1"

    until: Instant
    standing: tuple[UUID, ...]
    decided_by: Instant | None


class SearchResumed(PlacementEvent):
    """The search goes on; the open tier's end is shifted by as long as it was held."""

    TYPE: ClassVar[str] = "homeward.placement.search-resumed.v1"

    because: Literal["by_person", "hold_ended"]
    closes_at: Instant | None
    standing: tuple[UUID, ...]
    decided_by: Instant | None


class ProviderSkipped(PlacementEvent):
    """A provider is not asked in this round; it says nothing of later ones."""

    TYPE: ClassVar[str] = "homeward.placement.provider-skipped.v1"

    round: int
    provider_id: UUID
    ground: AwardGround


class ProviderExcluded(PlacementEvent):
    """A provider is not asked for this package any more, until it is lifted."""

    TYPE: ClassVar[str] = "homeward.placement.provider-excluded.v1"

    provider_id: UUID


class ExclusionLifted(PlacementEvent):
    """A provider may be asked again for this package."""

    TYPE: ClassVar[str] = "homeward.placement.exclusion-lifted.v1"

    provider_id: UUID


class ExclusionProposed(PlacementEvent):
    """What happened suggests that a provider be excluded; a person decides."""

    TYPE: ClassVar[str] = "homeward.placement.exclusion-proposed.v1"

    provider_id: UUID
    because: ExclusionCause


class OfferWindowChanged(PlacementEvent):
    """An offer's deadline was moved."""

    TYPE: ClassVar[str] = "homeward.placement.offer-window-changed.v1"

    offer_id: UUID
    provider_id: UUID
    expires_at: Instant


class PersonViewRecorded(PlacementEvent):
    """What the person says of the plan, told by whom (a role) and when."""

    TYPE: ClassVar[str] = "homeward.placement.person-view-recorded.v1"

    view: PersonView
    told_by_role: PersonViewBy
    told_at: Instant


class PlacementAssigned(PlacementEvent):
    """A broker looks after it, by an id that matching alone can resolve; None: nobody in particular."""

    TYPE: ClassVar[str] = "homeward.placement.assigned.v1"

    assignee_id: UUID | None


class PolicyMoved(PlacementEvent):
    """From now on a newer version of the policy holds for this placement."""

    TYPE: ClassVar[str] = "homeward.placement.policy-moved.v1"

    policy_name: Code
    policy_version: str


class RequirementAmended(PlacementEvent):
    """What is needed has changed before the start: what it is now, all of it, as a new version.

    A date within tolerance and a small change keep offers and award; a material change withdraws
    offers, and who has the award is asked before anybody else.
    """

    TYPE: ClassVar[str] = "homeward.placement.requirement-amended.v1"

    version: int
    change: AmendmentKind
    source: Literal["referral", "broker"]
    outcode: Outcode
    gender: Gender | None
    requirement: Requirement
    sector: Sector | None = None
    award_id: UUID | None = None
    """The award that there is, for which this is meant."""
    start_by: Instant | None = None
    """When care under it is overdue now, if the change is not a question to its provider."""
    rate_pence: Pence | None = None
    weekly_cost_sixtieths: Sixtieths | None = None
    """What it comes to by the rate card of the award's contract, if the change is no question."""


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
    becomes: Literal["live", "lapsed", "withdrawn"]
    expires_at: Instant
    standing: tuple[UUID, ...]
    decided_by: Instant | None
    lot: Code | None
    prompt: bool = False
    weekly_minutes: int | None = None
    meant_offer_id: UUID | None = None


class PackageLinked(PlacementEvent):
    """The package's person lives with the person of another referral; each is awarded on its own.

    None: with nobody that is referred. It holds for the referral, whatever placements it has.
    """

    TYPE: ClassVar[str] = "homeward.placement.linked.v1"

    linked_referral_id: UUID | None
