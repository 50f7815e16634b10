"""(c) The floor: aiokafka and asyncpg alone, in batches, write what the service wrote.

The rows and records of (a) are read beforehand; under the clock nothing is parsed or decided. Each
batch of inputs is one transaction with the same rows, then its records are sent, acknowledged and
forgotten while the next batch is written.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.matching.projections import FROM_PLACEMENTS, TURNS
from services.matching.store import PLACEMENTS
from services.matching.tallies import ADD, TALLIES
from shared.contracts.envelope import headers_for
from shared.messaging.broker import MOST_BATCH_BYTES
from shared.messaging.store import QUERIES
from tests.benchmarks.place import CONSUMER, PARTITIONS, Place, connected

BATCH_RECORDS = 500
_TABLES = (PLACEMENTS, *(one.rows for one in FROM_PLACEMENTS if one is not TURNS))
_ADD_TALLIES = ADD.format(table=TALLIES.rows.table)
_COLUMNS = "topic, key, sequence, id, type, recorded_at, correlation_id, causation_id, body"
_APPEND = f"""
with appended as (
    insert into events ({_COLUMNS})
    select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[],
                         $6::timestamptz[], $7::uuid[], $8::uuid[], $9::json[])
    returning position, key
), unsent as (
    insert into outbox (position, key) select position, key from appended
)
select position from appended
"""


class Plan(NamedTuple):
    """What one input led to: rows by table, events as columns, and records ready to send."""

    rows: Sequence[Sequence[Any]]
    events: Sequence[tuple[Any, ...]]
    records: Sequence[tuple[bytes, bytes, list[tuple[str, bytes]]]]


class Shared(NamedTuple):
    """Rows that many inputs change: with so few providers each batch changes all of them."""

    turns: Sequence[Any]
    tallies: Sequence[tuple[Any, ...]]


async def plan(url: str, after: int) -> tuple[dict[bytes, Plan], Shared]:
    """What the service wrote into the database at `url` with events after a position.

    By key of the input, and what is shared.
    """
    async with connected(url) as connection:
        events: dict[UUID, list[Any]] = defaultdict(list)
        query = f"select {_COLUMNS} from events where position > $1 order by position"
        for event in await connection.fetch(query, after):
            events[event["key"]].append(event)
        referrals = {
            row["placement_id"]: row["referral_id"]
            for row in await connection.fetch("select placement_id, referral_id from summaries")
        }
        rows = [await _rows_by_referral(connection, table, referrals) for table in _TABLES]
        turns = [
            TURNS.rows.from_record(row) for row in await connection.fetch("select * from turns")
        ]
        tallies = await connection.fetch("select subject, measure, amount from tallies")
    plans = {
        str(key).encode(): Plan(
            rows=[found.get(key, ()) for found in rows],
            events=[tuple(event) for event in found_events],
            records=[_record(event) for event in found_events],
        )
        for key, found_events in events.items()
    }
    awarded = [row for row in turns if row.awards]
    return plans, Shared(turns=awarded or turns, tallies=[tuple(row) for row in tallies])


async def run(place: Place, topic: str, count: int, source: str, after: int) -> float:
    """Seconds from the first record to the last acknowledgement, for `count` records of `topic`.

    `source` is the database that (a) left, `after` the position of the last event before this half.
    """
    plans, shared = await plan(source, after)
    consumer = AIOKafkaConsumer(
        place.prefix + topic, bootstrap_servers=place.kafka, group_id=place.prefix + CONSUMER,
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=place.kafka, acks="all", linger_ms=2,
        max_batch_size=MOST_BATCH_BYTES,
    )  # fmt: skip
    async with connected(place.url) as writing, connected(place.url) as sending:
        await sending.execute("set synchronous_commit = off")
        await producer.start()
        await consumer.start()
        try:
            return await _pump(
                place, topic, count, plans, shared, consumer, producer, writing, sending
            )
        finally:
            await consumer.stop()
            await producer.stop()


async def _pump(
    place: Place, topic: str, count: int, plans: dict[bytes, Plan], shared: Shared,
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, writing: Any, sending: Any,
) -> float:  # fmt: skip
    clock = asyncio.get_running_loop().time
    began, handled = clock(), 0
    unsent: asyncio.Task[None] | None = None
    await QUERIES.ensure_offsets(
        writing, log_id=place.log_id, consumer=CONSUMER,
        topics=[topic] * PARTITIONS, partitions=list(range(PARTITIONS)),
    )  # fmt: skip
    while handled < count:
        found = await consumer.getmany(timeout_ms=1000, max_records=BATCH_RECORDS)
        if not found:
            continue
        inputs = [record for records in found.values() for record in records]
        batch = [plans[record.key] for record in inputs]
        positions = await _write(writing, place, topic, inputs, batch, shared)
        if unsent is not None:
            await unsent
        unsent = asyncio.create_task(_send(producer, sending, place, batch, positions))
        await consumer.commit({TopicPartition(r.topic, r.partition): r.offset + 1 for r in inputs})
        handled += len(inputs)
    if unsent is not None:
        await unsent
    return clock() - began


async def _write(
    connection: Any,
    place: Place,
    topic: str,
    inputs: Sequence[Any],
    batch: Sequence[Plan],
    shared: Shared,
) -> list[int]:
    async with connection.transaction():
        for number, table in enumerate(_TABLES):
            rows = {table.key_of(row): row for one in batch for row in one.rows[number]}
            await table.save(connection, rows.values())
        await TURNS.rows.save(connection, shared.turns)
        if shared.tallies:
            await connection.execute(_ADD_TALLIES, *zip(*shared.tallies, strict=True))
        columns = zip(*(event for one in batch for event in one.events), strict=True)
        appended = await connection.fetch(_APPEND, *columns)
        reached = {record.partition: record.offset + 1 for record in inputs}
        await QUERIES.advance(
            connection, log_id=place.log_id, consumer=CONSUMER, topics=[topic] * len(reached),
            partitions=list(reached), next_offsets=list(reached.values()),
            key_topics=[topic] * len(inputs), sequences=[1] * len(inputs),
            keys=[UUID(record.key.decode()) for record in inputs],
        )  # fmt: skip
    return [row["position"] for row in appended]


async def _send(
    producer: AIOKafkaProducer, connection: Any, place: Place, batch: Sequence[Plan],
    positions: Sequence[int],
) -> None:  # fmt: skip
    topic = place.prefix + "placements.v1"
    waiting = [
        await producer.send(topic, key=key, value=value, headers=headers)
        for one in batch
        for key, value, headers in one.records
    ]
    for acknowledgement in waiting:
        await acknowledgement
    await QUERIES.mark_sent(connection, positions=positions)


async def _rows_by_referral(
    connection: Any, table: Any, referrals: Mapping[UUID, UUID]
) -> dict[UUID, list[Any]]:
    """A table's rows by referral; `referrals` is by placement."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    for record in await connection.fetch(f"select * from {table.table}"):
        row = table.from_record(record)
        of = getattr(row, "referral_id", None) or referrals[row.placement_id]
        found[of].append(row)
    return found


def _record(event: asyncpg.Record) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    headers = headers_for(
        id=event["id"],
        source=CONSUMER,
        type=event["type"],
        at=event["recorded_at"],
        key=event["key"],
        sequence=event["sequence"],
        correlation_id=event["correlation_id"],
        causation_id=event["causation_id"],
    )
    return (
        str(event["key"]).encode(),
        event["body"].encode(),
        [(name, text.encode()) for name, text in headers.items()],
    )
