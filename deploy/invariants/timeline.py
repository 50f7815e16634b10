"""Invariants of a referral's placements, checked on their events alone: I1, I3, I4 and I5.

Independent of the rules that decided: this reads what was written, as an auditor would.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from deploy.invariants.auditor import OPEN, Auditor, OfferLife, in_time, once
from deploy.invariants.people import by_people
from deploy.invariants.visits import unaccounted_in
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain.events import Event


def broken_in(events: Sequence[Event]) -> list[str]:
    """What does not hold in the whole history of one referral; empty if all does."""
    auditors: dict[UUID, Auditor] = defaultdict(Auditor)
    faults = [fault for event in events for fault in _seen(auditors[event.placement_id], event)]
    return [*faults, *unaccounted_in(events)]


def _seen(auditor: Auditor, event: Event) -> Iterator[str]:
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
            yield from once(auditor, event.response_id, "refused")
        case (
            care.HandedBack()
            | care.CareEnding()
            | care.PauseLapsed()
            | care.RestartRefused()
            | care.CareEnded()
        ):
            yield from _ending(auditor, event)
        case (
            care.CarePaused()
            | care.RestartAsked()
            | care.CareResumed()
            | care.ChangeAsked()
            | care.ChangeAgreed()
            | care.ChangeRefused()
        ):
            yield from _going_on(auditor, event)
        case e.PlacementWithdrawn() | care.PlacementDivided():
            live = [o for o in auditor.offers.values() if o.state in OPEN]
            if live or auditor.award is not None:
                yield f"I1: {event.TYPE} with an award or an open offer left"
        case (
            e.AwaitingInformation()
            | e.SearchStarted()
            | e.SearchReopened()
            | e.SearchExhausted()
            | e.AskingPlanned()
            | e.SettlementMoved()
            | e.OutlookChanged()
            | e.EscalationOpened()
            | e.EscalationClosed()
            | care.CareGapMoved()
            | care.ContingencyRecorded()
        ):
            return
        case _:
            yield from by_people(auditor, event)


def _tier_opened(auditor: Auditor, event: e.TierOpened) -> Iterator[str]:
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


def _offers_made(auditor: Auditor, event: e.OffersMade) -> Iterator[str]:
    if auditor.award is not None:
        yield "I1: offers made while an award is live"
    by_person = event.ground is not None
    if auditor.held_until is not None and event.offers and not by_person:
        yield "I5: offers made while the search was on hold"
    asked_in = (event.round, event.tier)
    about = [offer.provider_id for offer in event.offers]
    about += [one for group in event.passed_over for one in group.provider_ids]
    waited = all((asked_in, one) in auditor.no_room for one in about)
    for group in event.passed_over:
        if group.reason == "live_offers":
            auditor.no_room.update((asked_in, one) for one in group.provider_ids)
    if (
        not by_person
        and not waited
        and auditor.tier != asked_in
        and not (auditor.ran_on and auditor.tier and asked_in < auditor.tier)
    ):
        yield f"I5: offers of tier {event.tier}, which is not the open one"
    if event.offers and event.expires_at <= event.at:
        yield "I3: offers made with no time to answer"
    ends_at = None if auditor.runs_on else auditor.closes_at
    windows = event.offers and not by_person  # who was only passed over has none
    if windows and ends_at is not None and event.expires_at > ends_at:
        yield "I5: a window reaches past its tier's end"
    for offer in event.offers:
        if offer.provider_id in auditor.excluded:
            yield f"I1: offer {offer.offer_id} to a provider that a person excluded"
        if offer.offer_id in auditor.offers:
            yield f"I1: offer {offer.offer_id} was made twice"
        auditor.offers[offer.offer_id] = OfferLife(
            provider_id=offer.provider_id,
            made_at=event.at,
            expires_at=event.expires_at,
            tier=(event.round, event.tier),
        )


def _answered(auditor: Auditor, event: e.OfferDeclined | e.AcceptanceStood) -> Iterator[str]:
    said = event.answered_at if isinstance(event, e.OfferDeclined) else event.accepted_at
    result = "declined" if isinstance(event, e.OfferDeclined) else "accepted"
    yield from once(auditor, event.response_id, result)
    yield from in_time(auditor, event.offer_id, event.provider_id, said)
    if event.offer_id in auditor.offers:
        auditor.offers[event.offer_id].state = result


def _closed(auditor: Auditor, event: e.OffersLapsed | e.OffersWithdrawn) -> Iterator[str]:
    for offer_id in event.offer_ids:
        offer = auditor.offers.get(offer_id)
        if offer is None:
            yield f"I3: offer {offer_id} ended and was never made"
        elif isinstance(event, e.OffersLapsed):
            if offer.state not in ("live", "countered"):
                yield f"I3: offer {offer_id} lapsed although it was {offer.state}"
            if event.at < offer.expires_at:
                yield f"I3: offer {offer_id} lapsed early"
            offer.state = "lapsed"
        else:
            if offer.state not in OPEN:
                yield f"I3: offer {offer_id} withdrawn although it was {offer.state}"
            offer.state = "withdrawn"


def _awarded(auditor: Auditor, event: e.Awarded) -> Iterator[str]:
    if auditor.award is not None:
        yield f"I1: award {event.award_id} while another is live"
    auditor.award = (event.award_id, event.provider_id)
    auditor.held_until = None
    given_back, auditor.lost = auditor.lost == auditor.award, None
    if event.offer_id is None:
        if event.via != "hand" or event.ground is None:
            yield f"I1: award {event.award_id} names no offer and no person's ground"
        return
    offer = auditor.offers.get(event.offer_id)
    if offer is not None and (offer.state == "accepted" or given_back):
        offer.state = "live"  # the answer that stood is the one that wins now
        if event.response_id is not None:
            auditor.answered.pop(event.response_id, None)
    yield from once(auditor, event.response_id, "awarded")
    yield from in_time(auditor, event.offer_id, event.provider_id, event.accepted_at)
    if offer is not None:
        offer.state = "awarded"


def _of_award(
    auditor: Auditor,
    event: e.AwardConfirmed | e.AwardReleased | e.AwardCancelled | e.CareStarted,
) -> Iterator[str]:
    if auditor.award != (event.award_id, event.provider_id):
        yield f"I1: {event.TYPE} of award {event.award_id}, which is not the live one"
    if isinstance(event, e.AwardReleased | e.AwardCancelled):
        auditor.award = None
    if isinstance(event, e.AwardReleased):
        auditor.held_until = None
    if not isinstance(event, e.AwardCancelled):
        yield from once(auditor, event.response_id, event.TYPE)


def _ending(
    auditor: Auditor,
    event: care.HandedBack
    | care.CareEnding
    | care.PauseLapsed
    | care.RestartRefused
    | care.CareEnded,
) -> Iterator[str]:
    """Care ends once: an award that is live first becomes one that ends, unless it is at once.

    Care that ends when somebody else begins may be handed back before.
    """
    award = (event.award_id, event.provider_id)
    given_up = isinstance(event, care.HandedBack) and auditor.ends_openly
    over = auditor.ending if isinstance(event, care.CareEnded) or given_up else auditor.award
    auditor.ends_openly = isinstance(event, care.CareEnding) and event.last_visit_at is None
    if over != award:
        yield f"I1: {event.TYPE} of award {event.award_id}, which has no care to end"
    ends = isinstance(event, care.HandedBack | care.CareEnding)
    auditor.award, auditor.ending = None, award if ends else None
    if isinstance(event, care.RestartRefused) and event.because == "silent":
        auditor.lost = award
    if isinstance(event, care.HandedBack):
        auditor.lost = None
    if isinstance(event, care.HandedBack | care.RestartRefused):
        yield from once(auditor, event.response_id, event.TYPE)


def _going_on(auditor: Auditor, event: care.GoingOnEvent | care.ChangeRefused) -> Iterator[str]:
    award = (event.award_id, event.provider_id)
    in_time = isinstance(event, care.CareResumed | care.ChangeAgreed)
    if in_time and auditor.award is None and auditor.lost == award:
        auditor.award, auditor.ending, auditor.lost = award, None, None
        auditor.ends_openly = False
    if auditor.award != award:
        yield f"I1: {event.TYPE} of award {event.award_id}, which is not the live one"
    if isinstance(event, care.ChangeRefused) and event.because == "silent":
        auditor.lost = award
    if isinstance(event, care.CareResumed | care.ChangeAgreed | care.ChangeRefused):
        yield from once(auditor, event.response_id, event.TYPE)
