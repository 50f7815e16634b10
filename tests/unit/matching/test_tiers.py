"""Who is asked when: tiers in their order, waves, windows and budgets."""

from dataclasses import replace

import pytest

from services.matching.domain import events
from services.matching.domain.policy import Lot
from tests.unit.matching.world import (
    COMPLETED,
    INCOMPLETE,
    RECONSIDER,
    TIME,
    WITHDRAW,
    answers,
    at,
    by_hand,
    contract,
    like,
    market,
    no,
    pid,
    provider,
    ranks,
    referral,
    release,
    searching,
    story,
    tier,
    wanted,
    yes,
)

NEAR = tier("near", scope="neighbours")
DPS = tier("dps", kind="dps", scope="any")
SPOT = tier("spot", kind="spot", scope="any", award_rule="first", settling_minutes=0)
ALL = (tier(), NEAR, DPS, SPOT)
MARKET = (
    provider("north", contract(lot="north")),
    provider("south", contract(lot="south")),
    provider("dps", contract("dps")),
    provider("spot", contract("spot")),
)


def test_a_complete_referral_opens_the_first_tier_and_asks_its_lot():
    """The search starts, the lot that holds the outcode is asked, nobody else."""
    told = story(*MARKET, tiers=ALL).when(referral())
    told.then(
        like(events.SearchStarted, received_at=at(0), complete_at=at(0), policy_name="test",
             policy_version="0" * 16, targets_minutes=(90, 240), outcode="E4", ward="ash"),
        like(events.TierOpened, tier=0, tier_name="lot", clause="7.1", because="first",
             round=1, closes_at=at(60)),
        like(events.OffersMade, wave=1, tier=0, expires_at=at(30)),
    )  # fmt: skip
    assert told.asked() == ["north"]


def test_the_order_is_lot_neighbours_dps_spot_and_then_a_person():
    """Each tier opens when the one before it is exhausted; after the last one nobody is left."""
    told = story(*MARKET, tiers=ALL).when(referral())
    asked = [told.asked()]
    for minutes in (30, 60, 90):
        told.when(TIME, minutes)
        assert told.of(events.TierOpened)[0].because == "exhausted"
        asked.append(told.asked())
    assert asked == [["north"], ["south"], ["dps"], ["spot"]]
    told.when(TIME, 120).then(
        events.OffersLapsed,
        events.SearchExhausted,
        like(events.EscalationOpened, kind="nobody_left"),
    )


def test_an_urgent_referral_has_its_own_windows_and_budgets():
    """Windows and budgets are by urgency."""
    told = story(*ranks("A")).when(referral(urgency="urgent"))
    told.then_some(
        like(events.TierOpened, closes_at=at(30)), like(events.OffersMade, expires_at=at(15))
    )


def test_an_outcode_of_two_lots_asks_both_at_once_and_neither_as_a_neighbour():
    """The rules stay sound for lots that the file's check would refuse."""
    lots = (
        Lot(name="north", outcodes=frozenset({"E4"}), neighbours=("south",)),
        Lot(name="south", outcodes=frozenset({"E4", "E17"}), neighbours=("north",)),
    )
    told = story(*MARKET, tiers=(tier(), NEAR), lots=lots).when(referral())
    assert sorted(told.asked()) == ["north", "south"]
    told.when(TIME, 30).then_some(like(events.TierOpened, tier=1, ranked=(), passed_over=()))


def test_an_unknown_outcode_leaves_the_lot_tiers_empty_and_reaches_the_others():
    """Lot tiers open with nobody, which is written, and are exhausted at once."""
    told = story(*MARKET, tiers=ALL).when(referral(wanted("ZZ9")))
    told.then(
        events.SearchStarted,
        like(events.TierOpened, tier=0, ranked=(), passed_over=()),
        like(events.TierOpened, tier=1, because="exhausted", ranked=()),
        like(events.TierOpened, tier=2, because="exhausted"),
        events.OffersMade,
    )


def test_with_nobody_in_any_tier_a_person_is_told_at_once():
    """Nothing is silent: an empty market escalates in the same decision."""
    story(tiers=ALL).when(referral()).then(
        events.SearchStarted,
        *[events.TierOpened] * 4,
        events.SearchExhausted,
        like(events.EscalationOpened, kind="nobody_left"),
    )


def test_waves_follow_one_another_within_a_tier():
    """With a wave size of one, the next is asked when the one before has lapsed or said no."""
    told = searching("A", "B", "C", tiers=(tier(wave_size=1),))
    assert told.asked() == ["A"]
    told.when(answers(no("A", 5)), 5).then(
        events.OfferDeclined, like(events.OffersMade, wave=2, expires_at=at(35))
    )
    assert told.asked() == ["B"]
    assert told.when(TIME, 35).asked() == ["C"]


def test_a_window_is_cut_to_the_end_of_its_tier():
    """The last wave's deadline is the tier's end, and then the next tier opens: its time is up."""
    tiers = (tier(wave_size=1, budget_minutes={"routine": 40, "urgent": 40}), DPS)
    told = searching("A", "B", "C", tiers=tiers)
    told.when(TIME, 30).then(events.OffersLapsed, like(events.OffersMade, expires_at=at(40)))
    told.when(TIME, 40).then(
        events.OffersLapsed,
        like(events.TierOpened, tier=1, because="time_up"),
        events.SearchExhausted,
        events.EscalationOpened,
    )


def test_a_tier_without_a_budget_lasts_until_everybody_was_asked():
    """No budget, no end but exhaustion."""
    told = searching("A", "B", tiers=(tier(wave_size=1, budget_minutes={"routine": None}),))
    told.then_some(like(events.TierOpened, closes_at=None))
    assert told.when(TIME, 30).asked() == ["B"]


def test_nothing_lapses_before_its_deadline():
    """An offer is live while now is before the deadline; an early timer does nothing."""
    told = searching("A").when(TIME, 29.999).then_nothing()
    told.when(TIME, 30).then_some(like(events.OffersLapsed))


def test_a_second_timer_does_nothing():
    """What a timer did is not done twice at the same instant."""
    searching("A").when(TIME, 30).when(TIME, 30).then_nothing()


def test_a_provider_is_asked_once_in_a_round_whatever_contracts_it_holds():
    """Holding framework and DPS contracts, it is passed over in the DPS tier."""
    both = provider("both", contract(), contract("dps"))
    told = story(both, provider("dps", contract("dps")), tiers=(tier(), DPS)).when(referral())
    told.when(TIME, 30)
    assert told.asked() == ["dps"]
    assert told.passed_over() == {"both": "already_asked"}


def test_a_decliner_is_passed_over_as_such():
    """In a later tier its reason is that it said no."""
    both = provider("both", contract(), contract("dps"))
    told = story(both, tiers=(tier(), DPS)).when(referral()).when(answers(no("both", 1)), 1)
    assert told.passed_over() == {"both": "already_declined"}


def test_a_provider_suspended_before_its_wave_is_passed_over_and_the_next_takes_the_turn():
    """What changed since the tier opened is weighed again, with its reason."""
    told = searching("A", "B", "C", tiers=(tier(wave_size=1),))
    a, b, c = ranks("A", "B", "C")
    changed = market(a, provider("B", *b.contracts, suspended=True), c)
    told.when(TIME, 30, market=changed)
    assert told.asked() == ["C"]
    assert told.passed_over() == {"B": "suspended"}


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ([], "left_the_register"),
        ([provider("B", contract("dps"))], "contract_not_live"),
        ([provider("B", contract(rank=2, accept_new=False))], "not_accepting_new"),
    ],
)
def test_a_wave_left_without_anybody_is_written_with_its_reasons(there, reason):
    """Each provider not asked has its reason, also when the last one of a tier has gone."""
    told = searching("A", "B", tiers=(tier(wave_size=1),))
    told.when(TIME, 30, market=market(*ranks("A"), *there)).then(
        events.OffersLapsed,
        like(events.OffersMade, offers=(), expires_at=at(30)),
        events.SearchExhausted,
        events.EscalationOpened,
    )
    (group,) = told.of(events.OffersMade)[0].passed_over
    assert (group.reason, group.provider_ids) == (reason, (pid("B"),))


def test_an_incomplete_referral_waits_and_its_completion_starts_the_search():
    """Both clocks are kept."""
    told = story(*ranks("A")).when(INCOMPLETE)
    told.then(like(events.AwaitingInformation, received_at=at(0), targets_minutes=(90, 240)))
    told.when(COMPLETED, 20).then(
        like(events.SearchStarted, received_at=at(0), complete_at=at(20), organisation="whipps-cross"),
        events.TierOpened,
        events.OffersMade,
    )  # fmt: skip


def test_a_referral_that_came_complete_keeps_both_instants():
    """Complete when received, unless it says that it was complete at another instant."""
    for complete_at, kept in ((at(-5), at(-5)), (None, at(0))):
        story(*ranks("A")).when(referral(complete_at=complete_at), 1).then_some(
            like(events.SearchStarted, received_at=at(0), complete_at=kept)
        )


def test_a_release_begins_a_new_round_without_the_releaser_and_those_who_declined():
    """Lapsed ones are asked again; the releaser and the decliner are not."""
    told = searching("A", "B", "C").when(answers(no("A", 1)), 1).when(answers(yes("B", 2)), 2)
    told.when(release("B"), 3).then(
        events.AwardReleased,
        like(events.EscalationOpened, kind="released"),
        like(events.SearchReopened, round=2, because="released", left_out=(pid("B"), pid("A"))),
        like(events.TierOpened, round=2, tier=0, because="first"),
        like(events.OffersMade, round=2, wave=1),
    )
    assert told.asked() == ["C"]
    assert told.passed_over() == {"B": "released_before", "A": "already_declined"}


def test_a_new_provider_reopens_an_exhausted_search_without_those_already_asked():
    """Somebody new to ask: a new round; the item closes."""
    told = searching("A").when(TIME, 30)
    told.when(RECONSIDER, 50, market=market(*ranks("A", "N"))).then(
        like(events.SearchReopened, round=2, because="market_changed", left_out=(pid("A"),)),
        like(events.EscalationClosed, kind="nobody_left"),
        events.TierOpened,
        events.OffersMade,
    )
    assert told.asked() == ["N"]
    assert told.passed_over() == {"A": "already_asked"}


@pytest.mark.parametrize(
    "register",
    [
        ranks("A"),
        (*ranks("A"), provider("N", suspended=True)),
        (*ranks("A"), provider("N", outcodes=frozenset({"E17"}))),
    ],
)
def test_a_changed_market_without_anybody_new_to_ask_changes_nothing(register):
    """Nobody new who passes the gates: no event."""
    told = searching("A").when(TIME, 30)
    told.when(RECONSIDER, 50, market=market(*register)).then_nothing()


def test_a_changed_market_does_not_ask_a_releaser_again():
    """One that had the package by hand and gave it back counts as asked."""
    told = story(provider("H", contract("dps"))).when(referral())
    told.when(replace(by_hand("H"), override="urgency"), 1)
    told.when(release("H", before=0), 2)
    told.when(RECONSIDER, 3, market=market(provider("H"))).then_nothing()


def test_a_changed_market_does_not_disturb_a_running_search():
    """Only an exhausted search is reconsidered."""
    searching("A").when(RECONSIDER, 5, market=market(*ranks("A", "N"))).then_nothing()


def test_a_changed_market_finds_a_search_that_ends_at_this_instant():
    """The change comes just before the timer that would have ended the search: it counts."""
    told = searching("A").when(RECONSIDER, 30, market=market(*ranks("A", "N")))
    told.then_some(like(events.SearchExhausted), like(events.SearchReopened, round=2))
    assert told.asked() == ["N"]


def test_a_withdrawn_package_is_not_searched_for():
    """Time and markets pass it by."""
    told = searching("A").when(WITHDRAW, 5)
    told.when(TIME, 30).then_nothing().when(RECONSIDER, 31).then_nothing()


def test_a_policy_without_tiers_escalates_at_once():
    """The rules stay sound for a policy that the file's check would refuse."""
    told = story(*ranks("A"))
    told.policy = replace(told.policy, tiers=())
    told.when(referral()).then(
        events.SearchStarted, events.SearchExhausted, events.EscalationOpened
    )


def test_one_change_that_takes_the_last_offer_back_and_brings_somebody_new_goes_on_at_once():
    """A is suspended and C may be asked from the same entry on: the search ends and begins again."""
    a, c = provider("A", contract(rank=1)), provider("C", contract(rank=2), suspended=True)
    told = story(a, c).when(referral())
    assert told.asked() == ["A"]
    changed = market(replace(a, suspended=True), replace(c, suspended=False))
    told.when(RECONSIDER, 1, market=changed).then(
        like(events.OffersWithdrawn, because="suspended"),
        events.SearchExhausted,
        like(events.EscalationOpened, kind="nobody_left"),
        like(events.SearchReopened, because="market_changed"),
        like(events.EscalationClosed, kind="nobody_left"),
        events.TierOpened,
        events.OffersMade,
    )
    assert told.asked() == ["C"]
    told.when(RECONSIDER, 1).then_nothing()
