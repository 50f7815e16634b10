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
from shared.contracts.model import Code, Instant, Outcode, Sector
from shared.contracts.placements import PlacementEvent
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
    offers, and an award stays until its provider or a person ends it.
    """

    TYPE: ClassVar[str] = "homeward.placement.requirement-amended.v1"

    version: int
    change: AmendmentKind
    source: Literal["referral", "broker"]
    outcode: Outcode
    gender: Gender | None
    requirement: Requirement
    sector: Sector | None = None
