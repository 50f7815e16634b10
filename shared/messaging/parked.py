"""Parked records: replaying a key in order once its cause is removed, or discarding its head.

Both lock the partition's offset row first, so that they and the reader take turns on a key.
"""

import json
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from shared.contracts.envelope import UnreadableError, read_key
from shared.messaging.failures import Failure, classify, code_of
from shared.messaging.received import Handler
from shared.messaging.records import Incoming, headers_from_json, read
from shared.messaging.store import QUERIES
from shared.messaging.taking_turns import GAP, SEEN, judge, lock_offsets
from shared.postgres.connection import Connection, Pool

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class ParkedRecord:
    """A parked row in the shape of a Kafka record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay did: how many records took effect or had before, and what still blocks the key."""

    handled: int
    error: str | None


def _incoming(row: asyncpg.Record) -> Incoming:
    record = ParkedRecord(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["record_offset"],
        timestamp=int(row["record_time"].timestamp() * 1000),
        key=row["key"],
        value=row["value"],
        headers=headers_from_json(row["headers"]),
    )
    return read(record, row["topic"])


async def replay_key(
    pool: Pool, consumer: str, topic: str, key: bytes, handle: Handler
) -> Replayed:
    """Handles the parked records of a key in order, each in its own transaction, up to one that fails."""
    handled = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            rows = await QUERIES.parked_of_key(connection, consumer=consumer, topic=topic, key=key)
            if not rows:
                return Replayed(handled=handled, error=None)
            await lock_offsets(connection, consumer, rows[0]["log_id"], [_incoming(rows[0])])
            rows = await QUERIES.parked_of_key(connection, consumer=consumer, topic=topic, key=key)
            if not rows:
                return Replayed(handled=handled, error=None)
            error = await _replay_row(connection, consumer, rows[0], handle)
        if error is not None:
            return Replayed(handled=handled, error=error)
        handled += 1


async def replay_one(pool: Pool, parked_id: int, handle: Handler) -> Replayed | None:
    """Replays the key of a parked record (the record alone if it has no key). None: no such record."""
    async with pool.acquire() as connection:
        row = await QUERIES.parked_one(connection, id=parked_id)
    if row is None:
        return None
    if row["key"] is not None:
        return await replay_key(pool, row["consumer"], row["topic"], row["key"], handle)
    async with pool.acquire() as connection, connection.transaction():
        await lock_offsets(connection, row["consumer"], row["log_id"], [_incoming(row)])
        error = await _replay_row(connection, row["consumer"], row, handle)
    return Replayed(handled=0 if error else 1, error=error)


async def _replay_row(
    connection: Connection, consumer: str, row: asyncpg.Record, handle: Handler
) -> str | None:
    """Handles one parked record under its partition's lock; the code of what failed, else None."""
    item = _incoming(row)
    error = item.error
    if item.received is not None:
        received = item.received
        sequences = await QUERIES.last_sequences(
            connection, consumer=consumer, topics=[item.topic], keys=[received.key]
        )
        last = {(seq["topic"], seq["key"]): seq["last_sequence"] for seq in sequences}
        error = judge(received, last)
        if error is None:
            try:
                async with connection.transaction():
                    await handle(connection, [received])
                    await QUERIES.save_sequences(
                        connection,
                        consumer=consumer,
                        topics=[item.topic],
                        keys=[received.key],
                        sequences=[received.sequence],
                    )
            except Exception as failure:
                if classify(failure) is Failure.TRANSIENT:
                    raise
                error = code_of(failure)
    if error is None or error == SEEN:
        await QUERIES.unpark(connection, id=row["id"])
        return None
    if error != GAP or row["error"] != GAP:
        await QUERIES.parked_again(connection, id=row["id"], error=error)
    return error


async def discard(pool: Pool, parked_id: int, *, author: str, reason: str) -> bool:
    """Gives up one parked record for good, keeping who said so and why; its key goes on after it.

    The record counts as handled: the next sequence of its key is not a gap. False: no such record.
    """
    async with pool.acquire() as connection, connection.transaction():
        row = await QUERIES.parked_one(connection, id=parked_id)
        if row is None:
            return False
        item = _incoming(row)
        await lock_offsets(connection, row["consumer"], row["log_id"], [item])
        try:
            await QUERIES.step_over(
                connection, consumer=row["consumer"], topic=row["topic"], id=parked_id,
                key=read_key(row["key"]), raw_key=row["key"], sequence=row["sequence"],
            )  # fmt: skip
        except UnreadableError:
            log.info("record.blocked-nothing", topic=row["topic"])
        place = {"topic": row["topic"], "partition": row["partition"],
                 "offset": row["record_offset"], "error": row["error"]}  # fmt: skip
        await QUERIES.note_discarded(
            connection, author=author, reason=reason, details=json.dumps(place)
        )
        await QUERIES.unpark(connection, id=parked_id)
        log.warning("record.discarded", **place)
        return True
