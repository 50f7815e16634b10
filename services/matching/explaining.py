"""A placement's history told from its events: offers with their reasons, and who was not asked."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
from services.matching.domain.asking import Components
from services.matching.domain.events import Event
from services.matching.reasons import reasons_of

Told = dict[str, Any]


def offers_told(events: Sequence[Event]) -> list[Told]:
    """Every offer in the order of making: place, components, deadline, state and answer."""
    components: dict[tuple[int, int, UUID], Components] = {}
    reasons: dict[tuple[int, int, UUID], list[Told]] = {}
    for event in events:
        if isinstance(event, e.TierOpened):
            for ranked in event.ranked:
                components[event.round, event.tier, ranked.provider_id] = ranked.components
            for provider_id, told in reasons_of(event).items():
                reasons[event.round, event.tier, provider_id] = told
    offers: dict[UUID, Told] = {}
    for event in events:
        if isinstance(event, e.OffersMade):
            for offer in event.offers:
                why = components.get((event.round, event.tier, offer.provider_id))
                offers[offer.offer_id] = {
                    "offer_id": offer.offer_id,
                    "provider_id": offer.provider_id,
                    "round": event.round,
                    "tier": event.tier_name,
                    "wave": event.wave,
                    "place": offer.place,
                    "lot": offer.lot,
                    "contract_kind": offer.contract_kind,
                    "rate_pence": offer.rate_pence,
                    "made_at": event.at,
                    "expires_at": event.expires_at,
                    "status": "live",
                    "components": why
                    and {
                        "continuity": why.continuity,
                        "chosen": why.chosen,
                        "contract_rank": why.contract_rank,
                        "turns": why.turns,
                        "cqc_rating": why.cqc_rating,
                    },
                    "reasons": reasons.get((event.round, event.tier, offer.provider_id), []),
                }
        else:
            for offer_id, change in _changes(event):
                if offer_id in offers:
                    offers[offer_id].update(change)
    return list(offers.values())


def _changes(event: Event) -> list[tuple[UUID, Told]]:
    """What an event says of single offers."""
    said: Told
    match event:
        case e.OfferDeclined():
            said = {"reason": event.reason, "answered_at": event.answered_at, "via": event.via}
            return [(event.offer_id, {"status": "declined", **said})]
        case e.AcceptanceStood():
            said = {"decided_by": event.decided_by, "answered_at": event.accepted_at}
            return [(event.offer_id, {"status": "accepted", "via": event.via, **said})]
        case e.OffersLapsed():
            return [(offer_id, {"status": "lapsed"}) for offer_id in event.offer_ids]
        case e.OffersWithdrawn():
            gone: Told = {"status": "withdrawn", "because": event.because}
            return [(offer_id, gone) for offer_id in event.offer_ids]
        case e.Awarded() if event.offer_id is not None:
            said = {"answered_at": event.accepted_at, "via": event.via, "award_id": event.award_id}
            return [(event.offer_id, {"status": "awarded", **said})]
        case e.SettlementMoved():
            return [(offer_id, {"decided_by": event.decided_by}) for offer_id in event.standing]
        case _:
            return _negotiated(event)


def _negotiated(event: Event) -> list[tuple[UUID, Told]]:
    """What an event says of an offer whose yes a person must look at, or that a person changed."""
    match event:
        case talks.RateQuoted():
            said: Told = {"status": "waiting", "rate_pence": event.rate_pence, "via": event.via}
        case talks.ConditionRaised():
            said = {"status": "conditional", **_terms(event), "via": event.via}
        case talks.ConditionCountered():
            said = {"status": "countered", **_terms(event), "expires_at": event.expires_at}
        case talks.RateRefused() | talks.ConditionRefused():
            said = {"status": "refused"}
        case acts.OfferWindowChanged():
            said = {"expires_at": event.expires_at}
        case acts.AnswerCorrected():
            nothing = dict.fromkeys(("answered_at", "via", "reason", "decided_by", "award_id"))
            said = {**nothing, "status": event.becomes}
        case _:
            return []
    return [(event.offer_id, said)]


def _terms(event: talks.ConditionRaised | talks.ConditionCountered) -> Told:
    return {"starts_at": event.starts_at, "visits": [asdict(one) for one in event.visits]}


def passed_over_told(events: Sequence[Event]) -> list[Told]:
    """By round and tier, in order: the providers that were not asked, by reason."""
    told: list[Told] = []
    for event in events:
        if isinstance(event, e.TierOpened | e.OffersMade):
            told.extend(
                {
                    "round": event.round,
                    "tier": event.tier_name,
                    "at": event.at,
                    "reason": group.reason,
                    "provider_ids": list(group.provider_ids),
                }
                for group in event.passed_over
            )
    return told


def not_reached_told(events: Sequence[Event]) -> list[Told]:
    """By round and tier: providers that might have been asked, and the place that kept them out."""
    asked = {
        (event.round, offer.provider_id)
        for event in events
        if isinstance(event, e.OffersMade)
        for offer in event.offers
    }
    passed = {
        (event.round, event.tier, provider_id)
        for event in events
        if isinstance(event, e.OffersMade)
        for group in event.passed_over
        for provider_id in group.provider_ids
    }
    return [
        {
            "round": event.round,
            "tier": event.tier_name,
            "at": event.at,
            "provider_id": ranked.provider_id,
            "place": ranked.place,
            "of": len(event.ranked),
            "reasons": reasons[ranked.provider_id],
        }
        for event in events
        if isinstance(event, e.TierOpened)
        for reasons in (reasons_of(event),)
        for ranked in event.ranked
        if (event.round, ranked.provider_id) not in asked
        and (event.round, event.tier, ranked.provider_id) not in passed
    ]
