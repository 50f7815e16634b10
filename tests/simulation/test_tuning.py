"""Prices found by simulation, and variants of a policy that differ in nothing but the strategy."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.simulator.figures import Goal
from deploy.simulator.market_file import load_market
from deploy.simulator.tuning import Trial, Tuning, tune
from deploy.simulator.variants import adaptive, broadcast, broadcasts, families_of_waves, waves
from services.matching.policy_file import load_policy

POLICY = load_policy(Path("deploy/policies/devon-cares.yaml"))
MARKET = load_market(Path("deploy/markets/devon.yaml"))


def tuned(*goals: Goal) -> tuple[Trial, list[Trial]]:
    """What a small tuning finds, and everything that it tried."""
    tried: list[Trial] = []
    wanted = Tuning(
        market=MARKET, policy=POLICY, goals=goals, seeds=(1001, 1002), weeks=2, warm_up_weeks=0,
        processes=1,
    )  # fmt: skip
    return tune(wanted, tried.append), tried


def test_the_cheapest_prices_that_reach_the_goals_are_found() -> None:
    """Of all that were tried and reach the goals none takes fewer offers."""
    found, tried = tuned(Goal(minutes=90, percent=30), Goal(minutes=240, percent=60))
    reaching = [trial for trial in tried if trial.reaches]
    assert found.reaches
    assert found.figures.mean("offers") == min(one.figures.mean("offers") for one in reaching)
    assert set(found.prices) == {90, 240}


def test_goals_out_of_reach_are_said_to_be() -> None:
    """Where no prices reach them, the trial that fills most in time is given, and marked."""
    found, tried = tuned(Goal(minutes=90, percent=100), Goal(minutes=240, percent=100))
    assert not any(trial.reaches for trial in tried)
    assert not found.reaches
    most = max(trial.figures.mean("filled_240") for trial in tried)
    assert found.figures.mean("filled_240") == most


def test_a_policy_that_is_not_adaptive_is_refused() -> None:
    """Its prices would change nothing."""
    fixed = broadcast(POLICY, 45, 60)
    wanted = Tuning(
        market=MARKET, policy=fixed, goals=(Goal(minutes=240, percent=97),), seeds=(1, 2), weeks=1,
        warm_up_weeks=0, processes=1,
    )  # fmt: skip
    with pytest.raises(ValueError, match="no adaptive tier"):
        tune(wanted, print)


def test_variants_ask_the_same_providers_in_the_same_order() -> None:
    """Only strategy, windows, budgets and the name differ."""
    budgets = [45, 30, None]
    for variant in (
        broadcast(POLICY, 45, 60),
        waves(POLICY, 3, 30, budgets),
        adaptive(POLICY, {90: 1.0, 240: 10.0}, 240, budgets),
    ):
        assert variant.lots == POLICY.lots
        for tier, its in zip(variant.tiers, POLICY.tiers, strict=True):
            assert replace(
                tier, adaptive=its.adaptive, wave_size=its.wave_size,
                window_minutes=its.window_minutes, budget_minutes=its.budget_minutes,
            ) == its  # fmt: skip


def test_every_policy_of_a_grid_has_its_own_name() -> None:
    """Figures are told apart by it."""
    names = [policy.name for policy in broadcasts(POLICY)]
    names += [one.name for _, family in families_of_waves(POLICY, [45, 30, None]) for one in family]
    assert len(names) == len(set(names)) == 20 + 45
