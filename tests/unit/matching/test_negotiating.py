"""A yes that a person must look at: rates above the limit, conditions, and terms put in their place."""

from dataclasses import replace

import pytest

from services.matching.domain import events as E
from services.matching.domain import negotiations as talks
from services.matching.domain.carrying import present
from tests.unit.matching.orders import ask, hold, take_back
from tests.unit.matching.talks import (
    LATER,
    OTHER,
    asked,
    condition,
    counter,
    counter_answer,
    quote,
    rate,
    spot,
    yes_if,
)
from tests.unit.matching.world import TIME, WITHDRAW, answers, at, like, yes

Terms = type(OTHER)


def test_a_rate_within_the_limit_competes_at_once():
    """The award has the rate that was quoted; nobody is asked to approve it."""
    spot("A").when(quote("A", 1, 1950), 1).then(like(E.Awarded, rate_pence=1950))


def test_a_rate_above_the_limit_waits_for_a_person():
    """The search goes on meanwhile; approved, the yes has it at its rate."""
    told = spot("A", "B").when(quote("A", 1, 2300), 1)
    told.then(
        like(talks.RateQuoted, rate_pence=2300, limit_pence=2000),
        like(E.EscalationOpened, kind="rate_approval"),
    )
    told.when(quote("A", 2, 2300), 2).then_nothing()
    told.when(rate("A", True), 3).then(
        talks.RateApproved, like(E.Awarded, rate_pence=2300), E.OffersWithdrawn, E.EscalationClosed
    )


@pytest.mark.parametrize("acts_as", [{"brokerage-manager"}, {"kim", "brokerage-manager"}])
def test_a_rate_is_approved_by_whom_the_policy_names(acts_as):
    """By name or by grade; anybody else is told whose it is, and may refuse it all the same."""
    told = spot("A", "B").when(quote("A", 1, 2300), 1)
    for others in (frozenset(), frozenset({"kim", "team-leader"})):
        told.when(rate("A", True, others), 2).then_refused("not-the-approver")
        assert told.refusal is not None
        assert "brokerage-manager" in told.refusal.sentence
    told.when(rate("A", True, frozenset(acts_as)), 3).then_some(like(talks.RateApproved))
    refused = spot("A", "B").when(quote("A", 1, 2300), 1)
    refused.when(rate("A", False, frozenset()), 2).then_some(like(talks.RateRefused))


def test_a_policy_may_leave_nobody_to_approve():
    """A newer version names none: the rate can only be refused."""
    told = spot("A").when(quote("A", 1, 2300), 1)
    (tier,) = told.policy.tiers
    told.policy = replace(told.policy, tiers=(replace(tier, rate_approver=None),))
    told.when(rate("A", True), 2).then_refused("not-the-approver")
    assert told.refusal is not None
    assert "Nobody" in told.refusal.sentence


def test_a_refused_rate_is_over_and_may_be_asked_again():
    """It is not bid down: the provider is told, and only a person asks it again."""
    told = spot("A", "B").when(quote("A", 1, 2300), 1).when(rate("A", False), 2)
    told.then(talks.RateRefused, E.EscalationClosed)
    told.when(rate("A", True), 3).then_refused("no-rate-quoted")
    told.when(answers(yes("A", 3, response="again")), 3)
    told.then(like(E.RequestRefused, code="offer-withdrawn"))
    told.when(ask("A"), 4).then(E.OffersMade)


def test_where_nobody_may_approve_a_rate_it_is_refused():
    """The answer says so, and the offer stays open at its own rate."""
    told = spot("A", approver=None).when(quote("A", 1, 2300), 1)
    told.then(like(E.RequestRefused, code="rate-over-limit"))
    told.when(answers(yes("A", 2, response="plain")), 2).then(E.Awarded)


def test_a_rate_is_asked_of_spot_providers_alone():
    """Another contract says its rate itself, so what is sent beside a yes changes nothing."""
    asked("A").when(quote("A", 1, 9900), 1).then(like(E.Awarded, rate_pence=1800))


def test_a_conditional_yes_is_for_a_broker():
    """Accepted, it competes on its terms, which stand in the award."""
    told = asked("A", "B").when(yes_if("A", 1), 1)
    told.then(
        like(talks.ConditionRaised, starts_at=LATER.starts_at),
        like(E.EscalationOpened, kind="conditional_acceptance"),
    )
    told.when(condition("A", True), 2).then(
        talks.ConditionAccepted, like(E.Awarded, agreed=LATER), E.OffersWithdrawn,
        E.EscalationClosed,
    )  # fmt: skip
    told.when(condition("A", True), 3).then_refused("no-condition")


def test_an_accepted_condition_waits_for_better_ranked_providers():
    """It stands like any yes, and during a hold until the hold ends."""
    told = asked("A", "B").when(yes_if("B", 1), 1).when(condition("B", True), 2)
    told.then(
        talks.ConditionAccepted, like(E.AcceptanceStood, decided_by=at(11)), E.EscalationClosed
    )
    held = asked("A", "B").when(yes_if("A", 1), 1).when(hold(60), 2).when(condition("A", True), 3)
    held.then_some(like(E.AcceptanceStood, decided_by=at(60)))


def test_a_search_does_not_wait_for_a_broker():
    """Others are asked on; at its end the condition can still be accepted."""
    told = asked("A", "B", wave_size=1).when(yes_if("A", 1), 1)
    told.then(talks.ConditionRaised, E.EscalationOpened, E.OffersMade)
    told.when(TIME, 31).then(E.OffersLapsed, E.SearchExhausted, E.EscalationOpened)
    told.when(condition("A", True), 40).then_some(like(E.Awarded, agreed=LATER))


@pytest.mark.parametrize(("agrees", "came"), [(True, E.Awarded), (False, E.OfferDeclined)])
def test_terms_put_in_its_place(agrees, came):
    """The provider answers them once: a yes has the package on our terms, a no ends the offer."""
    told = asked("A").when(yes_if("A", 1), 1).when(counter("A", 50), 2)
    told.then(like(talks.ConditionCountered, visits=OTHER.visits, expires_at=at(50)), *())
    told.when(counter_answer("A", 40, agrees), 40)
    told.then_some(like(came))
    if agrees:
        told.then_some(like(E.Awarded, agreed=OTHER, accepted_at=at(40)))
    told.when(counter_answer("A", 40, agrees), 41).then_nothing()
    assert "conditional_acceptance" not in present(told.placement).escalations


def test_terms_that_are_not_answered_lapse():
    """An answer recorded in time counts all the same; a late one is refused."""
    told = asked("A", "B").when(yes_if("A", 1), 1).when(counter("A", 20), 2)
    told.when(TIME, 20).then(E.OffersLapsed, E.EscalationClosed)
    told.when(counter_answer("A", 21), 21).then(like(E.RequestRefused, code="offer-lapsed"))
    told.when(counter_answer("A", 19), 22).then_some(like(E.Awarded, agreed=OTHER))


def test_terms_need_a_condition_something_in_them_and_time():
    """Nothing is put to a provider that asked for nothing."""
    told = asked("A").when(counter("A"), 1).then_refused("no-condition")
    told.when(counter("Z"), 1).then_refused("unknown-offer")
    told.when(yes_if("A", 2), 2)
    told.when(counter("A", terms=Terms(starts_at=None, visits=())), 3)
    told.then_refused("nothing-changed")
    told.when(counter("A", 4), 3).then_refused("window-too-short")
    told.when(counter("A", 60 * 24 * 30), 3).then_refused("window-too-long")
    told.when(counter_answer("A", 3), 3).then(like(E.RequestRefused, code="no-counter"))


def test_what_waits_is_taken_back_with_the_rest():
    """By a person, by an award to another, by a withdrawal; each answer is then told why."""
    told = asked("A", "B").when(yes_if("A", 1), 1).when(take_back("A"), 2)
    told.then(like(E.OffersWithdrawn, stood=()), E.EscalationClosed)
    lost = asked("A", "B").when(yes_if("B", 1), 1).when(counter("B"), 2)
    lost.when(answers(yes("A", 3)), 3).then_some(like(E.OffersWithdrawn, because="placed"))
    lost.when(counter_answer("B", 4), 4).then(like(E.RequestRefused, code="already-placed"))
    over = asked("A").when(yes_if("A", 1), 1).when(WITHDRAW, 2)
    over.when(condition("A", True), 3).then_refused("no-condition")
    over.when(counter_answer("A", 3), 3).then(like(E.RequestRefused, code="offer-withdrawn"))
