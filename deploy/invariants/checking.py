"""All invariants of an installation, one after the other; and whether it has come to rest."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deploy.installation import PROJECTIONS, SERVICES, Installation
from deploy.invariants.databases import (
    answers_agree,
    nothing_blocked,
    placements_hold,
    referrals_go_on,
)
from deploy.invariants.log import check_log
from deploy.rebuilding import compare
from shared.contracts.topics import topics
from shared.messaging.history import consumer_of
from shared.messaging.kafka_topics import cluster_id
from shared.messaging.store import QUERIES

POLL_SECONDS = 0.3
OVERDUE_SECONDS = 5.0
"""Real seconds by which a timer may be late before it counts as stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One invariant: what it says, and in sentences what does not hold."""

    name: str
    sentence: str
    faults: tuple[str, ...]


async def settle(where: Installation, seconds: float) -> list[str]:
    """Waits until nothing is unsent or unread, for `seconds` (real) at most; what still is, if any."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (unsettled := await _unsettled(where)) and loop.time() < end:
        await asyncio.sleep(POLL_SECONDS)
    return unsettled


async def _unsettled(where: Installation) -> list[str]:
    found = []
    log_id = await cluster_id(where.kafka)
    for service in SERVICES:
        async with where.connection(service) as connection:
            unsent = await QUERIES.count_unsent(connection)
            offsets = {
                (row["topic"], row["partition"]): row["next_offset"]
                for row in await connection.fetch(
                    "select topic, partition, next_offset from offsets"
                    " where log_id = $1 and consumer = $2",
                    log_id,
                    service,
                )
            }
        if unsent:
            found.append(f"{service}: {unsent} events are not sent yet")
        for topic in topics().values():
            if service in topic.read_by:
                behind = await _behind(where, topic.name, offsets)
                if behind:
                    found.append(f"{service}: {behind} records of {topic.name} are not read yet")
    return found


async def _behind(where: Installation, topic: str, offsets: dict[tuple[str, int], int]) -> int:
    async with consumer_of(where.kafka, where.prefix + topic) as consumer:
        partitions = consumer.assignment()
        begin = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
    return sum(
        max(0, end[tp] - max(begin[tp], offsets.get((topic, tp.partition), 0))) for tp in partitions
    )


async def check(where: Installation) -> list[Checked]:
    """Every invariant of a settled installation. Raises Kafka's or Postgres's error if one is away."""
    clock_scale = 1.0
    async with where.connection("matching") as connection:
        clock_scale = await connection.fetchval("select scale from clock")
    checks: list[tuple[str, str, Callable[[], Awaitable[list[str]]]]] = [
        ("I1 I3 I4 I5", "every placement's history obeys the rules, and its state is their fold",
         lambda: placements_hold(where)),
        ("I2", "every acknowledged referral is filled, withdrawn, escalated or goes on",
         lambda: referrals_go_on(where, OVERDUE_SECONDS * clock_scale)),
        ("I4", "every answer has one outcome, and its provider was told it",
         lambda: answers_agree(where)),
        ("I6", "what is committed is on Kafka, each key in its order", lambda: _log_faults(where)),
        ("I7", "projections equal a rebuild", lambda: _projection_faults(where)),
        ("I10", "no key is blocked", lambda: nothing_blocked(where, SERVICES)),
    ]  # fmt: skip
    return [
        Checked(name=name, sentence=sentence, faults=tuple(await run()))
        for name, sentence, run in checks
    ]


async def _log_faults(where: Installation) -> list[str]:
    return [fault for topic in await check_log(where) for fault in topic.faults]


async def _projection_faults(where: Installation) -> list[str]:
    faults = []
    for service in SERVICES:
        for projection in PROJECTIONS[service]:
            made = await compare(where, service, projection)
            if made.differing:
                shown = ", ".join(str(key) for key in made.examples)
                faults.append(
                    f"I7: {made.differing} rows of {service}'s {projection.name} differ from their"
                    f" rebuild ({shown}); `homeward rebuild {service} {projection.name}` mends it"
                )
    return faults
