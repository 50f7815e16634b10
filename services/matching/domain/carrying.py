"""What a status takes over from the one before it, and offers with another status."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.codes import EscalationKind, Via
from services.matching.domain.placement import (
    AfterStart,
    Carried,
    Held,
    Offer,
    OfferStatus,
    Placement,
    Present,
)
from services.matching.domain.replacing import replace

HEARD_LIMIT = 200
"""Answers whose ids are remembered. The inbox skips older repeats; without a limit, a provider
that answers for ever would make a row grow for ever."""

S = TypeVar("S", bound=Placement)


class ImpossibleEventError(Exception):
    """An event that the table of transitions does not allow: a bug, or a damaged history."""


def expect(placement: Placement, status: type[S]) -> S:
    """The placement as that status. Raises ImpossibleEventError if it has another."""
    if not isinstance(placement, status):
        raise ImpossibleEventError(f"{type(placement).__name__} is not {status.__name__}")
    return placement


def searched(placement: Placement) -> AfterStart:
    """The placement as one whose search has started. Raises ImpossibleEventError otherwise."""
    if isinstance(placement, states.Absent | states.AwaitingInformation | states.Over):
        raise ImpossibleEventError(f"{type(placement).__name__} has no search")
    return placement


def held(placement: Placement) -> Held:
    """The placement as one with an award. Raises ImpossibleEventError otherwise."""
    if not isinstance(placement, states.Held):
        raise ImpossibleEventError(f"{type(placement).__name__} has no award")
    return placement


def cared_for(placement: Placement) -> Carried:
    """The placement as one with a provider. Raises ImpossibleEventError otherwise."""
    if not isinstance(placement, states.Carried):
        raise ImpossibleEventError(f"{type(placement).__name__} has no provider")
    return placement


def present(placement: Placement) -> Present:
    """The placement as one that is known. Raises ImpossibleEventError otherwise."""
    if isinstance(placement, states.Absent):
        raise ImpossibleEventError("an absent placement")
    return placement


def carried(placement: AfterStart) -> dict[str, Any]:
    """What every status after the start of the search has in common, by field name."""
    return {
        "placement_id": placement.placement_id,
        "referral_id": placement.referral_id,
        "heard": placement.heard,
        "escalations": placement.escalations,
        "facts": placement.facts,
        "target_missed": placement.target_missed,
        "alarmed": placement.alarmed,
        "round": placement.round,
        "tier": placement.tier,
        "offers": placement.offers,
        "released": placement.released,
        "left_out": placement.left_out,
        "awards": placement.awards,
        "silence": placement.silence,
        "by_people": placement.by_people,
    }


K = TypeVar("K", bound=states.Known)


def without_alarms(placement: K, *kinds: EscalationKind) -> K:
    """The placement with these alarms to be raised anew: what they were about has moved."""
    if not placement.alarmed:
        return placement
    left = tuple(kind for kind in placement.alarmed if kind not in kinds)
    return replace(placement, alarmed=left)


def heard(before: tuple[UUID, ...], response_id: UUID | None) -> tuple[UUID, ...]:
    """The answers' ids with one more, once each, the oldest forgotten beyond HEARD_LIMIT."""
    if response_id is None or response_id in before:
        return before
    return (*before[1 - HEARD_LIMIT :], response_id)


def answered(
    offers: tuple[Offer, ...],
    offer_id: UUID,
    status: OfferStatus,
    event: events.OfferDeclined | events.AcceptanceStood | events.Awarded,
) -> tuple[Offer, ...]:
    """The offers, one of them with its provider's answer."""
    at = event.answered_at if isinstance(event, events.OfferDeclined) else event.accepted_at
    return tuple(
        [
            _restated(offer, status, at, event.via, event.response_id)
            if offer.offer_id == offer_id
            else offer
            for offer in offers
        ]
    )


def with_status(
    offers: tuple[Offer, ...], offer_ids: tuple[UUID, ...], status: OfferStatus
) -> tuple[Offer, ...]:
    """The offers, those named with another status."""
    named = frozenset(offer_ids)
    return tuple(
        [
            _restated(offer, status, offer.answered_at, offer.via, offer.response_id)
            if offer.offer_id in named
            else offer
            for offer in offers
        ]
    )


def without_answer(
    offers: tuple[Offer, ...], offer_id: UUID, status: OfferStatus
) -> tuple[Offer, ...]:
    """The offers, one of them as if its provider had not answered."""
    return tuple(
        [
            _restated(offer, status, None, None, None) if offer.offer_id == offer_id else offer
            for offer in offers
        ]
    )


def _restated(
    offer: Offer,
    status: OfferStatus,
    answered_at: datetime | None,
    via: Via | None,
    response_id: UUID | None,
) -> Offer:
    """The offer with another status; written out because `replace` takes twice the time."""
    return Offer(
        offer_id=offer.offer_id,
        provider_id=offer.provider_id,
        round=offer.round,
        tier=offer.tier,
        wave=offer.wave,
        place=offer.place,
        lot=offer.lot,
        contract_kind=offer.contract_kind,
        rate_pence=offer.rate_pence,
        tier_name=offer.tier_name,
        made_at=offer.made_at,
        expires_at=offer.expires_at,
        status=status,
        answered_at=answered_at,
        via=via,
        response_id=response_id,
        version=offer.version,
        terms=offer.terms,
    )
