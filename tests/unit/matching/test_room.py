"""A provider with as many live offers as it may have: it keeps its turn until it has room."""

from dataclasses import replace
from typing import Any

from services.matching.domain import events as E
from services.matching.domain.load import Load
from services.matching.domain.placement import Exhausted, Searching
from services.matching.domain.reopening import has_room_again
from tests.unit.matching.world import (
    RECONSIDER,
    TIME,
    Story,
    answers,
    at,
    contract,
    like,
    no,
    pid,
    provider,
    ranks,
    referral,
    story,
    tier,
    yes,
)

LIMITED: dict[str, Any] = {"most_live_offers": 1, "budget_minutes": {"routine": None}}


def busy(told: Story, *names: str) -> Any:
    """The market in which these providers have as many live offers as they may."""
    load = Load(live_offers={pid(name): 1 for name in names})
    return told.market.carrying(load)


def limited(*names: str, full: tuple[str, ...] = (), **changes: Any) -> Story:
    """A search among ranked providers with one live offer each at most, some of which have it."""
    told = story(*ranks(*names), tiers=(tier(**LIMITED | changes),))
    return told.when(referral(), market=busy(told, *full))


def test_who_has_no_room_is_passed_over_and_asked_next():
    """It keeps its place in the order, and the reason for which it was not asked is written once."""
    told = limited("A", "B", "C", full=("A",), wave_size=1)
    assert told.asked() == ["B"]
    assert told.passed_over() == {"A": "live_offers"}
    (opened,) = told.of(E.TierOpened)
    assert [one.provider_id for one in opened.ranked] == [pid("A"), pid("B"), pid("C")]
    told.when(answers(no("B", 1)), 1, market=busy(told, "A"))
    assert (told.asked(), told.passed_over()) == (["C"], {})
    told.when(answers(no("C", 2)), 2, market=busy(told))
    assert told.asked() == ["A"]


def test_where_all_are_asked_at_once_it_joins_in_as_soon_as_it_has_room():
    """At the next decision about the package, beside the offers that are live."""
    told = limited("A", "B", "C", full=("A",))
    assert told.asked() == ["B", "C"]
    told.when(answers(no("B", 1)), 1, market=busy(told, "A")).then(E.OfferDeclined)
    told.when(TIME, 2, market=busy(told)).then(like(E.OffersMade, wave=2))
    assert told.asked() == ["A"]
    told.when(TIME, 3).then_nothing()
    told.when(answers(yes("A", 4)), 4).then(E.Awarded, E.OffersWithdrawn)


def test_nobody_waits_for_room():
    """With nobody else to ask the next tier opens, and who has room then comes before it."""
    dps = provider("D", contract("dps"))
    tiers = (tier(**LIMITED), tier("dps", kind="dps", scope="any", wave_size=1, **LIMITED))
    told = story(*ranks("A"), dps, provider("E", contract("dps")), tiers=tiers)
    told.when(referral(), market=busy(told, "A"))
    assert [event.tier for event in told.of(E.TierOpened)] == [0, 1]
    first = told.asked()
    assert len(first) == 1
    told.when(answers(no(first[0], 1)), 1, market=busy(told))
    assert told.asked() == ["A"]
    (made,) = told.of(E.OffersMade)
    assert (made.tier, made.tier_name) == (0, "lot")


def test_a_search_that_ended_goes_on_when_somebody_has_room():
    """It is looked at again; nothing is decided while nobody has."""
    told = limited("A", full=("A",))
    told.then(
        E.SearchStarted, E.TierOpened, like(E.OffersMade, offers=()), E.SearchExhausted,
        E.EscalationOpened,
    )  # fmt: skip
    assert isinstance(told.placement, Exhausted)
    assert told.placement.no_room == (pid("A"),)
    day = at(0).date()
    full, free = busy(told, "A"), busy(told)
    assert not has_room_again(told.placement, told.policy, full, day)
    assert has_room_again(told.placement, told.policy, free, day)
    told.when(RECONSIDER, 5, market=full).then_nothing()
    told.when(RECONSIDER, 6, market=free)
    assert told.asked() == ["A"]


def test_somebody_new_without_room_is_remembered():
    """A round says so of it, and no other begins before it has room."""
    told = limited("A").when(TIME, 30)
    newer = story(*ranks("A", "B"), tiers=told.policy.tiers).market
    full = replace(newer, load=Load(live_offers={pid("B"): 1}))
    told.when(RECONSIDER, 31, market=full)
    assert told.passed_over()["B"] == "live_offers"
    assert isinstance(told.placement, Exhausted)
    told.when(RECONSIDER, 32, market=full).then_nothing()
    told.when(RECONSIDER, 33, market=newer)
    assert told.asked() == ["B"]


def test_a_paced_tier_asks_those_who_have_room():
    """Pacing weighs only them; with all of them full it looks again when something happens."""
    changes = {"adaptive": True, "window_minutes": {"routine": 200, "urgent": 100}}
    told = limited("A", "B", full=("A",), **changes)
    assert told.asked() == ["B"]
    told.when(TIME, 60, market=busy(told, "A"))
    assert isinstance(told.placement, Searching)
    assert told.placement.ask_at is None
    told.when(answers(no("B", 61)), 61, market=busy(told))
    assert told.asked() == ["A"]
