"""Many schedules, one after the other or on several cores, and what is said of one that fails."""

import hashlib
import logging
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from tests.simulation.handlers.policies import strategies_in
from tests.simulation.handlers.schedule import COMMAND, Schedule

CHUNK = 250


@dataclass(slots=True)
class Found:
    """What came of some schedules."""

    schedules: int = 0
    failed: dict[int, list[str]] = field(default_factory=dict)
    """By seed what did not hold."""
    met: Counter[str] = field(default_factory=Counter)
    """Types of events, strategies and troubles, by how often they came about."""
    digest: str = ""
    """Of all that was decided: the same seeds give the same."""

    def add(self, other: "Found") -> None:
        """Takes in what came of later ones."""
        self.schedules += other.schedules
        self.failed |= other.failed
        self.met.update(other.met)
        self.digest = hashlib.sha256((self.digest + other.digest).encode()).hexdigest()

    def told(self) -> str:
        """Every failure with the command that plays it again."""
        return "\n".join(
            f"seed {seed}: {'; '.join(faults[:3])}\n  again: {COMMAND.format(seed=seed)} --trace"
            for seed, faults in sorted(self.failed.items())
        )


def run_one(seed: int, **doubles: Any) -> Found:
    """One schedule; an error that left it is a failure like any other."""
    schedule = Schedule(seed, **doubles)
    with _quiet():
        try:
            faults = schedule.run()
        except Exception as error:
            faults = [f"{type(error).__name__}: {error}"]
            schedule.note(traceback.format_exc())
    decided = []
    for row in sorted(schedule.database.rows("events"), key=lambda row: row["position"]):
        decided.append(row["body"])
        schedule.note(f"{row['recorded_at']:%d %H:%M:%S} {row['key']} {row['type']}")
    return Found(
        schedules=1,
        failed={seed: faults} if faults else {},
        met=schedule.met + Counter(strategies_in(schedule.document)),
        digest=hashlib.sha256("".join(decided).encode()).hexdigest(),
    )


def run(seeds: Sequence[int]) -> Found:
    """These seeds, one after the other."""
    found = Found()
    for seed in seeds:
        found.add(run_one(seed))
    return found


def run_many(seeds: range, workers: int) -> Iterator[Found]:
    """These seeds on so many cores; what came of each few hundred, in their order."""
    chunks = [seeds[first : first + CHUNK] for first in range(0, len(seeds), CHUNK)]
    if workers == 1:
        yield from map(run, chunks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(run, chunks)


@contextmanager
def _quiet() -> Iterator[None]:
    """The services' logs tell of troubles that are meant to be."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
