"""Every route of every service, as its own document lists it: whom it lets in and what it refuses."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.installation import SERVICES
from shared.ids import new_id
from shared.web.limits import MOST_BODY_BYTES
from shared.web.tokens import Role, Scope
from tests.e2e.every_route import OPEN_TO_ALL, Route, documented, every_route
from tests.e2e.test_bad_requests import MARK, bearer, counts
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 8
JSON = {"Content-Type": "application/json"}
ASKS_MORE = ("/internal/", "/service-orders/", "/wards/")
"""Routes that go by more than an id, or by no id: they have tests of their own."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def document(world: World, service: str) -> dict[str, Any]:
    """The service's own OpenAPI document."""
    answer = await world.client.get(world.processes.of(service).url + "/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def all_of(asked: list[Callable[[], Awaitable[None]]]) -> None:
    """Runs requests, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await ask()

    await asyncio.gather(*map(one, asked))


async def answered(world: World, method: str, url: str, **more: Any) -> httpx.Response:
    """What a service says once it is not too busy to say it: 503 asks to come again."""

    async def read() -> httpx.Response | None:
        answer = await world.client.request(method, url, **more)
        return None if answer.status_code == 503 else answer

    return await world.until(read)


async def secret_of(world: World, role: Role) -> str:
    """A token of a role, with a scope in which there is nothing."""
    provider_id = new_id() if role == "provider" else None
    organisations = frozenset(["nowhere"]) if role in ("ward", "hub") else frozenset()
    wards = frozenset(["none"]) if role == "ward" else None
    return await world.new_secret(
        role, Scope(organisations=organisations, wards=wards, provider_id=provider_id)
    )


def told(answer: httpx.Response) -> str:
    """A refusal as status and type, and with path and code of the first thing that is wrong."""
    assert MARK not in answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["detail"].endswith("."), problem
    error = next(iter(problem.get("errors", ())), None)
    return f"{answer.status_code} {problem['type']}" + (
        "" if error is None else f" {error['path']} {error['code']}"
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_is_asked_here(world: World, service: str) -> None:
    """A route that the document has and these tests have not fails, and the other way round."""
    here = {route.name for route in every_route(service)}
    assert here == {*documented(await document(world, service))} - OPEN_TO_ALL


@pytest.mark.parametrize("service", SERVICES)
async def test_who_is_let_in(world: World, service: str) -> None:
    """Nobody without a token, nobody in another role, at any route."""
    url = world.processes.of(service).url
    secrets = {
        role: await secret_of(world, role)
        for role in {role for route in every_route(service) for role in route.others}
    }

    def ask(route: Route, role: Role | None) -> Callable[[], Awaitable[None]]:
        async def asked() -> None:
            answer = await answered(
                world, route.method, url + route.at(), json=route.body,
                headers=bearer(secrets[role]) if role else {},
            )  # fmt: skip
            wanted = "403 wrong-role" if role else "401 token-missing"
            assert told(answer) == wanted, (route.name, role)

        return asked

    await all_of(
        [ask(route, role) for route in every_route(service) for role in (None, *route.others)]
    )


def bad_bodies(route: Route, schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What must be refused as 422, each with the path that its refusal begins with."""
    inside = "0." if isinstance(route.body, list) else ""
    good = route.body[0] if inside else route.body

    def whole(body: Any) -> Any:
        return [body] if inside else body

    yield "0" if inside else "body", whole({**good, MARK: MARK})
    yield "0" if inside else "body", whole([MARK])
    for name in schema.get("properties", {}):
        yield inside + name, whole({**good, name: {MARK: MARK}})
    for name in schema.get("required", ()):
        yield inside + name, whole({key: good[key] for key in good if key != name})


@pytest.mark.parametrize("service", SERVICES)
async def test_what_no_route_takes(world: World, service: str) -> None:
    """Broken, huge and foreign bodies, wrong and missing fields, odd keys and ids: each is named, no
    value is repeated, and nothing is stored."""
    schemas = documented(await document(world, service))
    await world.verify()
    before = await counts(world)
    asked: list[Callable[[], Awaitable[None]]] = []
    url = world.processes.of(service).url
    roles = {route.roles[-1] for route in every_route(service)}
    secrets = {role: await secret_of(world, role) for role in roles}

    def send(route: Route, wanted: str, **more: Any) -> None:
        head = {**bearer(secrets[route.roles[-1]]), **more.pop("headers", {})}
        path = more.pop("path", route.at())

        async def ask() -> None:
            answer = await answered(world, route.method, url + path, headers=head, **more)
            assert told(answer).startswith(wanted), (route.name, wanted, more, answer.text)

        asked.append(ask)

    for route in every_route(service):
        if "{}" in route.path and "/reports/" not in route.path:
            send(route, "422 invalid", path=route.at(MARK), json=route.body)
            if route.method != "PUT" and not any(part in route.path for part in ASKS_MORE):
                send(route, "404 not-found", json=route.body)
        if route.body is None:
            continue
        for wanted, body in bad_bodies(route, schemas[route.name]):
            send(route, f"422 invalid {wanted}", json=body)
        send(route, "400 malformed-json", content=f'{{"{MARK}": '.encode(), headers=JSON)
        send(route, "413 body-too-large", content=b" " * (MOST_BODY_BYTES + 1), headers=JSON)
        send(route, "415 wrong-content-type", content=MARK.encode(), headers=FORM)
        send(route, "422 bad-key", json=route.body, headers={"Idempotency-Key": MARK * 21})
        if "{}" in route.path and route.method != "PUT":
            send(route, "404 not-found", json=route.body)
    await all_of(asked)
    assert await counts(world) == before
    assert MARK not in (world.processes.folder / f"{service}.log").read_text()


async def test_what_is_somebody_elses(world: World) -> None:
    """A provider's offer and package, and a referral with its order, are not found by anybody else."""
    outcode = world.new_outcode()
    (stranger,) = await world.new_providers(world.new_outcode(), 1)
    holder, referral_id = await world.awarded(outcode)
    assert (await world.about_award(holder, referral_id, "confirm")).status_code == 200
    (row,) = await world.sql(
        "providers", "select offer_id from offers where referral_id = $1", referral_id
    )
    await world.verify()
    before = await counts(world)
    things = {"offers": row["offer_id"], "packages": referral_id}
    for route in every_route("providers"):
        thing = things.get(route.path.split("/")[2])
        if thing is None or "{}" not in route.path:
            continue
        answer = await world.call("providers", route.method, route.at(thing), route.body,
                                  provider_id=stranger)  # fmt: skip
        assert told(answer) == "404 not-found", route.name
    secret = await world.new_secret(
        "hub", Scope(organisations=frozenset(["elsewhere"]), wards=None)
    )
    for route in every_route("referrals"):
        if "hub" in route.roles and "/referrals/{}" in route.path:
            await not_found(world, secret, route, referral_id)
    number = await order_number(world, referral_id)
    for route in every_route("referrals"):
        if "service-orders/{}" in route.path:
            await not_found(world, secret, route, number, 1)
    assert await counts(world) == before
    await world.verify()


async def not_found(world: World, secret: str, route: Route, *ids: object) -> None:
    """The route says that there is no such thing to the holder of this token."""
    url = world.processes.of(route.service).url + route.at(*ids)
    answer = await answered(world, route.method, url, json=route.body, headers=bearer(secret))
    assert told(answer) == "404 not-found", route.name


async def order_number(world: World, referral_id: UUID) -> str:
    """The number of the referral's service order, once it is made."""

    async def made() -> str | None:
        path = f"/v1/service-orders?referral_id={referral_id}"
        items = (await world.call("referrals", "GET", path)).json()["items"]
        return items[0]["number"] if items else None

    return await world.until(made)
