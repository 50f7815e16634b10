"""Where a benchmark runs: databases and topics of its own on the embedded servers."""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx

from deploy.local.ports import LOOPBACK, free_ports
from shared.messaging.kafka_topics import cluster_id, ensure_topics
from shared.messaging.store import QUERIES
from shared.postgres.migrations import migrate
from shared.secrets import create_keys
from tests.benchmarks.load import Load, preload
from tests.benchmarks.market import POLICY, register
from tests.stack import ROOT, TestStack

PARTITIONS = 12
CONSUMER = "matching"
_START_SECONDS = 60
_POLL_SECONDS = 0.01
_prefixes = itertools.count(1)


class Place(NamedTuple):
    """One contender's database and topics."""

    url: str
    kafka: str
    prefix: str
    log_id: str


async def new_place(stack: TestStack, url: str | None = None) -> Place:
    """An empty database of the matching service (or the one at `url`), and topics with the register."""
    if url is None:
        url = await stack.new_database_from("matching", lambda where: migrate(where, "matching"))
    prefix = f"bench-{next(_prefixes)}."
    await ensure_topics(stack.kafka_bootstrap, prefix=prefix, partitions=PARTITIONS)
    await preload(stack.kafka_bootstrap, prefix, Load("providers.v1", 1, register()))
    return Place(url, stack.kafka_bootstrap, prefix, await cluster_id(stack.kafka_bootstrap))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the benchmark's own."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def database_now(url: str) -> datetime:
    """The instant on the database's clock."""
    async with connected(url) as connection:
        instant: datetime = await connection.fetchval("select homeward_now()")
        return instant


@asynccontextmanager
async def gate(place: Place, topic: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Keeps a service from reading `topic` inside the block: leaving it is the starting shot.

    The service takes its partitions' offset rows before it reads; here somebody else holds them.
    """
    arguments = {
        "log_id": place.log_id,
        "consumer": CONSUMER,
        "topics": [topic] * PARTITIONS,
        "partitions": list(range(PARTITIONS)),
    }
    async with connected(place.url) as connection:
        await QUERIES.ensure_offsets(connection, **arguments)
        async with connection.transaction():
            await QUERIES.lock_offsets(connection, **arguments)
            yield connection


async def until_waiting(place: Place) -> None:
    """Returns when somebody stands at the gate."""
    async with connected(place.url) as connection, asyncio.timeout(_START_SECONDS):
        while not await connection.fetchval(
            "select exists (select from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock')"
        ):
            await asyncio.sleep(_POLL_SECONDS)


async def until_handled(place: Place, topic: str, count: int, *, seconds: float = 600) -> None:
    """Returns when `count` records of `topic` are handled and all that follows is acknowledged."""
    async with connected(place.url) as connection, asyncio.timeout(seconds):
        for question, answer in (
            ("select coalesce(sum(next_offset), 0) from offsets where topic = $1", count),
            ("select count(*) from (select from outbox where $1 <> '' limit 1) as unsent", 0),
        ):
            while await connection.fetchval(question, topic) != answer:
                await asyncio.sleep(_POLL_SECONDS)


@asynccontextmanager
async def service(
    name: str, environment: Mapping[str, str], *, log: Path
) -> AsyncIterator["asyncio.subprocess.Process"]:
    """A service as a real process, from when it answers until it has ended in an orderly way."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{name}",
            cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_START_SECONDS):
            await process.wait()


async def until_ready(port: int) -> None:
    """Returns when the service at the port is connected to everything."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(_START_SECONDS):
        while True:
            try:
                if (await client.get(f"http://{LOOPBACK}:{port}/ready")).is_success:
                    return
            except httpx.TransportError:
                pass  # It is not listening yet.
            await asyncio.sleep(0.05)


def environment_of(
    place: Place, folder: Path, port: int | None = None, policy: Path = POLICY
) -> dict[str, str]:
    """What a service process is told about a place. `folder` gets the keys, once."""
    create_keys(folder / "secrets")
    return {
        "DATABASE_URL": place.url,
        "KAFKA_BOOTSTRAP_SERVERS": place.kafka,
        "HOMEWARD_TOPIC_PREFIX": place.prefix,
        "HOMEWARD_PARTITIONS": str(PARTITIONS),
        "HOMEWARD_SECRETS": str(folder / "secrets"),
        "HOMEWARD_POLICY": str(policy),
        "HOMEWARD_PORT": str(port or free_ports(1)[0]),
        "HOMEWARD_LOG_LEVEL": "warning",
    }
