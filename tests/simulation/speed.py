"""How long simulating takes, and one decision: `python -m tests.simulation.speed`.

Processor seconds of one core, so that other work on the machine counts little: a year of market
`devon` (about 1,560 packages) under a broadcast, under waves and under the adaptive policy that
ships, what a hundred seeds of all three would take, and decisions of an adaptive policy.
"""

import argparse
import tempfile
from pathlib import Path
from time import process_time

from deploy.simulator.grid import budgets_of
from deploy.simulator.market_file import load_market
from deploy.simulator.running import Run, run
from deploy.simulator.variants import broadcast, waves
from services.matching.policy_file import load_policy
from tests.benchmarks import decisions

WEEKS, WARM_UP_WEEKS, SEEDS, CORES = 52, 12, 100, 2
DECISION_WEEKS = 8


def main() -> None:
    """Time a few years of each policy, and print the least, which other work disturbed least."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=3, help="of each policy")
    years = parser.parse_args().years
    market = load_market(Path("deploy/markets/devon.yaml"))
    policy = load_policy(Path("deploy/policies/devon-cares.yaml"))
    whole = 0.0
    for one in (broadcast(policy, 90, 60), waves(policy, 3, 30, budgets_of(policy)), policy):
        runs = [
            run(Run(market=market, policy=one, seed=seed, weeks=WEEKS))
            for seed in range(1, years + 1)
        ]
        best = min(runs, key=lambda outcome: outcome.seconds)
        whole += SEEDS * best.seconds * (WEEKS + WARM_UP_WEEKS) / WEEKS
        print(
            f"{one.name}: {best.seconds:.2f} s a year of {len(best.packages)} packages, "
            f"{best.decisions / best.seconds:,.0f} decisions a second"
        )
    print(
        f"{SEEDS} seeds of all three, {WARM_UP_WEEKS} weeks of warm-up included, on {CORES} cores: "
        f"{whole / CORES / 60:.1f} minutes"
    )
    with tempfile.TemporaryDirectory() as folder:
        found = decisions.measure(Path(folder), DECISION_WEEKS, process_time)
    print(f"one of {found.count:,} adaptive decisions: p50 {found.p50_ms:.2f} ms, "
          f"p99 {found.p99_ms:.2f} ms, worst {found.worst_ms:.2f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
