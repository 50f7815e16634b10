"""What is needed has changed and somebody has the package: it is asked first, by version.

It goes on with what is needed now, or others are asked: a search of its own once care has been given,
else the same search goes on. Source: domain rule 12.
"""

from datetime import timedelta

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.amending import not_agreed
from services.matching.domain.authorised import escalate_if_exceeded
from services.matching.domain.awarding import confirm_by, start_by
from services.matching.domain.care_questions import holds, why_not_change
from services.matching.domain.codes import NoAnswer, RefusalCode
from services.matching.domain.late_answers import agree_late, silence_of
from services.matching.domain.package_turn import (
    PackageTurn,
    about_award,
    care_ends,
    refuse_answer,
    without,
)
from services.matching.domain.placement import Held, Present
from services.matching.domain.pricing import price_of_change
from services.matching.domain.refusal import Refusal
from services.matching.domain.turn import Turn


def change(whole: PackageTurn, placement: Present, command: asked.ChangeCare) -> Refusal | None:
    """Ask the provider of a running package first; only its refusal or silence starts a search."""
    refusal = why_not_change(placement, command.requirement)
    if refusal is not None or not isinstance(placement, states.Started):
        return refusal
    turn = whole.turn(placement)
    turn.record(
        care.ChangeAsked(
            **about_award(turn, placement),
            version=placement.facts.requirement_version + 1,
            outcode=placement.facts.needed.outcode,
            requirement=command.requirement,
            answer_by=whole.now + timedelta(hours=turn.policy.care_answer_hours),
        )
    )
    whole.take(turn)
    return None


def answer_change(whole: PackageTurn, placement: Present, command: asked.AnswerChange) -> None:
    """An answer names the version that it is about; one about a superseded version is refused."""
    if (silence := silence_of(placement, command)) is not None:
        agree_late(whole, placement, silence, command)
        return
    turn = whole.turn(placement)
    if not (isinstance(placement, Held) and holds(placement, command)):
        refuse_answer(whole, turn, command, "change")
    elif placement.change is None or placement.change.version != command.version:
        superseded = command.version < placement.facts.requirement_version
        code: RefusalCode = "requirement-changed" if superseded else "not-awarded"
        refuse_answer(whole, turn, command, "change", code)
    elif command.agrees:
        _agree(turn, placement, placement.change, command)
        whole.take(turn)
    else:
        refuse_change(whole, placement, "refused", command)


def _agree(turn: Turn, placement: Held, change: states.Change, command: asked.AnswerChange) -> None:
    """Before the start, with as much time to confirm and to start as an award made now has."""
    not_started = isinstance(placement, states.Awarded | states.Confirmed)
    price = price_of_change(turn, placement.facts, placement.award, change)
    turn.record(
        care.ChangeAgreed(
            **about_award(turn, placement),
            version=change.version,
            weekly_minutes=change.weekly_minutes,
            response_id=command.response_id,
            confirm_by=confirm_by(turn) if isinstance(placement, states.Awarded) else None,
            start_by=start_by(turn, placement.facts.ready_at) if not_started else None,
            rate_pence=price.rate_pence if price else None,
            weekly_cost_sixtieths=price.weekly_cost_sixtieths if price else None,
        )
    )
    escalate_if_exceeded(turn)


def refuse_change(
    whole: PackageTurn,
    placement: Held,
    because: NoAnswer,
    command: asked.AnswerChange | None = None,
) -> None:
    """Others are asked. A provider that gives care goes on as before until then."""
    assert placement.change is not None
    turn = whole.turn(placement)
    response_id = command.response_id if command else None
    if isinstance(placement, states.Awarded | states.Confirmed):
        not_agreed(turn, placement, because, response_id)
        whole.take(turn)
        return
    turn.record(
        care.ChangeRefused(
            **about_award(turn, placement),
            version=placement.change.version,
            because=because,
            response_id=response_id,
        )
    )
    care_ends(turn, "change_refused", None)
    whole.take(turn)
    requirement = without(whole.origin(placement).requirement, placement.award.provider_id)
    whole.begin_later(placement, "change_refused", requirement, None)
