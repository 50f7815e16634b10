"""An answer by telephone that was written down wrongly: what counts instead, and what is undone."""

from dataclasses import replace
from typing import Any

import pytest

from services.matching.domain import events as E
from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.consequences import consequences
from services.matching.domain.lessons import lessons_of
from services.matching.domain.tally import Sums, add_up
from services.matching.explanation import explained
from services.matching.projections import project_summary, turns_of
from tests.unit.matching.orders import amend, correct, exclude, hold, lift, offer_of, one_by_one
from tests.unit.matching.package_world import whole
from tests.unit.matching.world import (
    TIME,
    WITHDRAW,
    Story,
    answers,
    at,
    by_hand,
    confirm,
    like,
    no,
    pid,
    release,
    said,
    searching,
    start,
    tier,
    yes,
)

CORRECTED = acts.AnswerCorrected


def spoken(told: Story, answer: Any, minutes: float) -> Story:
    """The same story once somebody has written down an answer by telephone."""
    return told.when(answers(said(answer, minutes)), minutes)


def everything(told: Story) -> list[E.Event]:
    return [*told.history, *told.new]


def is_explained(told: Story) -> bool:
    """Whether every order and award is worked out again from the record, and the rows agree."""
    found = explained(everything(told), {told.policy.version: told.policy})
    return bool(found["rederived"]["agrees"])


def test_a_yes_that_was_a_no_before_the_award():
    """The acceptance stands no longer, the no counts, and nothing waits for a decision."""
    told = spoken(searching("A", "B"), yes("B", 0), 2).when(correct("B", "decline"), 4)
    told.then(
        like(CORRECTED, was="accept", becomes="live", standing=(), decided_by=None),
        like(E.OfferDeclined, provider_id=pid("B"), answered_at=at(2), via="telephone", reason="times"),
    )  # fmt: skip
    told.when(TIME, 30).then(E.OffersLapsed, E.SearchExhausted, E.EscalationOpened)
    assert is_explained(told)


def test_a_yes_that_was_said_of_another_offer_before_the_award():
    """Without it the offer is live again until its deadline, and its provider may answer."""
    told = spoken(searching("A", "B"), yes("B", 0), 2).when(correct("B", None), 4)
    told.then(like(CORRECTED, becomes="live"))
    told.when(answers(yes("B", 20)), 20).then(E.AcceptanceStood)
    late = spoken(searching("A", "B"), yes("B", 0), 2).when(hold(60), 3)
    late.when(TIME, 31).when(correct("B", None), 32).then(like(CORRECTED, becomes="lapsed"))


def test_what_still_stands_is_decided_anew():
    """With the first yes gone, the settling time runs from the second; on hold until its end."""
    told = spoken(searching("A", "B", "C"), yes("B", 0), 2)
    told.when(answers(yes("C", 6)), 6).when(correct("B", "decline"), 8)
    told.then(like(CORRECTED, standing=(offer_of("C"),), decided_by=at(16)), E.OfferDeclined)
    told.when(TIME, 15).then_nothing()
    told.when(TIME, 16).then(like(E.Awarded, provider_id=pid("C")), E.OffersWithdrawn)
    assert is_explained(told)
    held = spoken(searching("A", "B", "C"), yes("B", 0), 2)
    held.when(answers(yes("C", 6)), 6).when(hold(100), 7).when(correct("B", None), 8)
    held.then(like(CORRECTED, standing=(offer_of("C"),), decided_by=at(100)))


def test_a_yes_that_was_a_no_after_the_award():
    """The award is undone, a round begins without the provider, and nobody proposes to exclude it."""
    told = spoken(searching("A", "B"), yes("A", 0), 2).when(correct("A", "decline"), 5)
    told.then(
        like(E.AwardCancelled, because="answer_corrected"),
        like(E.SearchReopened, because="answer_corrected", left_out=(pid("A"),)),
        like(CORRECTED, was="accept", weekly_minutes=30),
        E.OfferDeclined, E.TierOpened, E.OffersMade,
    )  # fmt: skip
    assert told.asked() == ["B"]
    assert isinstance(told.placement, states.Searching)
    assert told.placement.released == ()
    told.when(answers(yes("B", 6, round_=2)), 6).then(E.Awarded)
    assert is_explained(told)


def test_an_award_on_a_yes_that_nobody_gave():
    """The provider never answered, so that the next round asks it again like anybody."""
    told = spoken(searching("A", "B"), yes("A", 0), 2).when(correct("A", None), 5)
    told.then(
        E.AwardCancelled, like(E.SearchReopened, left_out=()), like(CORRECTED, becomes="withdrawn"),
        E.TierOpened, E.OffersMade,
    )  # fmt: skip
    assert told.asked() == ["A", "B"]
    assert is_explained(told)


def test_an_award_on_another_providers_yes():
    """The provider that was meant has it, though its offer was taken back by the wrong award."""
    told = spoken(searching("A", "B"), yes("A", 0), 2).when(correct("A", "accept", meant="B"), 5)
    told.then(
        E.AwardCancelled, E.SearchReopened, like(CORRECTED, provider_id=pid("A")),
        like(E.Awarded, provider_id=pid("B"), accepted_at=at(2), via="telephone"),
    )  # fmt: skip
    assert is_explained(told)
    lost = spoken(searching("A", "B"), yes("B", 0), 1)
    spoken(lost, yes("A", 0), 2).when(correct("A", "accept", meant="B"), 5)
    lost.then_refused("already-answered")


def test_another_providers_answer_before_the_award():
    """The one has no answer and may still give one; the other has its own, yes or no."""
    told = spoken(searching("A", "B"), yes("B", 0), 2).when(correct("B", "accept", meant="A"), 4)
    told.then(
        CORRECTED, like(E.Awarded, provider_id=pid("A"), accepted_at=at(2)), E.OffersWithdrawn
    )
    noes = spoken(searching("A", "B"), no("A", 0), 2).when(correct("A", "decline", meant="B"), 4)
    noes.then(CORRECTED, like(E.OfferDeclined, provider_id=pid("B")))
    noes.when(answers(yes("A", 5)), 5).then(E.Awarded)
    noes.when(correct("B", None, meant="C"), 6).then_refused("unknown-offer")
    assert is_explained(noes)


def test_a_no_that_was_a_yes():
    """It competes as a yes of that instant, also after its deadline; nobody better: it has it."""
    told = spoken(searching("A", "B"), no("B", 0), 2).when(correct("B", "accept"), 4)
    told.then(
        like(CORRECTED, was="decline", prompt=True), like(E.AcceptanceStood, accepted_at=at(2))
    )
    told.when(TIME, 12).then(like(E.Awarded, provider_id=pid("B")), E.OffersWithdrawn)
    assert is_explained(told)
    ended = spoken(searching("A", "B"), no("A", 0), 29).when(TIME, 30)
    ended.when(correct("A", "accept"), 40)
    ended.then(CORRECTED, like(E.Awarded, accepted_at=at(29)), E.EscalationClosed)
    assert is_explained(ended)


def test_a_no_that_was_never_said_when_nobody_is_left():
    """A round begins for its provider alone, instead of an end that rested on a mistake."""
    told = one_by_one("A", "B", budget_minutes={"routine": None})
    spoken(told, no("A", 0), 1).when(TIME, 31).then(
        E.OffersLapsed, E.SearchExhausted, E.EscalationOpened
    )
    told.when(correct("A", None), 32).then(
        like(E.SearchReopened, because="answer_corrected", left_out=(pid("B"),)),
        E.EscalationClosed, like(CORRECTED, becomes="lapsed"), E.TierOpened, E.OffersMade,
    )  # fmt: skip
    assert told.asked() == ["A"]
    assert is_explained(told)


def test_a_late_yes_is_refused_like_any_other():
    """Said after the deadline, or when another has the package; then it is no no any more."""
    told = spoken(searching("A", "B"), no("A", 0), 25)
    told.when(correct("A", "accept", minutes=31), 32).then_refused("offer-lapsed")
    taken = spoken(searching("A", "B"), no("A", 0), 2).when(answers(yes("B", 3)), 3)
    taken.when(correct("A", "accept"), 4).then_refused("already-placed")
    assert taken.refusal is not None
    assert "award by hand" in taken.refusal.sentence
    taken.when(correct("A", None), 4).then(like(CORRECTED, becomes="withdrawn"))
    taken.when(release("B"), 5)
    assert taken.asked() == ["A"]
    assert is_explained(taken)


def test_an_earlier_rounds_no_that_was_never_said():
    """Its provider is left out no longer, and is asked when a tier opens, with a new offer."""
    told = spoken(searching("A", "B", tiers=(tier(), tier("next"))), no("A", 0), 1)
    told.when(answers(yes("B", 2)), 2).when(release("B"), 3).then_some(
        like(E.SearchReopened, left_out=(pid("B"), pid("A")))
    )
    assert isinstance(told.placement, states.Exhausted)
    told.when(correct("A", None), 4)
    assert told.asked() == ["A"]


def test_the_call_is_the_one_that_was_written_down():
    """Not in the future, not before the offer, not another call, and not what is written already."""
    told = spoken(searching("A", "B"), no("A", 0), 5)
    for command, code in (
        (correct("A", "decline"), "nothing-changed"),
        (correct("A", "accept", minutes=7), "said-in-the-future"),
        (correct("A", "accept", minutes=-1), "said-before-the-offer"),
        (correct("B", "accept"), "not-answered"),
        (correct("Z", "accept"), "unknown-offer"),
        (correct("A", "decline", meant="A"), "unknown-offer"),
        (correct("A", "decline", meant="Z"), "unknown-offer"),
    ):
        told.when(command, 6).then_refused(code)
    told.when(hold(600), 6).when(TIME, 59).when(
        correct("A", "accept", minutes=36), 60
    ).then_refused("another-call")
    told.when(correct("A", "accept", minutes=4), 60).then(
        CORRECTED, like(E.AcceptanceStood, accepted_at=at(4))
    )


def test_only_what_a_person_wrote_down_is_corrected_and_only_before_the_provider_confirms():
    """What the provider said itself, confirmed, or has begun is not; each refusal says what to do."""
    own = searching("A", "B").when(answers(no("A", 1)), 1).when(correct("A", "accept"), 2)
    own.then_refused("answered-by-provider")
    told = spoken(searching("A", "B"), yes("A", 0), 1).when(confirm("A"), 2)
    told.when(correct("A", "decline"), 3).then_refused("already-confirmed")
    told.when(start("A"), 4).when(correct("A", "decline"), 5).then_refused("already-started")
    over = spoken(searching("A", "B"), yes("B", 0), 1).when(WITHDRAW, 2)
    over.when(correct("B", "decline"), 3).then_refused("already-withdrawn")
    lost = spoken(searching("A", "B"), yes("B", 0), 1).when(by_hand("A"), 2)
    lost.when(correct("B", "decline"), 3).then_refused("answer-is-over")
    given_back = spoken(searching("A", "B"), yes("A", 0), 1).when(release("A"), 2)
    given_back.when(correct("A", "decline"), 3).then_refused("answer-is-over")


def test_a_yes_needs_a_provider_that_may_have_the_package():
    """Neither one that a person excluded since, nor one that is suspended."""
    told = spoken(searching("A", "B"), no("A", 0), 1).when(exclude("A"), 2)
    told.when(correct("A", "accept"), 3).then_refused("provider-excluded")
    told.when(correct("A", None), 3).then(like(CORRECTED, becomes="withdrawn"))
    away = spoken(searching("A", "B"), no("A", 0), 1)
    gone = {
        key: replace(one, suspended=key == pid("A")) for key, one in away.market.providers.items()
    }
    away.when(correct("A", "accept"), 3, market=replace(away.market, providers=gone))
    away.then_refused("provider-suspended")
    told.when(lift("A"), 4).when(correct("A", "accept"), 5).then_refused("not-answered")


def test_a_yes_to_what_was_needed_before_does_not_count_now():
    """What is needed has changed materially since the call."""
    told = spoken(searching("A", "B"), no("A", 0), 1).when(amend(needs=("hoist",)), 2)
    told.when(correct("A", "accept"), 3).then_refused("requirement-changed")


@pytest.mark.parametrize(
    ("story", "command", "words"),
    [
        (lambda: spoken(searching("A", "B"), yes("A", 0), 1), correct("A", "decline"),
         ("has the package loses it", "yes that was written down counts no longer")),
        (lambda: spoken(searching("A", "B"), yes("B", 0), 1), correct("B", None), ("counts no longer",)),
        (lambda: spoken(searching("A", "B"), no("A", 0), 1), correct("A", "accept"),
         ("1 open offer will be withdrawn",)),
        (lambda: spoken(searching("A", "B"), no("B", 0), 1), correct("B", "accept"), ()),
    ],
)  # fmt: skip
def test_what_a_correction_costs_is_said_before(story, command, words):
    """Made from what would follow; where nobody loses there is nothing to confirm."""
    told = story()
    before = told.placement
    told.when(command, 2)
    found = (consequences(whole(before), told.new) or "").lower()
    assert bool(found) == bool(words)
    assert all(word in found for word in words)


@pytest.mark.parametrize(
    ("wrong", "minutes", "right"),
    [
        (yes("A", 0), 2, "decline"), (yes("B", 0), 2, "decline"), (no("B", 0), 2, "accept"),
        (no("A", 0), 2, "accept"),
    ],
)  # fmt: skip
def test_a_wrong_answer_teaches_nothing(wrong, minutes, right):
    """What is learned of the provider is what the right answer alone would have taught."""
    name = "A" if wrong.provider_id == pid("A") else "B"
    answer = yes(name, 0) if right == "accept" else no(name, 0)
    corrected: Sums = {}
    told = searching("A", "B")
    for command in (answers(said(wrong, minutes)), correct(name, right)):
        before = told.placement
        told.when(command, minutes)
        add_up(lessons_of(before, told.placement, at(minutes)), corrected)
    straight: Sums = {}
    once = searching("A", "B")
    before = once.placement
    spoken(once, answer, minutes)
    add_up(lessons_of(before, once.placement, at(minutes)), straight)
    assert _taught(corrected[pid(name)]) == _taught(straight[pid(name)])


def _taught(sums: dict[str, int]) -> dict[str, int]:
    return {measure: amount for measure, amount in sums.items() if amount}


def test_turns_and_hours_of_a_wrong_answer_are_given_back():
    """A prompt no that was none costs its turn, an award on a wrong yes none of its hours."""
    for wrong, right in ((yes("A", 0), "decline"), (no("A", 0), "accept")):
        told = spoken(searching("A", "B"), wrong, 2).when(correct("A", right), 3)
        sums = [0, 0]
        for event in everything(told):
            for _, who, offers, minutes in turns_of(event):
                if who == pid("A"):
                    sums = [sums[0] + offers, sums[1] + minutes]
        assert sums == ([0, 0] if right == "decline" else [1, 30])


def test_lists_show_what_is_out_and_what_stands():
    """Offers out, acceptances that stand and their instant follow a correction."""

    def row_of(told: Story) -> Any:
        row = None
        for event in everything(told):
            row = project_summary(row, event, event.placement_id)
        return row

    told = spoken(searching("A", "B", "C"), yes("B", 0), 2)
    told.when(answers(yes("C", 6)), 6).when(correct("B", None), 8)
    row = row_of(told)
    assert (row.offers_out, row.standing, row.decided_by) == (2, 1, at(16))
    assert row.next_deadline_at == at(30)
    told.when(TIME, 16)
    assert (row_of(told).status, row_of(told).standing) == ("awarded", 0)
    gone = spoken(searching("A", "B"), yes("A", 0), 2).when(correct("A", None), 8)
    row = row_of(gone)
    assert (row.status, row.provider_id, row.offers_out, row.filled_at) == (
        "searching",
        None,
        2,
        None,
    )
