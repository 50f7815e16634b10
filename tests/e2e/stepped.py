"""The three services in this process on real Postgres and real Kafka, with a clock that stands still.

The clock is set from instant to instant. Whatever is due or under way at one is done and read by
everybody before the next comes, so that what happens does not depend on how fast anything was.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from deploy.installation import SERVICES, Installation
from services.matching.app import create_app as matching_app
from services.providers.app import create_app as providers_app
from services.referrals.app import ReferralsSettings
from services.referrals.app import create_app as referrals_app
from shared.postgres.connection import Pool, open_pool
from shared.secrets import create_keys
from shared.settings import ServiceSettings
from shared.web import tokens
from shared.web.tokens import SERVICES_OF_ROLE, Role, Scope
from tests.e2e.world import new_database
from tests.stack import TestStack

STANDING = 1e-9
"""The scale of a clock that stands still: an hour of a test is less than its smallest unit."""
SETTLES_SECONDS = 20.0
READY_SECONDS = 60.0
_POLL_SECONDS = 0.003

_SET_CLOCK = "update clock set real_epoch = clock_timestamp(), epoch = $1, scale = $2"
_WRITTEN = "select count(*) from events where topic = $1"
_READ = "select coalesce(sum(last_sequence), 0) from inbox where topic = $1"
_DUE = "select count(*) from placements where next_due_at <= homeward_now()"


class Stepped:
    """One installation whose instants are given. Built with `stepped`."""

    def __init__(self, apps: Mapping[str, FastAPI], pools: Mapping[str, Pool]) -> None:
        self.pools = pools
        self._clients = {
            service: httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url=f"http://{service}", timeout=60
            )
            for service, app in apps.items()
        }
        self._secrets: dict[tuple[Role, UUID | None], str] = {}

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: Role,
        provider_id: UUID | None = None,
    ) -> Any:
        """What a request of a role is answered; it must be granted, and decided."""
        service = "referrals" if role == "hub" else "providers"
        headers = {
            "Authorization": f"Bearer {await self._secret(role, provider_id)}",
            "Prefer": "wait=20",
        }
        answer = await self._clients[service].request(method, path, json=body, headers=headers)
        assert answer.status_code in {200, 201}, f"{method} {path}: {answer.text}"
        return answer.json()

    async def _secret(self, role: Role, provider_id: UUID | None) -> str:
        known = (role, provider_id)
        if known not in self._secrets:
            organisations = frozenset(["simulated"]) if role == "hub" else frozenset()
            scope = Scope(organisations=organisations, wards=None, provider_id=provider_id)
            token = tokens.new_token(role, f"{role}-{len(self._secrets)}", scope, timedelta(days=1))
            for service in SERVICES_OF_ROLE[role]:
                async with self.pools[service].acquire() as connection:
                    await tokens.create(connection, token)
            self._secrets[known] = token.secret
        return self._secrets[known]

    async def ready(self) -> None:
        """Waits until every service says that it is ready."""
        async with asyncio.timeout(READY_SECONDS):
            for client in self._clients.values():
                while (await client.get("/ready")).status_code != 200:
                    await asyncio.sleep(0.05)

    async def set_clock(self, instant: datetime) -> None:
        """The instant on every database's clock; matching's last, since it acts on it by itself."""
        for service in ("referrals", "providers", "matching"):
            await self.pools[service].execute(_SET_CLOCK, instant, STANDING)

    async def next_due_at(self) -> datetime | None:
        """The next instant at which time alone makes matching look at a placement."""
        due: datetime | None = await self.pools["matching"].fetchval(
            "select min(next_due_at) from placements"
        )
        return due

    async def settled(self) -> None:
        """Returns when nothing is due and everything said at this instant was read by its readers."""
        async with asyncio.timeout(SETTLES_SECONDS):
            while not await self._is_settled():
                await asyncio.sleep(_POLL_SECONDS)

    async def _is_settled(self) -> bool:
        """Asked from where things come to where they go: what is missed here is seen there."""
        for service, topic in (("referrals", "referrals.v1"), ("providers", "responses.v1")):
            written = await self.pools[service].fetchval(_WRITTEN, topic)
            if written != await self.pools["matching"].fetchval(_READ, topic):
                return False
        if await self.pools["matching"].fetchval(_DUE):
            return False
        written = await self.pools["matching"].fetchval(_WRITTEN, "placements.v1")
        for service in ("referrals", "providers"):
            if written != await self.pools[service].fetchval(_READ, "placements.v1"):
                return False
        return True

    async def close(self) -> None:
        """Ends the clients; services and pools end with the block that made them."""
        for client in self._clients.values():
            await client.aclose()


@asynccontextmanager
async def stepped(
    stack: TestStack, folder: Path, prefix: str, policy: Path, begins_at: datetime
) -> AsyncIterator[Stepped]:
    """The services, ready, at the instant at which all begins."""
    create_keys(folder / "secrets")
    urls = {service: await new_database(stack, service) for service in SERVICES}
    where = Installation(database_urls=urls, kafka=stack.kafka_bootstrap, prefix=prefix)
    shared: dict[str, Any] = {
        "kafka_bootstrap_servers": where.kafka,
        "homeward_topic_prefix": prefix,
        "homeward_partitions": 2,
        "homeward_secrets": folder / "secrets",
        "homeward_policy": policy,
    }
    apps = {
        "referrals": referrals_app(ReferralsSettings(database_url=urls["referrals"], **shared)),
        "matching": matching_app(ServiceSettings(database_url=urls["matching"], **shared)),
        "providers": providers_app(ServiceSettings(database_url=urls["providers"], **shared)),
    }
    async with AsyncExitStack() as exits:
        pools = {
            service: await exits.enter_async_context(await open_pool(url, most=2))
            for service, url in urls.items()
        }
        made = Stepped(apps, pools)
        exits.push_async_callback(made.close)
        await made.set_clock(begins_at)
        for app in apps.values():
            await exits.enter_async_context(app.router.lifespan_context(app))
        await made.ready()
        yield made


def hurry_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that jumps is looked at more often than every quarter of a second."""
    monkeypatch.setattr("services.matching.timers.POLL_SECONDS", 0.01)
