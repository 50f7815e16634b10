"""Where one Homeward is: its three databases and its Kafka, embedded or the council's own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

import asyncpg

from services.matching import projections as matching
from services.matching.history import read_event as read_matching_event
from services.matching.tallies import TALLIES
from services.providers import projections as providers
from services.referrals import projections as referrals
from shared.contracts.envelope import read_event
from shared.contracts.topics import topics
from shared.messaging.projection import MadeOfEvents
from shared.postgres.connection import CONNECT_TIMEOUT_SECONDS, Connection

SERVICES = ("referrals", "matching", "providers")

PROJECTIONS: Mapping[str, tuple[MadeOfEvents, ...]] = MappingProxyType(
    {
        "referrals": referrals.PROJECTIONS,
        "matching": (*matching.PROJECTIONS, TALLIES),
        "providers": providers.PROJECTIONS,
    }
)
"""What each service makes from events alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The addresses of one installation."""

    database_urls: Mapping[str, str]
    kafka: str
    prefix: str = "homeward."

    @asynccontextmanager
    async def connection(self, service: str) -> AsyncIterator[Connection]:
        """A connection of its own to a service's database, without a limit on a statement's time."""
        connection = await asyncpg.connect(
            self.database_urls[service],
            timeout=CONNECT_TIMEOUT_SECONDS,
            server_settings={"timezone": "UTC"},
        )
        try:
            yield connection
        finally:
            await connection.close()


def written_by(service: str) -> tuple[str, ...]:
    """The topics whose truth is this service's own `events` table."""
    return tuple(topic.name for topic in topics().values() if topic.written_by == service)


def own_event(service: str, type: str, body: str) -> object:
    """An event from a service's own log, in the words that its projections understand.

    Raises UnreadableError or pydantic's ValidationError for a damaged row.
    """
    if service == "matching":
        return read_matching_event(type, body)
    return read_event(type, body.encode())
