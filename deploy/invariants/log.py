"""Invariant I6: what is committed is on Kafka, in order; and what to do if it is not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from deploy.installation import SERVICES, Installation, written_by
from shared.contracts.envelope import UnreadableError, read_headers, read_key
from shared.contracts.topics import topics
from shared.messaging.history import consumer_of, records_between
from shared.messaging.kafka_topics import ensure_topics
from shared.postgres.connection import Connection
from shared.postgres.wakeups import notify

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCheck:
    """A topic against the events table of the service that writes it."""

    service: str
    topic: str
    committed: int
    missing: tuple[int, ...]
    """Positions of events that Kafka lacks and the outbox does not hold."""
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
    newest = _newest(rows) if _compacted(topic) else None
    sent: set[UUID] = set()
    last: dict[UUID, int] = {}
    faults = []
    async for key, sequence, event_id in _on_kafka(where, topic):
        if sequence > last.get(key, 0) + 1 and last.get(key) is not None and newest is None:
            faults.append(f"I6: {topic} has a gap before sequence {sequence} of {key}")
        last[key] = max(sequence, last.get(key, 0))
        sent.add(event_id)
    missing = tuple(
        row["position"]
        for row in rows
        if not row["unsent"]
        and row["id"] not in sent
        and (newest is None or newest[row["key"]] == row["sequence"])
    )
    if missing:
        faults.append(
            f"I6: Kafka lacks {len(missing)} of the {len(rows)} events that {service} committed to"
            f" {topic}; `homeward verify --repair` sends them again"
        )
    return TopicCheck(
        service=service,
        topic=topic,
        committed=len(rows),
        missing=missing,
        faults=tuple(faults[:_SHOWN]),
    )


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


def _newest(rows: list[asyncpg.Record]) -> dict[UUID, int]:
    newest: dict[UUID, int] = {}
    for row in rows:
        newest[row["key"]] = max(newest.get(row["key"], 0), row["sequence"])
    return newest
