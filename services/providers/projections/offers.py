"""Offers as matching made and ended them. It follows matching, in its order, and judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.providers.domain.offers import OfferStatus
from shared.contracts import interventions, negotiations, placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """One offer. `because` is the reason of a decline or of a withdrawal."""

    offer_id: UUID
    referral_id: UUID
    placement_id: UUID | None
    """None for one made before placements were told apart."""
    provider_id: UUID
    status: OfferStatus
    because: str | None = None
    made_at: datetime
    expires_at: datetime
    decided_by: datetime | None = None
    answered_via: str | None = None
    tier: int
    tier_name: str
    wave: int
    lot: str | None
    contract_kind: str
    rate_pence: int | None
    counter: Json | None = None
    """Our terms in place of the provider's condition, to be answered."""


def offers_of(event: Event) -> Sequence[UUID]:
    """The offers that an event is about."""
    match event:
        case placements.OffersMade():
            return [offer.offer_id for offer in event.offers]
        case placements.OffersLapsed() | placements.OffersWithdrawn():
            return event.offer_ids
        case placements.OfferDeclined() | placements.AcceptanceStood():
            return [event.offer_id]
        case placements.Awarded(offer_id=UUID() as offer_id):
            return [offer_id]
        case interventions.OfferWindowChanged():
            return [event.offer_id]
        case (
            negotiations.RateQuoted()
            | negotiations.RateRefused()
            | negotiations.ConditionRaised()
            | negotiations.ConditionRefused()
            | negotiations.ConditionCountered()
        ):
            return [event.offer_id]
        case interventions.AnswerCorrected():
            return [event.offer_id, *event.standing]
        case (
            interventions.SearchHeld()
            | interventions.SearchResumed()
            | placements.SettlementMoved()
        ):
            return event.standing
        case _:
            return ()


def project_offer(row: OfferRow | None, event: Event, offer_id: UUID) -> OfferRow | None:
    """The offer after an event; None for one that was never seen to be made."""
    if isinstance(event, placements.OffersMade):
        return _make_offer(event, offer_id)
    if row is None:
        return None
    match event:
        case placements.OfferDeclined():
            return replace(row, status="declined", because=event.reason, answered_via=event.via)
        case placements.AcceptanceStood():
            return replace(
                row, status="standing", decided_by=event.decided_by, answered_via=event.via
            )
        case placements.Awarded():
            return replace(row, status="accepted", because=None, answered_via=event.via)
        case placements.OffersLapsed():
            return replace(row, status="lapsed")
        case placements.OffersWithdrawn():
            return replace(row, status="withdrawn", because=event.because)
        case interventions.OfferWindowChanged():
            return replace(row, expires_at=event.expires_at)
        case interventions.AnswerCorrected() if offer_id == event.offer_id:
            because = "answer_corrected" if event.becomes == "withdrawn" else None
            return replace(
                row, status=event.becomes, because=because, decided_by=None, answered_via=None
            )
        case (
            interventions.SearchHeld()
            | interventions.SearchResumed()
            | interventions.AnswerCorrected()
            | placements.SettlementMoved()
        ):
            return replace(row, decided_by=event.decided_by)
        case _:
            return _negotiated(row, event)


def _negotiated(row: OfferRow, event: Event) -> OfferRow | None:
    match event:
        case negotiations.RateQuoted():
            return replace(
                row, status="waiting", rate_pence=event.rate_pence, answered_via=event.via
            )
        case negotiations.ConditionRaised():
            return replace(row, status="conditional", answered_via=event.via)
        case negotiations.ConditionCountered():
            terms = event.model_dump_json(include={"starts_at", "visits"}, by_alias=True)
            return replace(
                row, status="countered", counter=Json(terms), expires_at=event.expires_at
            )
        case negotiations.RateRefused():
            return replace(row, status="refused", because="rate")
        case negotiations.ConditionRefused():
            return replace(row, status="refused", because="condition")
        case _:
            return None


def _make_offer(event: placements.OffersMade, offer_id: UUID) -> OfferRow:
    (offer,) = (offer for offer in event.offers if offer.offer_id == offer_id)
    return OfferRow(
        offer_id=offer_id,
        referral_id=event.referral_id,
        placement_id=event.placement_id,
        provider_id=offer.provider_id,
        status="live",
        made_at=event.at,
        expires_at=event.expires_at,
        tier=event.tier,
        tier_name=event.tier_name,
        wave=event.wave,
        lot=offer.lot,
        contract_kind=offer.contract_kind,
        rate_pence=offer.rate_pence,
    )


OFFERS = Projection(
    name="offers",
    rows=RowTable(OfferRow, table="offers", key="offer_id"),
    topics=(placements.TOPIC,),
    keys=offers_of,
    project=project_offer,
)
