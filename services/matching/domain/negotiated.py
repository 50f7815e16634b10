"""A placement after a step of a negotiation: the part of the fold that `evolve` leaves to this module."""

from typing import Any, assert_never
from uuid import UUID

from services.matching.domain import negotiations as talks
from services.matching.domain.asking import Terms
from services.matching.domain.carrying import ImpossibleEventError, heard
from services.matching.domain.negotiations import Negotiation
from services.matching.domain.placement import Offer, Open, Placement
from services.matching.domain.replacing import replace


def after_negotiation(placement: Placement, event: Negotiation) -> Placement:
    """The placement after the event. Raises ImpossibleEventError where nobody is asked."""
    if not isinstance(placement, Open):
        raise ImpossibleEventError(f"{type(event).__name__} after {type(placement).__name__}")
    change = _change(event)
    offers = tuple(
        replace(offer, **change) if offer.offer_id == event.offer_id else offer
        for offer in placement.offers
    )
    told = None
    if isinstance(event, talks.RateQuoted | talks.ConditionRaised):
        told = event.response_id
    return replace(placement, offers=offers, heard=heard(placement.heard, told))


def _change(event: Negotiation) -> dict[str, Any]:
    """What the event changes in its offer."""
    match event:
        case talks.RateQuoted():
            return {**_answered(event), "status": "waiting", "rate_pence": event.rate_pence}
        case talks.ConditionRaised():
            terms = Terms(starts_at=event.starts_at, visits=event.visits)
            return {**_answered(event), "status": "conditional", "terms": terms}
        case talks.ConditionCountered():
            terms = Terms(starts_at=event.starts_at, visits=event.visits)
            return {"status": "countered", "terms": terms, "expires_at": event.expires_at}
        case talks.RateRefused() | talks.ConditionRefused():
            return {"status": "refused"}
        case talks.RateApproved() | talks.ConditionAccepted():
            return {}
        case _:
            assert_never(event)


def _answered(event: talks.RateQuoted | talks.ConditionRaised) -> dict[str, Any]:
    return {
        "answered_at": event.accepted_at,
        "via": event.via,
        "response_id": event.response_id,
    }


def at_rate(offers: tuple[Offer, ...], offer_id: UUID, rate_pence: int | None) -> tuple[Offer, ...]:
    """The offers, one of them at the rate that its provider quoted, if it did."""
    if rate_pence is None:
        return offers
    return tuple(
        replace(offer, rate_pence=rate_pence) if offer.offer_id == offer_id else offer
        for offer in offers
    )
