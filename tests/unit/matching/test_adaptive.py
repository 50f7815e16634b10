"""A tier that asks at a pace: more offers while others are live, and tiers that run on."""

import pytest

from services.matching.domain import events
from services.matching.domain.adaptive import MOST_FOLLOWING
from tests.unit.matching.world import (
    TIME,
    WITHDRAW,
    answers,
    at,
    contract,
    like,
    no,
    paced,
    pid,
    provider,
    ranks,
    referral,
    release,
    story,
    tier,
    yes,
)

CHEAP = {90: 0.0, 240: 0.0}
DEAR = {90: 1000.0, 240: 1000.0}
LONG = {"routine": 200, "urgent": 100}
PACED = tier(adaptive=True, window_minutes=LONG)
DPS = tier("dps", kind="dps", scope="any", adaptive=True, window_minutes=LONG)
DPS_PROVIDERS = (provider("X", contract("dps")), provider("Y", contract("dps")))


def test_the_price_of_a_miss_decides_how_many_are_asked():
    """Worth nothing: one at a time. Worth more than everybody's offers: everybody at once."""
    assert paced("A", "B", "C").asked() == ["A"]
    assert paced("A", "B", "C", prices=1000.0).asked() == ["A", "B", "C"]


def test_the_decision_is_on_record_with_its_figures():
    """The offers' event carries the prices, what was expected of whom, and when to think again."""
    (made,) = paced("A", "B").of(events.OffersMade)
    assert [(one.target_minutes, one.offers) for one in made.reckoning.prices] == [
        (90, 0),
        (240, 0),
    ]
    assert [one.provider_id for one in made.reckoning.expected] == [pid("A"), pid("B")]
    assert all(0 < one.yes < 1 and 0 < one.answers <= 1 for one in made.reckoning.expected)
    assert len(made.reckoning.missed) == 2
    assert all(0 <= chance <= 1 for chance in made.reckoning.missed)
    assert made.ask_at is None or made.ask_at > at(0)


def test_a_no_brings_the_next_at_once_when_nobody_is_left_to_answer():
    """With nothing live there is nothing to wait for."""
    told = paced("A", "B", "C").when(answers(no("A", 3)), 3)
    told.then(events.OfferDeclined, like(events.OffersMade, wave=2))
    assert told.asked() == ["B"]


def test_who_answers_while_others_are_live_does_not_stop_the_others():
    """A no among several leaves the rest to answer; who is asked next keeps the order."""
    told = story(*ranks(*"ABCD"), tiers=(PACED,), prices=DEAR).when(referral())
    assert told.asked() == ["A", "B", "C", "D"]
    told.when(answers(no("B", 5)), 5).then(events.OfferDeclined)
    told.when(answers(yes("D", 6)), 6).then(like(events.AcceptanceStood, provider_id=pid("D")))


def test_nobody_new_is_asked_while_an_acceptance_stands():
    """Neither at the planned instant nor at the tier's end."""
    told = story(*ranks(*"ABCD"), *DPS_PROVIDERS, tiers=(PACED, DPS), prices=CHEAP).when(referral())
    told.when(answers(no("A", 1)), 1)
    told.policy = story(tiers=(PACED, DPS), prices=DEAR).policy
    told.when(TIME, 40)  # whatever was planned is due by now
    assert told.asked() == ["C", "D"]
    told.when(answers(yes("D", 55)), 55).then(like(events.AcceptanceStood, decided_by=at(65)))
    told.when(TIME, 61).then_nothing()
    told.when(TIME, 65).then(like(events.Awarded, provider_id=pid("D")), events.OffersWithdrawn)


def test_when_a_tiers_time_is_up_its_offers_run_on_and_its_unasked_come_first():
    """The next tier opens beside live offers; the one that was never reached keeps its place."""
    told = story(*ranks("A", "B"), *DPS_PROVIDERS, tiers=(PACED, DPS), prices=CHEAP).when(
        referral()
    )
    assert told.asked() == ["A"]
    assert told.of(events.OffersMade)[0].expires_at == at(200)  # not cut to the tier's 60 minutes
    told.policy = story(tiers=(PACED, DPS), prices=DEAR).policy
    told.when(TIME, 60).then(
        like(events.TierOpened, tier=1, because="time_up", closes_at=None, runs_on=True),
        like(events.OffersMade, tier=0, tier_name="lot", expires_at=at(260)),
        like(events.OffersMade, tier=1, tier_name="dps"),
    )
    assert (told.asked()[0], set(told.asked()[1:])) == ("B", {"X", "Y"})
    told.when(answers(yes("A", 70)), 70).then(
        like(events.Awarded, provider_id=pid("A"), tier=0), events.OffersWithdrawn
    )


def test_an_earlier_tier_beats_a_later_one_also_when_it_was_asked_later():
    """Order is by tier and place: who was asked first among them makes no difference."""
    told = story(*ranks("A", "B"), *DPS_PROVIDERS, tiers=(PACED, DPS), prices=CHEAP).when(
        referral()
    )
    told.policy = story(tiers=(PACED, DPS), prices=DEAR).policy
    told.when(TIME, 60).when(answers(yes("X", 61)), 61)
    told.then(like(events.AcceptanceStood, provider_id=pid("X")))
    told.when(answers(no("A", 62)), 62).when(answers(yes("B", 63)), 63)
    told.then(like(events.Awarded, provider_id=pid("B")), events.OffersWithdrawn)


def test_the_last_tier_ends_when_nobody_is_left():
    """It has no end of its own: asking ends with the last answer, and then a person is told."""
    told = paced("A", "B")
    assert told.history == ()
    told.when(answers(no("A", 1)), 1).when(answers(no("B", 2)), 2).then(
        events.OfferDeclined,
        events.SearchExhausted,
        like(events.EscalationOpened, kind="nobody_left"),
    )


def test_time_that_brings_nothing_changes_nothing():
    """A timer before the planned instant decides nothing, whatever the pace would be by now."""
    told = story(*ranks(*"ABC"), tiers=(PACED,), prices=CHEAP).when(referral())
    told.policy = story(tiers=(PACED,), prices=DEAR).policy
    planned = told.of(events.OffersMade)[0].ask_at
    assert planned is None or planned > at(1)
    told.when(TIME, 1).then_nothing()


def test_a_search_that_is_late_is_still_in_a_hurry():
    """After the last target it is set again, so that the pace does not fall to one at a time."""
    told = story(*ranks(*"ABCDEF"), tiers=(PACED,), prices=DEAR).when(referral())
    told.when(answers(yes("A", 1)), 1).when(release("A"), 300)
    assert told.asked() == ["B", "C", "D", "E", "F"]


def test_whoever_has_left_the_register_is_passed_over_for_the_next():
    """The turn goes on to the next in order in the same decision, with the reason written down."""
    told = story(*ranks("A", "B", "C"), tiers=(PACED,), prices=CHEAP).when(referral())
    left = story(*ranks("A", "C")).market
    told.when(answers(no("A", 1)), 1, market=left)
    (made,) = told.of(events.OffersMade)
    (group,) = made.passed_over
    assert (group.reason, group.provider_ids) == ("left_the_register", (pid("B"),))
    assert told.asked() == ["C"]


def test_a_withdrawal_takes_back_offers_of_every_tier():
    """Those that ran on are withdrawn with the others."""
    told = story(*ranks("A"), *DPS_PROVIDERS, tiers=(PACED, DPS), prices=DEAR).when(referral())
    told.when(TIME, 60).when(WITHDRAW, 61)
    (withdrawn,) = told.of(events.OffersWithdrawn)
    assert len(withdrawn.offer_ids) == 3


@pytest.mark.parametrize("count", [1, MOST_FOLLOWING, MOST_FOLLOWING + 3])
def test_pacing_looks_only_so_far_down_the_order(count):
    """Whoever comes after that is not reckoned with, and is reached when their turn comes."""
    names = [f"P{n:02}" for n in range(count)]
    told = story(*ranks(*names), tiers=(PACED,), prices=DEAR).when(referral())
    assert told.asked() == names[:MOST_FOLLOWING]
