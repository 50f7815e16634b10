"""Runs of policies on markets: one, or many over the processor's cores."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from time import process_time

from deploy.simulator.drawing import WEEK_MINUTES, Draws
from deploy.simulator.forecasting import Forecaster
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.outcomes import RunOutcome
from deploy.simulator.world import World
from services.matching.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is to be run. `weeks` are reported, after `warm_up_weeks` that are not."""

    market: SimulatedMarket
    policy: Policy
    seed: int
    weeks: int
    warm_up_weeks: int = 0
    forecasts: bool = False
    """Whether every search's forecasts are held against what came of them; it takes time."""


def run(wanted: Run) -> RunOutcome:
    """The outcome of a run, always the same for the same run but for the seconds it took."""
    began = process_time()
    draws = Draws(wanted.market, wanted.seed, wanted.warm_up_weeks + wanted.weeks)
    forecaster = Forecaster(wanted.market, wanted.policy) if wanted.forecasts else None
    world = World(wanted.policy, draws, forecaster)
    world.run()
    packages = [case.outcome(wanted.policy) for case in world.cases]
    warm = wanted.warm_up_weeks * WEEK_MINUTES
    return RunOutcome(
        market=wanted.market.name,
        policy=wanted.policy.name,
        seed=wanted.seed,
        weeks=wanted.weeks,
        packages=tuple(one for one in packages if one.received_minute >= warm),
        decisions=world.decisions,
        seconds=process_time() - began,
    )


def run_all(runs: Sequence[Run], processes: int) -> Iterator[tuple[int, RunOutcome]]:
    """Each run's outcome with its place in `runs`, as soon as it is there."""
    if processes <= 1 or len(runs) <= 1:
        yield from ((n, run(one)) for n, one in enumerate(runs))
        return
    # Spawned and not forked: a process of the tests or of the command may have threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(runs)), mp_context=context) as pool:
        places = {pool.submit(run, one): n for n, one in enumerate(runs)}
        for done in as_completed(places):
            yield places[done], done.result()
