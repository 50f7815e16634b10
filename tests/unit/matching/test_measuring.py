"""Components that are measured: distance, rotation, quality, responsiveness, declared capacity."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain import events
from services.matching.domain.asking import Measured
from services.matching.domain.geography import Point, km_between, nearest_km
from services.matching.domain.load import Load
from services.matching.domain.market import Market
from services.matching.domain.measuring import score_of
from services.matching.domain.responses import Responses
from services.matching.domain.tally import MARKET
from services.matching.explaining import not_reached_told, offers_told
from services.matching.geography import places
from tests.unit.matching.world import (
    EIGHT,
    TIME,
    Story,
    answers,
    contract,
    market,
    no,
    pid,
    policy,
    provider,
    ranks,
    referral,
    tier,
    wanted,
    yes,
)

ASSERTED_KM = [
    ("E17", "E17", 0.0, 0.0),
    ("E17", "E10", 2.0, 3.0),
    ("E17 3", "E4", 3.0, 5.0),
    ("EX1", "PL19", 45.0, 60.0),
    ("EX1", "E17", 250.0, 275.0),
]


@pytest.mark.parametrize(("one", "other", "least", "most"), ASSERTED_KM)
def test_distances_are_those_of_the_map(one, other, least, most):
    """Against distances that anybody can measure on a map, both ways."""
    found = nearest_km(one, (other,), places())
    assert found is not None
    assert least <= found <= most
    assert found == nearest_km(other, (one,), places())


def test_the_map_is_of_outcodes_and_sectors_only():
    """No postcode is in it; every sector has its outcode."""
    known = places()
    assert 12_000 < len(known) < 15_000
    assert all(len(area.partition(" ")[2]) in (0, 1) for area in known)
    assert all(area.partition(" ")[0] in known for area in known)


@given(*[st.tuples(st.floats(49, 61), st.floats(-8, 2)).map(lambda at: Point(*at))] * 3)
def test_a_distance_is_one(one, other, third):
    """Never negative, the same both ways, and no detour is shorter (to the rounding)."""
    there = km_between(one, other)
    assert there == km_between(other, one) >= 0
    assert there <= km_between(one, third) + km_between(third, other) + 0.2


def test_an_unknown_sector_lies_at_its_outcode_and_an_unknown_place_nowhere():
    """New sectors come up between two versions of the map."""
    known = {"E17": Point(51.6, 0.0), "E4": Point(51.7, 0.0)}
    assert nearest_km("E17 9", ("E4",), known) == nearest_km("E17", ("E4",), known)
    assert nearest_km("ZZ9", ("E4",), known) is None
    assert nearest_km("E17", ("ZZ9", "E4"), known) == 11.1
    assert nearest_km("E17", (), known) is None


def placed(*providers, components, weights=None, want=None, **counts: Any) -> Story:
    """A search that has just begun under a tier of these components."""
    known = {one.provider_id: one for one in providers}
    one = tier(components=tuple(components), weights=weights or {})
    found = Market(providers=known, turns=counts.pop("turns", {}), map=places(), **counts)
    return Story(policy=policy(one), market=found).when(referral(want or wanted()))


def measured(told: Story, name: str) -> dict[str, float | None]:
    (opened,) = told.of(events.TierOpened)
    (found,) = [one.components.measured for one in opened.ranked if one.provider_id == pid(name)]
    return {one.component: one.value for one in found}


def test_the_nearest_round_or_branch_counts():
    """A package that a provider holds round the corner brings it before one with a near branch."""
    a, b, c = provider("A", branches=("E10",)), provider("B", branches=("E4 9",)), provider("C")
    load = Load(rounds={pid("A"): ("EX1", "E4 7")})
    told = placed(a, b, c, components=["distance"], load=load)
    assert told.asked() == ["B", "A", "C"]
    assert measured(told, "B") == {"distance": 1.2}
    assert measured(told, "C") == {"distance": None}


def test_a_sector_is_nearer_than_its_outcode():
    """Where it is permitted, the distance is measured to the sector."""
    near = provider("A", branches=("E4 7",))
    values = [
        measured(placed(near, components=["distance"], want=want), "A")["distance"]
        for want in (wanted(), replace(wanted(), sector="E4 7"))
    ]
    assert values == [1.6, 0.0]


def test_rotation_is_a_share_against_capacity():
    """Twice the size with twice the work has had as much as its share; nothing had comes first."""
    a, b, c = (
        provider("A", capacity_hours=200.0),
        provider("B", capacity_hours=100.0),
        provider("C", capacity_hours=100.0),
    )
    lately = {
        "turns": {("north", pid("A")): 4.0, ("north", pid("B")): 2.0, ("north", pid("C")): 6.0},
        "awards": {("north", pid("A")): 2.0, ("north", pid("B")): 1.0},
        "awarded_hours": {("north", pid("A")): 20.0, ("north", pid("B")): 10.0},
    }
    told = placed(a, b, c, components=["rotation"], **lately)
    assert told.asked()[0] == "C"
    values = {name: measured(told, name)["rotation"] for name in "ABC"}
    assert values["A"] == values["B"] == pytest.approx(1.1111)
    assert values["C"] == pytest.approx(0.6667)
    nobody = placed(a, b, components=["rotation"])
    assert {name: measured(nobody, name)["rotation"] for name in "AB"} == {"A": 0.0, "B": 0.0}


def test_who_declares_no_size_is_of_mean_size_and_who_declares_none_comes_last():
    """Missing is unknown; a declared nothing is known."""
    a, b, c = provider("A", capacity_hours=100.0), provider("B"), provider("C", capacity_hours=0.0)
    told = placed(a, b, c, components=["rotation"], turns={("north", pid("A")): 1.0})
    assert told.asked() == ["B", "A", "C"]
    assert measured(told, "C") == {"rotation": None}


def test_declared_capacity_is_what_no_package_takes():
    """More free hours first; who declares nothing comes last."""
    a, b, c = provider("A", capacity_hours=30.0), provider("B", capacity_hours=40.0), provider("C")
    told = placed(a, b, c, components=["capacity"], load=Load(held_hours={pid("B"): 15.5}))
    assert told.asked() == ["A", "B", "C"]
    assert measured(told, "B") == {"capacity": 24.5}


def test_quality_and_responsiveness_come_from_what_was_learned():
    """The rating less what was released; the chance of an answer within an hour."""
    sums = {pid("A"): {"framework released": 10, "framework yes place E4 1": 10}, MARKET: {}}
    learned = Responses.of(sums, EIGHT)
    told = placed(
        provider("A", cqc_rating="outstanding"), provider("B"),
        components=["quality", "responsiveness"], responses=learned,
    )  # fmt: skip
    values = {name: measured(told, name) for name in "AB"}
    assert values["B"]["quality"] == 0.75
    assert all(0 < (values[name]["responsiveness"] or 0) < 1 for name in "AB")
    assert (values["A"]["quality"] or 0) <= 1.0


WEIGHTS = {"distance": 60.0, "quality": 40.0}


def test_weights_add_up_and_none_is_above_another():
    """A little farther and much better comes first; the record has value, weight and points."""
    near = provider("A", branches=("E4",), cqc_rating="requires_improvement")
    far = provider("B", branches=("E4 9",), cqc_rating="outstanding")
    farther = provider("C", branches=("EX1",), cqc_rating="outstanding")
    every = frozenset({"outstanding", "good", "requires_improvement"})
    one = tier(components=tuple(WEIGHTS), weights=WEIGHTS, cqc_ratings=every)
    known = {each.provider_id: each for each in (near, far, farther)}
    told = Story(policy=policy(one), market=Market(providers=known, turns={}, map=places()))
    told.when(referral())
    assert told.asked() == ["B", "A", "C"]
    (opened,) = told.of(events.TierOpened)
    scores = [score_of(ranked.components.measured) for ranked in opened.ranked]
    assert scores == sorted(scores, reverse=True)
    assert opened.ranked[2].components.measured == (
        Measured(component="distance", value=262.9, weight=60.0, points=0.0),
        Measured(component="quality", value=1.0, weight=40.0, points=1.0),
    )


@given(st.permutations(["continuity", "choice", "turns", "cqc_rating", "capacity"]))
def test_a_plain_component_counts_the_same_beside_a_measured_one(order):
    """Measured or not, an ordered tier puts equal providers in equal order."""
    providers = (*ranks("A", "B"), provider("C", cqc_rating="outstanding"))
    turns = {("north", pid("A")): 2.0}
    plain = [one for one in order if one != "capacity"]
    one = placed(*providers, components=plain, turns=turns)
    other = placed(*providers, components=order, turns=turns)
    assert one.asked() == other.asked()


def test_a_price_is_no_component_whatever_is_measured():
    """Rates exchanged change no place, value or point."""
    dear, cheap = contract(rate_pence=2400), contract(rate_pence=1600)
    one, other = (
        placed(provider("A", first), provider("B", second), components=WEIGHTS, weights=WEIGHTS)
        for first, second in ((dear, cheap), (cheap, dear))
    )
    assert one.asked() == other.asked()
    assert measured(one, "A") == measured(other, "A")


def test_an_offer_tells_every_component_and_its_effect():
    """Whom each component put the provider before and behind, and the place of who was not asked."""
    one = tier(components=("choice", "turns", "contract_rank"), wave_size=1)
    told = Story(
        policy=policy(one),
        market=market(*ranks("A", "B"), provider("C"), turns={("north", pid("A")): 3.0}),
    ).when(referral())
    told.when(answers(yes("B", 1)), 1)
    history = (*told.history, *told.new)
    (offer,) = offers_told(history)
    assert offer["reasons"] == [
        {"component": "choice", "value": 0.0, "ahead_of": 0, "behind": 0},
        {"component": "turns", "value": 0.0, "ahead_of": 1, "behind": 0},
        {"component": "contract_rank", "value": 2, "ahead_of": 1, "behind": 0},
        {"component": "drawn_by_lot", "value": None, "ahead_of": 0, "behind": 0},
    ]
    c, a = not_reached_told(history)
    assert [(one["provider_id"], one["place"], one["of"]) for one in (c, a)] == [
        (pid("C"), 2, 3), (pid("A"), 3, 3),
    ]  # fmt: skip
    assert a["reasons"][1] == {"component": "turns", "value": 3.0, "ahead_of": 0, "behind": 2}


def test_a_weighted_offer_tells_weight_and_points():
    """Weight times points is what a component added."""
    told = placed(provider("A"), components=WEIGHTS, weights=WEIGHTS)
    (offer,) = offers_told(told.new)
    assert offer["reasons"] == [
        {"component": "distance", "value": None, "weight": 60.0, "points": 0.0},
        {"component": "quality", "value": 0.75, "weight": 40.0, "points": 0.75},
    ]


def test_who_was_asked_in_the_end_is_not_told_as_not_reached():
    """A second wave reaches who waited."""
    told = Story(policy=policy(tier(wave_size=1)), market=market(*ranks("A", "B")))
    told.when(referral())
    assert [one["provider_id"] for one in not_reached_told(told.new)] == [pid("B")]
    told.when(answers(no("A", 1)), 1).when(TIME, 2)
    assert not_reached_told((*told.history, *told.new)) == []
