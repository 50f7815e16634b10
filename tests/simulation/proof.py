"""What the adaptive rule is worth, on every market that ships: `python -m tests.simulation.proof`.

Baselines and prices are chosen on tuning seeds and reported on others, paired by seed. The grids of
broadcasts and waves are those of `deploy.simulator.variants`; every strategy asks the same providers
in the same order. Everything is simulated, from assumed habits.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.simulator.comparing import (
    best_filling,
    cheapest_near,
    cheapest_reaching,
    difference,
    offers_against_family,
    ratio,
)
from deploy.simulator.figures import Figures, figures_of
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.market_file import load_market
from deploy.simulator.running import Run, run_all
from deploy.simulator.tuning import FIRST_TUNING_SEED
from deploy.simulator.variants import adaptive as paced_at
from deploy.simulator.variants import broadcasts, families_of_waves
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
WINDOW_MINUTES, BUDGETS = 240, (45, 30, 45, 90)
"""Of adaptive variants, and of waves: how long offers last, and when the next tier joins in."""
FIRST_SEED = 1
NEAR_POINTS = 0.3
"""How far below the best fill prices may stay when they are chosen: well within the point that is
allowed when figures are reported."""
PRICES: Sequence[dict[int, float]] = [
    {90: early * late, 240: late}
    for late in (10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
    for early in (0.0, 0.03, 0.1)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is simulated: seeds of so many weeks each, after a warm-up."""

    seeds: int
    weeks: int
    warm_up_weeks: int
    processes: int


def simulate(
    market: SimulatedMarket, policies: Sequence[Policy], first_seed: int, size: Size
) -> list[Figures]:
    """The figures of each policy, all on the same seeds."""
    runs = [
        Run(
            market=market,
            policy=policy,
            seed=first_seed + n,
            weeks=size.weeks,
            warm_up_weeks=size.warm_up_weeks,
        )
        for policy in policies
        for n in range(size.seeds)
    ]
    outcomes = dict(run_all(runs, size.processes))
    ordered = [outcomes[n] for n in range(len(runs))]
    return [figures_of(ordered[n : n + size.seeds]) for n in range(0, len(ordered), size.seeds)]


def named(policies: Sequence[Policy], figures: Figures) -> Policy:
    """The policy that these figures are of."""
    return next(policy for policy in policies if policy.name == figures.policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is held against each other, chosen on tuning seeds.

    `broadcast`: the cheapest that reaches both goals or, where none `reaches`, the one that fills
    most in four hours. `adaptive`: the policy itself or, where none reaches, its paced variant.
    """

    reaches: bool
    broadcast: Policy
    adaptive: Policy


def choose(market: SimulatedMarket, policy: Policy, size: Size) -> Chosen:
    """The best broadcast of the grid, and the adaptive policy to hold against it."""
    grid = list(broadcasts(policy))
    tuned = simulate(market, grid, FIRST_TUNING_SEED, size)
    reaching, best = cheapest_reaching(tuned), best_filling(tuned)
    return Chosen(
        reaches=reaching is not None,
        broadcast=named(grid, reaching or best),
        adaptive=policy if reaching else paced(market, policy, best.mean("filled_240"), size),
    )


def paced(market: SimulatedMarket, policy: Policy, least: float, size: Size) -> Policy:
    """The policy as adaptive, of fewest offers for about as much filled in four hours as `least`."""
    budgets = BUDGETS[: len(policy.tiers)]
    priced = [paced_at(policy, prices, WINDOW_MINUTES, budgets) for prices in PRICES]
    found = simulate(market, priced, FIRST_TUNING_SEED, size)
    near = [one for one in found if one.mean("filled_240") >= least - NEAR_POINTS]
    return named(priced, cheapest_near(near or found, near_points=NEAR_POINTS))


def prove(market_name: str, policy_name: str, size: Size) -> dict[str, object]:
    """One market under one policy's tiers: the best broadcast, waves(n), and adaptive."""
    market = load_market(Path(f"deploy/markets/{market_name}.yaml"))
    policy = load_policy(Path(f"deploy/policies/{policy_name}.yaml"))
    chosen = choose(market, policy, size)
    broadcast, ours = simulate(market, [chosen.broadcast, chosen.adaptive], FIRST_SEED, size)
    families = {
        window: simulate(market, family, FIRST_SEED, size)
        for window, family in families_of_waves(policy, BUDGETS[: len(policy.tiers)])
    }
    against = {
        window: share for window, family in families.items()
        if (share := offers_against_family(ours, family)) is not None
    }  # fmt: skip
    worst = max((share.mean for share in against.values()), default=None)
    return {
        "market": market_name,
        "policy": policy_name,
        "broadcast": told(broadcast),
        "reaches_both": chosen.reaches,
        "adaptive": told(ours) | {"prices": chosen.adaptive.prices},
        "offers_of_broadcasts": told_interval(ratio(ours, broadcast, "offers")),
        "filled_240_difference": told_interval(difference(ours, broadcast, "filled_240")),
        "framework_share_difference": told_interval(difference(ours, broadcast, "framework_share")),
        "offers_of_best_waves_at_equal_fill": worst,
        "waves": {window: [told(one) for one in family] for window, family in families.items()},
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
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    asked = parser.parse_args()
    size = Size(
        seeds=asked.seeds,
        weeks=asked.weeks,
        warm_up_weeks=asked.warm_up_weeks,
        processes=os.cpu_count() or 1,
    )
    results = []
    for market, policy in CASES:
        if not asked.market or market in asked.market:
            results.append(prove(market, policy, size))
            shown = {key: value for key, value in results[-1].items() if key != "waves"}
            print(json.dumps(shown, indent=1), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
