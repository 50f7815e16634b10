"""The simulator's engine: the same bytes each time, the same luck for every policy, habits obeyed."""

import hashlib
import pickle
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.simulator.drawing import DAY_MINUTES, WEEK_MINUTES, Draws, minute
from deploy.simulator.market import SENSITIVITY, changed
from deploy.simulator.outcomes import RunOutcome
from deploy.simulator.running import Run, run, run_all
from deploy.simulator.world import World
from services.matching.domain import events as e
from services.matching.domain.placement import Awarded, Exhausted, Searched, Started
from tests.unit.simulator.small import policy, small

ROOT = Path(__file__).parents[2]
ADAPTIVE = ("strategy: simultaneous", "strategy: adaptive")
PRICES = ("confirmation_minutes: 120", "prices: {90: 4.0, 240: 10.0}\nconfirmation_minutes: 120")
WEIGHING = (
    "ranking: [turns]", "ranking: {distance: 3, rotation: 2, capacity: 1}\n    capacity: strict"
)  # fmt: skip
LIMITED = ("confirmation_minutes: 120", "most_live_offers: 2\nconfirmation_minutes: 120")


def digest(outcome: RunOutcome) -> str:
    """A fingerprint of everything but the seconds it took."""
    return hashlib.sha256(repr(replace(outcome, seconds=0.0)).encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [(), (ADAPTIVE, PRICES), (WEIGHING, LIMITED)],
    ids=["simultaneous", "adaptive", "weighing what is carried"],
)
def test_the_same_seed_gives_the_same_bytes(tmp_path, changes):
    """A run repeated here, and in another process with other hashes, is the same to the last digit."""
    wanted = Run(
        market=small(tmp_path), policy=policy(tmp_path, *changes), seed=3, weeks=6, warm_up_weeks=2
    )
    here = digest(run(wanted))
    assert digest(run(wanted)) == here
    assert digest(run(replace(wanted, seed=4))) != here
    (tmp_path / "run").write_bytes(pickle.dumps(wanted))
    code = (
        "import pickle, sys; from tests.simulation.test_engine import digest;"
        "from deploy.simulator.running import run;"
        "print(digest(run(pickle.load(open(sys.argv[1], 'rb')))))"
    )
    for hashes in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "run")],
            cwd=ROOT, env={"PYTHONHASHSEED": hashes, "PATH": ""}, check=True, capture_output=True,
            text=True,
        )  # fmt: skip
        assert told.stdout.strip() == here


def test_many_runs_over_processes_are_the_runs_themselves(tmp_path):
    """Spawned processes give what one process gives, each with its place."""
    runs = [
        Run(market=small(tmp_path), policy=policy(tmp_path), seed=seed, weeks=2) for seed in (1, 2)
    ]
    alone = {n: digest(one) for n, one in run_all(runs, 1)}
    assert {n: digest(one) for n, one in run_all(runs, 2)} == alone
    assert alone[0] != alone[1]


def test_policies_are_compared_on_the_same_luck(tmp_path):
    """Under any policy the same packages come, and whoever is asked by both says the same."""
    market = small(tmp_path, ("hours_a_week: 500", "hours_a_week: 900"))
    draws = Draws(market, 1, 12)
    said: list[dict[tuple[int, str], bool]] = []
    for changes in ((), (("strategy: simultaneous", "strategy: sequential"),)):
        world = World(policy(tmp_path, *changes), draws)
        world.run()
        answers: dict[tuple[int, str], bool] = {}
        for case in world.cases:
            assert isinstance(case.placement, Searched)
            for offer in case.placement.offers:
                if offer.answered_at is not None and offer.round == 1:
                    key = (case.package.number, str(offer.provider_id))
                    answers[key] = offer.status != "declined"
        said.append(answers)
    both = said[0].keys() & said[1].keys()
    assert len(both) > 100
    assert {key: said[0][key] for key in both} == {key: said[1][key] for key in both}


def test_the_warm_up_is_run_and_not_reported(tmp_path):
    """The packages left are those of a longer run, from the end of the warm-up on."""
    wanted = Run(market=small(tmp_path), policy=policy(tmp_path), seed=1, weeks=8)
    whole, cut = run(wanted), run(replace(wanted, weeks=5, warm_up_weeks=3))
    assert cut.weeks == 5
    assert cut.packages == tuple(
        one for one in whole.packages if one.received_minute >= 3 * WEEK_MINUTES
    )
    assert cut.decisions == whole.decisions


def test_nobody_answers_outside_their_hours(tmp_path):
    """Every answer of a run falls into the provider's own hours, whenever it was asked."""
    late = ('hours: "08:00-18:00"', 'hours: "17:00-24:00"')
    window = (
        "window_minutes: {urgent: 45, routine: 45}",
        "window_minutes: {urgent: 900, routine: 900}",
    )
    budget = (
        "budget_minutes: {urgent: 45, routine: 45}",
        "budget_minutes: {urgent: 900, routine: 900}",
    )
    world = World(policy(tmp_path, window, budget), Draws(small(tmp_path, late), 1, 8))
    world.run()
    answered = [
        minute(offer.answered_at)
        for case in world.cases
        if isinstance(case.placement, Searched)
        for offer in case.placement.offers
        if offer.answered_at is not None
    ]
    assert len(answered) > 100
    assert all(450 <= at % DAY_MINUTES <= 1200 for at in answered)
    assert any(at % DAY_MINUTES < 600 for at in answered)


def test_a_full_provider_declines(tmp_path):
    """Nobody ever carries more than its hours, and what does not fit is declined for capacity."""
    tight = (("hours_a_week: 900", "hours_a_week: 60"),) * 2
    world = World(policy(tmp_path), Draws(small(tmp_path, *tight), 1, 20))
    reasons: Counter[str] = Counter()
    follow = world._follow

    def noted(now, case, event):
        follow(now, case, event)
        if isinstance(event, e.OfferDeclined):
            reasons[event.reason] += 1
        assert world._load._carried[0] <= 60 * 60

    world._follow = noted  # type: ignore[method-assign]
    world.run()
    assert reasons["no_capacity"] > 50
    assert reasons["times"] > 50


def test_an_award_that_is_given_back_is_not_a_fill(tmp_path):
    """Where every yes is released, searches end with nobody, hours are free and a person is told."""
    fickle = ("releases: 0.05", "releases: 1.0")
    changed_too = ("accepts: 0.9, hours", "accepts: 0.9, releases: 1.0, hours")
    world = World(policy(tmp_path), Draws(small(tmp_path, fickle, changed_too), 1, 4))
    world.run()
    outcomes = [case.outcome(world.policy) for case in world.cases]
    assert all(isinstance(case.placement, Exhausted) for case in world.cases)
    assert all(one.filled_minutes is None and one.provider is None for one in outcomes)
    assert all(one.interventions for one in outcomes)
    assert world._load._carried == [0, 0, 0]


def test_every_package_ends_filled_or_with_a_person(tmp_path):
    """Nothing is left under way: each has started with its provider, or nobody is left to ask."""
    world = World(policy(tmp_path), Draws(small(tmp_path), 1, 20))
    world.run()
    for case in world.cases:
        one = case.outcome(world.policy)
        assert isinstance(case.placement, Started | Exhausted)
        assert (one.filled_minutes is None) == isinstance(case.placement, Exhausted)
        if one.filled_minutes is not None:
            complete = minute(case.package.complete_at) - minute(case.package.received_at)
            assert one.filled_minutes > complete
            assert one.provider in {"First Care", "second", "third"}
            assert one.awarded_kind in {"framework", "spot"}
            assert one.rate_pence in {1790, 1800, 1950}
        assert not isinstance(case.placement, Awarded)
    assert any(case.started_late for case in world.cases)


def test_worse_habits_fill_less(tmp_path):
    """With acceptance times 0.7 and answer times times 2 fewer are filled within four hours."""
    wanted = Run(market=small(tmp_path), policy=policy(tmp_path), seed=1, weeks=26)
    worse = replace(wanted, market=changed(wanted.market, SENSITIVITY))

    def in_time(outcome: RunOutcome) -> int:
        return sum((one.filled_minutes or 9e9) <= 240 for one in outcome.packages)

    assert in_time(run(worse)) < 0.9 * in_time(run(wanted))
