"""The three services as real processes with their own databases, and callers over real HTTP."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

from deploy.local.ports import LOOPBACK, free_ports
from shared.contracts.providers import Contract, ProviderRecorded
from shared.messaging.kafka_topics import cluster_id
from shared.postgres.migrations import migrate
from shared.web.tokens import Role, Scope, create, new_token
from tests.benchmarks.market import register
from tests.benchmarks.place import (
    Place,
    connected,
    environment_of,
    service,
    until_ready,
)
from tests.stack import TestStack

SERVICES = ("referrals", "matching", "providers")
_REGISTER_SECONDS = 30
_prefixes = itertools.count(1)


@dataclass(slots=True, kw_only=True)
class Services:
    """The databases of one installation, and its processes while they run."""

    places: dict[str, Place]
    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Where a service answers."""
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def headers(self, caller: str) -> dict[str, str]:
        """The token of a caller: `hub`, `operator`, or a provider's id."""
        return {"authorization": f"Bearer {self.tokens[caller]}"}

    def memory_bytes(self) -> dict[str, int]:
        """Resident memory of each service's process."""
        return {name: psutil.Process(pid).memory_info().rss for name, pid in self.processes.items()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All three services run while the block does, and are ready when it begins."""
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        async with AsyncExitStack() as stack:
            for name in SERVICES:
                environment = environment_of(self.places[name], self.folder, self.ports[name])
                environment["HOMEWARD_REFERRALS_URL"] = self.url("referrals")
                log = self.folder / f"{name}.log"
                process = await stack.enter_async_context(service(name, environment, log=log))
                self.processes[name] = process.pid
            await asyncio.gather(*(until_ready(port) for port in self.ports.values()))
            yield


async def new_services(stack: TestStack, folder: Path) -> Services:
    """Three empty databases, topics of their own, and a token for everybody who calls."""
    prefix = f"stack-{next(_prefixes)}."
    log_id = await cluster_id(stack.kafka_bootstrap)
    places = {}
    for name in SERVICES:
        url = await stack.new_database_from(name, lambda where, name=name: migrate(where, name))  # type: ignore[misc]
        places[name] = Place(url, stack.kafka_bootstrap, prefix, log_id)
    services = Services(places=places, folder=folder)
    hub = Scope(organisations=frozenset(["whipps"]), wards=None)
    await _give_token(services, "referrals", "hub", "hub", hub)
    await _give_token(services, "providers", "operator", "operator", Scope())
    for entry in register():
        scope = Scope(provider_id=entry.provider_id)
        await _give_token(services, "providers", str(entry.provider_id), "provider", scope)
    return services


async def put_register(services: Services) -> None:
    """Records the market over HTTP; returns when matching knows all of it."""
    body = [_body(entry) for entry in register()]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.put(
            services.url("providers") + "/v1/providers",
            json=body,
            headers=services.headers("operator"),
        )
        answer.raise_for_status()
    async with (
        connected(services.places["matching"].url) as connection,
        asyncio.timeout(_REGISTER_SECONDS),
    ):
        while await connection.fetchval("select count(*) from register") < len(body):
            await asyncio.sleep(0.05)


async def _give_token(services: Services, name: str, caller: str, role: Role, scope: Scope) -> None:
    token = new_token(role, f"bench.{caller}", scope, timedelta(days=1))
    async with connected(services.places[name].url) as connection:
        await create(connection, token)
    services.tokens[caller] = token.secret


def _body(entry: ProviderRecorded) -> dict[str, Any]:
    return {
        **entry.model_dump(mode="json", exclude={"at", "contracts", "suspension"}),
        "contracts": [_contract(contract) for contract in entry.contracts],
    }


def _contract(contract: Contract) -> dict[str, Any]:
    assert contract.rate_pence is not None
    return {
        **contract.model_dump(mode="json", exclude={"rate_pence"}, by_alias=True),
        "rate": f"{contract.rate_pence / 100:.2f}",
    }
