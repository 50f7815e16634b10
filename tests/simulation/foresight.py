"""How good the forecasts are on every market that ships: `python -m tests.simulation.foresight`.

Each is made as the service makes it, of every search at set ages, under the market's own adaptive
policy; where that is not adaptive, under the paced variant of `tests.simulation.proof`. Held against
it: the base rate of searches of the same age, and one who knows every provider's true habits.
Everything is simulated, from assumed habits.
"""

import argparse
import json
import os
from collections.abc import Sequence
from math import erfc, sqrt
from pathlib import Path

from deploy.simulator.figures_forecasts import (
    NORMAL_95,
    TOLD_FROM,
    ForecastFigures,
    Tenth,
    forecast_figures,
)
from deploy.simulator.market_file import load_market
from deploy.simulator.outcomes import RunOutcome
from deploy.simulator.running import Run, run_all
from deploy.simulator.study import Size
from services.matching.policy_file import load_policy
from tests.simulation.proof import CASES, FIRST_SEED, choose, told_interval

OFF_BY = 0.05
"""How far what happened may lie from what was said, or else by its sampling error."""
LEAST_OF_ORACLE = 0.5
"""How much of the skill of one who knows the habits a forecast has at least, by 1.5 hours."""


def foresee(market_name: str, policy_name: str, size: Size, tuning: Size) -> dict[str, object]:
    """The forecasts of one market under one policy's tiers, by horizon."""
    market = load_market(Path(f"deploy/markets/{market_name}.yaml"))
    policy = load_policy(Path(f"deploy/policies/{policy_name}.yaml"))
    if not any(tier.adaptive for tier in policy.tiers):
        policy = choose(market, policy, tuning).adaptive
    runs = [
        Run(
            market=market,
            policy=policy,
            seed=size.first_seed + n,
            weeks=size.weeks,
            warm_up_weeks=size.warm_up_weeks,
            forecasts=True,
        )
        for n in range(size.seeds)
    ]
    outcomes: dict[int, RunOutcome] = dict(run_all(runs, size.processes))
    found = forecast_figures([outcomes[n] for n in range(len(runs))])
    return {
        "market": market_name,
        "policy": policy.name,
        **{one.horizon: told(one) for one in found},
        "holds": all(holds(one) for one in found),
        "tenths_told": sum(len(told_of(one.tenths)) for one in found),
        "tenths_off": sum(len(off(one.tenths)) for one in found),
        "off_by_luck": round(sum(off_by_luck(one.tenths) for one in found), 1),
    }


def holds(figures: ForecastFigures) -> bool:
    """Whether a horizon's forecasts are as good as is promised.

    By 1.5 hours: surely better than the base rate, and half as good as with every habit known. By 4
    hours: not surely worse than the base rate. Always: what is said is what happens.
    """
    skill, oracle = figures.skill, figures.oracle_skill
    if skill is None or oracle is None or skill.low is None or skill.high is None:
        return False
    skilled = True
    if figures.horizon == "90":
        skilled = skill.low > 0 and skill.mean >= LEAST_OF_ORACLE * oracle.mean
    elif figures.horizon == "240":
        skilled = skill.high >= 0
    return skilled and not off(figures.tenths)


def off(tenths: Sequence[Tenth]) -> list[Tenth]:
    """Tenths with enough forecasts in which not what was said has happened."""
    return [one for one in told_of(tenths) if abs(one.happened - one.said) > _bound(one)]


def off_by_luck(tenths: Sequence[Tenth]) -> float:
    """How many tenths would be off on average where all that is said is true: one in twenty of
    those with so few packages that their sampling error is more than 5 points, few of the others."""
    errors = [(_bound(one), one.sampling_error / NORMAL_95) for one in told_of(tenths)]
    return sum(erfc(bound / error / sqrt(2)) for bound, error in errors if error)


def told_of(tenths: Sequence[Tenth]) -> list[Tenth]:
    """Tenths with enough forecasts to say something about them."""
    return [one for one in tenths if one.forecasts >= TOLD_FROM]


def _bound(one: Tenth) -> float:
    return max(OFF_BY, one.sampling_error)


def told(figures: ForecastFigures) -> dict[str, object]:
    """What is promised of a horizon, and each tenth: how many, said, happened, sampling error."""
    return {
        "forecasts": figures.forecasts,
        "skill": told_interval(figures.skill),
        "oracle_skill": told_interval(figures.oracle_skill),
        "holds": holds(figures),
        "tenths_off": [tenth(one) for one in off(figures.tenths)],
        "tenths": [tenth(one) for one in figures.tenths],
    }


def tenth(one: Tenth) -> list[float]:
    """A tenth as a row of figures."""
    return [one.forecasts, *[round(x, 3) for x in (one.said, one.happened, one.sampling_error)]]


def main() -> None:
    """Look at every case, or those named, and print each as it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--market", action="append", help="only this market; may be repeated")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--weeks", type=int, default=40)
    parser.add_argument("--warm-up-weeks", type=int, default=12)
    parser.add_argument("--tuning-seeds", type=int, default=4, help="where a policy is chosen")
    parser.add_argument("--tuning-weeks", type=int, default=26)
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    asked = parser.parse_args()
    processes = os.cpu_count() or 1
    size, tuning = (
        Size(
            first_seed=asked.first_seed,
            seeds=seeds,
            weeks=weeks,
            warm_up_weeks=asked.warm_up_weeks,
            processes=processes,
        )
        for seeds, weeks in (
            (asked.seeds, asked.weeks),
            (asked.tuning_seeds, asked.tuning_weeks),
        )
    )
    results = []
    for market, policy in CASES:
        if not asked.market or market in asked.market:
            results.append(foresee(market, policy, size, tuning))
            print(json.dumps(results[-1]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
