"""The service's queries, and the locks under which it decides."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.postgres.connection import Connection
from shared.postgres.queries import load_queries

QUERIES: Any = load_queries(Path(__file__).parent / "sql" / "queries")


async def lock_streams(connection: Connection, topic: str, keys: Sequence[UUID]) -> dict[UUID, int]:
    """Locks the keys of a topic that this service writes, and gives the last sequence of each.

    Whoever holds a key's lock is alone in deciding about it. Keys are locked in order, so that two
    transactions never wait for each other.
    """
    wanted = sorted(set(keys))
    rows = await QUERIES.lock_streams(connection, topic=topic, keys=wanted)
    if len(rows) < len(wanted):
        await QUERIES.begin_streams(connection, topic=topic, keys=wanted)
        rows = await QUERIES.lock_streams(connection, topic=topic, keys=wanted)
    return {row["key"]: row["last_sequence"] for row in rows}


async def save_streams(connection: Connection, topic: str, last: dict[UUID, int]) -> None:
    """Keeps the last sequence of each key; the caller holds their locks."""
    if last:
        await QUERIES.save_streams(
            connection, topic=topic, keys=list(last), sequences=list(last.values())
        )
