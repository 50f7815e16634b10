"""What providers and brokers do about care that was awarded, and which search follows.

A later search is a placement of its own with its cause and its clock. The old award is `ending` and
keeps care and access until its last visit. Source: domain page, hand-back, restart, changes.
"""

from datetime import datetime, timedelta
from typing import assert_never

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.care_questions import (
    already_searched,
    holds,
    may_hand_back,
    was_paused,
    why_not_continue,
    why_not_end,
    why_not_pause,
    why_not_restart,
)
from services.matching.domain.changing import answer_change
from services.matching.domain.codes import NoAnswer
from services.matching.domain.late_answers import resume_late
from services.matching.domain.package_turn import (
    PackageTurn,
    about_award,
    care_ends,
    first_asked,
    refuse_answer,
    without,
)
from services.matching.domain.placement import Carried, Present
from services.matching.domain.refusal import Refusal
from services.matching.domain.stewarding import propose_exclusion
from services.matching.domain.turn import Turn


def answer_care(whole: PackageTurn, placement: Present, command: asked.CareAnswer) -> None:
    """What a provider says about care of its own. A repeat of an answer changes nothing."""
    if command.response_id is not None and command.response_id in placement.heard:
        return
    match command:
        case asked.HandBack():
            _hand_back(whole, placement, command)
        case asked.AnswerRestart():
            _answer_restart(whole, placement, command)
        case asked.AnswerChange():
            answer_change(whole, placement, command)
        case _:
            assert_never(command)


def _hand_back(whole: PackageTurn, placement: Present, command: asked.HandBack) -> None:
    """Shorter notice than the contract's is a recorded breach, never refused.

    Care that ends with the first visit of somebody else may be given up before: then its last visit
    is known, and the search that follows it knows from when nobody comes.
    """
    turn = whole.turn(placement)
    if not (isinstance(placement, Carried) and holds(placement, command)) or not may_hand_back(
        placement
    ):
        refuse_answer(whole, turn, command, "hand_back")
        return
    notice_until = _notice_until(turn, placement)
    turn.close(*placement.escalations)
    turn.record(
        care.HandedBack(
            **about_award(turn, placement),
            reason=command.reason,
            last_visit_at=command.last_visit_at,
            notice_until=notice_until,
            breach=notice_until is not None and command.last_visit_at < notice_until,
            response_id=command.response_id,
        )
    )
    whole.take(turn)
    provider_id = placement.award.provider_id
    found: list[Present] = list(whole.following(placement))
    if not isinstance(placement, states.Ending):
        requirement = without(whole.origin(placement).requirement, provider_id)
        search_id = whole.begin_later(placement, "handed_back", requirement, command.last_visit_at)
        found = [whole.begun(search_id)] if search_id else []
    for search in found:
        if command.reason in ("safety", "relationship") and isinstance(search, states.Searching):
            turn = whole.turn(search)
            propose_exclusion(turn, provider_id, command.reason)
            whole.take(turn)


def _notice_until(turn: Turn, placement: Carried) -> datetime | None:
    """Until when the provider's contract obliges it, from now; None for a contract that is gone."""
    award = placement.award
    provider = turn.market.providers.get(award.provider_id)
    if provider is None or award.contract_kind is None:
        return None
    notices = [one.notice_days for one in provider.contracts_of(award.contract_kind, award.lot)]
    return turn.now + timedelta(days=max(notices)) if notices else None


def _answer_restart(whole: PackageTurn, placement: Present, command: asked.AnswerRestart) -> None:
    if isinstance(placement, states.Ended) and (paused := was_paused(placement, command)):
        resume_late(whole, placement, paused, command)
        return
    turn = whole.turn(placement)
    if not (
        isinstance(placement, states.Paused)
        and placement.restart is not None
        and holds(placement, command)
    ):
        refuse_answer(whole, turn, command, "restart")
        return
    if command.agrees:
        turn.close("pause_ending")
        turn.record(
            care.CareResumed(
                **about_award(turn, placement),
                restart_at=placement.restart.restart_at,
                response_id=command.response_id,
            )
        )
        whole.take(turn)
        return
    refuse_restart(whole, placement, "refused", command)


def refuse_restart(
    whole: PackageTurn,
    placement: states.Paused,
    because: NoAnswer,
    command: asked.AnswerRestart | None = None,
) -> None:
    """The provider does not go on, or said nothing in time: others are asked at once."""
    assert placement.restart is not None
    turn = whole.turn(placement)
    turn.close(*placement.escalations)
    turn.record(
        care.RestartRefused(
            **about_award(turn, placement),
            because=because,
            response_id=command.response_id if command else None,
        )
    )
    whole.take(turn)
    requirement = without(whole.origin(placement).requirement, placement.award.provider_id)
    before = placement.restart.restart_at - timedelta(minutes=1)
    whole.begin_later(placement, "restart_refused", requirement, before)


def lapse_pause(whole: PackageTurn, placement: states.Paused) -> None:
    """The package is held no longer; a restart searches anew, the old provider first."""
    turn = whole.turn(placement)
    turn.close(*placement.escalations)
    turn.record(care.PauseLapsed(**about_award(turn, placement)))
    whole.take(turn)


def pause(whole: PackageTurn, placement: Present, command: asked.PauseCare) -> Refusal | None:
    """Hold a running package, or hold it longer; its provider keeps it."""
    refusal = why_not_pause(placement, command.held_until, whole.now)
    if refusal is not None or not isinstance(placement, states.Started | states.Paused):
        return refusal
    turn = whole.turn(placement)
    turn.close("pause_ending")
    turn.record(
        care.CarePaused(
            **about_award(turn, placement),
            held_until=command.held_until,
            warn_at=_warn_at(turn, command.held_until),
            retainer=command.retainer,
        )
    )
    whole.take(turn)
    return None


def _warn_at(turn: Turn, held_until: datetime) -> datetime:
    """The policy's hours before a pause lapses, and not before half of a short one is over."""
    ahead = held_until - turn.now
    return held_until - min(timedelta(hours=turn.policy.pause_warning_hours), ahead / 2)


def restart(whole: PackageTurn, placement: Present, command: asked.RestartCare) -> Refusal | None:
    """Ask the provider that holds the package; where the pause has lapsed, search, it first."""
    refusal = why_not_restart(placement, command.restart_at, whole.now)
    if refusal is not None:
        return refusal
    if isinstance(placement, states.Paused):
        turn = whole.turn(placement)
        hours = timedelta(hours=turn.policy.care_answer_hours)
        turn.record(
            care.RestartAsked(
                **about_award(turn, placement),
                restart_at=command.restart_at,
                answer_by=max(min(whole.now + hours, command.restart_at), whole.now),
            )
        )
        whole.take(turn)
    elif isinstance(placement, states.Ended) and placement.provider_id is not None:
        if whole.is_followed(placement.placement_id):
            return already_searched()
        requirement = first_asked(whole.origin(placement).requirement, placement.provider_id)
        before = command.restart_at - timedelta(minutes=1)
        whole.begin_later(placement, "pause_lapsed", requirement, before)
    return None


def end(whole: PackageTurn, placement: Present, command: asked.EndCare) -> Refusal | None:
    """Care is needed no longer."""
    refusal = why_not_end(placement)
    if refusal is None:
        turn = whole.turn(placement)
        care_ends(turn, "no_longer_needed", command.last_visit_at)
        whole.take(turn)
    return refusal


def transfer(whole: PackageTurn, placement: Present, command: asked.TransferCare) -> Refusal | None:
    """Another provider is to take over at a date; the search begins now, without the old one."""
    refusal = why_not_end(placement)
    if refusal is not None or not isinstance(placement, Carried):
        return refusal
    turn = whole.turn(placement)
    care_ends(turn, command.because, command.last_visit_at)
    whole.take(turn)
    requirement = without(whole.origin(placement).requirement, placement.award.provider_id)
    whole.begin_later(placement, command.because, requirement, command.last_visit_at)
    return None


def continue_long_term(
    whole: PackageTurn, placement: Present, command: asked.ContinueLongTerm
) -> Refusal | None:
    """Reablement goes on until long-term care has started; the same provider is asked first."""
    refusal = why_not_continue(placement, command.requirement)
    if refusal is not None or not isinstance(placement, states.Started):
        return refusal
    turn = whole.turn(placement)
    care_ends(turn, "reablement_ended", None)
    whole.take(turn)
    requirement = first_asked(command.requirement, placement.award.provider_id)
    whole.begin_later(placement, "reablement_ended", requirement, None)
    return None


def record_contingency(
    whole: PackageTurn, placement: Present, command: asked.RecordContingency
) -> Refusal | None:
    """Who cares while no provider does; the search goes on and the gap stays one."""
    if not isinstance(placement, states.Searching | states.Exhausted):
        return Refusal(
            code="not-searching", sentence="Somebody has this package; no contingency is needed."
        )
    turn = whole.turn(placement)
    turn.record(
        care.ContingencyRecorded(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            contingency=command.contingency,
        )
    )
    whole.take(turn)
    return None


def end_now(whole: PackageTurn, placement: states.Ending) -> None:
    """The last visit is over."""
    turn = whole.turn(placement)
    turn.close(*placement.escalations)
    turn.record(care.CareEnded(**about_award(turn, placement), because=placement.because))
    whole.take(turn)
