"""A whole Homeward of its own: three services as processes, three databases, topics, one clock.

Its methods are what wards, brokers, providers and operators do over HTTP; `sql` looks where they
cannot. `verify` is what `homeward verify` checks.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx

from deploy.installation import SERVICES, Installation
from deploy.invariants.checking import check, settle
from deploy.prepare import ClockWish, set_clock
from shared.ids import new_id
from shared.postgres.connection import TRANSIENT_ERRORS, Pool, open_pool
from shared.postgres.migrations import migrate
from shared.secrets import create_keys
from shared.web import tokens
from shared.web.tokens import SERVICES_OF_ROLE, Role, Scope
from tests.e2e.policy import OUTCODES, SCALE, lot_of, write_policy
from tests.e2e.processes import Processes
from tests.integration.referrals.samples import person, referral
from tests.stack import TestStack

EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday morning."""
WAIT_SECONDS = 30.0

Found = TypeVar("Found")


def everybody(organisation: str = "whipps") -> Scope:
    """The scope of a hub that sees all its wards."""
    return Scope(organisations=frozenset([organisation]), wards=None)


class World:
    """One installation under test. Built with `create`, ended with `close`."""

    def __init__(self, stack: TestStack, where: Installation, processes: Processes) -> None:
        self.stack = stack
        self.where = where
        self.processes = processes
        self.client = httpx.AsyncClient(
            trust_env=False, timeout=60, limits=httpx.Limits(max_connections=200)
        )
        self._pools: dict[str, Pool] = {}
        self._secrets: dict[tuple[Role, UUID | None], str] = {}
        self._outcodes = iter(OUTCODES[::2])
        self._names = itertools.count(1)

    @staticmethod
    async def create(
        stack: TestStack, folder: Path, prefix: str, epoch: datetime = EPOCH
    ) -> "World":
        """Databases, keys, clock, tokens and policy; no process runs yet."""
        urls = {service: await new_database(stack, service) for service in SERVICES}
        where = Installation(database_urls=urls, kafka=stack.kafka_bootstrap, prefix=prefix)
        await set_clock(where, ClockWish(scale=SCALE, epoch=epoch))
        create_keys(folder / "secrets")
        world = World(stack, where, Processes(folder, {service: {} for service in SERVICES}))
        shared = {
            "KAFKA_BOOTSTRAP_SERVERS": where.kafka,
            "HOMEWARD_TOPIC_PREFIX": prefix,
            "HOMEWARD_SECRETS": str(folder / "secrets"),
            "HOMEWARD_POLICY": str(write_policy(folder / "policy.yaml")),
            "HOMEWARD_REFERRALS_URL": f"http://127.0.0.1:{world.processes.ports['referrals']}",
            "HOMEWARD_SERVICE_TOKEN": await world.new_secret("service", Scope()),
        }
        for service, url in urls.items():
            world.processes.environments[service] = {**shared, "DATABASE_URL": url}
        return world

    async def close(self) -> None:
        """Ends every process and connection."""
        self.processes.kill()
        await self.client.aclose()
        for pool in self._pools.values():
            pool.terminate()

    async def up(self, *services: str, count: int = 1) -> None:
        """Starts what is missing of these services and waits until all of them are ready."""
        self.processes.start(*services, count=count)
        await self.processes.ready(self.client, *services)

    # Looking and waiting.

    async def sql(self, service: str, query: str, *arguments: Any) -> list[Any]:
        """Rows of a service's own database. A connection that Postgres has closed is replaced."""
        if service not in self._pools:
            self._pools[service] = await open_pool(self.where.database_urls[service], most=4)
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                try:
                    return list(await self._pools[service].fetch(query, *arguments))
                except TRANSIENT_ERRORS:
                    await asyncio.sleep(0.1)

    async def now(self) -> datetime:
        """The clock of the installation."""
        (row,) = await self.sql("providers", "select homeward_now() as now")
        instant: datetime = row["now"]
        return instant

    async def until(
        self, read: Callable[[], Awaitable[Found | None]], seconds: float = WAIT_SECONDS
    ) -> Found:
        """What `read` finds as soon as it is something."""
        async with asyncio.timeout(seconds):
            while not (found := await read()):
                await asyncio.sleep(0.05)
            return found

    async def until_clock(self, instant: datetime) -> None:
        """Waits until the clock has passed an instant."""

        async def passed() -> bool:
            return await self.now() > instant

        await self.until(passed)

    async def verify(self, *, errors_expected: bool = False) -> None:
        """Everything has come to rest, no invariant is broken, and nothing was logged as an error."""
        unsettled = await settle(self.where, WAIT_SECONDS)
        assert not unsettled, unsettled
        faults = {one.name: one.faults for one in await check(self.where) if one.faults}
        assert not faults, faults
        if not errors_expected:
            logged = list(self.processes.logged("error"))
            assert not logged, logged

    # Callers.

    async def new_secret(
        self, role: Role, scope: Scope, lifetime: timedelta = timedelta(days=1)
    ) -> str:
        """A token's secret, written where the role needs it."""
        token = tokens.new_token(role, f"{role}-{next(self._names)}", scope, lifetime)
        for service in SERVICES_OF_ROLE[role]:
            async with self.where.connection(service) as connection:
                await tokens.create(connection, token)
        return token.secret

    async def secret(self, role: Role, provider_id: UUID | None = None) -> str:
        """The secret of a role, the same each time."""
        known = (role, provider_id)
        if known not in self._secrets:
            scope = everybody() if role == "hub" else Scope(provider_id=provider_id)
            self._secrets[known] = await self.new_secret(role, scope)
        return self._secrets[known]

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        body: object = None,
        *,
        role: Role | None = None,
        provider_id: UUID | None = None,
        process: int = 0,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One request as a role (by default the service's own audience)."""
        role = role or DEFAULT_ROLES[service]
        secret = await self.secret(role, provider_id)
        return await self.client.request(
            method,
            self.processes.of(service, process).url + path,
            json=body,
            headers={"Authorization": f"Bearer {secret}", **(headers or {})},
            **more,
        )

    # What people do.

    def new_outcode(self) -> str:
        """An outcode, alone in a lot, that no test has used."""
        return next(self._outcodes)

    async def new_providers(
        self, outcode: str, count: int, kind: str = "framework", **changes: Any
    ) -> list[UUID]:
        """Providers that matching knows, in order of their contract's rank."""
        ids = [new_id() for _ in range(count)]
        await self.register(
            {
                one: provider_body(outcode, kind, rank=rank, **changes)
                for rank, one in enumerate(ids, 1)
            }
        )
        return ids

    async def register(self, bodies: Mapping[UUID, Mapping[str, Any]]) -> None:
        """Records providers and waits until matching knows of each."""
        await self.put_providers(bodies)

        async def known() -> bool:
            query = "select from register where provider_id = any($1)"
            return len(await self.sql("matching", query, list(bodies))) == len(bodies)

        await self.until(known)

    async def put_providers(self, bodies: Mapping[UUID, Mapping[str, Any]]) -> None:
        """Records providers."""
        listed = [{"provider_id": str(one), **body} for one, body in bodies.items()]
        answer = await self.call("providers", "PUT", "/v1/providers", listed, role="operator")
        assert answer.status_code == 200, answer.text

    async def refer(self, outcode: str, **changes: Any) -> UUID:
        """Posts a referral; its id."""
        answer = await self.post_referral(outcode, **changes)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["referral_id"])

    async def post_referral(
        self, outcode: str, *, key: str | None = None, process: int = 0, **changes: Any
    ) -> httpx.Response:
        """Posts a whole referral of somebody new at this outcode."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"person": person(postcode=f"{outcode} 1AA"), **changes}
        return await self.call(
            "referrals", "POST", "/v1/referrals", referral(**body), process=process,
            headers=headers,
        )  # fmt: skip

    async def withdraw(self, referral_id: UUID, process: int = 0) -> httpx.Response:
        """Ends a package, as its hub."""
        path = f"/v1/referrals/{referral_id}/withdraw"
        body = {"reason": "readmitted"}
        return await self.call("referrals", "POST", path, body, process=process)

    async def offers(self, referral_id: UUID, count: int = 1) -> dict[UUID, UUID]:
        """Provider → its newest offer, once so many providers can answer."""

        async def read() -> dict[UUID, UUID] | None:
            rows = await self.sql(
                "providers",
                "select provider_id, offer_id from offers where referral_id = $1 and status = 'live'"
                " order by made_at",
                referral_id,
            )
            found = {row["provider_id"]: row["offer_id"] for row in rows}
            return found if len(found) >= count else None

        return await self.until(read)

    async def answer(
        self,
        provider_id: UUID,
        offer_id: UUID,
        how: str = "accept",
        body: object = None,
        *,
        wait: int = 20,
        process: int = 0,
        key: str | None = None,
    ) -> httpx.Response:
        """A provider answers an offer, and waits for what comes of it."""
        headers = {"Prefer": f"wait={wait}", **({"Idempotency-Key": key} if key else {})}
        path = f"/v1/offers/{offer_id}/{how}"
        return await self.call(
            "providers", "POST", path, body, provider_id=provider_id, process=process,
            headers=headers,
        )  # fmt: skip

    async def about_award(
        self, provider_id: UUID, referral_id: UUID, what: str, body: object = None, wait: int = 20
    ) -> httpx.Response:
        """A provider confirms, releases or starts a package."""
        path = f"/v1/packages/{referral_id}/{what}"
        headers = {"Prefer": f"wait={wait}"}
        return await self.call(
            "providers", "POST", path, body, provider_id=provider_id, headers=headers
        )

    async def awarded(self, outcode: str, **changes: Any) -> tuple[UUID, UUID]:
        """A referral that one new provider has just been awarded: (provider, referral)."""
        (provider_id,) = await self.new_providers(outcode, 1)
        referral_id = await self.refer(outcode, **changes)
        offer_id = (await self.offers(referral_id))[provider_id]
        answer = await self.answer(provider_id, offer_id)
        assert answer.json()["result"] == "awarded", answer.text
        return provider_id, referral_id

    async def placement(self, referral_id: UUID) -> dict[str, Any]:
        """A placement as brokers read it."""
        answer = await self.call("matching", "GET", f"/v1/placements/{referral_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def until_placement(
        self, referral_id: UUID, seconds: float = WAIT_SECONDS, **wanted: Any
    ) -> dict[str, Any]:
        """A placement once its fields are as wanted; `escalated` is one of its open items."""
        kind = wanted.pop("escalated", None)

        async def read() -> dict[str, Any] | None:
            path = f"/v1/placements/{referral_id}"
            answer = await self.call("matching", "GET", path)
            if answer.status_code == 404:
                return None
            found: dict[str, Any] = answer.json()
            fits = all(found[name] == value for name, value in wanted.items())
            return found if fits and (kind is None or kind in found["escalations"]) else None

        return await self.until(read, seconds)

    async def place(self, referral_id: UUID) -> dict[str, Any]:
        """A referral's place on the board, as its ward reads it."""
        answer = await self.call("referrals", "GET", f"/v1/referrals/{referral_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["place"]
        return found

    async def until_place(self, referral_id: UUID, status: str) -> dict[str, Any]:
        """The same once the board shows this status."""

        async def read() -> dict[str, Any] | None:
            found = await self.place(referral_id)
            return found if found["status"] == status else None

        return await self.until(read)


DEFAULT_ROLES: Mapping[str, Role] = {
    "referrals": "hub",
    "matching": "broker",
    "providers": "provider",
}


def provider_body(
    outcode: str, kind: str = "framework", rank: int = 1, **changes: Any
) -> dict[str, Any]:
    """An entry of the register: everything that the tests' referrals need, in one outcode."""
    contract: dict[str, Any] = {"kind": kind, "rate": "17.90", "from": "2025-01-01"}
    if kind == "framework":
        contract |= {"lot": lot_of(outcode), "rank": rank}
    return {
        "name": f"Care {outcode} {kind} {rank}",
        "cqc_rating": "good",
        "outcodes": [outcode],
        "capabilities": ["personal_care", "medication"],
        "contracts": [contract],
        **changes,
    }


async def new_database(stack: TestStack, service: str) -> str:
    """A migrated database of a service."""
    return await stack.new_database_from(service, lambda url: migrate(url, service))
