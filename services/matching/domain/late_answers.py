"""A yes to a restart or a change that was recorded in time and read after silence was decided.

It gives the award back, as an acceptance in time counts though its offer has lapsed, until somebody
else has the package. Source: domain rule 6.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.authorised import escalate_if_exceeded
from services.matching.domain.awarding import after_award, confirm_by, provider_name, start_by
from services.matching.domain.carrying import searched
from services.matching.domain.codes import RefusalCode, Request
from services.matching.domain.package_turn import PackageTurn, about_award, refuse_answer
from services.matching.domain.parts import divide
from services.matching.domain.people import NOTHING
from services.matching.domain.placement import Open, Present
from services.matching.domain.pricing import contract_of_award, price_of_change
from services.matching.domain.questions import is_superseded
from services.matching.domain.search import lapse_due
from services.matching.domain.turn import Turn


def silence_of(placement: Present, command: asked.AnswerChange) -> states.Silence | None:
    """The silence that an answer to a change broke in time; None if it was not about that award."""
    if not isinstance(placement, Open | states.Ending) or placement.silence is None:
        return None
    award = placement.silence.award
    mine = (award.award_id, award.provider_id) == (command.award_id, command.provider_id)
    return placement.silence if mine else None


def resume_late(
    whole: PackageTurn, ended: states.Ended, paused: states.Paused, command: asked.AnswerRestart
) -> None:
    """The provider comes back after all; the search that followed is over."""
    assert paused.restart is not None
    if not _counts(whole, ended, command, request="restart", answer_by=paused.restart.answer_by):
        return
    _nobody_else(whole, ended)
    turn = whole.turn(ended)
    turn.record(
        care.CareResumed(
            **about_award(turn, paused),
            restart_at=paused.restart.restart_at,
            response_id=command.response_id,
        )
    )
    whole.take(turn)


def agree_late(
    whole: PackageTurn,
    placement: Present,
    silence: states.Silence,
    command: asked.AnswerChange,
) -> None:
    """The provider goes on with what is needed now after all."""
    change = silence.change
    due, version = change.answer_by, change.version
    if not _counts(whole, placement, command, request="change", answer_by=due, version=version):
        return
    if isinstance(placement, states.Ending):
        _nobody_else(whole, placement)
        turn = whole.turn(placement)
        _agreed(turn, silence, command)
        if silence.held_until is not None and silence.warn_at is not None:
            turn.record(
                care.CarePaused(
                    **_about(turn, silence),
                    held_until=silence.held_until,
                    warn_at=silence.warn_at,
                    retainer=silence.retainer,
                )
            )
    else:
        assert isinstance(placement, Open)
        turn = whole.turn(placement)
        _award_again(turn, placement, silence)
        _agreed(turn, silence, command)
        if silence.confirmed:
            turn.record(events.AwardConfirmed(**_about(turn, silence), response_id=None))
    escalate_if_exceeded(turn)
    whole.take(turn)


def _counts(
    whole: PackageTurn,
    placement: Present,
    command: asked.AnswerRestart | asked.AnswerChange,
    *,
    request: Request,
    answer_by: datetime,
    version: int | None = None,
) -> bool:
    """Whether it is a yes in time, about what is needed now, by a provider that was not excluded
    since, and nobody else has the package."""
    code: RefusalCode | None = None
    if not command.agrees or command.recorded_at >= answer_by:
        code = "not-awarded"
    elif isinstance(command, asked.AnswerChange) and command.version != version:
        code = "requirement-changed"
    elif _is_excluded(whole, placement, command.provider_id):
        code = "not-awarded"
    elif isinstance(placement, Open):
        if version is not None and is_superseded(placement.facts, version):
            code = "requirement-changed"
    elif whole.is_taken_on(placement) or not any(whole.following(placement)):
        code = "placed-meanwhile"
    elif any(one.facts.amended is not None for one in whole.following(placement)):
        code = "requirement-changed"
    if code is not None:
        refuse_answer(whole, whole.turn(placement), command, request, code)
    return code is None


def _is_excluded(whole: PackageTurn, placement: Present, provider_id: UUID) -> bool:
    """Whether a person has decided meanwhile that the provider gets this package no more."""
    return any(
        provider_id in (one.by_people or NOTHING).excluded
        for one in (placement, *whole.following(placement))
    )


def _nobody_else(whole: PackageTurn, placement: Present) -> None:
    """The searches that follow are over: their offers are taken back."""
    for search in tuple(whole.following(placement)):
        divide(whole, search, "care_goes_on", 0)


def _agreed(turn: Turn, silence: states.Silence, command: asked.AnswerChange) -> None:
    facts = searched(turn.placement).facts
    price = price_of_change(turn, facts, silence.award, silence.change)
    turn.record(
        care.ChangeAgreed(
            **_about(turn, silence),
            version=silence.change.version,
            weekly_minutes=silence.change.weekly_minutes,
            response_id=command.response_id,
            rate_pence=price.rate_pence if price else None,
            weekly_cost_sixtieths=price.weekly_cost_sixtieths if price else None,
        )
    )


def _award_again(turn: Turn, placement: Open, silence: states.Silence) -> None:
    """The same award, from now on: its search had gone on without it."""
    lapse_due(turn)
    award = silence.award
    offer = states.offer_of(placement, award.offer_id) if award.offer_id else None
    accepted_at = offer.answered_at if offer else None
    rate_pence = offer.rate_pence if offer else _rate_of_contract(turn, placement, award)
    turn.record(
        events.Awarded(
            **_about(turn, silence),
            offer_id=award.offer_id,
            provider_name=provider_name(turn, award.provider_id),
            accepted_at=accepted_at or award.filled_at,
            tier=offer.tier if offer else None,
            tier_name=offer.tier_name if offer else None,
            lot=award.lot,
            contract_kind=award.contract_kind,
            rate_pence=rate_pence,
            agreed=offer.terms if offer else None,
            confirm_by=confirm_by(turn),
            via=(offer.via if offer else None) or "hand",
            ground=None if offer else "continuity",
            response_id=None,
            weekly_minutes=placement.facts.needed.weekly_minutes,
            start_by=start_by(turn, placement.facts.ready_at),
        )
    )
    after_award(turn)


def _rate_of_contract(turn: Turn, placement: Open, award: states.Award) -> int | None:
    """What the contract of an award by hand pays an hour."""
    contract = contract_of_award(turn, award)
    if contract is None:
        return None
    return contract.rate_for(placement.facts.needed, turn.today)


def _about(turn: Turn, silence: states.Silence) -> dict[str, Any]:
    return {
        "at": turn.now,
        "referral_id": turn.referral_id,
        "placement_id": turn.placement_id,
        "award_id": silence.award.award_id,
        "provider_id": silence.award.provider_id,
    }
