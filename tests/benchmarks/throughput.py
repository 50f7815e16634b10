"""Rounds of (a) to (d) in turn on the same load, each on a database and topics of its own."""

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from shared.web.serving import collect_rarely
from tests.benchmarks import as_service, floor, one_by_one
from tests.benchmarks.load import Load, acceptances, preload, referrals
from tests.benchmarks.market import POLICY, adaptive_policy
from tests.benchmarks.place import Place, connected, database_now, new_place
from tests.stack import TestStack


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round's decisions a second, and where each contender left its rows."""

    service: float
    one_by_one: float
    floor: float
    adaptive: float
    memory_bytes: int
    places: dict[str, Place]


async def run_round(stack: TestStack, *, count: int, usual: int, folder: Path, say: Callable[[str], None]) -> Round:  # fmt: skip
    """`count` referrals and as many acceptances for each, but for (b) the first `usual` of both."""
    ours = await new_place(stack)
    say("(a) the service")
    speed, memory, halves = await measure_service(stack, ours, first=0, count=count, folder=folder)
    say("(b) one at a time")
    usual_place = await new_place(stack)
    usual_speed = await _measure_usual(usual_place, usual)
    say("(c) the floor")
    floor_place = await new_place(stack)
    floor_speed = await _measure_floor(floor_place, count, halves)
    say("(d) the service, adaptive")
    adaptive_place = await new_place(stack)
    adaptive_speed, _, _ = await measure_service(
        stack, adaptive_place, first=0, count=count, folder=folder, policy=adaptive_policy(folder)
    )
    return Round(
        service=speed,
        one_by_one=usual_speed,
        floor=floor_speed,
        adaptive=adaptive_speed,
        memory_bytes=memory,
        places={
            "service": ours,
            "one_by_one": usual_place,
            "floor": floor_place,
            "adaptive": adaptive_place,
        },
    )


async def measure_service(
    stack: TestStack, place: Place, *, first: int, count: int, folder: Path, policy: Path = POLICY
) -> tuple[float, int, list[tuple[str, int]]]:
    """Decisions a second, memory, and for each half (database that it left, position before it)."""
    seconds, memory = 0.0, 0
    halves: list[tuple[str, int]] = []
    for half in (referrals, acceptances):
        async with connected(place.url) as connection:
            before = await connection.fetchval("select coalesce(max(position), 0) from events")
        load = half(first, count, await database_now(place.url))
        await preload(place.kafka, place.prefix, load)
        took, memory = await as_service.run(place, load, folder, policy)
        seconds += took
        name = place.url.split("?")[0].rsplit("/", 1)[1]
        halves.append((await stack.new_database(name), before))
    return 2 * count / seconds, memory, halves


async def _measure_usual(place: Place, count: int) -> float:
    seconds = 0.0
    for half in (referrals, acceptances):
        load: Load = half(0, count, await database_now(place.url))
        await preload(place.kafka, place.prefix, load)
        seconds += await _elsewhere(one_by_one.run, place, load.topic, count)
    return 2 * count / seconds


async def _measure_floor(place: Place, count: int, halves: list[tuple[str, int]]) -> float:
    seconds = 0.0
    for half, (source, after) in zip((referrals, acceptances), halves, strict=True):
        load: Load = half(0, count, await database_now(place.url))
        await preload(place.kafka, place.prefix, load)
        seconds += await _elsewhere(floor.run, place, load.topic, count, source, after)
    return 2 * count / seconds


async def _elsewhere(work: Callable[..., Coroutine[Any, Any, float]], *arguments: Any) -> float:
    """The result of `work` in a process of its own, on the same event loop as a service's."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as executor:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(executor, _run, work, arguments)


def _run(work: Callable[..., Coroutine[Any, Any, float]], arguments: tuple[Any, ...]) -> float:
    collect_rarely()  # As the service does, so that the comparison is of what they do.
    return uvloop.run(work(*arguments))
