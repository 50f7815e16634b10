"""First answers, repeats, wrong offers, and answers given by telephone."""

from dataclasses import replace

import pytest

from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.carrying import HEARD_LIMIT, present
from services.matching.domain.questions import can_answer_by_telephone, why_not_answer_by_telephone
from tests.unit.matching.world import (
    TIME,
    WITHDRAW,
    answers,
    at,
    like,
    no,
    pid,
    said,
    searching,
    story,
    yes,
)


def test_a_decline_is_written_with_its_reason():
    """Who, why, when, and the lot in which it costs no turn when it was prompt."""
    searching("A", "B").when(answers(no("A", 15, reason="times")), 16).then(
        like(events.OfferDeclined, provider_id=pid("A"), reason="times", answered_at=at(15),
             prompt=True, lot="north", via="endpoint", response_id=pid("decline A 1"))
    )  # fmt: skip


def test_a_slow_no_is_not_prompt():
    """Later than the policy's minutes after the offer it costs its turn."""
    searching("A", "B").when(answers(no("A", 15.1)), 16).then(
        like(events.OfferDeclined, prompt=False)
    )


def test_a_decline_in_time_counts_after_the_offer_lapsed():
    """It said no: a lapse is never held against it, and it is not asked again."""
    told = searching("A").when(TIME, 30).when(answers(no("A", 29)), 31)
    told.then(like(events.OfferDeclined, provider_id=pid("A")))
    assert states.offers_of(told.placement)[0].status == "declined"


@pytest.mark.parametrize("first", [yes, no])
@pytest.mark.parametrize("later", [yes, no])
def test_the_first_answer_counts_and_a_later_one_is_refused(first, later):
    """Whatever the later one says; also when both are in one batch."""
    one, two = first("B", 1, response="one"), later("B", 2, response="two")
    refused = like(events.RequestRefused, code="already-answered", response_id=pid("two"))
    searching("A", "B").when(answers(one), 1).when(answers(two), 2).then(refused)
    searching("A", "B").when(answers(one, two), 2).then_some(refused)


@pytest.mark.parametrize("one", [yes("B", 1), no("B", 1), yes("A", 1), yes("B", 31)])
def test_a_repeat_of_an_answer_changes_nothing(one):
    """Taken, declined, standing, awarded or refused: the same response's repeat has no event."""
    told = searching("A", "B").when(answers(one, one), 31)
    assert len([e for e in told.new if getattr(e, "response_id", None)]) == 1
    told.when(answers(one), 31).then_nothing()


def test_the_awarded_provider_answering_again_is_told_that_it_has_answered():
    """The offer that won stays answered, also after a withdrawal."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1)
    told.when(answers(yes("A", 2, response="again")), 2).then(
        like(events.RequestRefused, code="already-answered")
    )


def test_an_offer_that_was_withdrawn_says_which_way():
    """Placed with another, or the package ended: two codes."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1)
    told.when(answers(no("B", 2)), 2).then(
        like(events.RequestRefused, code="already-placed", request="decline")
    )
    told = searching("A", "B").when(answers(yes("B", 1)), 1).when(WITHDRAW, 2)
    told.when(answers(yes("A", 1)), 3).then(like(events.RequestRefused, code="offer-withdrawn"))
    told.when(answers(yes("B", 1, response="b2")), 3).then(
        like(events.RequestRefused, code="offer-withdrawn")
    )


def test_an_unknown_offer_and_anothers_offer_are_refused_alike():
    """A provider learns nothing about another's offer."""
    for name in ("Z", "A"):
        foreign = replace(yes("A", 1), provider_id=pid("B")) if name == "A" else yes("Z", 1)
        searching("A", "B").when(answers(foreign), 1).then(
            like(events.RequestRefused, code="offer-withdrawn")
        )
    told = searching("A", "B").when(answers(yes("A", 1)), 1)
    told.when(answers(yes("Z", 1)), 2).then(like(events.RequestRefused, code="already-placed"))


def test_the_memory_of_answers_is_bounded():
    """The last ones are remembered; a row does not grow for ever."""
    told = searching("A", "B")
    for number in range(HEARD_LIMIT + 5):
        told.when(answers(yes("Z", 1, response=f"r{number}")), 1)
    assert len(present(told.placement).heard) == HEARD_LIMIT
    assert present(told.placement).heard[-1] == pid(f"r{HEARD_LIMIT + 4}")
    told.when(answers(yes("Z", 1, response=f"r{HEARD_LIMIT}")), 1).then_nothing()


def test_a_telephone_answer_counts_from_when_it_was_said():
    """Said within the offer's life and typed after it lapsed: it counts, both instants are kept."""
    told = searching("A").when(TIME, 30).when(answers(said(yes("A", 0), 20)), 45)
    told.then(
        like(events.Awarded, accepted_at=at(20), at=at(45), via="telephone", response_id=None),
        events.EscalationClosed,
    )


def test_a_telephone_no_is_a_no():
    """Typed by a broker, with its reason."""
    searching("A", "B").when(answers(said(no("A", 0), 5)), 6).then(
        like(events.OfferDeclined, via="telephone", answered_at=at(5), response_id=None)
    )


def test_a_telephone_answer_that_came_first_is_the_first_answer():
    """The endpoint's different answer afterwards is refused."""
    told = searching("A", "B").when(answers(said(no("A", 0), 5)), 5)
    told.when(answers(yes("A", 6)), 6).then(like(events.RequestRefused, code="already-answered"))


TELEPHONE = [
    ("said-in-the-future", said(yes("A", 0), 20.1), 20),
    ("typed-too-late", said(yes("A", 0), 5), 35.1),
    ("said-before-the-offer", said(yes("A", 0), -1), 10),
    ("unknown-offer", said(yes("Z", 0), 5), 10),
    ("unknown-offer", replace(said(yes("A", 0), 5), provider_id=pid("B")), 10),
    ("offer-lapsed", said(yes("A", 0), 30), 31),
]


@pytest.mark.parametrize(("code", "one", "typed"), TELEPHONE)
def test_a_telephone_answer_is_refused_with_a_sentence_and_nothing_is_stored(code, one, typed):
    """A broker is told at once; no event."""
    searching("A", "B").when(answers(one), typed).then_refused(code)


def test_a_telephone_answer_at_the_edges_is_taken():
    """Said just now, said when the offer was made, typed at the end of the grace."""
    for minutes, typed in ((20, 20), (0, 20), (0, 30), (29.9, 59.9)):
        told = searching("A").when(answers(said(yes("A", 0), minutes)), typed)
        assert told.refusal is None
        assert told.of(events.Awarded)


def test_a_telephone_answer_to_a_placed_or_answered_offer_is_refused():
    """The same codes as for the endpoint, as a sentence."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1)
    told.when(answers(said(yes("B", 0), 1)), 2).then_refused("already-placed")
    told.when(answers(said(no("A", 0), 1)), 2).then_refused("already-answered")
    nothing = story().when(answers(said(yes("A", 0), 1)), 2).then_refused("unknown-placement")
    asked = why_not_answer_by_telephone(
        nothing.placement, said(yes("A", 0), 1), at(2), nothing.policy
    )
    assert asked == nothing.refusal


def test_a_refused_telephone_answer_among_others_does_not_hold_them_up():
    """In a mixed batch it is an event, and the others count."""
    told = searching("A", "B").when(answers(said(yes("Z", 0), 1), yes("A", 1)), 2)
    told.then(like(events.RequestRefused, response_id=None), events.Awarded, events.OffersWithdrawn)


@pytest.mark.parametrize(
    ("minutes", "may"), [(0, True), (29, True), (30, True), (59.9, True), (60, False), (99, False)]
)
def test_the_page_offers_the_telephone_as_long_as_an_answer_could_count(minutes, may):
    """Until the grace after the deadline is over."""
    told = searching("A")
    offer = states.offers_of(told.placement)[0]
    assert can_answer_by_telephone(told.placement, offer, at(minutes), told.policy) is may
    ended = told.when(WITHDRAW, 1).placement
    assert isinstance(ended, states.Withdrawn)
    assert not can_answer_by_telephone(ended, offer, at(minutes), told.policy)


def test_what_was_heard_is_kept_once_and_a_call_leaves_no_id():
    """Standing and then awarded is one answer; a telephone answer has nothing to repeat."""
    told = searching("A", "B").when(answers(yes("B", 1)), 1).when(TIME, 11)
    assert present(told.placement).heard == (pid("accept B 1"),)
    told = searching("A", "B").when(answers(said(no("A", 0), 1)), 1)
    assert present(told.placement).heard == ()


def test_a_no_without_a_reason_is_written_as_other():
    """The door demands a reason; the rules do not lose the answer of one that came without."""
    searching("A", "B").when(answers(no("A", 1, reason=None)), 1).then(
        like(events.OfferDeclined, reason="other")
    )
