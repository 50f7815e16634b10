"""Invariants of one placement, checked on its events alone: I1, I3, I4 and I5.

Independent of the rules that decided: this reads what was written, as an auditor would.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain.events import Event
from services.matching.domain.interventions import Intervention


@dataclass(slots=True)
class _OfferLife:
    provider_id: UUID
    made_at: datetime
    expires_at: datetime
    tier: tuple[int, int]
    state: str = "live"


@dataclass(slots=True)
class _Auditor:
    offers: dict[UUID, _OfferLife] = field(default_factory=dict)
    award: tuple[UUID, UUID] | None = None
    tier: tuple[int, int] | None = None
    closes_at: datetime | None = None
    runs_on: bool = False
    """The open tier's offers outlive it, and those that it leaves unasked stay next in order."""
    ran_on: bool = False
    """So did a tier before it in this round."""
    answered: dict[UUID, str] = field(default_factory=dict)
    last_at: datetime | None = None
    held_until: datetime | None = None
    excluded: set[UUID] = field(default_factory=set)
    """By a person: nobody of them is asked."""


def broken_in(events: Sequence[Event]) -> list[str]:
    """What does not hold in the whole history of one placement; empty if all does."""
    auditor = _Auditor()
    return [fault for event in events for fault in _seen(auditor, event)]


def _seen(auditor: _Auditor, event: Event) -> Iterator[str]:
    if auditor.last_at is not None and event.at < auditor.last_at:
        yield f"I3: {event.TYPE} at {event.at} lies before the event ahead of it"
    auditor.last_at = event.at
    match event:
        case e.TierOpened():
            yield from _tier_opened(auditor, event)
        case e.OffersMade():
            yield from _offers_made(auditor, event)
        case e.OfferDeclined() | e.AcceptanceStood():
            yield from _answered(auditor, event)
        case e.OffersLapsed() | e.OffersWithdrawn():
            yield from _closed(auditor, event)
        case e.Awarded():
            yield from _awarded(auditor, event)
        case e.AwardConfirmed() | e.AwardReleased() | e.AwardCancelled() | e.CareStarted():
            yield from _of_award(auditor, event)
        case e.RequestRefused():
            yield from _once(auditor, event.response_id, "refused")
        case e.PlacementWithdrawn():
            live = [o for o in auditor.offers.values() if o.state in ("live", "accepted")]
            if live or auditor.award is not None:
                yield "I1: withdrawn with an award or an open offer left"
        case (
            e.AwaitingInformation()
            | e.SearchStarted()
            | e.SearchReopened()
            | e.SearchExhausted()
            | e.AskingPlanned()
            | e.OutlookChanged()
            | e.EscalationOpened()
            | e.EscalationClosed()
        ):
            return
        case _:
            yield from _intervened(auditor, event)


def _intervened(auditor: _Auditor, event: Intervention) -> Iterator[str]:
    match event:
        case acts.SearchHeld():
            if event.until <= event.at:
                yield "I3: a hold that ended before it began"
            auditor.held_until = event.until
        case acts.SearchResumed():
            if auditor.held_until is None:
                yield "I3: a search was resumed that was not held"
            elif event.because == "hold_ended" and event.at < auditor.held_until:
                yield "I3: a hold ended before its time"
            auditor.held_until, auditor.closes_at = None, event.closes_at
        case acts.OfferWindowChanged():
            offer = auditor.offers.get(event.offer_id)
            if offer is None or offer.state != "live":
                yield f"I4: the deadline of offer {event.offer_id} was moved, which is not live"
            else:
                offer.expires_at = event.expires_at
        case acts.ProviderExcluded():
            auditor.excluded.add(event.provider_id)
        case acts.ExclusionLifted():
            auditor.excluded.discard(event.provider_id)
        case (
            acts.ProviderSkipped()
            | acts.ExclusionProposed()
            | acts.PersonViewRecorded()
            | acts.PlacementAssigned()
            | acts.PolicyMoved()
        ):
            return
        case _:
            assert_never(event)


def _tier_opened(auditor: _Auditor, event: e.TierOpened) -> Iterator[str]:
    opened = (event.round, event.tier)
    before = auditor.tier
    if event.because == "first":
        if event.tier != 0 or (before is not None and before[0] >= event.round):
            yield f"I5: round {event.round} begins with tier {event.tier}"
    elif before is None or before[0] != event.round or event.tier <= before[1]:
        yield f"I5: tier {event.tier} of round {event.round} opened out of order"
    elif event.because != "jumped" and event.tier != before[1] + 1:
        yield f"I5: tier {event.tier} opened and tier {before[1] + 1} was left out"
    live = [offer for offer in auditor.offers.values() if offer.state in ("live", "accepted")]
    if event.because == "exhausted" and live:
        yield f"I5: tier {event.tier} opened as exhausted with {len(live)} answers still open"
    if event.because == "time_up" and (auditor.closes_at is None or event.at < auditor.closes_at):
        yield f"I5: tier {event.tier} opened for time before the time was up"
    if event.because == "jumped" and event.ground is None:
        yield f"I5: tier {event.tier} was jumped to on no person's ground"
    if auditor.held_until is not None:
        yield f"I5: tier {event.tier} opened while the search was on hold"
    auditor.tier, auditor.closes_at = opened, event.closes_at
    auditor.ran_on = event.because != "first" and (auditor.runs_on or auditor.ran_on)
    auditor.runs_on = event.runs_on


def _offers_made(auditor: _Auditor, event: e.OffersMade) -> Iterator[str]:
    if auditor.award is not None:
        yield "I1: offers made while an award is live"
    by_person = event.ground is not None
    if auditor.held_until is not None and event.offers and not by_person:
        yield "I5: offers made while the search was on hold"
    asked_in = (event.round, event.tier)
    if (
        not by_person
        and auditor.tier != asked_in
        and not (auditor.ran_on and auditor.tier and asked_in < auditor.tier)
    ):
        yield f"I5: offers of tier {event.tier}, which is not the open one"
    if event.offers and event.expires_at <= event.at:
        yield "I3: offers made with no time to answer"
    ends_at = None if auditor.runs_on else auditor.closes_at
    if not by_person and ends_at is not None and event.expires_at > ends_at:
        yield "I5: a window reaches past its tier's end"
    for offer in event.offers:
        if offer.provider_id in auditor.excluded:
            yield f"I1: offer {offer.offer_id} to a provider that a person excluded"
        if offer.offer_id in auditor.offers:
            yield f"I1: offer {offer.offer_id} was made twice"
        auditor.offers[offer.offer_id] = _OfferLife(
            provider_id=offer.provider_id,
            made_at=event.at,
            expires_at=event.expires_at,
            tier=(event.round, event.tier),
        )


def _answered(auditor: _Auditor, event: e.OfferDeclined | e.AcceptanceStood) -> Iterator[str]:
    said = event.answered_at if isinstance(event, e.OfferDeclined) else event.accepted_at
    result = "declined" if isinstance(event, e.OfferDeclined) else "accepted"
    yield from _once(auditor, event.response_id, result)
    yield from _in_time(auditor, event.offer_id, event.provider_id, said)
    if event.offer_id in auditor.offers:
        auditor.offers[event.offer_id].state = result


def _in_time(auditor: _Auditor, offer_id: UUID, provider_id: UUID, said: datetime) -> Iterator[str]:
    offer = auditor.offers.get(offer_id)
    if offer is None or offer.provider_id != provider_id:
        yield f"I1: an answer to offer {offer_id}, which this provider never had"
        return
    if not offer.made_at <= said < offer.expires_at:
        yield f"I4: offer {offer_id} was answered outside its life"
    if offer.state not in ("live", "lapsed"):
        yield f"I4: offer {offer_id} was answered although it was {offer.state}"


def _closed(auditor: _Auditor, event: e.OffersLapsed | e.OffersWithdrawn) -> Iterator[str]:
    for offer_id in event.offer_ids:
        offer = auditor.offers.get(offer_id)
        if offer is None:
            yield f"I3: offer {offer_id} ended and was never made"
        elif isinstance(event, e.OffersLapsed):
            if offer.state != "live":
                yield f"I3: offer {offer_id} lapsed although it was {offer.state}"
            if event.at < offer.expires_at:
                yield f"I3: offer {offer_id} lapsed early"
            offer.state = "lapsed"
        else:
            if offer.state not in ("live", "accepted"):
                yield f"I3: offer {offer_id} withdrawn although it was {offer.state}"
            offer.state = "withdrawn"


def _awarded(auditor: _Auditor, event: e.Awarded) -> Iterator[str]:
    if auditor.award is not None:
        yield f"I1: award {event.award_id} while another is live"
    auditor.award = (event.award_id, event.provider_id)
    auditor.held_until = None
    if event.offer_id is None:
        if event.via != "hand" or event.ground is None:
            yield f"I1: award {event.award_id} names no offer and no person's ground"
        return
    offer = auditor.offers.get(event.offer_id)
    if offer is not None and offer.state == "accepted":
        offer.state = "live"  # the answer that stood is the one that wins now
        if event.response_id is not None:
            auditor.answered.pop(event.response_id, None)
    yield from _once(auditor, event.response_id, "awarded")
    yield from _in_time(auditor, event.offer_id, event.provider_id, event.accepted_at)
    if offer is not None:
        offer.state = "awarded"


def _of_award(
    auditor: _Auditor,
    event: e.AwardConfirmed | e.AwardReleased | e.AwardCancelled | e.CareStarted,
) -> Iterator[str]:
    if auditor.award != (event.award_id, event.provider_id):
        yield f"I1: {event.TYPE} of award {event.award_id}, which is not the live one"
    if isinstance(event, e.AwardReleased | e.AwardCancelled):
        auditor.award = None
    if isinstance(event, e.AwardReleased):
        auditor.held_until = None
    if not isinstance(event, e.AwardCancelled):
        yield from _once(auditor, event.response_id, event.TYPE)


def _once(auditor: _Auditor, response_id: UUID | None, result: str) -> Iterator[str]:
    """Every request of a provider has one outcome."""
    if response_id is None:
        return
    before = auditor.answered.setdefault(response_id, result)
    if before != result:
        yield f"I4: response {response_id} was {before}, and then {result}"
