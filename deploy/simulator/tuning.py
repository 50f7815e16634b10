"""Finds the prices of a miss under which an adaptive policy reaches its goals with fewest offers.

All packages share the prices, so they are found on many packages at once: on seeds kept for tuning,
never on those that are reported. The more a miss costs, the more are asked and the more is filled
in time, so that for each proportion between the prices the least scale that reaches the goals is
found by halving; of all proportions the one of fewest offers is taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deploy.simulator.figures import Figures, Goal, figures_of
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.running import Run, run_all
from services.matching.domain.policy import Policy

PROPORTIONS = (0.0, 0.03, 0.1, 0.3)
"""The price of an earlier target for each 1 of the last one's."""
SCALES = tuple(round(2 ** (step / 3), 1) for step in range(25))
"""The price of missing the last target, in offers: from 1 to 256, each a quarter more."""

FIRST_TUNING_SEED = 1001
"""Seeds from here on are for tuning; figures are reported on those before."""

Prices = dict[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One set of prices and what came of it."""

    prices: Prices
    figures: Figures
    reaches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What to tune on. `seeds` are kept for tuning; `weeks` of each count, after the warm-up."""

    market: SimulatedMarket
    policy: Policy
    goals: Sequence[Goal]
    seeds: Sequence[int]
    weeks: int
    warm_up_weeks: int
    processes: int


def tune(wanted: Tuning, on_trial: Callable[[Trial], None]) -> Trial:
    """The cheapest prices that reach every goal; where none do, those that fill most in time.

    Tells each trial as it is made. Raises ValueError for a policy without an adaptive tier.
    """
    if not any(tier.adaptive for tier in wanted.policy.tiers):
        raise ValueError(
            f"{wanted.policy.name} has no adaptive tier, so that prices change nothing"
        )
    trials: list[Trial] = []
    for proportion in PROPORTIONS:
        low, high = 0, len(SCALES) - 1
        while low < high:
            middle = (low + high) // 2
            trial = _try(wanted, proportion, SCALES[middle])
            on_trial(trial)
            trials.append(trial)
            if trial.reaches:
                high = middle
            else:
                low = middle + 1
    reaching = [trial for trial in trials if trial.reaches]
    if reaching:
        return min(reaching, key=lambda trial: trial.figures.mean("offers"))
    last = wanted.goals[-1].key
    return max(trials, key=lambda trial: trial.figures.mean(last))


def _try(wanted: Tuning, proportion: float, scale: float) -> Trial:
    *earlier, last = [goal.minutes for goal in wanted.goals]
    prices = {**{target: round(scale * proportion, 2) for target in earlier}, last: scale}
    policy = replace(wanted.policy, prices=prices)
    runs = [
        Run(
            market=wanted.market,
            policy=policy,
            seed=seed,
            weeks=wanted.weeks,
            warm_up_weeks=wanted.warm_up_weeks,
        )
        for seed in wanted.seeds
    ]
    outcomes = dict(run_all(runs, wanted.processes))
    figures = figures_of([outcomes[n] for n in range(len(runs))])
    return Trial(prices=prices, figures=figures, reaches=figures.reaches_all(wanted.goals))
