"""A providers service on a real database, told by hand what matching decided."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.providers.api import offers, packages, register, saying
from services.providers.consumers import follow_placements
from services.providers.people import People
from services.providers.reading import Reading
from shared import clock
from shared.contracts.model import Event
from shared.ids import event_id, new_id
from shared.messaging.received import Received
from shared.postgres.connection import Pool, open_pool
from shared.postgres.migrations import migrate
from shared.postgres.wakeups import Wakeups
from shared.web import tokens
from shared.web.app import Web, build_app
from tests.stack import TestStack
from tests.unit.providers.story import Story

SECRET = b"0123456789abcdef0123456789abcdef"


async def no_blocked_keys() -> int:
    """Messaging does not run in these tests."""
    return 0


def app_on(url: str, referrals: httpx.AsyncBaseTransport) -> FastAPI:
    """The service's routes on a database, without Kafka."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[Web]:
        wakeups = Wakeups()
        client = httpx.AsyncClient(transport=referrals, base_url="http://referrals")
        app.state.people = People(client)
        async with await open_pool(url) as pool, client, wakeups.listening(url):
            app.state.reading = Reading(pool)
            yield Web(
                pool=pool,
                wakeups=wakeups,
                hmac_key=SECRET,
                readiness=lambda: {"ready": True},
                blocked_keys=no_blocked_keys,
                asyncapi=dict,
            )

    routers = (register.router, offers.router, packages.router, saying.router)
    return build_app("providers", title="t", description="t", routers=routers, running=running)


@dataclass
class Referrals(httpx.AsyncBaseTransport):
    """Stands where the referrals service is: answers as told, and keeps what it was asked."""

    answer: httpx.Response = field(default_factory=lambda: httpx.Response(200, json={}))
    asked: list[httpx.Request] = field(default_factory=list)
    is_away: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        self.asked.append(request)
        if self.is_away:
            raise httpx.ConnectError("refused")
        return self.answer


class Service:
    """The service under test: two processes of it on one database, their clients, and matching."""

    def __init__(self, url: str, pool: Pool, exits: AsyncExitStack) -> None:
        self.url = url
        self.pool = pool
        self.referrals = Referrals()
        self._exits = exits
        self._bases: list[httpx.ASGITransport] = []
        self._sequences: dict[UUID, int] = {}
        self._secrets: dict[str, str] = {}

    async def start(self, processes: int) -> None:
        """Starts so many processes of the service."""
        for _ in range(processes):
            app = app_on(self.url, self.referrals)
            await self._exits.enter_async_context(app.router.lifespan_context(app))
            self._bases.append(httpx.ASGITransport(app))

    async def client(
        self, role: tokens.Role, provider_id: UUID | None = None, process: int = 0
    ) -> httpx.AsyncClient:
        """A client with a token of its own."""
        scope = tokens.Scope(provider_id=provider_id)
        subject = f"{role}-{provider_id.hex[-12:] if provider_id else 'one'}"
        token = tokens.new_token(role, subject, scope, timedelta(days=1))
        async with self.pool.acquire() as connection:
            await tokens.create(connection, token)
        return await self._exits.enter_async_context(
            httpx.AsyncClient(
                transport=self._bases[process],
                base_url="http://providers",
                headers={"Authorization": f"Bearer {token.secret}"},
                timeout=40,
            )
        )

    async def provider(self, process: int = 0) -> tuple[UUID, httpx.AsyncClient]:
        """A new provider and its client."""
        provider_id = new_id()
        return provider_id, await self.client("provider", provider_id, process)

    async def now(self) -> datetime:
        """The database's clock."""
        async with self.pool.acquire() as connection:
            return await clock.now(connection)

    async def story(self) -> Story:
        """A new referral, now."""
        return Story(await self.now())

    async def tell(self, *events: Event) -> None:
        """Matching's events come in, as one batch."""
        batch = [self._received(event) for event in events]
        async with self.pool.acquire() as connection, connection.transaction():
            await follow_placements(connection, batch)

    def _received(self, event: Event) -> Received:
        key: UUID = event.referral_id  # type: ignore[attr-defined]
        sequence = self._sequences[key] = self._sequences.get(key, 0) + 1
        return Received(
            topic="placements.v1",
            key=key,
            sequence=sequence,
            id=event_id("placements.v1", key, sequence),
            correlation_id=key,
            event=event,
        )

    async def events(self, topic: str, key: UUID) -> list[asyncpg.Record]:
        """What the service has appended to a stream."""
        rows: list[asyncpg.Record] = await self.pool.fetch(
            "select sequence, type, body::text as body from events"
            " where topic = $1 and key = $2 order by sequence",
            topic,
            key,
        )
        return rows


@asynccontextmanager
async def service_on(url: str, processes: int) -> AsyncIterator[Service]:
    """The service on a migrated database."""
    async with AsyncExitStack() as exits:
        pool = await exits.enter_async_context(await open_pool(url, most=4))
        service = Service(url, pool, exits)
        await service.start(processes)
        yield service


@pytest.fixture
async def service(stack: TestStack) -> AsyncIterator[Service]:
    """Two processes of the providers service on a new database."""
    url = await stack.new_database_from("providers", lambda url: migrate(url, "providers"))
    async with service_on(url, 2) as service:
        yield service
