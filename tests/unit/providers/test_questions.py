"""Answers to what matching asks: every state, what became of the question, and repeats."""

from dataclasses import replace
from typing import get_args

import pytest

from services.providers.domain.awards import AwardState
from services.providers.domain.ids import Question, question_answer_id
from services.providers.domain.meant import Had, award_meant
from services.providers.domain.questions import ASKED_IN, Answered, Put, Result, decide_answer_to
from services.providers.domain.verdicts import Join, Refusal, Respond
from shared.ids import new_id
from tests.unit.providers.story import MINUTE
from tests.unit.providers.test_awards import AWARD, IN_STATE, NOT_AWARDED, NOW

QUESTIONS: tuple[Question, ...] = get_args(Question)
NOT_ASKED, TOO_LATE, OTHER = (
    Refusal(code="not-asked"),
    Refusal(code="answer-too-late"),
    Refusal(code="already-answered"),
)


def put(question: Question, result: Result | None = None) -> Put:
    """A question that can be answered for another minute."""
    return Put(question=question, number=2, answer_by=NOW + MINUTE, result=result)


def decide(award, asked, *, agrees=True, answered=None, now=NOW):
    """The verdict on an answer."""
    return decide_answer_to(award, asked, agrees=agrees, answered=answered or Answered(), now=now)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("state", get_args(AwardState))
def test_a_question_is_open_in_its_states(state: AwardState, question: Question):
    """In any other one it is not asked any more, or the package is not the provider's."""
    verdict = decide(IN_STATE[state], put(question))
    if state in ASKED_IN[question]:
        expected = question_answer_id(AWARD.award_id, question, 2)
        assert verdict == Respond(response_id=expected)
    else:
        live = state in ("reserved", "confirmed", "started", "paused")
        assert verdict == (NOT_ASKED if live else NOT_AWARDED)


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_was_asked(question: Question):
    """Without a question, or without the package, there is nothing to answer."""
    assert decide(None, put(question)) == NOT_AWARDED
    assert decide(IN_STATE["started"], None) == NOT_ASKED
    assert decide(IN_STATE["ended"], None) == NOT_AWARDED


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_taken_before_its_deadline(question: Question):
    """Half-open: at the deadline itself it is too late."""
    for state in ASKED_IN[question]:
        award = IN_STATE[state]
        assert isinstance(decide(award, put(question), now=NOW + MINUTE - MINUTE / 60), Respond)
        assert decide(award, put(question), now=NOW + MINUTE) == TOO_LATE


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("award", IN_STATE.values(), ids=IN_STATE)
def test_the_first_answer_counts_and_the_same_again_joins(award, question: Question):
    """Whatever became of the package, and after the deadline too."""
    mine = Answered(response_id=new_id(), agrees=True)
    late = NOW + 9 * MINUTE
    assert decide(award, put(question), answered=mine, now=late) == Join(
        response_id=mine.response_id
    )
    assert decide(award, put(question), agrees=False, answered=mine, now=late) == OTHER


@pytest.mark.parametrize(
    ("result", "agrees", "verdict"),
    [
        ("agreed", True, Join(response_id=None)),
        ("agreed", False, OTHER),
        ("refused", False, Join(response_id=None)),
        ("refused", True, OTHER),
        ("silent", True, TOO_LATE),
        ("silent", False, TOO_LATE),
    ],
)
def test_an_answer_by_telephone_is_joined(result: Result, agrees: bool, verdict: object):
    """What matching knows already is the answer; silence was one too."""
    assert decide(IN_STATE["started"], put("change", result), agrees=agrees) == verdict


def test_a_refused_answer_can_be_given_again():
    """Under an id of its own."""
    verdict = decide(IN_STATE["started"], put("change"), answered=Answered(refused=1))
    assert verdict == Respond(response_id=question_answer_id(AWARD.award_id, "change", 2, 1))


def test_each_question_has_an_answer_of_its_own():
    """Neither the number nor the question nor a refusal shares an id with another."""
    ids = {
        question_answer_id(AWARD.award_id, question, number, refused)
        for question in QUESTIONS
        for number in (1, 2)
        for refused in (0, 1)
    }
    assert len(ids) == 8


def had(*states: AwardState) -> list[Had]:
    """Awards of one referral, the newest first."""
    return [Had(award_id=new_id(), state=state) for state in states]


@pytest.mark.parametrize(
    ("states", "meant"),
    [
        (("released",), 0),
        (("released", "cancelled"), 0),
        (("released", "started"), 1),
        (("reserved", "ending"), 0),
        (("ending", "reserved"), 1),
        (("ended", "ending"), 1),
    ],
)
def test_the_award_that_is_meant(states: tuple[AwardState, ...], meant: int):
    """The one that is held, else the one that is ending, else the last."""
    awards = had(*states)
    assert award_meant(awards) == awards[meant].award_id


def test_several_awards_are_named():
    """Two parts in the same hands: the answer names both, and nothing is guessed."""
    awards = had("started", "ended", "paused", "ending")
    held = (awards[0].award_id, awards[2].award_id)
    assert award_meant(awards) == Refusal(code="several-packages", awards=held)
    assert award_meant([replace(one, state="ending") for one in awards[:2]]) == Refusal(
        code="several-packages", awards=(awards[0].award_id, awards[1].award_id)
    )
    assert award_meant([]) is None


def test_an_answer_to_a_question_that_was_put_anew_is_superseded():
    """The provider has not read what is asked now; one who lost the package is told that instead."""
    old = replace(put("change"), superseded=True)
    assert decide(IN_STATE["started"], old) == Refusal(code="requirement-changed")
    assert decide(None, old) == NOT_AWARDED
