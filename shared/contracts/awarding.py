"""Events of `placements.v1` about who has the package, from the award to the first visit."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.codes import AwardGround, ContractKind, PassedOverReason, ReleaseReason, Via
from shared.contracts.model import Code, Instant, Minutes, Model, Pence, Sixtieths
from shared.contracts.placement_event import PlacementEvent
from shared.contracts.requirement import Visit


class Terms(Model):
    """What a provider and a broker agreed on: a start, or all visits as they are given."""

    starts_at: Instant | None
    visits: tuple[Visit, ...]


class Awarded(PlacementEvent):
    """The one acceptance that takes the package, or a person's award by hand: it is filled."""

    TYPE: ClassVar[str] = "homeward.placement.awarded.v1"

    award_id: UUID
    offer_id: UUID | None
    provider_id: UUID
    provider_name: str
    accepted_at: Instant
    tier: int | None
    tier_name: Code | None
    lot: Code | None
    contract_kind: ContractKind | None
    rate_pence: Pence | None
    confirm_by: Instant
    via: Via
    ground: AwardGround | None
    response_id: UUID | None
    weekly_minutes: Minutes | None = None
    """Minutes of care a week that the package takes, each carer's counted."""
    start_by: Instant | None = None
    """Care that has not started by then is overdue."""
    agreed: Terms | None = None
    """What was agreed in place of what was asked for, where that was conditional."""
    overrides: PassedOverReason | None = None
    """The gate that a person awarded in spite of, where there was one."""
    weekly_cost_sixtieths: Sixtieths | None = None
    """What a week costs by the contract's rate card, of which `rate_pence` is the rounded average;
    null: hours times `rate_pence`."""


class AwardConfirmed(PlacementEvent):
    """The awarded provider has read the plan and takes the package for good."""

    TYPE: ClassVar[str] = "homeward.placement.award-confirmed.v1"

    award_id: UUID
    provider_id: UUID
    response_id: UUID | None


class AwardReleased(PlacementEvent):
    """The awarded provider gave the award back; the clock never stopped."""

    TYPE: ClassVar[str] = "homeward.placement.award-released.v1"

    award_id: UUID
    provider_id: UUID
    reason: ReleaseReason
    response_id: UUID | None


class AwardCancelled(PlacementEvent):
    """An award ended by somebody else than its provider."""

    TYPE: ClassVar[str] = "homeward.placement.award-cancelled.v1"

    award_id: UUID
    provider_id: UUID
    because: Literal[
        "referral_withdrawn", "replaced_by_hand", "by_person", "answer_corrected", "change_refused"
    ]


class CareStarted(PlacementEvent):
    """The first visit was delivered."""

    TYPE: ClassVar[str] = "homeward.placement.care-started.v1"

    award_id: UUID
    provider_id: UUID
    started_at: Instant
    response_id: UUID | None
    review_at: Instant | None = None
    """When reablement is to be reviewed."""
