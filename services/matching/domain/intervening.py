"""A placement after what a person decided: the part of the fold that `evolve` leaves to this module."""

from typing import assert_never
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain.care_times import visit_minutes
from services.matching.domain.carrying import (
    expect,
    present,
    searched,
    with_status,
    without_alarms,
    without_answer,
)
from services.matching.domain.interventions import Intervention, OfPlacement, OfSearch
from services.matching.domain.people import NOTHING, ByPeople, Hold
from services.matching.domain.placement import (
    AfterStart,
    Agreed,
    Awarded,
    Confirmed,
    Held,
    OfferStatus,
    Placement,
    Present,
    Searched,
    Searching,
)
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import needed


def after_intervention(placement: Placement, event: Intervention) -> Placement:
    """The placement after the event; which may follow which, the table of transitions says."""
    if isinstance(event, OfSearch):
        return _after_steering(expect(placement, Searching), event)
    return _after_decision(present(placement), event)


def _after_steering(searching: Searching, event: OfSearch) -> Searching:
    match event:
        case acts.SearchHeld():
            since = event.at if searching.hold is None else searching.hold.since
            return replace(
                searching, hold=Hold(since=since, until=event.until), decided_by=event.decided_by
            )
        case acts.SearchResumed():
            return replace(
                searching,
                hold=None,
                tier_closes_at=event.closes_at,
                ask_at=None,
                decided_by=event.decided_by,
            )
        case acts.ProviderSkipped():
            before = searching.by_people or NOTHING
            skipped = (*before.skipped, event.provider_id)
            return replace(
                _unasked(searching, event.provider_id), by_people=replace(before, skipped=skipped)
            )
        case acts.OfferWindowChanged():
            offers = tuple(
                replace(offer, expires_at=event.expires_at)
                if offer.offer_id == event.offer_id
                else offer
                for offer in searching.offers
            )
            return replace(searching, offers=offers)
        case _:
            assert_never(event)


def _after_decision(placement: Present, event: OfPlacement) -> Placement:
    before = placement.by_people or NOTHING
    match event:
        case acts.ProviderExcluded():
            after = replace(
                before,
                excluded=(*before.excluded, event.provider_id),
                proposed=_without(before.proposed, event.provider_id),
            )
            if isinstance(placement, Searching):
                placement = _unasked(placement, event.provider_id)
            return replace(placement, by_people=after)
        case acts.ExclusionLifted():
            after = replace(
                before,
                excluded=_without(before.excluded, event.provider_id),
                proposed=_without(before.proposed, event.provider_id),
            )
            return replace(placement, by_people=after)
        case acts.ExclusionProposed():
            proposed = (*before.proposed, event.provider_id)
            return replace(placement, by_people=replace(before, proposed=proposed))
        case acts.PersonViewRecorded():
            after = replace(
                before,
                person_view=event.view,
                told_by_role=event.told_by_role,
                told_at=event.told_at,
            )
            return replace(placement, by_people=after)
        case acts.PlacementAssigned():
            return replace(placement, by_people=replace(before, assignee_id=event.assignee_id))
        case acts.PackageLinked():
            after = replace(before, linked_referral_id=event.linked_referral_id)
            return replace(placement, by_people=after)
        case acts.PolicyMoved():
            assert isinstance(placement, Searched), (
                "the table of transitions lets it follow a search"
            )
            facts = replace(
                placement.facts,
                policy_name=event.policy_name,
                policy_version=event.policy_version,
            )
            return replace(placement, facts=facts)
        case acts.RequirementAmended():
            return _after_amendment(searched(placement), event)
        case acts.AnswerCorrected():
            return _after_correction(searched(placement), event)
        case _:
            assert_never(event)


_WITHDRAWN: dict[str, OfferStatus] = {
    "placed": "withdrawn_placed",
    "requirement_changed": "withdrawn_changed",
}


def _after_amendment(placement: AfterStart, event: acts.RequirementAmended) -> Present:
    """What was agreed is kept while an offer or an award is for it; a change within tolerance of
    that is no question any more."""
    material = event.change == "material"
    before = placement.facts
    agreed = before.agreed or Agreed(needed=before.needed, ready_at=before.ready_at)
    facts = replace(
        before,
        needed=needed(event.outcode, event.requirement, event.sector),
        ready_at=event.requirement.ready_at,
        visit_minutes=visit_minutes(event.requirement),
        requirement_version=event.version,
        superseded_before=event.version if material else before.superseded_before,
        agreed=agreed,
        amended=event.requirement,
        counts_from_round=placement.round + 1 if material else before.counts_from_round,
    )
    if material or not isinstance(placement, Awarded | Confirmed):
        return replace(placement, facts=facts)
    award = replace(placement.award, start_by=event.start_by or placement.award.start_by)
    before_start = without_alarms(placement, "start_overdue")
    return replace(before_start, facts=facts, award=award, change=None)


def _after_correction(placement: AfterStart, event: acts.AnswerCorrected) -> Present:
    left_out = placement.left_out
    if event.was == "decline":
        left_out = _without(left_out, event.provider_id)
    offers = without_answer(placement.offers, event.offer_id, status_without(placement, event))
    if isinstance(placement, Searching):
        return replace(placement, offers=offers, left_out=left_out, decided_by=event.decided_by)
    return replace(placement, offers=offers, left_out=left_out)


def status_without(placement: Searched, event: acts.AnswerCorrected) -> OfferStatus:
    """What an offer is once its answer is taken away."""
    if event.becomes != "withdrawn":
        return event.becomes
    if isinstance(placement, Held):
        return "withdrawn_placed"
    (offer,) = (one for one in placement.offers if one.offer_id == event.offer_id)
    changed = offer.version < placement.facts.superseded_before
    return "withdrawn_changed" if changed else "withdrawn_ended"


def after_withdrawal(before: AfterStart, event: events.OffersWithdrawn) -> AfterStart:
    """The placement without these offers; with no acceptance left, none has to be decided."""
    status = _WITHDRAWN.get(event.because, "withdrawn_ended")
    offers = with_status(before.offers, event.offer_ids, status)
    if isinstance(before, Searching) and before.decided_by is not None:
        stands = any(offer.status == "accepted" for offer in offers)
        return replace(before, offers=offers, decided_by=before.decided_by if stands else None)
    return replace(before, offers=offers)


def in_new_round(by_people: ByPeople | None) -> ByPeople | None:
    """What people decided, as far as it holds in the next round: who was skipped is asked again."""
    if by_people is None or not by_people.skipped:
        return by_people
    return replace(by_people, skipped=())


def _unasked(searching: Searching, provider_id: UUID) -> Searching:
    left = tuple(one for one in searching.unasked if one.provider_id != provider_id)
    return searching if left == searching.unasked else replace(searching, unasked=left)


def _without(ids: tuple[UUID, ...], provider_id: UUID) -> tuple[UUID, ...]:
    return tuple(one for one in ids if one != provider_id)
