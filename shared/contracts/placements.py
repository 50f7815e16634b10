"""Events of `placements.v1`: everything that matching decides. Written by the matching service.

The same facts are matching's own history: the body of a record is the row of its `events` table.
"""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.codes import (
    AwardGround,
    ContractKind,
    CqcRating,
    DeclineReason,
    EscalationKind,
    Gender,
    Outlook,
    PassedOverReason,
    RankingComponent,
    RefusalCode,
    ReleaseReason,
    SearchCause,
    SourceKind,
    TierOpenedBecause,
    Urgency,
    Via,
    WithdrawalReason,
)
from shared.contracts.model import (
    Code,
    Instant,
    Minutes,
    Model,
    Outcode,
    Pence,
    ReferralEvent,
    Sector,
)
from shared.contracts.requirement import Requirement, Visit

TOPIC = "placements.v1"


class PlacementEvent(ReferralEvent):
    """An event of one placement. A referral has one placement unless a broker splits it."""

    TOPIC: ClassVar[str] = TOPIC

    placement_id: UUID


class Measured(Model):
    """One component's value for one provider; null where it is not known."""

    component: RankingComponent
    value: float | None
    weight: float | None = None
    """In a weighted tier: how much its points count."""
    points: float | None = None
    """In a weighted tier: from 0 to 1."""


class Components(Model):
    """What put a provider at its place, each as it was when the tier opened."""

    continuity: bool
    chosen: bool
    """The person named this provider."""
    contract_rank: int | None
    turns: float
    """Offers lately in this lot, an old one counting less; prompt declines not counted."""
    awarded_hours: float = 0.0
    """Weekly hours lately awarded in this lot, old ones counting less."""
    cqc_rating: CqcRating
    measured: tuple[Measured, ...] = ()
    """Components that more than the register and the turns answer; in a weighted tier, all."""


class Ranked(Model):
    """One provider that may be asked in a tier, with its place (1 = first) and why."""

    provider_id: UUID
    place: int
    lot: Code | None
    contract_kind: ContractKind
    rate_pence: Pence | None
    components: Components


class PassedOver(Model):
    """Providers of a tier that are not asked, by reason."""

    reason: PassedOverReason
    provider_ids: tuple[UUID, ...]


class Price(Model):
    """What it is worth, in offers, not to miss a target with one package."""

    target_minutes: Minutes
    offers: float


class Expected(Model):
    """What was expected of one provider, live or next in order, when it was decided whom to ask."""

    provider_id: UUID
    live: bool
    yes: float
    """Chance that an answer is a yes that lasts."""
    answers: float
    """Chance of an answer in the window."""


class Reckoning(Model):
    """Why so many were asked: what a miss costs, what was expected of whom, and what follows."""

    prices: tuple[Price, ...]
    missed: tuple[float, ...]
    """Chances of missing the targets that lie ahead, in the order of `prices`."""
    expected: tuple[Expected, ...]


class OfferMade(Model):
    """One offer of a wave."""

    offer_id: UUID
    provider_id: UUID
    place: int
    lot: Code | None
    contract_kind: ContractKind
    rate_pence: Pence | None


class Terms(Model):
    """What a provider and a broker agreed on: a start, or all visits as they are given."""

    starts_at: Instant | None
    visits: tuple[Visit, ...]


class AwaitingInformation(PlacementEvent):
    """The referral is known and its headline clock runs; offers wait until it is complete."""

    TYPE: ClassVar[str] = "homeward.placement.awaiting-information.v1"

    received_at: Instant
    source_kind: SourceKind
    organisation: Code
    ward: Code
    urgency: Urgency
    targets_minutes: tuple[Minutes, ...]


class SearchStarted(PlacementEvent):
    """Nothing is missing: the search begins under one version of the policy."""

    TYPE: ClassVar[str] = "homeward.placement.search-started.v1"

    received_at: Instant
    complete_at: Instant
    source_kind: SourceKind
    organisation: Code
    ward: Code
    urgency: Urgency
    outcode: Outcode
    gender: Gender | None
    requirement: Requirement
    policy_name: Code
    policy_version: str
    """Content hash of the policy document (16 hex digits)."""
    targets_minutes: tuple[Minutes, ...]
    cause: SearchCause = "referral"
    """Why this placement began; a later search has a clock of its own."""
    follows: UUID | None = None
    """The placement whose care ends, or which bridging care bridges to."""
    bridging_until: Instant | None = None
    """Bridging care ends then."""
    gap_at: Instant | None = None
    """The first visit that nobody holds unless this placement is filled."""
    gap_alarm_at: Instant | None = None
    paperwork_due_at: Instant | None = None
    """Until when the authorisation must be there, where care may start without."""
    authorised_minutes: Minutes | None = None
    """Weekly minutes that the money was agreed for."""
    sector: Sector | None = None
    """Where the council permits more than the outcode."""


class TierOpened(PlacementEvent):
    """One step of the fallback begins: who may be asked, in which order, and who not, and why."""

    TYPE: ClassVar[str] = "homeward.placement.tier-opened.v1"

    round: int
    tier: int
    """Index in the policy, from 0."""
    tier_name: Code
    clause: str
    because: TierOpenedBecause
    closes_at: Instant | None
    ranked: tuple[Ranked, ...]
    passed_over: tuple[PassedOver, ...]
    ground: AwardGround | None = None
    """Why a person jumped to this tier."""
    runs_on: bool = False
    """When this tier's time is up, its live offers run on and who is unasked stays next."""
    ranking: tuple[RankingComponent, ...] = ()
    """What ranked, in its order; a component without weight counts only between equals so far."""


class OffersMade(PlacementEvent):
    """Offers of one tier made at the same instant, all with one deadline."""

    TYPE: ClassVar[str] = "homeward.placement.offers-made.v1"

    round: int
    tier: int
    tier_name: Code
    wave: int
    expires_at: Instant
    offers: tuple[OfferMade, ...]
    passed_over: tuple[PassedOver, ...]
    """Those whose turn it was and who may no longer be asked, since the tier opened."""
    ask_at: Instant | None = None
    """When the next will be asked unless something happens before, where that is planned."""
    reckoning: Reckoning | None = None
    """Under an adaptive strategy: why so many were asked."""
    ground: AwardGround | None = None
    """Why a person had this provider asked, out of order. Source: domain rule 2."""


class AskingPlanned(PlacementEvent):
    """Nobody else is asked now: those who have the offer are likely enough to take it in time."""

    TYPE: ClassVar[str] = "homeward.placement.asking-planned.v1"

    round: int
    ask_at: Instant | None
    """When the next will be asked unless something happens before; null: nobody is left."""
    reckoning: Reckoning


class OfferDeclined(PlacementEvent):
    """A provider said no in time, by the endpoint or by telephone."""

    TYPE: ClassVar[str] = "homeward.placement.offer-declined.v1"

    offer_id: UUID
    provider_id: UUID
    reason: DeclineReason
    answered_at: Instant
    prompt: bool
    """Quick enough, by policy, that it costs no turn."""
    lot: Code | None
    via: Via
    response_id: UUID | None


class AcceptanceStood(PlacementEvent):
    """A provider said yes while better-ranked ones may still answer; decided by `decided_by`."""

    TYPE: ClassVar[str] = "homeward.placement.acceptance-stood.v1"

    offer_id: UUID
    provider_id: UUID
    accepted_at: Instant
    decided_by: Instant
    via: Via
    response_id: UUID | None
    rate_pence: Pence | None = None
    """What the provider quoted, where that was asked for."""


class RequestRefused(PlacementEvent):
    """An answer changed nothing, and this is why. `offer_id` for offers, `award_id` for awards."""

    TYPE: ClassVar[str] = "homeward.placement.request-refused.v1"

    request: Literal[
        "accept", "decline", "confirm", "release", "start", "hand_back", "restart", "change",
        "accept_if", "accept_counter", "decline_counter",
    ]  # fmt: skip
    provider_id: UUID
    offer_id: UUID | None
    award_id: UUID | None
    code: RefusalCode
    response_id: UUID | None


class OffersLapsed(PlacementEvent):
    """Deadlines passed with no answer: their own result, never a decline."""

    TYPE: ClassVar[str] = "homeward.placement.offers-lapsed.v1"

    offer_ids: tuple[UUID, ...]


class OffersWithdrawn(PlacementEvent):
    """Offers that no longer stand, whether unanswered or accepted and not chosen."""

    TYPE: ClassVar[str] = "homeward.placement.offers-withdrawn.v1"

    offer_ids: tuple[UUID, ...]
    because: Literal[
        "placed",
        "referral_withdrawn",
        "divided",
        "by_person",
        "excluded",
        "suspended",
        "requirement_changed",
    ]
    stood: tuple[UUID, ...] = ()
    """Those of them whose acceptance stood, where a person took single offers back."""


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
    because: Literal["referral_withdrawn", "replaced_by_hand", "by_person"]


class CareStarted(PlacementEvent):
    """The first visit was delivered."""

    TYPE: ClassVar[str] = "homeward.placement.care-started.v1"

    award_id: UUID
    provider_id: UUID
    started_at: Instant
    response_id: UUID | None
    review_at: Instant | None = None
    """When reablement is to be reviewed."""


class SearchReopened(PlacementEvent):
    """A new round begins from the first tier, without those in `left_out`."""

    TYPE: ClassVar[str] = "homeward.placement.search-reopened.v1"

    round: int
    because: Literal[
        "released",
        "market_changed",
        "award_cancelled",
        "asked_by_person",
        "policy_moved",
        "requirement_changed",
    ]
    left_out: tuple[UUID, ...]


class SearchExhausted(PlacementEvent):
    """The last tier has ended and nobody is left to ask; a person must act."""

    TYPE: ClassVar[str] = "homeward.placement.search-exhausted.v1"

    round: int


class OutlookChanged(PlacementEvent):
    """How likely somebody takes the package, in a word for wards; never a promise."""

    TYPE: ClassVar[str] = "homeward.placement.outlook-changed.v1"

    outlook: Outlook


class EscalationOpened(PlacementEvent):
    """An open item for a person, beside the status; it stops nothing by itself."""

    TYPE: ClassVar[str] = "homeward.placement.escalation-opened.v1"

    kind: EscalationKind


class EscalationClosed(PlacementEvent):
    """What the item asked for has come about."""

    TYPE: ClassVar[str] = "homeward.placement.escalation-closed.v1"

    kind: EscalationKind


class PlacementWithdrawn(PlacementEvent):
    """The package is ended at the ward's or hub's word; nothing follows."""

    TYPE: ClassVar[str] = "homeward.placement.withdrawn.v1"

    reason: WithdrawalReason
