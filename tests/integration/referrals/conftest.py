"""The referrals service in this process, on a database of its own, without or with Kafka."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.referrals.app import ReferralsSettings, create_app
from services.referrals.consumers import follow_placements
from shared.contracts.model import ReferralEvent
from shared.ids import new_id
from shared.messaging.received import Received
from shared.postgres.connection import Connection
from shared.postgres.migrations import migrate
from shared.secrets import create_keys
from shared.web import tokens
from tests.stack import TestStack

NOWHERE = "127.0.0.1:9"
"""Nothing listens here: Kafka is down for as long as the test lasts."""


@dataclass
class Service:
    """The running service, a client of it, and its database."""

    app: FastAPI
    client: httpx.AsyncClient
    database: asyncpg.Connection
    url: str

    async def token(self, role: tokens.Role, **scope: Any) -> dict[str, str]:
        """Headers with a new token of this role and scope."""
        token = tokens.new_token(
            role, f"{role}-{new_id().hex[-6:]}", tokens.Scope(**scope), timedelta(hours=1)
        )
        await tokens.create(self.database, token)
        return {"Authorization": f"Bearer {token.secret}"}

    async def ward(self, *wards: str, organisation: str = "whipps") -> dict[str, str]:
        """Headers of a ward."""
        return await self.token(
            "ward",
            organisations=frozenset({organisation}),
            wards=frozenset(wards or ("aspen",)),
        )

    async def follow(self, *events: ReferralEvent) -> None:
        """Hands events of placements.v1 to the consumer, as the reader does, in one transaction."""
        async with self.database.transaction():
            batch = [await self._received(event) for event in events]
            await follow_placements(self.database, batch)

    async def _received(self, event: ReferralEvent) -> Received:
        key = event.referral_id
        sequence = await self.database.fetchval(
            "insert into inbox values ('referrals', 'placements.v1', $1, 1)"
            " on conflict (consumer, topic, key) do update"
            " set last_sequence = inbox.last_sequence + 1 returning last_sequence",
            key,
        )
        return Received("placements.v1", key, sequence, new_id(), key, event)

    async def events(self) -> list[asyncpg.Record]:
        """Everything that the service has decided."""
        return await self.database.fetch("select * from events order by position")


Start = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def start(stack: TestStack, tmp_path: Path, topic_prefix: str) -> Start:
    """Starts the service, on a new database unless given the address of one."""
    create_keys(tmp_path)

    @asynccontextmanager
    async def starting(
        kafka: str = NOWHERE, url: str = "", *, sends_sector: bool = False
    ) -> AsyncIterator[Service]:
        url = url or await stack.new_database_from("referrals", _migrated)
        settings = ReferralsSettings(
            database_url=url,
            kafka_bootstrap_servers=kafka,
            homeward_secrets=tmp_path,
            homeward_topic_prefix=topic_prefix,
            homeward_partitions=2,
            homeward_send_sector=sends_sector,
        )
        app = create_app(settings)
        database = await asyncpg.connect(url)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        try:
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://homeward") as client,
            ):
                yield Service(app, client, database, url)
        finally:
            await database.close()

    return starting


async def _migrated(url: str) -> None:
    await migrate(url, "referrals")


@pytest.fixture
async def service(start: Start) -> AsyncIterator[Service]:
    """The service while Kafka is down."""
    async with start() as running:
        yield running


async def count(connection: Connection, table: str) -> int:
    """Rows of a table."""
    found: int = await connection.fetchval(f"select count(*) from {table}")
    return found
