"""What people do to a search under way: hold, jump, ask, skip, windows, offers taken back."""

from datetime import timedelta

import pytest

from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain.consequences import consequences
from services.matching.domain.deadlines import next_due_at
from services.matching.domain.outlook import forecast
from services.matching.domain.people_commands import HoldSearch
from services.matching.domain.placement import Searching
from services.matching.domain.steering_questions import LONGEST_HOLD, LONGEST_WINDOW
from tests.unit.matching.orders import (
    CANCEL,
    RESUME,
    ask,
    hold,
    jump,
    offer_of,
    one_by_one,
    skip,
    take_back,
    window,
)
from tests.unit.matching.package_world import whole
from tests.unit.matching.world import (
    TIME,
    WITHDRAW,
    answers,
    at,
    by_hand,
    confirm,
    contract,
    like,
    no,
    paced,
    pid,
    provider,
    ranks,
    referral,
    release,
    searching,
    start,
    story,
    tier,
    yes,
)

E = events
TWO_TIERS = (tier(), tier("spot", kind="spot", scope="any", award_rule="first"))
SPOT = provider("S", contract("spot"))
ROUND = (E.TierOpened, E.OffersMade)


def with_spot(*names: str, **changes):
    """Ranked providers in the first tier, S in the second."""
    tiers = changes.pop("tiers", TWO_TIERS)
    return story(*ranks(*names), SPOT, tiers=tiers, **changes).when(referral())


def test_a_hold_asks_nobody_new_and_live_offers_run():
    """The first offer lapses in its time, and the next is made when the hold ends."""
    told = one_by_one("A", "B", budget_minutes={"routine": None})
    told.when(hold(120), 5).then(like(acts.SearchHeld, until=at(120), standing=(), decided_by=None))
    told.when(TIME, 30).then(E.OffersLapsed)
    assert next_due_at(told.placement) == at(120)
    told.when(TIME, 119).then_nothing()
    told.when(TIME, 120).then(like(acts.SearchResumed, because="hold_ended"), E.OffersMade)
    assert told.asked() == ["B"]


def test_an_answer_during_a_hold_counts_and_waits_for_its_end():
    """A yes stands until the hold ends, also where the first yes wins; a no is a no."""
    told = searching("A", "B", tiers=(tier(award_rule="first"),))
    told.when(hold(60), 1).when(answers(no("A", 2), yes("B", 3)), 3)
    told.then(E.OfferDeclined, like(E.AcceptanceStood, decided_by=at(60)))
    told.when(TIME, 59).then_nothing()
    told.when(TIME, 60).then(acts.SearchResumed, E.Awarded)


def test_resuming_decides_what_stood():
    """What stood waits again as if there had been no hold, or is awarded at once."""
    told = searching("A", "B").when(answers(yes("B", 1)), 1)
    told.when(hold(100), 2).then(
        like(acts.SearchHeld, standing=(offer_of("B"),), decided_by=at(100))
    )
    told.when(RESUME, 5).then(like(acts.SearchResumed, because="by_person", decided_by=at(11)))
    told.when(TIME, 11).then(E.Awarded, E.OffersWithdrawn)
    late = searching("A", "B").when(answers(yes("B", 1)), 1).when(hold(100), 2)
    late.when(RESUME, 20).then(acts.SearchResumed, E.Awarded, E.OffersWithdrawn)


def test_a_budget_shifts_by_the_time_on_hold():
    """A tier that had 55 minutes left has them again."""
    told = one_by_one("A", "B", "C").when(hold(40), 5).when(hold(65), 10)
    told.when(TIME, 65).then(
        E.OffersLapsed, like(acts.SearchResumed, closes_at=at(120)), E.OffersMade
    )
    told.when(RESUME, 66).then_refused("no-hold")


def test_a_hold_has_an_end_and_belongs_to_a_search():
    """Not in the past, not for ever, and only while providers are asked."""
    told = searching()
    told.when(hold(0), 1).then_refused("hold-ended")
    told.when(hold(2 + LONGEST_HOLD / timedelta(minutes=1)), 1).then_refused("hold-too-long")
    told.when(HoldSearch(), 1).then(like(acts.SearchHeld, until=at(1 + 5 * 24 * 60)))
    told.when(hold(50), 1).when(hold(50), 2).then_nothing()
    told.when(jump("lot"), 3).then_refused("tier-not-ahead")
    assert forecast(told.placement, at(3), told.policy, told.market) is None
    told.when(WITHDRAW, 4).when(hold(50), 5).then_refused("not-searching")
    told.when(RESUME, 6).then_refused("not-searching")


def test_a_jump_opens_a_later_tier_beside_live_offers():
    """Its providers are asked at once; the offers that are out run on; nothing is awarded twice."""
    told = with_spot("A", "B")
    told.when(jump("spot"), 5).then(
        like(E.TierOpened, tier=1, because="jumped", ground="urgency"), E.OffersMade
    )
    assert told.asked() == ["S"]
    told.when(answers(yes("S", 6)), 6).then(E.Awarded, E.OffersWithdrawn)


def test_a_jump_under_a_paced_tier_puts_the_new_ones_first():
    """Who the paced tier left unasked comes after those of the tier jumped to."""
    slow = {"routine": 200, "urgent": 100}
    tiers = (tier(adaptive=True, window_minutes=slow), TWO_TIERS[1])
    told = with_spot("A", "B", "C", tiers=tiers, prices={90: 0.0, 240: 0.0})
    before = told.placement
    told.when(jump("spot"), 5)
    assert told.asked() == ["S"]
    assert "will come later, if at all" in (consequences(whole(before), told.new) or "")


def test_only_a_tier_ahead_can_be_jumped_to():
    """An unknown, open, or earlier tier is refused, and so is a jump past a yes or out of a hold."""
    told = with_spot("A", "B")
    told.when(jump("moon"), 1).then_refused("unknown-tier")
    told.when(jump("lot"), 1).then_refused("tier-not-ahead")
    told.when(hold(20), 2).when(jump("spot"), 3).then_refused("on-hold")
    told.when(RESUME, 4).when(answers(yes("B", 4)), 4).when(jump("spot"), 5)
    told.then_refused("acceptance-stands")
    told.when(ask("S"), 5).then_refused("acceptance-stands")


def test_a_named_provider_is_asked_now():
    """Out of order, also from a later tier, with the ground; its window is its own."""
    told = with_spot("A", "B")
    told.when(ask("S"), 5).then(
        like(E.OffersMade, tier=1, tier_name="spot", ground="persons_choice", expires_at=at(35))
    )
    told.when(ask("S"), 6).then_refused("already-asked")
    told.when(answers(yes("S", 7)), 7).then(E.Awarded, E.OffersWithdrawn)


def test_somebody_may_be_asked_again():
    """After a lapse, a no or a release; by itself the search never does that."""
    told = searching("A", "B", tiers=(tier(window_minutes={"routine": 10}), TWO_TIERS[1]))
    told.when(answers(no("A", 1)), 1).when(ask("A"), 2).then(like(E.OffersMade, round=1))
    (wave,) = told.of(E.OffersMade)
    assert wave.offers[0].offer_id == offer_of("A", 1, 1)
    assert wave.offers[0].place == 1


def test_asking_goes_on_with_a_search_that_had_ended():
    """A round begins with that offer alone, and ends with a person again if nothing comes of it."""
    told = searching("A", "B").when(TIME, 30)
    told.when(ask("B"), 40).then(
        like(E.SearchReopened, round=2, because="asked_by_person"), E.EscalationClosed,
        E.OffersMade, E.TierOpened,
    )  # fmt: skip
    told.when(TIME, 70).then(E.OffersLapsed, E.SearchExhausted, E.EscalationOpened)


def test_who_cannot_be_asked():
    """Unknown, or kept out by a gate, which is named; nobody while there is no search."""
    told = searching("A").when(ask("Z"), 1).then_refused("unknown-provider")
    elsewhere = provider("far", contract(lot="east"), outcodes=frozenset({"N1"}))
    away = story(*ranks("A"), elsewhere, provider("dps", contract("dps"))).when(referral())
    away.when(ask("far"), 1).then_refused("not-eligible")
    assert away.refusal is not None
    assert "gate area" in away.refusal.sentence
    away.when(ask("dps"), 1).then_refused("not-eligible")
    assert away.refusal is not None
    assert "gate no_contract" in away.refusal.sentence
    told.when(answers(yes("A", 2)), 2).when(ask("A"), 3).then_refused("not-searching")


def test_a_skip_is_for_this_round():
    """Who is skipped is not asked in any tier of the round, and is asked in the next."""
    told = one_by_one("A", "B").when(skip("B"), 1).then(acts.ProviderSkipped)
    told.when(skip("B"), 2).then_nothing()
    told.when(skip("A"), 2).then_refused("already-asked")
    told.when(skip("Z"), 2).then_refused("unknown-provider")
    told.when(answers(yes("A", 3)), 3).when(release("A"), 4)
    assert told.asked() == ["B"]
    later = with_spot("A").when(skip("S"), 1).when(TIME, 30)
    assert later.passed_over()["S"] == "skipped"
    later.when(skip("S"), 31).then_refused("not-searching")


def test_a_window_is_extended_or_shortened():
    """The new deadline is the provider's, for the answer and for the lapse."""
    told = searching("A", "B").when(window("A", 50), 1).then(acts.OfferWindowChanged)
    told.when(window("A", 50), 2).then_nothing()
    told.when(window("B", 20), 2).then(like(acts.OfferWindowChanged, expires_at=at(20)))
    told.when(TIME, 20).then(like(E.OffersLapsed, offer_ids=(offer_of("B"),)))
    told.when(answers(yes("A", 49)), 49).then(E.Awarded)


def test_a_window_leaves_time_to_hear_of_it():
    """Five minutes at least, two weeks at most, and only for an offer that is live."""
    told = searching("A", "B").when(window("A", 5), 1).then_refused("window-too-short")
    long = LONGEST_WINDOW / timedelta(minutes=1) + 2
    told.when(window("A", long), 1).then_refused("window-too-long")
    told.when(window("Z", 20), 1).then_refused("unknown-offer")
    told.when(answers(no("A", 2)), 2).when(window("A", 50), 3).then_refused("offer-not-live")


def test_one_offer_is_taken_back():
    """Its answer is refused afterwards; the search goes on with whoever is next."""
    told = one_by_one("A", "B").when(take_back("A"), 1)
    told.then(like(E.OffersWithdrawn, because="by_person", stood=()), E.OffersMade)
    told.when(answers(yes("A", 2)), 2).then(like(E.RequestRefused, code="offer-withdrawn"))
    told.when(take_back("A"), 3).then_refused("offer-not-live")
    told.when(take_back("Z"), 3).then_refused("unknown-offer")


def test_a_yes_that_is_taken_back_no_longer_stands():
    """With none left nothing waits for a decision; with one left that one is decided."""
    told = searching("A", "B", "C").when(answers(yes("B", 1), yes("C", 1)), 1)
    told.when(take_back("B"), 2).then(like(E.OffersWithdrawn, stood=(offer_of("B"),)))
    assert isinstance(told.placement, Searching)
    assert told.placement.decided_by == at(11)
    told.when(take_back("C"), 3).then(E.OffersWithdrawn)
    assert told.placement.decided_by is None


def test_what_is_left_standing_is_decided_from_its_own_yes():
    """With the first yes taken back the settling time runs from the next, and no timer fires early."""
    told = searching("A", "B", "C").when(answers(yes("B", 2)), 2).when(answers(yes("C", 6)), 6)
    told.when(take_back("B"), 8).then(
        E.OffersWithdrawn,
        like(E.SettlementMoved, standing=(offer_of("C"),), decided_by=at(16)),
    )
    told.when(TIME, 12).then_nothing()
    told.when(TIME, 16).then(like(E.Awarded, provider_id=pid("C")), E.OffersWithdrawn)


def test_what_stands_waits_for_a_better_offer_whose_window_is_moved():
    """Until its new deadline, within the settling time."""
    told = searching("A", "B", tiers=(tier(settling_minutes=60),)).when(answers(yes("B", 2)), 2)
    assert isinstance(told.placement, Searching)
    assert told.placement.decided_by == at(30)
    told.when(window("A", 50), 3).then(
        acts.OfferWindowChanged, like(E.SettlementMoved, decided_by=at(50))
    )
    told.when(window("A", 20), 4).then(
        acts.OfferWindowChanged, like(E.SettlementMoved, decided_by=at(20))
    )
    told.when(TIME, 20).then(E.OffersLapsed, like(E.Awarded, provider_id=pid("B")))


def test_an_award_is_cancelled_before_the_start():
    """Confirmed or not; a round begins without its provider, on the clock that never stopped."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1).when(CANCEL, 2)
    told.then(
        like(E.AwardCancelled, because="by_person"),
        like(E.SearchReopened, because="award_cancelled", left_out=(pid("A"),)),
        *ROUND,
    )
    assert told.asked() == ["B"]
    told.when(answers(yes("B", 3, round_=2)), 3).when(confirm("B", round_=2, before=1), 4)
    told.when(CANCEL, 5).then(E.AwardCancelled, E.SearchReopened, *ROUND)
    told.when(CANCEL, 6).then_refused("no-award")
    begun = searching("A").when(answers(yes("A", 1)), 1).when(start("A"), 2)
    begun.when(CANCEL, 3).then_refused("already-started")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (hold(60), "no provider is asked until"),
        (take_back("A"), "1 open offer will be withdrawn"),
        (by_hand("B"), "2 open offers will be withdrawn"),
        (window("A", 20), "less time to answer"),
        (window("A", 50), None),
        (skip("D"), None),
    ],
)
def test_what_somebody_loses_is_said_before(command, said):
    """The sentence is made from the events; where nobody loses there is none."""
    told = one_by_one("A", "B", "C", "D") if command == skip("D") else searching("A", "B")
    before = told.placement
    told.when(command, 1)
    found = consequences(whole(before), told.new)
    assert (found is None) == (said is None)
    assert said is None or said in (found or "").lower()


def test_cancelling_says_who_loses():
    """An award that is cancelled, and a gate that is passed, are named."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1)
    before = told.placement
    told.when(CANCEL, 2)
    assert "loses it" in (consequences(whole(before), told.new) or "")


def test_pacing_goes_on_after_a_hold():
    """What was planned is planned anew when the hold ends."""
    told = paced("A", "B", prices=1.0).when(hold(60), 1).when(TIME, 60)
    assert next(type(event) for event in told.new) is acts.SearchResumed
    assert next_due_at(told.placement) is not None
