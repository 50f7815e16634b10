"""Runs that go on after the award: the same bytes each time, the production commands, and counts."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.simulator.courses import ProviderLuck, course_of, later_luck
from deploy.simulator.drawing import WEEK_MINUTES, Draws, instant
from deploy.simulator.figures import BY_KEY, figures_of
from deploy.simulator.figures_life import LIFE_MEASURES, later_by_cause
from deploy.simulator.lived import LivedCase, visits_between
from deploy.simulator.living import LivingWorld
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.running import Run, run
from deploy.simulator.world import World
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain import placement as states
from tests.simulation.test_engine import ADAPTIVE, LIMITED, PRICES, WEIGHING, digest
from tests.unit.simulator.small import FICKLE, LIFE, policy, small

PAUSES_ONLY = (
    "outages:",
    (
        "life:\n  pauses: {a_week: 0.1, days: {median: 5, sigma: 0.1}, returns: 1.0, held_days: 30}\n"
        "outages:"
    ),
)


def lively(folder: Path, *changes: tuple[str, str]) -> SimulatedMarket:
    return small(folder, FICKLE, LIFE, *changes)


def lived(market: SimulatedMarket, folder: Path, weeks: int = 20, seed: int = 1) -> LivingWorld:
    world = LivingWorld(policy(folder), Draws(market, seed, weeks))
    world.run()
    return world


def cases_of(world: World) -> list[LivedCase]:
    return [case for case in world.cases if isinstance(case, LivedCase)]


@pytest.mark.parametrize(
    "changes",
    [(), (ADAPTIVE, PRICES), (WEIGHING, LIMITED)],
    ids=["simultaneous", "adaptive", "weighing what is carried"],
)
def test_a_market_without_a_life_is_the_same_in_either_world(tmp_path, changes):
    """The first search of a package is decided alike, to the last digit, whichever world runs it."""
    market, rules = small(tmp_path), policy(tmp_path, *changes)
    assert not market.lives
    draws = Draws(market, 3, 8)
    plain, living = World(rules, draws), LivingWorld(rules, draws)
    plain.run()
    living.run()
    for one, other in zip(plain.cases, living.cases, strict=True):
        told = other.outcome(rules)
        assert told.life is not None
        assert not told.life.later
        assert replace(told, life=None) == one.outcome(rules)


def test_the_same_seed_gives_the_same_life(tmp_path):
    """Again and to the last digit, and another one for another seed."""
    wanted = Run(market=lively(tmp_path), policy=policy(tmp_path), seed=3, weeks=10)
    assert digest(run(wanted)) == digest(run(wanted)) != digest(run(replace(wanted, seed=4)))


def test_everything_that_can_happen_after_the_award_does(tmp_path):
    """Each cause of a later search, each answer to a question, by the events of production."""
    events: Counter[type] = Counter()
    market = lively(tmp_path)
    world = LivingWorld(policy(tmp_path), Draws(market, 1, 40))
    follow = world._follow

    def noted(now, case, event):
        events[type(event)] += 1
        follow(now, case, event)

    world._follow = noted  # type: ignore[method-assign]
    world.run()
    for kind in (
        care.HandedBack, care.CarePaused, care.PauseLapsed, care.RestartAsked, care.CareResumed,
        care.RestartRefused, care.ChangeAsked, care.ChangeAgreed, care.ChangeRefused,
        care.CareEnding, care.CareEnded,
    ):  # fmt: skip
        assert events[kind] > 3, kind
    assert not events[e.RequestRefused], "nobody says what is no longer asked"
    causes = {one.cause for case in cases_of(world) for one in case.later.values()}
    assert causes == {
        "handed_back", "pause_lapsed", "restart_refused", "change_refused", "reablement_ended",
    }  # fmt: skip


def test_a_life_ends_with_nobody_left_carrying_it(tmp_path):
    """Who is needed no longer has no provider and no search, and takes nobody's hours."""
    market = lively(tmp_path)
    world = lived(market, tmp_path)
    ended = [case for case in cases_of(world) if case.over]
    assert len(ended) > 50
    for case in ended:
        assert all(isinstance(one, states.Over) for one in case.whole.placements)
        assert not case.taken
    assert any(case.taken for case in cases_of(world))
    for provider in range(len(market.providers)):
        world._load.has_room(provider, 0, float("inf"))
        assert world._load._carried[provider] == pytest.approx(0)


def test_a_pause_misses_no_visit_of_a_provider_that_holds_the_package(tmp_path):
    """Everybody comes home within the pause and every provider agrees: no search, and no gap."""
    world = lived(small(tmp_path, PAUSES_ONLY), tmp_path)
    outcomes = [case.outcome(world.policy).life for case in cases_of(world)]
    paused = [case for case in cases_of(world) if case.course.stays]
    assert len(paused) > 100
    assert all(one and not one.later for one in outcomes)
    assert sum(one.visits_due for one in outcomes if one) > 10_000
    assert sum(one.visits_missed for one in outcomes if one) == 0


def test_a_hand_back_that_nobody_takes_is_a_gap_until_the_end(tmp_path):
    """With one provider left alone every hand-back ends in missed visits, counted once as a gap."""
    only = ("outcodes: [E4, E17]", "outcodes: [E4]")
    market = small(tmp_path, FICKLE, LIFE, *[only] * 2).model_copy(update={"outages": ()})
    lone = market.model_copy(update={"providers": market.providers[:1]})
    world = LivingWorld(policy(tmp_path), Draws(lone, 1, 30))
    world.run()
    handed = [case for case in cases_of(world) if case.handed_back]
    assert len(handed) > 10
    for case in handed:
        life = case.outcome(world.policy).life
        assert life is not None
        assert all(one.filled_minutes is None for one in life.later)
        assert life.gaps <= 1
        assert life.visits_missed <= life.visits_due
    assert any(case.outcome(world.policy).life.gaps for case in handed)  # type: ignore[union-attr]


def test_luck_after_the_award_belongs_to_package_and_provider(tmp_path):
    """The same for every policy, another one for another provider, search or package."""
    market = lively(tmp_path)
    assert course_of(market, 1, 5) == course_of(market, 1, 5) != course_of(market, 1, 6)
    lucks = [later_luck(1, *key) for key in ((5, 0, 1), (5, 1, 1), (5, 0, 2), (6, 0, 1))]
    assert len({one.accepts for one in lucks}) == 4
    weeks = [ProviderLuck(1, n, 0).minutes_until(0.1) / WEEK_MINUTES for n in range(2000)]
    assert sum(one < 1 for one in weeks) / len(weeks) == pytest.approx(0.1, abs=0.02)
    assert ProviderLuck(1, 5, 0).minutes_until(0) == float("inf")


VISITS = (7 * 60, 19 * 60, 24 * 60 + 7 * 60)
# Monday at seven and at seven in the evening, and Tuesday at seven.
BETWEEN: list[tuple[Any, Any, int]] = [
    (datetime(2024, 1, 1, 7, tzinfo=UTC), datetime(2024, 1, 1, 7, 1, tzinfo=UTC), 1),
    (datetime(2024, 1, 1, 7, 1, tzinfo=UTC), datetime(2024, 1, 1, 19, tzinfo=UTC), 0),
    (datetime(2024, 1, 1, 0, tzinfo=UTC), datetime(2024, 1, 15, 0, tzinfo=UTC), 6),
    (datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2024, 1, 8, 12, tzinfo=UTC), 3),
    # In summer seven o'clock in London is six in UTC.
    (datetime(2024, 7, 1, 6, tzinfo=UTC), datetime(2024, 7, 1, 6, 1, tzinfo=UTC), 1),
    (datetime(2024, 7, 1, 6, 1, tzinfo=UTC), datetime(2024, 7, 1, 12, tzinfo=UTC), 0),
]


@pytest.mark.parametrize(("start", "end", "count"), BETWEEN)
def test_visits_are_counted_by_the_clock_on_the_wall(start, end, count):
    """From the one instant on until before the other; over weeks, and over a change of the clocks."""
    assert visits_between(VISITS, start, end) == count


def test_figures_of_a_life_are_apart(tmp_path):
    """Only where there is one; later searches are in no figure of the first search."""
    wanted = Run(market=lively(tmp_path), policy=policy(tmp_path), seed=1, weeks=16)
    runs = [run(wanted), run(replace(wanted, seed=2))]
    figures = figures_of(runs)
    assert [one.key for one in figures.measures][-len(LIFE_MEASURES) :] == [
        one.key for one in LIFE_MEASURES
    ]
    later = [one for package in runs[0].packages for one in package.life.later]  # type: ignore[union-attr]
    assert figures.by_seed["later_searches"][0] == pytest.approx(
        100 * len(later) / len(runs[0].packages)
    )
    assert 0 < figures.mean("visits_given") < 100
    by_cause = {one.cause: one.per_hundred for one in later_by_cause(runs)}
    total = sum(one.mean for one in by_cause.values() if one)
    assert total == pytest.approx(figures.mean("later_searches"))
    quiet = run(replace(wanted, market=small(tmp_path)))
    assert not {one.key for one in LIFE_MEASURES} & figures_of([quiet]).by_seed.keys()
    assert later_by_cause([quiet]) == ()
    assert {one.key for one in LIFE_MEASURES} <= BY_KEY.keys()


def test_a_life_is_counted_until_the_last_week_ends(tmp_path):
    """What comes after is neither care nor gap."""
    world = lived(lively(tmp_path), tmp_path, weeks=6)
    ends = instant(world._draws.ends)
    for case in cases_of(world):
        due = case.outcome(world.policy).life.visits_due  # type: ignore[union-attr]
        if case.started_at is not None and case.started_at < ends:
            days = (ends - case.started_at).days + 1
            assert due <= 8 * days
        else:
            assert due == 0
