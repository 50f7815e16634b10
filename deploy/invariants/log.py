"""Invariant I6: what is committed is on Kafka, in order; and what to do if it is not."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from deploy.installation import SERVICES, Installation, written_by
from shared.contracts.envelope import UnreadableError, read_headers, read_key
from shared.contracts.topics import topics
from shared.messaging.history import consumer_of, records_between
from shared.messaging.kafka_topics import ensure_topics
from shared.postgres.connection import Connection
from shared.postgres.wakeups import notify

Row: TypeAlias = asyncpg.Record | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCheck:
    """A topic against the events table of the service that writes it."""

    service: str
    topic: str
    committed: int
    missing: tuple[int, ...]
    """Positions of events that no reader from the beginning would handle, unless they wait to be sent."""
    faults: tuple[str, ...]


async def check_log(where: Installation) -> list[TopicCheck]:
    """Compares every topic with its service's events. Raises KafkaError while Kafka is away."""
    return [
        await _check_topic(where, service, topic)
        for service in SERVICES
        for topic in written_by(service)
    ]


async def _check_topic(where: Installation, service: str, topic: str) -> TopicCheck:
    async with where.connection(service) as connection:
        # Read before the topic: what is committed later may be on Kafka already, and that is right.
        rows = await connection.fetch(
            "select e.id, e.position, e.key, e.sequence, o.position is not null as unsent"
            " from events e left join outbox o using (position)"
            " where e.topic = $1 and e.recorded_at >= homeward_now() - $2::interval",
            topic,
            _kept(topic),
        )
    records = [record async for record in _on_kafka(where, topic)]
    missing = missing_from(rows, records, compacted=_compacted(topic))
    faults = []
    if missing:
        faults.append(
            f"I6: Kafka lacks, or has not in order, {len(missing)} of the {len(rows)} events that"
            f" {service} committed to {topic}; `homeward verify --repair` sends them again"
        )
    return TopicCheck(
        service=service,
        topic=topic,
        committed=len(rows),
        missing=missing,
        faults=tuple(faults),
    )


def missing_from(
    rows: Sequence[Row], records: Iterable[tuple[UUID, int, UUID]], *, compacted: bool = False
) -> tuple[int, ...]:
    """Positions of the committed `rows` that no reader of `records` (key, sequence, id) would handle.

    A row has id, position, key, sequence and unsent.
    """
    read = _read_in_order(rows, records)
    if compacted:
        newest = _newest(rows)
        return _lost([row for row in rows if newest[row["key"]] == row["sequence"]], read.ids)
    return _lost(rows, read.ids_in_order)


@dataclass(frozen=True, slots=True)
class _Read:
    """Which events a reader from the beginning finds at all, and which of them in order."""

    ids: set[UUID]
    ids_in_order: set[UUID]


def _read_in_order(rows: Sequence[Row], records: Iterable[tuple[UUID, int, UUID]]) -> _Read:
    """Reads (key, sequence, event id) as a consumer with an empty inbox would."""
    reached: dict[UUID, int] = {}
    for row in rows:
        reached[row["key"]] = min(reached.get(row["key"], row["sequence"]), row["sequence"])
    reached = {key: first - 1 for key, first in reached.items()}
    read = _Read(set(), set())
    for key, sequence, event_id in records:
        read.ids.add(event_id)
        if sequence == reached.get(key, 0) + 1:
            reached[key] = sequence
            read.ids_in_order.add(event_id)
    return read


def _lost(rows: Sequence[Row], read: set[UUID]) -> tuple[int, ...]:
    """Positions to send again: of each key the first that was not read and all after it, unless
    the outbox holds them all. After an event that comes again too late, the later ones must too."""
    unread = [row for row in rows if row["id"] not in read]
    keys = {row["key"] for row in unread if not row["unsent"]}
    return tuple(sorted(row["position"] for row in unread if row["key"] in keys))


async def repair_log(where: Installation, *, partitions: int = 12) -> dict[str, int]:
    """Sends again what Kafka lacks, with the same ids and sequences; how many of each topic.

    Topics that a wiped broker has lost are made anew. The running services' relays do the sending.
    """
    await ensure_topics(where.kafka, prefix=where.prefix, partitions=partitions)
    repaired = {}
    for check in await check_log(where):
        if check.missing:
            async with where.connection(check.service) as connection:
                await _send_again(connection, check.missing)
            repaired[check.topic] = len(check.missing)
    return repaired


async def _send_again(connection: Connection, positions: tuple[int, ...]) -> None:
    async with connection.transaction():
        await connection.execute(
            "insert into outbox (position, key) select position, key from events"
            " where position = any($1::bigint[]) on conflict do nothing",
            positions,
        )
        await notify(connection)


async def _on_kafka(where: Installation, topic: str) -> AsyncIterator[tuple[UUID, int, UUID]]:
    """(key, sequence, event id) of every readable record of a topic."""
    async with consumer_of(where.kafka, where.prefix + topic) as consumer:
        partitions = consumer.assignment()
        begin = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        async for records in records_between(consumer, begin, end):
            for record in records:
                try:
                    envelope = read_headers(record.headers)
                    yield read_key(record.key), envelope.sequence, envelope.id
                except UnreadableError:
                    continue  # a stranger's record: its readers park it, and I10 tells of it


def _kept(topic: str) -> timedelta:
    days = topics()[topic].retention_days
    return timedelta(days=36_500 if days is None else days)


def _compacted(topic: str) -> bool:
    return topics()[topic].cleanup == "compact"


def _newest(rows: Sequence[Row]) -> dict[UUID, int]:
    newest: dict[UUID, int] = {}
    for row in rows:
        newest[row["key"]] = max(newest.get(row["key"], 0), row["sequence"])
    return newest
