"""Every state of an offer against every answer, before and after the deadline."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from services.providers.domain.ids import answer_id, counter_answer_id
from services.providers.domain.offers import (
    Answer,
    Offer,
    OfferStatus,
    decide_answer,
    decide_counter_answer,
    is_open,
)
from services.providers.domain.verdicts import Join, Refusal, RefusalCode, Respond, sentence_of
from shared.ids import new_id
from tests.unit.providers.story import MINUTE, START

OFFER = Offer(
    offer_id=new_id(), status="live", placed=False, held_here=False, expires_at=START + 60 * MINUTE
)
MINE = answer_id(OFFER.offer_id)
BEFORE = OFFER.expires_at - timedelta(microseconds=1)
ANSWERED = Refusal(code="already-answered")

EXPECTED: dict[tuple[Any, Any], object] = {
    ("live", "accept"): Respond(response_id=MINE),
    ("live", "decline"): Respond(response_id=MINE),
    ("standing", "accept"): Join(response_id=None),
    ("standing", "decline"): ANSWERED,
    ("accepted", "accept"): Join(response_id=None),
    ("accepted", "decline"): ANSWERED,
    ("declined", "accept"): ANSWERED,
    ("declined", "decline"): Join(response_id=None),
    ("lapsed", "accept"): Refusal(code="offer-lapsed"),
    ("lapsed", "decline"): Refusal(code="offer-lapsed"),
    ("live", "accept_if"): Respond(response_id=MINE),
    ("standing", "accept_if"): ANSWERED,
    ("accepted", "accept_if"): ANSWERED,
    ("declined", "accept_if"): ANSWERED,
    ("lapsed", "accept_if"): Refusal(code="offer-lapsed"),
    ("withdrawn", "accept_if"): Refusal(code="offer-withdrawn"),
    **{
        (status, answer): Join(response_id=None) if answer == same else ANSWERED
        for status, same in (
            ("waiting", "accept"),
            ("conditional", "accept_if"),
            ("countered", "accept_if"),
        )
        for answer in get_args(Answer)
    },
    **{("refused", answer): Refusal(code="offer-withdrawn") for answer in get_args(Answer)},
    ("withdrawn", "accept"): Refusal(code="offer-withdrawn"),
    ("withdrawn", "decline"): Refusal(code="offer-withdrawn"),
}


def test_the_table_names_every_state_and_answer():
    """No state or answer is left out of the expectations below."""
    assert set(EXPECTED) == {(s, a) for s in get_args(OfferStatus) for a in get_args(Answer)}


@pytest.mark.parametrize(("status", "answer"), EXPECTED)
def test_a_first_answer_by_the_endpoint(status: OfferStatus, answer: Answer):
    """What an answer comes to depends on what was answered elsewhere, as the table says."""
    verdict = decide_answer(replace(OFFER, status=status), answer, None, BEFORE)
    assert verdict == EXPECTED[status, answer]


@pytest.mark.parametrize("status", get_args(OfferStatus))
@pytest.mark.parametrize("later", [BEFORE, OFFER.expires_at + 600 * MINUTE])
def test_the_same_again_joins_and_another_is_refused(status: OfferStatus, later):
    """An answer recorded here counts whatever became of the offer, and whenever it is repeated."""
    offer = replace(OFFER, status=status)
    assert decide_answer(offer, "accept", "accept", later) == Join(response_id=MINE)
    assert decide_answer(offer, "decline", "decline", later) == Join(response_id=MINE)
    assert decide_answer(offer, "decline", "accept", later) == ANSWERED
    assert decide_answer(offer, "accept", "decline", later) == ANSWERED


def test_the_deadline_is_half_open():
    """At the very instant of the deadline nothing is recorded; a microsecond before it is."""
    assert is_open(OFFER, BEFORE)
    assert not is_open(OFFER, OFFER.expires_at)
    refusal = decide_answer(OFFER, "accept", None, OFFER.expires_at)
    assert refusal == Refusal(code="offer-lapsed")


def test_withdrawn_since_it_was_placed_says_who_has_it():
    """A placed package is another's, or one's own where a broker awarded it by hand."""
    placed = replace(OFFER, status="withdrawn", placed=True)
    assert decide_answer(placed, "accept", None, BEFORE) == Refusal(code="already-placed")
    here = replace(placed, held_here=True)
    assert decide_answer(here, "accept", None, BEFORE) == Join(response_id=None)
    assert decide_answer(here, "decline", None, BEFORE) == ANSWERED


def test_every_refusal_has_a_sentence():
    """A person who is refused reads why, for each code there is."""
    for code in get_args(RefusalCode):
        assert sentence_of(code).endswith(".")


def test_our_terms_are_answered_once_and_in_time():
    """Only while they are put to the provider; the same answer again joins the first."""
    put = replace(OFFER, status="countered")
    mine = counter_answer_id(OFFER.offer_id)
    assert decide_counter_answer(put, "accept_counter", None, BEFORE) == Respond(response_id=mine)
    late = decide_counter_answer(put, "accept_counter", None, OFFER.expires_at)
    assert late == Refusal(code="offer-lapsed")
    again = decide_counter_answer(put, "accept_counter", "accept_counter", OFFER.expires_at)
    assert again == Join(response_id=mine)
    assert decide_counter_answer(put, "decline_counter", "accept_counter", BEFORE) == ANSWERED
    gone = replace(OFFER, status="withdrawn", placed=True)
    assert decide_counter_answer(gone, "accept_counter", None, BEFORE) == Refusal(
        code="already-placed"
    )
    assert decide_counter_answer(OFFER, "accept_counter", None, BEFORE) == Refusal(
        code="no-counter"
    )


@pytest.mark.parametrize(
    ("version", "counts"), [(None, True), (1, False), (2, True), (3, True), (4, False)]
)
def test_an_answer_may_name_the_version_that_it_is_about(version, counts: bool):
    """One before the last material change, or one that there is not, records nothing; a repeat of a
    recorded answer joins it, whatever it names."""
    offer = replace(OFFER, versions=(2, 3))
    superseded = Refusal(code="requirement-changed")
    expected = Respond(response_id=MINE) if counts else superseded
    assert decide_answer(offer, "accept", None, BEFORE, version) == expected
    assert decide_answer(offer, "accept", "accept", BEFORE, version) == Join(response_id=MINE)
