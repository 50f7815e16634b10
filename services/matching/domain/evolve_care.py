"""A placement after an event about its care: a part of the fold in `evolve`."""

from typing import Any, assert_never
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.carrying import (
    cared_for,
    carried,
    expect,
    heard,
    held,
    present,
    searched,
    without_alarms,
)
from services.matching.domain.placement import Carried, Held, Placement
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import alike


def after_care(placement: Placement, event: care.CareEvent) -> Placement:
    """The placement after the event, which the table of transitions allows."""
    match event:
        case (
            care.HandedBack()
            | care.CareEnding()
            | care.CareEnded()
            | care.PauseLapsed()
            | care.RestartRefused()
            | care.ChangeRefused()
        ):
            return _after_ending(cared_for(placement), event)
        case (
            care.CarePaused()
            | care.RestartAsked()
            | care.CareResumed()
            | care.ChangeAsked()
            | care.ChangeAgreed()
        ):
            return _after_going_on(placement, event)
        case care.CareGapMoved():
            before = without_alarms(searched(placement), "care_gap_ahead", "care_gap")
            facts = replace(before.facts, gap_at=event.gap_at, gap_alarm_at=event.gap_alarm_at)
            return replace(before, facts=facts)
        case care.ContingencyRecorded():
            return present(placement)
        case care.PlacementDivided():
            return replace(_over(present(placement), event.because, None), into=event.into)
        case _:
            assert_never(event)


def _after_ending(placement: Carried, event: care.EndingEvent) -> Placement:
    match event:
        case care.HandedBack():
            return states.Ending(
                **_known(placement, event.response_id) | {"silence": None},
                because="handed_back",
                last_visit_at=event.last_visit_at,
            )
        case care.CareEnding():
            return states.Ending(
                **_known(placement, None), because=event.because, last_visit_at=event.last_visit_at
            )
        case care.CareEnded():
            return _over(placement, event.because, event.provider_id)
        case care.PauseLapsed():
            return _over(placement, "pause_lapsed", event.provider_id)
        case care.RestartRefused():
            told = replace(placement, heard=heard(placement.heard, event.response_id))
            paused = expect(told, states.Paused) if event.because == "silent" else None
            return replace(_over(told, "restart_refused", event.provider_id), paused=paused)
        case care.ChangeRefused():
            asked_of = held(placement)
            silence = _silence(asked_of) if event.because == "silent" else None
            known = heard(asked_of.heard, event.response_id)
            return replace(asked_of, heard=known, change=None, silence=silence)
        case _:
            assert_never(event)


def _after_going_on(placement: Placement, event: care.GoingOnEvent) -> Placement:
    match event:
        case care.CarePaused():
            before = without_alarms(cared_for(placement), "pause_ending")
            return states.Paused(
                **_known(before, None),
                **_reviewed(before),
                held_until=event.held_until,
                warn_at=event.warn_at,
                retainer=event.retainer,
            )
        case care.RestartAsked():
            asked = states.Restart(restart_at=event.restart_at, answer_by=event.answer_by)
            return replace(expect(placement, states.Paused), restart=asked)
        case care.CareResumed():
            was = placement.paused if isinstance(placement, states.Ended) else placement
            known = heard(present(placement).heard, event.response_id)
            paused = replace(expect(was or placement, states.Paused), heard=known)
            return states.Started(**_known(paused, None), **_reviewed(paused))
        case care.ChangeAsked():
            change = states.Change(
                version=event.version,
                weekly_minutes=event.requirement.weekly_minutes,
                answer_by=event.answer_by,
                outcode=event.outcode,
                visits=alike(event.requirement.visits),
            )
            asked_of = held(placement)
            facts = replace(asked_of.facts, requirement_version=event.version)
            return replace(asked_of, facts=facts, change=change)
        case care.ChangeAgreed():
            return _agreed(_given_back(placement), event)
        case _:
            assert_never(event)


def _silence(holder: Held) -> states.Silence | None:
    """What a yes that was in time gives back."""
    if holder.change is None:
        return None
    paused = holder if isinstance(holder, states.Paused) else None
    return states.Silence(
        award=holder.award,
        change=holder.change,
        confirmed=not isinstance(holder, states.Awarded),
        review_at=_reviewed(holder).get("review_at"),
        held_until=paused.held_until if paused else None,
        warn_at=paused.warn_at if paused else None,
        retainer=paused.retainer if paused else False,
    )


def _given_back(placement: Placement) -> Held:
    """Who has the package, or had it until it was silent: its care has not ended yet."""
    if not isinstance(placement, states.Ending) or placement.silence is None:
        return held(placement)
    return states.Started(
        **_known(placement, None) | {"silence": None},
        review_at=placement.silence.review_at,
        change=placement.silence.change,
    )


def _agreed(holder: Held, event: care.ChangeAgreed) -> Held:
    """What was asked is what the award is for, with instants of its own before the start."""
    visits = holder.change.visits if holder.change else ()
    needed = replace(holder.facts.needed, weekly_minutes=event.weekly_minutes, visits=visits)
    award = replace(
        holder.award,
        confirm_by=event.confirm_by or holder.award.confirm_by,
        start_by=event.start_by or holder.award.start_by,
    )
    return replace(
        without_alarms(holder, "start_overdue") if event.start_by else holder,
        heard=heard(holder.heard, event.response_id),
        facts=replace(holder.facts, needed=needed, agreed=None),
        award=award,
        change=None,
    )


def _known(placement: Carried, response_id: UUID | None) -> dict[str, Any]:
    return carried(placement) | {
        "heard": heard(placement.heard, response_id),
        "award": placement.award,
    }


def _reviewed(placement: Carried) -> dict[str, Any]:
    """What a pause keeps of the care that it interrupts."""
    if isinstance(placement, states.Started | states.Paused):
        return {
            "review_at": placement.review_at,
            "change": placement.change,
        }
    return {}


def _over(
    placement: states.Present, because: states.EndedBecause, provider_id: UUID | None
) -> states.Ended:
    facts = placement.facts if isinstance(placement, states.Searched) else None
    return states.Ended(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        heard=placement.heard,
        because=because,
        provider_id=provider_id,
        follows=facts.follows if facts and facts.bridging_until is None else None,
        by_people=placement.by_people,
        offers=states.offers_of(placement),
        last_visit_at=placement.last_visit_at if isinstance(placement, states.Ending) else None,
    )
