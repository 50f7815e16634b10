"""A small service for the tests of messaging: it notes each response it reads in a table."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import headers_for
from shared.contracts.responses import OfferDeclined
from shared.ids import new_id
from shared.messaging.outbox import NewEvent, append
from shared.messaging.received import Received
from shared.messaging.runtime import Messaging
from shared.postgres.connection import Connection, Pool, open_pool
from shared.postgres.migrations import migrate
from shared.postgres.wakeups import Wakeups
from shared.settings import ServiceSettings
from tests.stack import TestStack

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def declined(referral_id: UUID) -> OfferDeclined:
    return OfferDeclined(
        at=AT,
        referral_id=referral_id,
        response_id=new_id(),
        provider_id=new_id(),
        recorded_at=AT,
        offer_id=new_id(),
        reason="area",
    )


async def build(url: str) -> None:
    await migrate(url, "nobody")
    pool = await open_pool(url)
    await pool.execute(
        "create table seen (n bigint generated always as identity, key uuid, sequence bigint,"
        " offer_id uuid, unique (key, sequence))"
    )
    await pool.close()


class Service:
    """Reads responses.v1 into `seen`; fails for keys in `poison`, or `failures` times."""

    def __init__(self, url: str, pool: Pool, settings: ServiceSettings) -> None:
        self.url = url
        self.pool = pool
        self.settings = settings
        self.wakeups = Wakeups()
        self.poison: set[UUID] = set()
        self.failures: list[Exception] = []
        self.batches: list[int] = []
        self.messaging = self.connect()

    def connect(self) -> Messaging:
        return Messaging(
            service="noter",
            settings=self.settings,
            pool=self.pool,
            wakeups=self.wakeups,
            reads=("responses.v1",),
            writes=("responses.v1",),
            handle=self.handle,
        )

    async def handle(self, connection: Connection, batch: Sequence[Received]) -> None:
        self.batches.append(len(batch))
        if self.failures:
            raise self.failures.pop(0)
        for received in batch:
            assert received.key not in self.poison, "poisoned"
        await connection.executemany(
            "insert into seen (key, sequence, offer_id) values ($1, $2, $3)",
            [(r.key, r.sequence, r.event.offer_id) for r in batch],  # type: ignore[attr-defined]
        )

    async def seen(self) -> list[tuple[UUID, int]]:
        rows = await self.pool.fetch("select key, sequence from seen order by n")
        return [(row["key"], row["sequence"]) for row in rows]

    async def until(self, count: int, seconds: float = 20) -> list[tuple[UUID, int]]:
        async with asyncio.timeout(seconds):
            while len(rows := await self.seen()) < count:
                await asyncio.sleep(0.02)
        return rows

    async def append(self, events: Sequence[tuple[UUID, int]]) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await append(
                connection,
                [
                    NewEvent("responses.v1", key, sequence, OfferDeclined.TYPE, AT,
                             declined(key).model_dump_json(), key)
                    for key, sequence in events
                ],
            )  # fmt: skip

    async def send_raw(
        self,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: dict[str, bytes] | None = None,
        sequence: int = 1,
        topic: str = "responses.v1",
    ) -> None:
        uuid = new_id()
        right = headers_for(
            id=new_id(), source="test", type=OfferDeclined.TYPE, at=AT, key=uuid,
            sequence=sequence, correlation_id=uuid, causation_id=None,
        )  # fmt: skip
        both = {name: text.encode() for name, text in right.items()} | (headers or {})
        async with producer(self.settings) as sender:
            await sender.send_and_wait(
                self.settings.homeward_topic_prefix + topic, value=value, key=key,
                headers=[(name, text) for name, text in both.items() if text != b"-"],
            )  # fmt: skip


@asynccontextmanager
async def producer(settings: ServiceSettings) -> AsyncIterator[AIOKafkaProducer]:
    sender = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await sender.start()
    try:
        yield sender
    finally:
        await sender.stop()


@asynccontextmanager
async def service(stack: TestStack, prefix: str, partitions: int = 3) -> AsyncIterator[Service]:
    url = await stack.new_database_from("noter", build)
    pool = await open_pool(url)
    settings = ServiceSettings(
        database_url=url,
        kafka_bootstrap_servers=stack.kafka_bootstrap,
        homeward_topic_prefix=prefix,
        homeward_partitions=partitions,
        homeward_secrets=Path("/nonexistent"),
    )
    noter = Service(url, pool, settings)
    try:
        async with noter.wakeups.listening(url):
            yield noter
    finally:
        await pool.close()
