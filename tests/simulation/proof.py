"""What the adaptive rule is worth, on every market that ships: `python -m tests.simulation.proof`.

Baselines and prices are chosen on tuning seeds and reported on others, paired by seed. The grids of
broadcasts and waves are those of `deploy.simulator.variants`; every strategy asks the same providers
in the same order. Everything is simulated, from assumed habits.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.simulator.comparing import best_filling, difference, ratio
from deploy.simulator.figures import Figures
from deploy.simulator.grid import (
    BestBroadcast,
    best_broadcast,
    budgets_of,
    figures_on,
    held_against,
    named,
)
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.market_file import load_market
from deploy.simulator.study import Size
from deploy.simulator.tuning import FIRST_TUNING_SEED
from deploy.simulator.variants import adaptive as paced_at
from services.matching.domain.policy import Policy
from services.matching.policy_file import load_policy

CASES = (
    ("devon", "devon-cares"),
    ("waltham-forest", "three-tier"),
    ("waltham-forest", "waltham-forest"),
    ("rural-thin", "devon-cares"),
    ("winter-surge", "three-tier"),
    ("hostile", "devon-cares"),
)
FIRST_SEED = 1
WINDOW_MINUTES = 240
"""How long offers of adaptive variants last."""
NEAR_POINTS = 0.3
"""How far below the best fill prices may stay when they are chosen: well within the point that is
allowed when figures are reported."""
PRICES: Sequence[dict[int, float]] = [
    {90: early * late, 240: late}
    for late in (10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
    for early in (0.03, 0.1)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is held against each other, chosen on tuning seeds.

    `adaptive`: the policy itself or, where no broadcast reaches both goals, its paced variant.
    """

    broadcast: BestBroadcast
    adaptive: Policy


def choose(market: SimulatedMarket, policy: Policy, size: Size) -> Chosen:
    """The best broadcast of the grid, and the adaptive policy to hold against it."""
    best = best_broadcast(market, policy, size)
    adaptive = policy if best.reaches else paced(market, policy, best.tuned, size)
    return Chosen(broadcast=best, adaptive=adaptive)


def paced(market: SimulatedMarket, policy: Policy, broadcast: Figures, size: Size) -> Policy:
    """The policy as adaptive, at the prices of fewest offers that are as good as a broadcast.

    As good at both targets or, where no prices are, at the last one.
    """
    priced = [paced_at(policy, prices, WINDOW_MINUTES, budgets_of(policy)) for prices in PRICES]
    found = figures_on(market, priced, replace(size, first_seed=FIRST_TUNING_SEED))
    late = [one for one in found if _as_good(one, broadcast, "filled_240")]
    both = [one for one in late if _as_good(one, broadcast, "filled_90")]
    good = both or late or [best_filling(found)]
    return named(priced, min(good, key=lambda one: one.mean("offers")))


def _as_good(one: Figures, other: Figures, key: str) -> bool:
    return one.mean(key) >= other.mean(key) - NEAR_POINTS


def prove(
    market_name: str, policy_name: str, size: Size, tuning: Size | None = None
) -> dict[str, object]:
    """One market under one policy's tiers: the best broadcast, waves(n), and adaptive.

    What is held against each other is chosen on as many tuning seeds and weeks as `tuning` says.
    """
    market = load_market(Path(f"deploy/markets/{market_name}.yaml"))
    policy = load_policy(Path(f"deploy/policies/{policy_name}.yaml"))
    chosen = choose(market, policy, tuning or size)
    (ours,) = figures_on(market, [chosen.adaptive], size)
    grid = held_against(market, policy, ours, chosen.broadcast, size)
    broadcast, hardest = grid.broadcast, grid.hardest
    return {
        "market": market_name,
        "policy": policy_name,
        "broadcast": told(broadcast),
        "reaches_both": grid.reaches,
        "adaptive": told(ours) | {"prices": chosen.adaptive.prices},
        "offers_of_broadcasts": told_interval(ratio(ours, broadcast, "offers")),
        "filled_240_difference": told_interval(difference(ours, broadcast, "filled_240")),
        "framework_share_difference": told_interval(difference(ours, broadcast, "framework_share")),
        "offers_of_best_waves_at_equal_fill": hardest[1].mean if hardest else None,
        "waves": {window: [told(one) for one in family] for window, family in grid.waves.items()},
    }


def told(figures: Figures) -> dict[str, object]:
    """What is compared, with its interval."""
    keys = ("filled_90", "filled_240", "filled_1440", "offers", "framework_share", "never")
    return {"policy": figures.policy} | {
        key: told_interval(figures.intervals.get(key)) for key in keys
    }


def told_interval(interval: object) -> list[float | None] | None:
    """Mean, low and high."""
    if interval is None:
        return None
    values = (getattr(interval, name) for name in ("mean", "low", "high"))
    return [None if value is None else round(value, 3) for value in values]


def main() -> None:
    """Prove every case, or those named, and print each as it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--market", action="append", help="only this market; may be repeated")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--warm-up-weeks", type=int, default=12)
    parser.add_argument("--tuning-seeds", type=int, help="as many as --seeds if not given")
    parser.add_argument("--tuning-weeks", type=int, help="as many as --weeks if not given")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    asked = parser.parse_args()
    size = Size(
        seeds=asked.seeds,
        weeks=asked.weeks,
        warm_up_weeks=asked.warm_up_weeks,
        processes=os.cpu_count() or 1,
    )
    tuning = replace(
        size,
        seeds=asked.tuning_seeds or size.seeds,
        weeks=asked.tuning_weeks or size.weeks,
    )
    results = []
    for market, policy in CASES:
        if not asked.market or market in asked.market:
            results.append(prove(market, policy, size, tuning))
            shown = {key: value for key, value in results[-1].items() if key != "waves"}
            print(json.dumps(shown, indent=1), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
