"""Who may be asked and in which order, each with its reason."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid5

import pytest

from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.gates import History, why_not
from services.matching.domain.load import NO_LOAD, Load, live_offers_changed
from services.matching.domain.london import midnight
from services.matching.domain.requirement import (
    Preferences,
    PreferredCarerGender,
    PreferredLanguage,
    PreferredProvider,
    Wanted,
    needed,
)
from tests.unit.matching.world import (
    REFERRAL,
    TIME,
    Story,
    answers,
    at,
    contract,
    market,
    no,
    pid,
    policy,
    provider,
    ranks,
    referral,
    story,
    tier,
    wanted,
)


def must(**preferences: Any) -> Wanted:
    made: dict[str, Any] = {}
    if "language" in preferences:
        made["languages"] = (PreferredLanguage(value=preferences["language"], strength="must"),)
    if "gender" in preferences:
        made["carer_gender"] = PreferredCarerGender(value=preferences["gender"], strength="must")
    if "named" in preferences:
        made["provider_id"] = PreferredProvider(value=pid(preferences["named"]), strength="must")
    return wanted(preferences=Preferences(**made))


GATES = [
    ("contract_not_live", provider("X", contract(from_=date(2026, 3, 3))), wanted(), {}),
    ("contract_not_live", provider("X", contract(to=date(2026, 3, 1))), wanted(), {}),
    (None, provider("X", contract(from_=date(2026, 3, 2), to=date(2026, 3, 2))), wanted(), {}),
    ("not_accepting_new", provider("X", contract(accept_new=False)), wanted(), {}),
    ("not_accepting_new", provider("X"), wanted(), {"accept_new": False}),
    ("area", provider("X", outcodes=frozenset({"E17"})), wanted(), {}),
    ("capability", provider("X"), wanted(needs=("stoma",)), {}),
    ("capability", provider("X"), wanted(care_type="live_in"), {}),
    (None, provider("X"), wanted(needs=("hoist",)), {}),
    ("language", provider("X"), must(language="bn"), {}),
    (None, provider("X"), must(language="en"), {}),
    (None, provider("X", languages=frozenset({"bn"})), must(language="bn"), {}),
    ("carer_gender", provider("X", carer_genders=frozenset({"male"})), must(gender="female"), {}),
    (None, provider("X"), must(gender="female"), {}),
    (None, provider("X", carer_genders=frozenset({"female"})), must(gender="female"), {}),
    ("cqc_rating", provider("X", cqc_rating="inadequate"), wanted(), {}),
    ("cqc_not_inspected", provider("X", cqc_rating="not_inspected"), wanted(), {}),
    (None, provider("X", cqc_rating="not_inspected"), wanted(),
     {"cqc_ratings": frozenset({"not_inspected"})}),
    ("suspended", provider("X", suspended=True), wanted(), {}),
    ("excluded", provider("X"), wanted(exclude_provider_ids=(pid("X"),)), {}),
    ("named_another", provider("X"), must(named="Y"), {}),
    (None, provider("X"), must(named="X"), {}),
    ("rate_over_limit", provider("X"), wanted(), {"rate_limit_pence": 1799}),
    (None, provider("X"), wanted(), {"rate_limit_pence": 1800}),
    ("no_rate", provider("X", contract(rate_pence=None)), wanted(), {"rate_limit_pence": 1800}),
    (None, provider("X", contract(rate_pence=None)), wanted(), {}),
    ("insurance", provider("X", insured_until=date(2026, 3, 1)), wanted(), {}),
    (None, provider("X", insured_until=date(2026, 3, 2)), wanted(), {"insurance": "required"}),
    (None, provider("X"), wanted(), {}),
    ("insurance", provider("X"), wanted(), {"insurance": "required"}),
    (None, provider("X", insured_until=date(2026, 3, 1)), wanted(), {"insurance": "ignored"}),
    ("data_protection", provider("X", data_protection_until=date(2026, 3, 1)), wanted(), {}),
    ("data_protection", provider("X"), wanted(), {"data_protection": "required"}),
    (None, provider("X", data_protection_until=date(2026, 3, 2)), wanted(),
     {"data_protection": "required"}),
    ("capacity", provider("X"), wanted(), {"capacity": "strict"}),
    ("capacity", provider("X", capacity_hours=0.4), wanted(), {"capacity": "strict"}),
    (None, provider("X", capacity_hours=0.5), wanted(), {"capacity": "strict"}),
    (None, provider("X", capacity_hours=0.0), wanted(), {}),
    (None, provider("X"), wanted(), {"most_live_offers": 1}),
    ("not_accepting_new", provider("X"), wanted(continuity_provider_id=pid("X")),
     {"accept_new": False}),
    (None, provider("X"), wanted(continuity_provider_id=pid("X")),
     {"accept_new": False, "continuity_passes": frozenset({"closed"})}),
    (None, provider("X", contract(accept_new=False)), wanted(continuity_provider_id=pid("X")),
     {"continuity_passes": frozenset({"closed"})}),
    ("not_accepting_new", provider("X"), wanted(continuity_provider_id=pid("Y")),
     {"accept_new": False, "continuity_passes": frozenset({"closed"})}),
    ("contract_not_live", provider("X", contract(to=date(2026, 3, 1))),
     wanted(continuity_provider_id=pid("X")), {"continuity_passes": frozenset({"closed"})}),
    ("cqc_rating", provider("X", cqc_rating="inadequate"),
     wanted(continuity_provider_id=pid("X")), {"continuity_passes": frozenset({"closed"})}),
    (None, provider("X", cqc_rating="inadequate"), wanted(continuity_provider_id=pid("X")),
     {"continuity_passes": frozenset({"rating"})}),
    ("suspended", provider("X", suspended=True), wanted(continuity_provider_id=pid("X")),
     {"continuity_passes": frozenset({"closed", "rating"})}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "one", "want", "rules"), GATES)
def test_a_gate_keeps_a_provider_out_and_says_why(reason, one, want, rules):
    """Every gate of the rules, just passed and just not; the reason is recorded."""
    told = story(one, tiers=(tier(**rules),)).when(referral(want))
    assert told.asked() == ([] if reason else ["X"])
    assert told.passed_over() == ({"X": reason} if reason else {})


@pytest.mark.parametrize(("minutes", "reason"), [(0, None), (-1, "contract_not_live")])
def test_days_begin_at_london_s_midnight(minutes, reason):
    """A contract of 1 July is live at 23:00 UTC of 30 June, and not a minute before."""
    first = date(2026, 7, 1)
    begins = midnight(first) + timedelta(minutes=minutes)
    told = story(provider("X", contract(from_=first)))
    told.when(
        referral(received_at=begins, complete_at=begins), (begins - at(0)) / timedelta(minutes=1)
    )
    assert told.passed_over() == ({"X": reason} if reason else {})


LOADS = [
    ("capacity", {"capacity": "strict"}, Load(held_hours={pid("X"): 9.6})),
    (None, {"capacity": "strict"}, Load(held_hours={pid("X"): 9.5})),
    (None, {"capacity": "advisory"}, Load(held_hours={pid("X"): 99.0})),
    ("live_offers", {"most_live_offers": 2}, Load(live_offers={pid("X"): 2})),
    (None, {"most_live_offers": 2}, Load(live_offers={pid("X"): 1, pid("Y"): 2})),
    (None, {}, Load(live_offers={pid("X"): 99})),
]


@pytest.mark.parametrize(("reason", "rules", "load"), LOADS)
def test_what_a_provider_carries_is_a_gate_where_the_tier_says_so(reason, rules, load):
    """Hours held against declared capacity, and live offers against the most there may be."""
    place = (provider("X", capacity_hours=10.0), contract())
    nobody = History(asked=frozenset(), declined=frozenset(), released=frozenset())
    need = needed("E4", wanted().requirement)
    day = date(2026, 3, 2)
    assert why_not(place, tier(**rules), need, nobody, day, load=load) == reason


def test_live_offers_are_counted_on_within_one_batch():
    """Offers made add to a provider's, and offers that ended are taken off."""
    before = states.Absent()
    told = story(*ranks("A", "B")).when(referral())
    assert live_offers_changed(before, told.placement) == [(pid("A"), 1), (pid("B"), 1)]
    load = NO_LOAD.after(live_offers_changed(before, told.placement))
    was = told.placement
    told.when(answers(no("A", 1)), 1)
    load = load.after(live_offers_changed(was, told.placement))
    assert load.live_offers == {pid("A"): 0, pid("B"): 1}


def test_a_preference_that_is_no_must_is_no_gate():
    """`prefer` is a reason, `must` is a gate."""
    preferences = Preferences(
        languages=(PreferredLanguage(value="bn", strength="prefer"),),
        carer_gender=PreferredCarerGender(value="female", strength="prefer"),
        provider_id=PreferredProvider(value=pid("Y"), strength="prefer"),
    )
    one = provider("X", carer_genders=frozenset({"male"}))
    assert story(one).when(referral(wanted(preferences=preferences))).asked() == ["X"]


def named(name: str) -> Wanted:
    preferred = PreferredProvider(value=pid(name), strength="prefer")
    return wanted(preferences=Preferences(provider_id=preferred))


ORDERS = [
    ("contract_rank", ranks("A", "B", "C"), wanted(), {}, ["A", "B", "C"]),
    ("contract_rank", (provider("B", contract()), *ranks("A")), wanted(), {}, ["A", "B"]),
    ("continuity", ranks("A", "B"), wanted(continuity_provider_id=pid("B")), {}, ["B", "A"]),
    ("choice", ranks("A", "B"), named("B"), {}, ["B", "A"]),
    ("turns", ranks("A", "B"), wanted(), {("north", pid("A")): 0.5}, ["B", "A"]),
    ("cqc_rating",
     (provider("A"), provider("B", cqc_rating="outstanding")), wanted(), {}, ["B", "A"]),
]  # fmt: skip


@pytest.mark.parametrize(("component", "providers", "want", "turns", "order"), ORDERS)
def test_a_component_puts_a_provider_at_its_place(component, providers, want, turns, order):
    """Each component alone decides the order that it should."""
    told = Story(
        policy=policy(tier(components=(component,))), market=market(*providers, turns=turns)
    )
    assert told.when(referral(want)).asked() == order


def test_the_components_apply_in_the_tiers_order_and_others_are_off():
    """Turns before rank: the rank only tells equals apart; a rating that is not named has none."""
    a, b = (
        provider("A", contract(rank=2)),
        provider("B", contract(rank=1), cqc_rating="outstanding"),
    )
    turns = {("north", pid("B")): 1.0}
    first = Story(
        policy=policy(tier(components=("turns", "contract_rank"))),
        market=market(a, b, turns=turns),
    )
    assert first.when(referral()).asked() == ["A", "B"]
    second = Story(
        policy=policy(tier(components=("contract_rank", "turns"))),
        market=market(a, b, turns=turns),
    )
    assert second.when(referral()).asked() == ["B", "A"]


def test_turns_count_by_lot():
    """Offers in another lot cost no turn in this one."""
    told = Story(
        policy=policy(tier(components=("turns", "contract_rank"))),
        market=market(*ranks("A", "B"), turns={("south", pid("A")): 9.0}),
    )
    assert told.when(referral()).asked() == ["A", "B"]


def test_a_price_never_ranks():
    """The order of two providers is the same whichever of them is cheaper."""
    dear = contract(rate_pence=1820)
    cheap = contract(rate_pence=1717)
    one = story(provider("A", dear), provider("B", cheap)).when(referral()).asked()
    other = story(provider("A", cheap), provider("B", dear)).when(referral()).asked()
    assert one == other


def test_equals_are_drawn_by_lot_fairly_and_the_same_each_time():
    """Of three equals each comes first in about a third of many packages; one package never
    changes its mind, in whatever order the register lists them."""
    three = (provider("A"), provider("B"), provider("C"))
    first = {"A": 0, "B": 0, "C": 0}
    for number in range(600):
        one = referral(referral_id=uuid5(REFERRAL, str(number)))
        order = story(*three).when(one).asked()
        assert story(*reversed(three)).when(one).asked() == order
        first[order[0]] += 1
    assert all(150 < count < 250 for count in first.values()), first


def test_a_provider_with_two_contracts_in_a_tier_is_asked_once_by_the_better():
    """The place is that of the contract that ranks best."""
    twice = provider("A", contract("dps", rank=9), contract("dps", "x", rank=1, rate_pence=1600))
    other = provider("B", contract("dps", rank=5))
    told = story(twice, other, tiers=(tier(kind="dps", scope="any"),)).when(referral())
    assert told.asked() == ["A", "B"]
    assert [offer.rate_pence for offer in told.of(events.OffersMade)[0].offers] == [1600, 1800]


def test_a_contract_that_may_not_be_used_leaves_the_other_one():
    """Passed over by one contract and asked by another, it is asked, and not listed as passed over."""
    twice = provider("A", contract("dps", accept_new=False), contract("dps", "x"))
    told = story(twice, tiers=(tier(kind="dps", scope="any"),)).when(referral())
    assert told.asked() == ["A"]
    assert told.passed_over() == {}


def test_an_offer_records_what_put_it_at_its_place():
    """Each component's value is in the record, used or not."""
    told = Story(policy=policy(), market=market(*ranks("A"), turns={("north", pid("A")): 1.5}))
    (ranked,) = told.when(referral(named("A"))).of(events.TierOpened)[0].ranked
    assert (ranked.place, ranked.lot, ranked.rate_pence) == (1, "north", 1800)
    components = ranked.components
    assert (components.chosen, components.continuity) == (True, False)
    assert (components.contract_rank, components.turns) == (1, 1.5)
    assert components.cqc_rating == "good"


def test_an_offer_carries_the_rate_of_the_day_it_is_made():
    """A rate changed since the tier opened is the one offered."""
    told = story(*ranks("A", "B"), tiers=(tier(wave_size=1),)).when(referral())
    a, _ = ranks("A", "B")
    changed = market(a, provider("B", contract(rank=2, rate_pence=1750)))
    told.when(TIME, 30, market=changed)
    assert told.of(events.OffersMade)[0].offers[0].rate_pence == 1750


def test_a_contract_that_ended_does_not_hide_its_successor():
    """Two contracts of one kind in one lot: the one that is live is offered, and at its rate."""
    ended = contract(to=date(2025, 12, 31), rate_pence=1700)
    told = story(provider("A", ended, contract(from_=date(2026, 1, 1)))).when(referral())
    assert told.asked() == ["A"]
    assert told.of(events.OffersMade)[0].offers[0].rate_pence == 1800
