"""Makes a projection again from its events, and compares or replaces what is there.

All in one snapshot: the rows, how far each topic was handled, and the service's own events belong
together, so a difference is a real one. Events of other services are read from Kafka, as far as
the snapshot says; records that are parked or were discarded had no effect and have none here.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from deploy.installation import PROJECTIONS, Installation, own_event, written_by
from shared.contracts.topics import topics
from shared.messaging.history import consumer_of, records_between
from shared.messaging.kafka_topics import cluster_id
from shared.messaging.projection import MadeOfEvents
from shared.messaging.records import read
from shared.postgres.connection import Connection

BATCH_EVENTS = 1000
BATCH_STREAMS = 200
_SHOWN_KEYS = 5
_OWN_EVENTS = """
select position, type, body from events
where topic = any($1::text[]) and position > $2 order by position limit $3
"""
_OWN_STREAMS = """
select key, type, body from events where topic = $1 and key > $2 and key <= (
    select key from
        (select distinct key from events where topic = $1 and key > $2 order by key limit $3) as next
    order by key desc limit 1
) order by key, sequence
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild found: events read, rows made, and the keys of rows that differed."""

    service: str
    projection: str
    events: int
    rows: int
    differing: int
    examples: tuple[UUID, ...]


def projections_of(service: str, name: str | None = None) -> tuple[MadeOfEvents, ...]:
    """A service's projections, or the one of that name. Raises LookupError naming those there are."""
    found = [p for p in PROJECTIONS[service] if name is None or p.name == name]
    if not found:
        known = ", ".join(p.name for p in PROJECTIONS[service])
        raise LookupError(f"{service} has no projection {name!r}; it has {known}")
    return tuple(found)


async def compare(where: Installation, service: str, projection: MadeOfEvents) -> Rebuilt:
    """Rebuilds beside the live table and compares; changes nothing and stops nobody."""
    async with where.connection(service) as connection:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            return await _rebuild(where, service, projection, connection)
        finally:
            await transaction.rollback()


async def replace(where: Installation, service: str, projection: MadeOfEvents) -> Rebuilt:
    """Rebuilds and puts the result in the live table's place.

    The table is locked meanwhile: the service's readers wait and its requests may be answered 503.
    """
    async with (
        where.connection(service) as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        # Taken before the snapshot: whoever has read a row to change it has finished by then.
        table = projection.rows.table
        await connection.execute(f"lock table {table} in access exclusive mode")
        rebuilt = await _rebuild(where, service, projection, connection)
        await connection.execute(f"delete from {table}")  # noqa: S608
        await connection.execute(f"insert into {table} select * from shadow")  # noqa: S608
        return rebuilt


async def _rebuild(
    where: Installation, service: str, projection: MadeOfEvents, connection: Connection
) -> Rebuilt:
    rows = projection.rows
    await connection.execute(
        f"create temp table shadow (like {rows.table} including all) on commit drop"
    )
    events = 0
    own = [topic for topic in projection.topics if topic in written_by(service)]
    read_own = _own_streams if projection.whole_streams else _own_events
    async for batch in read_own(service, own, connection):
        await projection.apply(connection, batch, table="shadow")
        events += len(batch)
    for topic in projection.topics:
        if topic not in own:
            async for batch in _events_read(where, service, topic, connection):
                await projection.apply(connection, batch, table="shadow")
                events += len(batch)
    differing = await _differences(connection, rows.table, rows.key, rows.columns)
    count = await connection.fetchval("select count(*) from shadow")
    return Rebuilt(
        service=service,
        projection=projection.name,
        events=events,
        rows=count,
        differing=len(differing),
        examples=tuple(differing[:_SHOWN_KEYS]),
    )


async def _own_events(
    service: str, own: list[str], connection: Connection
) -> AsyncIterator[list[Any]]:
    """The service's own events, in batches by position."""
    after = 0
    while own:
        rows = await connection.fetch(_OWN_EVENTS, own, after, BATCH_EVENTS)
        if not rows:
            return
        after = rows[-1]["position"]
        yield [own_event(service, row["type"], row["body"]) for row in rows]


async def _own_streams(
    service: str, own: list[str], connection: Connection
) -> AsyncIterator[list[Any]]:
    """The service's own events, in batches of whole streams, each stream in its order."""
    for topic in own:
        after = UUID(int=0)
        while rows := await connection.fetch(_OWN_STREAMS, topic, after, BATCH_STREAMS):
            after = rows[-1]["key"]
            yield [own_event(service, row["type"], row["body"]) for row in rows]


async def _events_read(
    where: Installation, service: str, topic: str, connection: Connection
) -> AsyncIterator[list[Any]]:
    """The events of another service's topic that this one has handled, in batches."""
    log_id = await cluster_id(where.kafka)
    handled: dict[int, int] = {
        row["partition"]: row["next_offset"]
        for row in await connection.fetch(
            "select partition, next_offset from offsets"
            " where log_id = $1 and consumer = $2 and topic = $3",
            log_id,
            service,
            topic,
        )
    }
    without_effect = await _without_effect(connection, topic)
    last: dict[UUID, int] = {}
    newest_wins = topics()[topic].order == "newest"
    async with consumer_of(where.kafka, where.prefix + topic) as consumer:
        partitions = consumer.assignment()
        begin = await consumer.beginning_offsets(partitions)
        end = {tp: max(handled.get(tp.partition, 0), begin[tp]) for tp in partitions}
        async for records in records_between(consumer, begin, end):
            batch = []
            for record in records:
                received = read(record, topic).received
                if received is None or (record.partition, record.offset) in without_effect:
                    continue
                before = last.get(received.key, 0)
                if received.sequence > before and (newest_wins or received.sequence == before + 1):
                    last[received.key] = received.sequence
                    batch.append(received.event)
            yield batch


async def _without_effect(connection: Connection, topic: str) -> set[tuple[int, int]]:
    """(partition, offset) of records that wait or were given up."""
    parked = await connection.fetch(
        "select partition, record_offset from parked where topic = $1", topic
    )
    discarded = await connection.fetch("select details from notes where kind = 'record_discarded'")
    places = [json.loads(row["details"]) for row in discarded]
    return {(row["partition"], row["record_offset"]) for row in parked} | {
        (place["partition"], place["offset"]) for place in places if place["topic"] == topic
    }


async def _differences(
    connection: Connection, table: str, key: str, columns: tuple[str, ...]
) -> list[UUID]:
    """The keys whose rows differ between the live table and the shadow, `json` compared as JSON."""
    kinds = await connection.fetch(
        "select attname, format_type(atttypid, atttypmod) as kind from pg_attribute"
        " where attrelid = $1::text::regclass and attnum > 0",
        table,
    )
    kind_of = {row["attname"]: row["kind"] for row in kinds}
    shown = ", ".join(
        f"{column}::jsonb as {column}" if kind_of[column] == "json" else column
        for column in columns
    )
    try:
        rows = await connection.fetch(
            f"with live as (select {shown} from {table}), made as (select {shown} from shadow)"  # noqa: S608
            f" select distinct {key} from ((table live except table made)"
            f" union all (table made except table live)) as differing order by 1"
        )
    except asyncpg.UndefinedColumnError as error:
        raise LookupError(f"{table} lacks a column of its rows: run `homeward migrate`") from error
    return [row[key] for row in rows]
