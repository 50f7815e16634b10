"""Runs of policies on markets: one, or many over the processor's cores."""

import multiprocessing
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time

from deploy.simulator.drawing import WEEK_MINUTES, Draws
from deploy.simulator.forecasting import Forecaster
from deploy.simulator.living import LivingWorld
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
    """Whether searches' forecasts are held against what came of them; it takes time."""
    forecast_every: int = 1
    """Of every so many packages, one is forecast."""


def run(wanted: Run) -> RunOutcome:
    """The outcome of a run, always the same for the same run but for the seconds it took."""
    began = process_time()
    draws = Draws(wanted.market, wanted.seed, wanted.warm_up_weeks + wanted.weeks)
    forecaster = (
        Forecaster(wanted.market, wanted.policy, wanted.forecast_every)
        if wanted.forecasts
        else None
    )
    world = (LivingWorld if wanted.market.lives else World)(wanted.policy, draws, forecaster)
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


def run_all(runs: Sequence[Run], processes: int) -> Generator[tuple[int, RunOutcome], None, None]:
    """Each run's outcome with its place in `runs`, as soon as it is there.

    However this ends (done, closed, an error, Ctrl-C), no process of it is left.
    """
    if processes <= 1 or len(runs) <= 1:
        yield from ((n, run(one)) for n, one in enumerate(runs))
        return
    # Spawned and not forked: a process of the tests or of the command may have threads.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(processes, len(runs)), mp_context=context)
    try:
        with _no_interrupt():
            places = {pool.submit(run, one): n for n, one in enumerate(runs)}
        for done in as_completed(places):
            yield places[done], done.result()
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Processes that are started in here never hear Ctrl-C: whoever started them ends them.

    A Ctrl-C meanwhile is heard afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
