"""`python -m tests.simulation.handlers`: schedules by number, or one seed again, step by step."""

import argparse
import os
import sys

from tests.simulation.handlers.campaign import Found, run_many, run_one


def main() -> int:
    """Runs what is asked for; 1 if anything did not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation.handlers", description=__doc__
    )
    parser.add_argument("--schedules", type=int, default=10_000, help="how many seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first of them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--trace", action="store_true", help="tell each step; one process")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.schedules)
    found = Found()
    if asked.trace:
        for seed in seeds:
            print(f"seed {seed}")
            found.add(run_one(seed, note=print))
    else:
        for some in run_many(seeds, min(asked.workers, len(seeds))):
            found.add(some)
            print(f"{found.schedules} schedules, {len(found.failed)} failed", file=sys.stderr)
    print("\n".join(f"{count:9,} {what}" for what, count in sorted(found.met.items())))
    print(f"{found.schedules} schedules from seed {asked.seed}, digest {found.digest[:16]}")
    print(found.told() or "all that must hold holds")
    return 1 if found.failed else 0


if __name__ == "__main__":
    sys.exit(main())
