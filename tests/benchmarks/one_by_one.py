"""(b) The same domain code the usual way: one message at a time, with FastStream and asyncpg.

Each message is one transaction: load the row, decide, save row, event and projections, publish and
await the acknowledgement, commit; then the message's offset is committed.
"""

import asyncio
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from services.matching.handlers import Matching
from services.matching.policies import Policies
from services.matching.projections import REGISTER
from services.matching.store import QUERIES as MATCHING
from shared.contracts.envelope import headers_for
from shared.messaging.records import read
from shared.messaging.store import QUERIES
from shared.messaging.taking_turns import lock_offsets
from shared.postgres.connection import Connection, Pool, open_pool
from tests.benchmarks.market import POLICY, register
from tests.benchmarks.place import CONSUMER, Place


async def run(place: Place, topic: str, count: int) -> float:
    """Seconds from the first message to the last acknowledgement, for `count` messages of `topic`."""
    clock = asyncio.get_running_loop().time
    began, done = 0.0, asyncio.Event()
    handled = 0
    async with await open_pool(place.url) as pool:
        matching = await _matching(pool)
        broker = KafkaBroker(place.kafka, acks="all", logger=None, apply_types=False)  # fmt: skip
        subscriber = broker.subscriber(
            place.prefix + topic,
            group_id=place.prefix + CONSUMER,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            decoder=_record_itself,
        )

        async def take(record: Any) -> None:
            nonlocal began, handled
            began = began or clock()
            async with pool.acquire() as connection, connection.transaction():
                await _take_one(connection, broker, matching, place, record)
            handled += 1
            if handled == count:
                done.set()

        subscriber(take)
        async with broker:
            await broker.start()
            await done.wait()
            return clock() - began


async def _record_itself(message: Any) -> Any:
    return message.raw_message


async def _matching(pool: Pool) -> Matching:
    policies = Policies.from_file(POLICY)
    async with pool.acquire() as connection, connection.transaction():
        await policies.keep(connection)
        await REGISTER.apply(connection, register())
        await MATCHING.bump_register_version(connection)
    return Matching(policies)


async def _take_one(
    connection: Connection, broker: KafkaBroker, matching: Matching, place: Place, record: Any
) -> None:
    item = read(record, record.topic.removeprefix(place.prefix))
    assert item.received is not None, item.error
    await lock_offsets(connection, CONSUMER, place.log_id, [item])
    await matching.take(connection, [item.received])
    await QUERIES.advance(
        connection,
        log_id=place.log_id,
        consumer=CONSUMER,
        topics=[item.topic],
        partitions=[item.record.partition],
        next_offsets=[item.record.offset + 1],
        key_topics=[item.topic],
        keys=[item.received.key],
        sequences=[item.received.sequence],
    )
    rows = await QUERIES.unsent(connection, most=100)
    for row in rows:
        await broker.publish(
            row["body"].encode(),
            topic=place.prefix + row["topic"],
            key=str(row["key"]).encode(),
            headers=headers_for(
                id=row["id"],
                source=CONSUMER,
                type=row["type"],
                at=row["recorded_at"],
                key=row["key"],
                sequence=row["sequence"],
                correlation_id=row["correlation_id"],
                causation_id=row["causation_id"],
            ),
        )
    await QUERIES.mark_sent(connection, positions=[row["position"] for row in rows])
