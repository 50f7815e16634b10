"""What matching has decided: one class for each class in `shared.contracts.placements`.

Same names, same fields, same JSON (a test compares them). Why there are two: the rules import
nothing, and a contract may gain optional fields that no rule knows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain.asking import OfferMade, PassedOver, Ranked, Reckoning, Terms
from services.matching.domain.codes import (
    AwardGround,
    ContractKind,
    DeclineReason,
    EscalationKind,
    Gender,
    Outlook,
    PassedOverReason,
    RankingComponent,
    RefusalCode,
    ReleaseReason,
    Request,
    SearchCause,
    SourceKind,
    TierOpenedBecause,
    Urgency,
    Via,
    WithdrawalReason,
)
from services.matching.domain.fact import PlacementEvent
from services.matching.domain.interventions import Intervention
from services.matching.domain.negotiations import Negotiation
from services.matching.domain.requirement import Requirement

CancelledBecause = Literal[
    "referral_withdrawn", "replaced_by_hand", "by_person", "answer_corrected", "change_refused"
]
WithdrawnBecause = Literal[
    "placed",
    "referral_withdrawn",
    "divided",
    "by_person",
    "excluded",
    "suspended",
    "requirement_changed",
]
ReopenedBecause = Literal[
    "released",
    "market_changed",
    "award_cancelled",
    "asked_by_person",
    "policy_moved",
    "requirement_changed",
    "answer_corrected",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingInformation(PlacementEvent):
    """The referral is known and its headline clock runs; offers wait until it is complete."""

    TYPE: ClassVar[str] = "homeward.placement.awaiting-information.v1"
    received_at: datetime
    source_kind: SourceKind
    organisation: str
    ward: str
    urgency: Urgency
    targets_minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStarted(PlacementEvent):
    """Nothing is missing: the search begins under one version of the policy."""

    TYPE: ClassVar[str] = "homeward.placement.search-started.v1"
    received_at: datetime
    complete_at: datetime
    source_kind: SourceKind
    organisation: str
    ward: str
    urgency: Urgency
    outcode: str
    gender: Gender | None
    requirement: Requirement
    policy_name: str
    policy_version: str
    targets_minutes: tuple[int, ...]
    cause: SearchCause = "referral"
    follows: UUID | None = None
    bridging_until: datetime | None = None
    gap_at: datetime | None = None
    gap_alarm_at: datetime | None = None
    paperwork_due_at: datetime | None = None
    authorised_minutes: int | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierOpened(PlacementEvent):
    """One step of the fallback begins: who may be asked, in which order, and who not, and why."""

    TYPE: ClassVar[str] = "homeward.placement.tier-opened.v1"
    round: int
    tier: int
    tier_name: str
    clause: str
    because: TierOpenedBecause
    closes_at: datetime | None
    ranked: tuple[Ranked, ...]
    passed_over: tuple[PassedOver, ...]
    ground: AwardGround | None = None
    runs_on: bool = False
    ranking: tuple[RankingComponent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersMade(PlacementEvent):
    """Offers of one tier made at the same instant with one deadline.

    `passed_over`: those whose turn it was and who may no longer be asked since the tier opened. A
    wave that is left without anybody is written too, so that each of them has its reason.
    """

    TYPE: ClassVar[str] = "homeward.placement.offers-made.v1"
    round: int
    tier: int
    tier_name: str
    wave: int
    expires_at: datetime
    offers: tuple[OfferMade, ...]
    passed_over: tuple[PassedOver, ...]
    ask_at: datetime | None = None
    reckoning: Reckoning | None = None
    ground: AwardGround | None = None
    requirement_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingPlanned(PlacementEvent):
    """Nobody else is asked now: those who have the offer are likely enough to take it in time.

    `ask_at`: when the next will be asked unless something happens before; None: nobody is left.
    """

    TYPE: ClassVar[str] = "homeward.placement.asking-planned.v1"
    round: int
    ask_at: datetime | None
    reckoning: Reckoning


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDeclined(PlacementEvent):
    """A provider said no in time, by the endpoint or by telephone."""

    TYPE: ClassVar[str] = "homeward.placement.offer-declined.v1"
    offer_id: UUID
    provider_id: UUID
    reason: DeclineReason
    answered_at: datetime
    prompt: bool
    lot: str | None
    via: Via
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceStood(PlacementEvent):
    """A provider said yes while better-ranked ones may still answer; decided by `decided_by`."""

    TYPE: ClassVar[str] = "homeward.placement.acceptance-stood.v1"
    offer_id: UUID
    provider_id: UUID
    accepted_at: datetime
    decided_by: datetime
    via: Via
    response_id: UUID | None
    rate_pence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementMoved(PlacementEvent):
    """The acceptances that stand are decided at another instant than was said before.

    Something changed that it rests on: a yes taken back, or a better-ranked offer's deadline or answer.
    """

    TYPE: ClassVar[str] = "homeward.placement.settlement-moved.v1"
    standing: tuple[UUID, ...]
    decided_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(PlacementEvent):
    """An answer changed nothing, and this is why."""

    TYPE: ClassVar[str] = "homeward.placement.request-refused.v1"
    request: Request
    provider_id: UUID
    offer_id: UUID | None
    award_id: UUID | None
    code: RefusalCode
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersLapsed(PlacementEvent):
    """Deadlines passed with no answer: their own result, never a decline."""

    TYPE: ClassVar[str] = "homeward.placement.offers-lapsed.v1"
    offer_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersWithdrawn(PlacementEvent):
    """Offers that no longer stand, whether unanswered or accepted and not chosen."""

    TYPE: ClassVar[str] = "homeward.placement.offers-withdrawn.v1"
    offer_ids: tuple[UUID, ...]
    because: WithdrawnBecause
    stood: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded(PlacementEvent):
    """The one acceptance that takes the package, or a person's award by hand: it is filled."""

    TYPE: ClassVar[str] = "homeward.placement.awarded.v1"
    award_id: UUID
    offer_id: UUID | None
    provider_id: UUID
    provider_name: str
    accepted_at: datetime
    tier: int | None
    tier_name: str | None
    lot: str | None
    contract_kind: ContractKind | None
    rate_pence: int | None
    confirm_by: datetime
    via: Via
    ground: AwardGround | None
    response_id: UUID | None
    weekly_minutes: int | None = None
    start_by: datetime | None = None
    agreed: Terms | None = None
    overrides: PassedOverReason | None = None
    weekly_cost_sixtieths: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardConfirmed(PlacementEvent):
    """The awarded provider has read the plan and takes the package for good."""

    TYPE: ClassVar[str] = "homeward.placement.award-confirmed.v1"
    award_id: UUID
    provider_id: UUID
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardReleased(PlacementEvent):
    """The awarded provider gave the award back; the clock never stopped."""

    TYPE: ClassVar[str] = "homeward.placement.award-released.v1"
    award_id: UUID
    provider_id: UUID
    reason: ReleaseReason
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardCancelled(PlacementEvent):
    """An award ended by somebody else than its provider."""

    TYPE: ClassVar[str] = "homeward.placement.award-cancelled.v1"
    award_id: UUID
    provider_id: UUID
    because: CancelledBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class CareStarted(PlacementEvent):
    """The first visit was delivered."""

    TYPE: ClassVar[str] = "homeward.placement.care-started.v1"
    award_id: UUID
    provider_id: UUID
    started_at: datetime
    response_id: UUID | None
    review_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReopened(PlacementEvent):
    """A new round begins from the first tier, without those in `left_out`."""

    TYPE: ClassVar[str] = "homeward.placement.search-reopened.v1"
    round: int
    because: ReopenedBecause
    left_out: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchExhausted(PlacementEvent):
    """The last tier has ended and nobody is left to ask; a person must act."""

    TYPE: ClassVar[str] = "homeward.placement.search-exhausted.v1"
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookChanged(PlacementEvent):
    """How likely somebody takes the package, in a word for wards; never a promise."""

    TYPE: ClassVar[str] = "homeward.placement.outlook-changed.v1"
    outlook: Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationOpened(PlacementEvent):
    """An open item for a person, beside the status; it stops nothing by itself."""

    TYPE: ClassVar[str] = "homeward.placement.escalation-opened.v1"
    kind: EscalationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationClosed(PlacementEvent):
    """What the item asked for has come about."""

    TYPE: ClassVar[str] = "homeward.placement.escalation-closed.v1"
    kind: EscalationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementWithdrawn(PlacementEvent):
    """The package is ended at the ward's or hub's word; nothing follows."""

    TYPE: ClassVar[str] = "homeward.placement.withdrawn.v1"
    reason: WithdrawalReason


SearchEvent = (
    AwaitingInformation
    | SearchStarted
    | TierOpened
    | SearchReopened
    | SearchExhausted
    | OutlookChanged
    | PlacementWithdrawn
)
OfferEvent = (
    OffersMade
    | AskingPlanned
    | OfferDeclined
    | AcceptanceStood
    | SettlementMoved
    | OffersLapsed
    | OffersWithdrawn
    | RequestRefused
)
AwardEvent = Awarded | AwardConfirmed | AwardReleased | AwardCancelled | CareStarted
EscalationEvent = EscalationOpened | EscalationClosed
Event = (
    SearchEvent
    | OfferEvent
    | AwardEvent
    | EscalationEvent
    | Intervention
    | Negotiation
    | care.CareEvent
)
