"""A placement after an event about its care: a part of the fold in `evolve`."""

from dataclasses import replace
from typing import Any, assert_never
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.carrying import (
    cared_for,
    carried,
    expect,
    heard,
    present,
    searched,
    without_alarms,
)
from services.matching.domain.placement import Carried, Placement


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
            return _over(present(placement), event.because, None)
        case _:
            assert_never(event)


def _after_ending(placement: Carried, event: care.EndingEvent) -> Placement:
    match event:
        case care.HandedBack():
            return states.Ending(
                **_known(placement, event.response_id),
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
            return _over(told, "restart_refused", event.provider_id)
        case care.ChangeRefused():
            running = _running(placement)
            return replace(running, heard=heard(running.heard, event.response_id), change=None)
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
            paused = expect(placement, states.Paused)
            return states.Started(**_known(paused, event.response_id), **_reviewed(paused))
        case care.ChangeAsked():
            change = states.Change(
                version=event.version,
                weekly_minutes=event.requirement.weekly_minutes,
                answer_by=event.answer_by,
            )
            started = expect(placement, states.Started)
            return replace(started, changes=started.changes + 1, change=change)
        case care.ChangeAgreed():
            running = _running(placement)
            needed = replace(running.facts.needed, weekly_minutes=event.weekly_minutes)
            return replace(
                running,
                heard=heard(running.heard, event.response_id),
                facts=replace(running.facts, needed=needed),
                change=None,
            )
        case _:
            assert_never(event)


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
            "changes": placement.changes,
            "change": placement.change,
        }
    return {}


def _running(placement: Placement) -> states.Started | states.Paused:
    """Care that has started: a change that was asked is answered whether it is paused or not."""
    if isinstance(placement, states.Paused):
        return placement
    return expect(placement, states.Started)


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
    )
