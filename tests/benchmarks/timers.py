"""How many due timers a second matching fires, and how late.

Lateness: placements arrive at a steady rate on a clock that runs 120 times as fast, so their first
tier ends 22.5 real seconds later at the same rate; each lapse is compared with its deadline.
Throughput: matching is stopped until all are due, and then meets all of them at once.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.clock import ClockSetting, write_setting
from tests.benchmarks.figures import Waits
from tests.benchmarks.load import preload, referrals
from tests.benchmarks.place import (
    Place,
    connected,
    database_now,
    environment_of,
    new_place,
    service,
    until_handled,
    until_ready,
    until_waiting,
)
from tests.stack import TestStack

SCALE = 120.0
TIER_REAL_SECONDS = 45 * 60 / SCALE
_STEP_SECONDS = 0.1
_LATE = """
select extract(
    epoch from min(l.recorded_at) - min((m.body ->> 'expires_at')::timestamptz)
)::float8 as late
from events l join events m on m.key = l.key and m.type like '%.offers-made.v1'
    and (m.body ->> 'tier')::int = 0
where l.type like '%.offers-lapsed.v1' group by l.key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """What the two runs found. Lateness is in real milliseconds."""

    fired_per_second: float
    lateness: Waits


async def measure(
    stack: TestStack, folder: Path, *, count: int, per_second: float, seconds: float
) -> Timers:
    """`count` timers at once, and `per_second` for `seconds`."""
    return Timers(
        fired_per_second=await _throughput(stack, folder, count),
        lateness=await _lateness(stack, folder, per_second, seconds),
    )


async def _new_place(stack: TestStack) -> Place:
    place = await new_place(stack)
    async with connected(place.url) as connection:
        now = await connection.fetchval("select clock_timestamp()")
        epoch = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        await write_setting(connection, ClockSetting(real_epoch=now, epoch=epoch, scale=SCALE))
    return place


async def _lateness(stack: TestStack, folder: Path, per_second: float, seconds: float) -> Waits:
    place = await _new_place(stack)
    environment = environment_of(place, folder)
    async with service("matching", environment, log=folder / "timers.log"):
        await until_ready(int(environment["HOMEWARD_PORT"]))
        size = max(1, round(per_second * _STEP_SECONDS))
        steps = round(per_second * seconds / size)
        for step in range(steps):
            load = referrals(step * size, size, await database_now(place.url))
            await preload(place.kafka, place.prefix, load)
            await asyncio.sleep(_STEP_SECONDS)
        async with connected(place.url) as connection, asyncio.timeout(4 * TIER_REAL_SECONDS):
            while len(rows := await connection.fetch(_LATE)) < steps * size:
                await asyncio.sleep(0.25)
    return Waits.of([row["late"] / SCALE for row in rows])


async def _throughput(stack: TestStack, folder: Path, count: int) -> float:
    place = await _new_place(stack)
    load = referrals(0, count, await database_now(place.url))
    await preload(place.kafka, place.prefix, load)
    async with service("matching", environment_of(place, folder), log=folder / "timers.log"):
        await until_handled(place, load.topic, count)
    await asyncio.sleep(TIER_REAL_SECONDS)
    clock = asyncio.get_running_loop().time
    due = "select count(*) from placements where next_due_at <= homeward_now()"
    async with connected(place.url) as connection:
        gate = connection.transaction()
        await gate.start()
        await connection.execute("select from placements for update")
        async with service("matching", environment_of(place, folder), log=folder / "timers.log"):
            await until_waiting(place)
            fired = await connection.fetchval(due)
            await gate.commit()
            began = clock()
            while await connection.fetchval(due):
                await asyncio.sleep(0.01)
            return float(fired / (clock() - began))
