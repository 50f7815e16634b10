"""Events of `placements.v1` about who is asked: tiers, offers, and what providers answer."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.codes import (
    AwardGround,
    ContractKind,
    CqcRating,
    DeclineReason,
    PassedOverReason,
    RankingComponent,
    RefusalCode,
    TierOpenedBecause,
    Via,
)
from shared.contracts.model import Code, Instant, Minutes, Model, Pence
from shared.contracts.placement_event import PlacementEvent


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
    requirement_version: Annotated[int, Field(ge=1)] = 1
    """Which version of what is needed they are for."""


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


class SettlementMoved(PlacementEvent):
    """The acceptances that stand are decided at another instant than was said before.

    Something changed that it rests on: a yes taken back, or a better-ranked offer's deadline or answer.
    """

    TYPE: ClassVar[str] = "homeward.placement.settlement-moved.v1"

    standing: tuple[UUID, ...]
    decided_by: Instant


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
