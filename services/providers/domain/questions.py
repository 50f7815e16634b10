"""What matching asks of the provider that has a package, and what its answer comes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.providers.domain.awards import LIVE, Award, AwardState
from services.providers.domain.ids import Question, question_answer_id
from services.providers.domain.verdicts import Join, Refusal, Respond, Verdict

Result: TypeAlias = Literal["agreed", "refused", "silent"]

ASKED_IN: dict[Question, frozenset[AwardState]] = {
    "restart": frozenset({"paused"}),
    "change": frozenset({"reserved", "confirmed", "started", "paused"}),
}
"""The states in which each question can be answered; in another one it is no longer open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A question as it was put: whether the provider goes on after a pause, or with a change."""

    question: Question
    number: int
    """The `number`-th restart, or the version of what is needed."""
    answer_by: datetime
    """The deadline. It can be answered while now < answer_by."""
    result: Result | None = None
    """What became of it; None while it is open."""
    superseded: bool = False
    """A later version is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer to the question at hand by the endpoint that was not refused."""

    response_id: UUID | None = None
    agrees: bool | None = None
    refused: int = 0
    """How often matching has refused an answer to this question, which may be given again."""


def decide_answer_to(
    award: Award | None, put: Put | None, *, agrees: bool, answered: Answered, now: datetime
) -> Verdict:
    """What a yes or no at `now` comes to. The first answer counts; the same one again joins it.

    `put` is the question that was put last, None if none was, or one about another version.
    """
    if award is None:
        return Refusal(code="not-awarded")
    if put is not None and put.superseded:
        return Refusal(code="requirement-changed")
    if put is None:
        return Refusal(code="not-asked" if award.state in LIVE else "not-awarded")
    if answered.response_id is not None:
        same = answered.agrees is agrees
        return Join(response_id=answered.response_id) if same else _refuse_other()
    match put.result:
        case "silent":
            return Refusal(code="answer-too-late")
        case "agreed" | "refused":
            same = (put.result == "agreed") is agrees
            return Join(response_id=None) if same else _refuse_other()
        case None:
            pass
    if award.state not in ASKED_IN[put.question]:
        return Refusal(code="not-asked" if award.state in LIVE else "not-awarded")
    if now >= put.answer_by:
        return Refusal(code="answer-too-late")
    response_id = question_answer_id(award.award_id, put.question, put.number, answered.refused)
    return Respond(response_id=response_id)


def _refuse_other() -> Refusal:
    return Refusal(code="already-answered")
