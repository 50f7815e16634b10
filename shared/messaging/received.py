"""A record of a topic as a handler sees it: read, checked, and not seen before."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from shared.contracts.model import Event
from shared.postgres.connection import Connection


class Received(NamedTuple):
    """One event from a topic of another service."""

    topic: str
    """Without prefix, for example placements.v1."""
    key: UUID
    sequence: int
    id: UUID
    correlation_id: UUID
    event: Event


Handler = Callable[[Connection, Sequence[Received]], Awaitable[None]]
"""Takes a batch (at most 500, in order of each key) inside one transaction: all of it or nothing.

Whatever it raises rolls the transaction back; the reader then retries, or finds the guilty record.
"""
