"""A referral's placements after each event of `placements.v1`, for the board to read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from services.referrals.domain.package import Package, Part, PartState
from shared.contracts import care, interventions, negotiations, placements
from shared.contracts.model import Event
from shared.postgres.rows import Json

_PARTS: TypeAdapter[tuple[Part, ...]] = TypeAdapter(tuple[Part, ...])


def package_in(stored: str) -> Package:
    """The placements that a row of the board holds."""
    return Package(parts=_PARTS.validate_json(stored))


def stored(package: Package) -> Json:
    """The placements as a row of the board holds them."""
    return Json(_PARTS.dump_json(package.parts, exclude_defaults=True).decode())


def after(package: Package, event: placements.PlacementEvent) -> Package:
    """The placements after an event; the same object if it says nothing of them."""
    before = package.part(str(event.placement_id))
    part = _after_award(_after_offers(_after_search(before, event), event), event)
    if part is before and isinstance(event, care.AwardedCare):
        # Of an award that was replaced nothing more is heard here.
        mine = str(event.award_id) == before.award_id
        part = _after_care(before, event) if mine else before
    return package if part is before else package.replaced(part)


def _after_search(part: Part, event: Event) -> Part:
    match event:
        case placements.AwaitingInformation():
            return replace(
                part,
                state="waiting",
                received_at=event.received_at,
                targets=event.targets_minutes,
            )
        case placements.SearchStarted():
            return _begun(part, event)
        case placements.TierOpened():
            return replace(part, state="searching", tier_name=event.tier_name)
        case placements.OutlookChanged():
            return replace(part, outlook=event.outlook)
        case placements.SearchReopened():
            return replace(part, state="searching", tier_name=None, outlook=None)
        case placements.SearchExhausted():
            return replace(part, state="exhausted")
        case placements.PlacementWithdrawn():
            return replace(part, state="withdrawn", over_at=event.at)
        case care.PlacementDivided():
            into = tuple([str(placement_id) for placement_id in event.into])
            return replace(part, state="divided", into=into)
        case care.CareGapMoved():
            return replace(part, gap_at=event.gap_at)
        case care.ContingencyRecorded():
            return replace(part, contingency=event.contingency)
        case _:
            return _after_people(part, event)


def _after_people(part: Part, event: Event) -> Part:
    """What a broker decided, and a yes that a broker must look at."""
    match event:
        case negotiations.RateQuoted() | negotiations.ConditionRaised():
            return without(part, [event.offer_id])
        case negotiations.ConditionCountered():
            return replace(part, live={**part.live, str(event.offer_id): event.expires_at})
        case interventions.SearchHeld():
            return replace(_decided_by(part, event), on_hold_until=event.until)
        case interventions.SearchResumed():
            return replace(_decided_by(part, event), on_hold_until=None)
        case placements.SettlementMoved():
            return _decided_by(part, event)
        case interventions.AnswerCorrected():
            rest = _decided_by(without(part, [event.offer_id]), event)
            if event.becomes != "live":
                return rest
            return replace(rest, live={**rest.live, str(event.offer_id): event.expires_at})
        case interventions.RequirementAmended() if event.change != "material":
            return replace(part, change_by=None)
        case interventions.OfferWindowChanged():
            return replace(part, live={**part.live, str(event.offer_id): event.expires_at})
        case _:
            return part


def _decided_by(
    part: Part,
    event: interventions.SearchHeld
    | interventions.SearchResumed
    | interventions.AnswerCorrected
    | placements.SettlementMoved,
) -> Part:
    """The part with the instant at which its standing acceptances are decided now."""
    if event.decided_by is None:
        return part
    stood = {str(offer_id): event.decided_by for offer_id in event.standing}
    return replace(part, standing={**part.standing, **stood})


def _after_offers(part: Part, event: Event) -> Part:
    match event:
        case placements.OffersMade():
            made = {str(offer.offer_id): event.expires_at for offer in event.offers}
            # An earlier tier's offers may follow the opening of a later one; the open one is told.
            tier_name = part.tier_name or event.tier_name
            return replace(part, tier_name=tier_name, live={**part.live, **made})
        case placements.OfferDeclined():
            return without(part, [event.offer_id])
        case placements.OffersLapsed() | placements.OffersWithdrawn():
            return without(part, event.offer_ids)
        case placements.AcceptanceStood():
            stood = {**part.standing, str(event.offer_id): event.decided_by}
            return replace(without(part, [event.offer_id]), standing=stood)
        case _:
            return part


def _begun(part: Part, event: placements.SearchStarted) -> Part:
    return replace(
        part,
        state="searching",
        cause=event.cause,
        follows=None if event.follows is None else str(event.follows),
        bridging_until=event.bridging_until,
        received_at=event.received_at,
        targets=event.targets_minutes,
        gap_at=event.gap_at,
    )


def _after_award(part: Part, event: Event) -> Part:
    match event:
        case placements.Awarded():
            part = part if event.offer_id is None else without(part, [event.offer_id])
            return replace(
                part,
                state="taken",
                award_id=str(event.award_id),
                provider_id=str(event.provider_id),
                provider_name=event.provider_name,
                filled_at=event.at,
                confirm_by=event.confirm_by,
                confirmed_at=None,
                started_at=None,
                change_by=None,
                on_hold_until=None,
            )
        case placements.AwardConfirmed() if str(event.award_id) == part.award_id:
            state: PartState = "started" if part.state == "started" else "confirmed"
            return replace(part, state=state, confirmed_at=event.at)
        case placements.CareStarted() if str(event.award_id) == part.award_id:
            return replace(part, state="started", started_at=event.started_at, over_at=event.at)
        case placements.AwardReleased() | placements.AwardCancelled() if (
            # Undone before the start; care that was given stays given.
            str(event.award_id) == part.award_id and part.started_at is None
        ):
            return replace(
                part,
                state="searching",
                award_id=None,
                provider_id=None,
                provider_name=None,
                filled_at=None,
                confirm_by=None,
                confirmed_at=None,
                change_by=None,
            )
        case _:
            return part


def _after_care(part: Part, event: care.AwardedCare) -> Part:
    match event:
        case care.HandedBack() | care.CareEnding():
            return replace(part, state="ending", last_visit_at=event.last_visit_at)
        case care.ChangeAsked():
            return replace(part, change_by=event.answer_by)
        case care.ChangeAgreed():
            confirm_by = event.confirm_by or part.confirm_by
            goes_on = replace(part, change_by=None, confirm_by=confirm_by)
            if part.state != "ending":
                return goes_on
            return replace(goes_on, state="started", last_visit_at=None, over_at=event.at)
        case care.ChangeRefused():
            return replace(part, change_by=None)
        case care.CareEnded() | care.RestartRefused():
            return replace(part, state="ended", over_at=event.at)
        case care.PauseLapsed():
            return replace(part, state="lapsed", over_at=event.at)
        case care.CarePaused():
            return replace(
                part,
                state="paused",
                held_until=event.held_until,
                restart_at=None,
                restart_by=None,
            )
        case care.RestartAsked():
            return replace(part, restart_at=event.restart_at, restart_by=event.answer_by)
        case care.CareResumed():
            return replace(
                part,
                state="started",
                over_at=event.at,
                held_until=None,
                restart_at=None,
                restart_by=None,
            )
        case _:
            return part


def without(part: Part, offer_ids: Sequence[UUID]) -> Part:
    """The part without these offers, whether they are out or stand."""
    gone = {str(offer_id) for offer_id in offer_ids}
    return replace(part, live=_rest(part.live, gone), standing=_rest(part.standing, gone))


def _rest(offers: Mapping[str, datetime], gone: set[str]) -> Mapping[str, datetime]:
    return {offer_id: at for offer_id, at in offers.items() if offer_id not in gone}
