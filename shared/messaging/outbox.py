"""Appends events to a service's log, and with them what must go to Kafka, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.ids import event_id
from shared.postgres.connection import Connection
from shared.postgres.wakeups import CHANNEL

_APPEND = """
with appended as (
    insert into events
        (topic, key, sequence, id, type, recorded_at, correlation_id, causation_id, body)
    select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[],
                         $6::timestamptz[], $7::uuid[], $8::uuid[], $9::json[])
    returning position, key
)
, waiting as (
    insert into outbox (position, key) select position, key from appended
)
select pg_notify($10, '')
"""


class NewEvent(NamedTuple):
    """An event to append. `sequence` follows the last of (topic, key) and is given under its lock."""

    topic: str
    """Without prefix, for example placements.v1."""
    key: UUID
    sequence: int
    type: str
    at: datetime
    body: str
    """JSON, valid for the contract of `type`."""
    correlation_id: UUID
    """What it all belongs to: the referral, or the provider."""
    causation_id: UUID | None = None
    """The event that made us decide this, None for a request or a timer."""


async def append(connection: Connection, events: Sequence[NewEvent]) -> None:
    """Commits `events` with the caller's transaction, to be sent afterwards in order of each key.

    Raises asyncpg.UniqueViolationError if a sequence is taken: the caller did not hold the lock.
    """
    if not events:
        return
    topics, keys, sequences, types, instants, bodies, correlations, causations = zip(
        *events, strict=True
    )
    ids = [event_id(*place) for place in zip(topics, keys, sequences, strict=True)]
    await connection.execute(
        _APPEND, topics, keys, sequences, ids, types, instants, correlations, causations, bodies,
        CHANNEL,
    )  # fmt: skip
