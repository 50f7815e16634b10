"""Whose turn it is: the lock on a partition's offset row, and a record's place in its key's sequence."""

from collections.abc import Sequence
from uuid import UUID

from shared.contracts.topics import topics
from shared.messaging.received import Received
from shared.messaging.records import Incoming
from shared.messaging.store import QUERIES
from shared.postgres.connection import Connection

GAP = "gap"
"""A key's next sequence is missing: `homeward verify --repair` sends it again."""
SEEN = "seen"


def judge(received: Received | None, last: dict[tuple[str, UUID], int]) -> str | None:
    """Whether a record's turn has come: None, SEEN (handled before) or GAP."""
    assert received is not None, "an unreadable record has an error"
    before = last.get((received.topic, received.key), 0)
    if received.sequence <= before:
        return SEEN
    if received.sequence > before + 1 and topics()[received.topic].order == "contiguous":
        return GAP
    return None


async def lock_offsets(
    connection: Connection, consumer: str, log_id: str, items: Sequence[Incoming]
) -> dict[tuple[str, int], int]:
    """Locks the offset rows of the items' partitions, and gives (topic, partition) → next offset."""
    places = sorted({item.place for item in items})
    arguments = {
        "log_id": log_id,
        "consumer": consumer,
        "topics": [topic for topic, _ in places],
        "partitions": [partition for _, partition in places],
    }
    rows = await QUERIES.lock_offsets(connection, **arguments)
    if len(rows) < len(places):
        await QUERIES.ensure_offsets(connection, **arguments)
        rows = await QUERIES.lock_offsets(connection, **arguments)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
