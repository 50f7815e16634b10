"""A placement after an event: the fold that state rows are made of. Nothing is decided here."""

from typing import Any, assert_never
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.asking import Ranked
from services.matching.domain.care_events import CareEvent
from services.matching.domain.care_times import ALARMS, visit_minutes
from services.matching.domain.carrying import (
    ImpossibleEventError,
    answered,
    carried,
    expect,
    heard,
    held,
    present,
    searched,
    with_status,
    without_alarms,
)
from services.matching.domain.events import (
    AwardEvent,
    EscalationEvent,
    Event,
    OfferEvent,
    SearchEvent,
)
from services.matching.domain.evolve_care import after_care
from services.matching.domain.intervening import after_intervention, after_withdrawal, in_new_round
from services.matching.domain.negotiated import after_negotiation, at_rate
from services.matching.domain.negotiations import Negotiation
from services.matching.domain.placement import AfterStart, Held, Offer, Placement
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import needed
from services.matching.domain.transitions import TRANSITIONS


def evolve(placement: Placement, event: Event) -> Placement:
    """The placement after the event. Raises ImpossibleEventError for one that cannot follow."""
    if (type(placement), type(event)) not in TRANSITIONS:
        raise ImpossibleEventError(f"{type(event).__name__} after {type(placement).__name__}")
    return _after(placement, event)


def _after(placement: Placement, event: Event) -> Placement:
    match event:
        case (
            events.AwaitingInformation()
            | events.SearchStarted()
            | events.TierOpened()
            | events.SearchReopened()
            | events.SearchExhausted()
            | events.OutlookChanged()
            | events.PlacementWithdrawn()
        ):
            return _after_search(placement, event)
        case (
            events.OffersMade()
            | events.AskingPlanned()
            | events.OfferDeclined()
            | events.AcceptanceStood()
            | events.SettlementMoved()
            | events.OffersLapsed()
            | events.OffersWithdrawn()
            | events.RequestRefused()
        ):
            return _after_offer(placement, event)
        case (
            events.Awarded()
            | events.AwardConfirmed()
            | events.AwardReleased()
            | events.AwardCancelled()
            | events.CareStarted()
        ):
            return _after_award(placement, event)
        case events.EscalationOpened() | events.EscalationClosed():
            return _after_escalation(placement, event)
        case _:
            if isinstance(event, CareEvent):
                return after_care(placement, event)
            if isinstance(event, Negotiation):
                return after_negotiation(placement, event)
            return after_intervention(placement, event)


def _after_search(placement: Placement, event: SearchEvent) -> Placement:
    match event:
        case events.AwaitingInformation():
            return _waiting(event)
        case events.SearchStarted():
            return _started_searching(placement, event)
        case events.TierOpened():
            return _in_tier(expect(placement, states.Searching), event)
        case events.SearchReopened():
            hold = placement.hold if isinstance(placement, states.Searching) else None
            return states.Searching(
                **carried(searched(placement))
                | {
                    "facts": replace(searched(placement).facts, agreed=None),
                    "hold": hold,
                    "round": event.round,
                    "tier": states.NO_TIER,
                    "left_out": event.left_out,
                    "by_people": in_new_round(searched(placement).by_people),
                }
            )
        case events.SearchExhausted():
            searching = expect(placement, states.Searching)
            no_room = tuple(one.provider_id for one in searching.unasked if one.no_room)
            return states.Exhausted(**carried(searching), no_room=no_room)
        case events.OutlookChanged():
            return replace(expect(placement, states.Searching), outlook=event.outlook)
        case events.PlacementWithdrawn():
            known = present(placement)
            return states.Withdrawn(
                placement_id=event.placement_id,
                referral_id=event.referral_id,
                heard=known.heard,
                escalations=known.escalations,
                offers=states.offers_of(known),
            )
        case _:
            assert_never(event)


def _waiting(event: events.AwaitingInformation) -> states.AwaitingInformation:
    return states.AwaitingInformation(
        placement_id=event.placement_id,
        referral_id=event.referral_id,
        received_at=event.received_at,
        source_kind=event.source_kind,
        organisation=event.organisation,
        ward=event.ward,
        urgency=event.urgency,
        targets_minutes=event.targets_minutes,
    )


def _started_searching(placement: Placement, event: events.SearchStarted) -> states.Searching:
    waited = placement if isinstance(placement, states.AwaitingInformation) else None
    return states.Searching(
        placement_id=event.placement_id,
        referral_id=event.referral_id,
        heard=waited.heard if waited else (),
        escalations=waited.escalations if waited else (),
        target_missed=waited.target_missed if waited else False,
        by_people=waited.by_people if waited else None,
        facts=states.Facts(
            received_at=event.received_at,
            complete_at=event.complete_at,
            urgency=event.urgency,
            targets_minutes=event.targets_minutes,
            policy_name=event.policy_name,
            policy_version=event.policy_version,
            needed=needed(event.outcode, event.requirement, event.sector),
            cause=event.cause,
            follows=event.follows,
            bridging_until=event.bridging_until,
            uncovered_at=event.gap_at,
            gap_at=event.gap_at,
            gap_alarm_at=event.gap_alarm_at,
            paperwork_due_at=event.paperwork_due_at,
            authorised_minutes=event.authorised_minutes,
            ready_at=event.requirement.ready_at,
            visit_minutes=visit_minutes(event.requirement),
        ),
    )


def _in_tier(searching: states.Searching, event: events.TierOpened) -> states.Searching:
    """Who is asked next: where the tier before runs on, those that it left unasked come first; else
    those of them that had no room."""
    left = searching.unasked
    if not searching.runs_on:
        left = tuple([one for one in left if one.no_room])
    known = {one.provider_id for one in left}
    ranked = [_candidate(one, event) for one in event.ranked if one.provider_id not in known]
    unasked = (*left, *ranked)
    if event.because == "jumped":
        # A person wants this tier's providers before those that the tier before has left.
        here = {one.provider_id for one in event.ranked}
        mine = [_candidate(one, event) for one in event.ranked]
        unasked = (*mine, *(one for one in left if one.provider_id not in here))
    return replace(
        searching,
        tier=event.tier,
        tier_closes_at=event.closes_at,
        runs_on=event.runs_on,
        ask_at=None,
        wave=0,
        unasked=unasked,
    )


def _candidate(ranked: Ranked, event: events.TierOpened) -> states.Candidate:
    return states.Candidate(
        provider_id=ranked.provider_id,
        tier=event.tier,
        tier_name=event.tier_name,
        place=ranked.place,
        lot=ranked.lot,
        contract_kind=ranked.contract_kind,
    )


def _after_offer(placement: Placement, event: OfferEvent) -> Placement:
    match event:
        case events.OffersMade():
            return _after_wave(expect(placement, states.Searching), event)
        case events.AskingPlanned():
            return replace(expect(placement, states.Searching), ask_at=event.ask_at)
        case events.OfferDeclined():
            before = searched(placement)
            return replace(
                before,
                offers=answered(before.offers, event.offer_id, "declined", event),
                heard=heard(before.heard, event.response_id),
            )
        case events.AcceptanceStood():
            searching = expect(placement, states.Searching)
            return replace(
                searching,
                offers=at_rate(
                    answered(searching.offers, event.offer_id, "accepted", event),
                    event.offer_id,
                    event.rate_pence,
                ),
                heard=heard(searching.heard, event.response_id),
                decided_by=event.decided_by,
            )
        case events.SettlementMoved():
            return replace(expect(placement, states.Searching), decided_by=event.decided_by)
        case events.OffersLapsed():
            searching = expect(placement, states.Searching)
            return replace(
                searching, offers=with_status(searching.offers, event.offer_ids, "lapsed")
            )
        case events.OffersWithdrawn():
            return after_withdrawal(searched(placement), event)
        case events.RequestRefused():
            known = present(placement)
            return replace(known, heard=heard(known.heard, event.response_id))
        case _:
            assert_never(event)


def _after_wave(searching: states.Searching, event: events.OffersMade) -> states.Searching:
    made = tuple(
        Offer(
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            round=event.round,
            tier=event.tier,
            wave=event.wave,
            place=offer.place,
            lot=offer.lot,
            contract_kind=offer.contract_kind,
            rate_pence=offer.rate_pence,
            tier_name=event.tier_name,
            made_at=event.at,
            expires_at=event.expires_at,
            version=event.requirement_version,
        )
        for offer in event.offers
    )
    done = {offer.provider_id for offer in event.offers}
    no_room: set[UUID] = set()
    for group in event.passed_over:
        (no_room if group.reason == "live_offers" else done).update(group.provider_ids)
    return replace(
        searching,
        wave=event.wave,
        ask_at=event.ask_at,
        unasked=tuple(
            replace(one, no_room=True) if one.provider_id in no_room else one
            for one in searching.unasked
            if one.provider_id not in done
        ),
        offers=searching.offers + made,
    )


def _after_award(placement: Placement, event: AwardEvent) -> Placement:
    before = searched(placement)
    match event:
        case events.Awarded():
            return _awarded(before, event)
        case events.AwardConfirmed():
            holder = held(placement)
            return states.Confirmed(**_with_award(holder, event.response_id), change=holder.change)
        case events.CareStarted():
            holder = held(placement)
            return states.Started(
                **_with_award(holder, event.response_id),
                change=holder.change,
                review_at=event.review_at,
            )
        case events.AwardReleased():
            return states.Searching(
                **carried(before)
                | {
                    "heard": heard(before.heard, event.response_id),
                    "released": (*before.released, event.provider_id),
                    "tier": states.NO_TIER,
                }
            )
        case events.AwardCancelled():
            holder = held(placement)
            return replace(holder, award=replace(holder.award, ended=True))
        case _:
            assert_never(event)


def _awarded(before: AfterStart, event: events.Awarded) -> states.Awarded:
    offers = before.offers
    if event.offer_id is not None:
        offers = answered(offers, event.offer_id, "awarded", event)
        offers = at_rate(offers, event.offer_id, event.rate_pence)
    award = states.Award(
        award_id=event.award_id,
        provider_id=event.provider_id,
        offer_id=event.offer_id,
        filled_at=event.at,
        confirm_by=event.confirm_by,
        start_by=event.start_by,
        contract_kind=event.contract_kind,
        lot=event.lot,
    )
    raised_anew = without_alarms(before, "start_overdue", "care_gap_ahead", "care_gap")
    facts = before.facts if event.offer_id else replace(before.facts, agreed=None)
    taken_over = carried(raised_anew) | {
        "facts": facts,
        "offers": offers,
        "heard": heard(before.heard, event.response_id),
        "awards": before.awards + 1,
        "silence": None,
    }
    return states.Awarded(**taken_over, award=award)


def _after_escalation(placement: Placement, event: EscalationEvent) -> Placement:
    known = present(placement)
    if isinstance(event, events.EscalationClosed):
        left = tuple(kind for kind in known.escalations if kind != event.kind)
        return replace(known, escalations=left)
    opened = (*known.escalations, event.kind)
    missed = known.target_missed or event.kind == "target_overdue"
    alarmed = known.alarmed
    if event.kind in ALARMS and event.kind not in alarmed:
        alarmed = (*alarmed, event.kind)
    return replace(known, escalations=opened, target_missed=missed, alarmed=alarmed)


def _with_award(holder: Held, response_id: UUID | None) -> dict[str, Any]:
    return carried(holder) | {
        "heard": heard(holder.heard, response_id),
        "award": holder.award,
    }
