"""The demo's providers answer as the simulator's do, whatever ids the run happened to give."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.commands.markets import MARKETS
from deploy.commands.place import POLICIES
from deploy.demo.day import draws_of, make_day
from deploy.demo.habits import Habits
from deploy.demo.plan import DemoPlan
from deploy.simulator.drawing import instant, minute
from deploy.simulator.market_file import load_market
from deploy.simulator.replying import reply

PLAN = DemoPlan(
    seed=1,
    scale=120,
    referrals=60,
    policy=POLICIES / "three-tier.yaml",
    market=load_market(MARKETS / "waltham-forest.yaml"),
)
DRAWS = draws_of(PLAN)
PACKAGES = [planned.package for planned in make_day(PLAN, DRAWS).referrals]
MADE_AT = PLAN.opens_at + timedelta(minutes=20)


@pytest.fixture
def habits() -> Habits:
    """Everybody's habits at the beginning of a day."""
    return Habits(DRAWS, PACKAGES)


def offer(number: int) -> dict[str, Any]:
    """An offer of the nth package as the endpoint gives it."""
    ready_at = PACKAGES[number].wanted.requirement.ready_at
    return {
        "offer_id": "any",
        "referral_id": str(PACKAGES[number].referral_id),
        "made_at": MADE_AT.isoformat(),
        "needed": {"ready_at": ready_at.isoformat().replace("+00:00", "Z")},
    }


def test_answers_are_the_simulators(habits):
    """Whether, when and what is answered is what a run with the same draws has."""
    for provider in range(len(PLAN.market.providers)):
        for package in PACKAGES:
            luck = DRAWS.luck(package.number, provider)
            said = reply(PLAN.market, provider, package, luck, minute(MADE_AT))
            told = habits.answer(provider, offer(package.number))
            assert (told is None) == (said is None)
            if told is not None and said is not None:
                assert (told.at, told.accepts) == (instant(said.minute), said.accepts)


def test_a_package_is_the_same_when_it_is_searched_again(habits):
    """A later search, with a later date, is of the package that its first offer was of."""
    again = offer(3) | {"needed": {"ready_at": "2031-05-05T09:00:00Z"}}
    first = [habits.answer(provider, offer(3)) for provider in range(60)]
    assert [habits.answer(provider, again) for provider in range(60)] == first
    assert any(first)


def test_what_somebody_else_referred_is_answered(habits):
    """Whoever looks around may refer somebody: it is treated as one of the day's packages."""
    other = offer(3) | {
        "referral_id": "019a0000-0000-7000-8000-000000000003",
        "needed": {"ready_at": "2031-05-05T09:00:00Z"},
    }
    assert any(habits.answer(provider, other) for provider in range(60))


def test_a_no_carries_what_the_endpoint_asks_for(habits):
    """`other` always has a note, and no reason needs who was told."""
    told = [habits.answer(p, offer(n)) for p in range(60) for n in range(60)]
    declined = [one for one in told if one is not None and not one.accepts]
    assert all(one.note for one in declined if one.reason == "other")
    assert "safety" not in {one.reason for one in declined}


def test_hours_that_are_given_back_are_free_again(habits):
    """Awards fill a provider up; after a release there is room for as much as before."""
    provider = min(range(60), key=lambda n: PLAN.market.providers[n].hours_a_week)
    taken = []
    for number in range(60):
        if not habits.has_room(provider, offer(number), MADE_AT):
            break
        habits.award(provider, offer(number), MADE_AT)
        taken.append(number)
    full = len(taken)
    assert full < 60
    assert not habits.has_room(provider, offer(full), MADE_AT)
    for number in taken:
        habits.give_back(provider, offer(number))
    assert habits.has_room(provider, offer(full), MADE_AT)


def test_an_award_is_dealt_with_after_it_was_made(habits):
    """Confirmed or released later, and care begins after that if it does on the day."""
    for number in range(60):
        plan = habits.award(3, offer(number), MADE_AT)
        assert plan.at > MADE_AT
        assert plan.starts_at is None or plan.starts_at > plan.at
