"""Bad input over the real HTTP of each service: a problem that says what to do, nothing stored."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.installation import SERVICES
from shared.web import tokens
from shared.web.tokens import Scope
from tests.e2e.world import World, everybody, provider_body
from tests.integration.referrals.samples import person, referral, requirement, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARK = "Zebrafinch"
"""Put into every bad request: no answer and no log may repeat it."""
STORED = {
    "referrals": ("events", "referrals", "person", "notes", "open_nhs_numbers"),
    # Its events grow with time alone; one that a request began would have its placement.
    "matching": ("placements", "notes", "assignees"),
    "providers": ("events", "responses", "notes", "providers"),
}


async def counts(world: World) -> dict[str, int]:
    """Rows of everything that a request could leave behind."""
    found = {}
    for service, tables in STORED.items():
        for table in tables:
            (row,) = await world.sql(service, f"select count(*) as n from {table}")
            found[f"{service}.{table}"] = row["n"]
    return found


async def refused(
    world: World,
    service: str,
    path: str,
    status: int,
    type: str,
    *,
    method: str = "POST",
    **how: Any,
) -> dict[str, Any]:
    """Sends a request that must be refused in this way; the problem."""
    answer = await world.call(service, method, path, **how)
    assert (answer.status_code, answer.json()["type"]) == (status, type), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert MARK not in answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["detail"].endswith(".")
    return problem


BODIES = {
    "three carers": requirement(visits=[visit(carers=3)]),
    "end before start": requirement(visits=[visit(band=None, **{"from": "10:00", "to": "09:00"})]),
    "too short": requirement(visits=[visit(minutes=14)]),
    "unknown need": requirement(needs=[MARK]),
    "unknown field": requirement(note=MARK),
}


async def test_bad_referrals(world: World) -> None:
    """Each wrong part of a referral is named by its path, and nothing of it is kept."""
    await world.verify()
    before = await counts(world)
    paths = []
    for asked in BODIES.values():
        problem = await refused(
            world, "referrals", "/v1/referrals", 422, "invalid", body=referral(requirement=asked)
        )
        paths.append([error["path"] for error in problem["errors"]])
    assert paths == [
        ["requirement.visits.0.carers"],
        ["requirement.visits.0"],
        ["requirement.visits.0.minutes"],
        ["requirement.needs.0"],
        ["requirement"],
    ]
    body = referral(person=person(nhs_number="999 000 0000", family_name=MARK))
    await refused(world, "referrals", "/v1/referrals", 422, "invalid", body=body)
    body = referral(source={"kind": "hospital", "organisation": "elsewhere", "ward": "aspen"})
    await refused(world, "referrals", "/v1/referrals", 403, "outside-scope", body=body)
    assert await counts(world) == before
    await world.verify()


async def test_a_body_of_ten_megabytes(world: World) -> None:
    """Each service refuses it before reading more, whoever sends it where; see `test_routes` for all
    else that is wrong with a body."""
    (provider_id,) = await world.new_providers(world.new_outcode(), 1)
    await world.verify()
    before = await counts(world)
    unknown = "00000000-0000-7000-8000-000000000000"
    targets: list[tuple[str, str, str, dict[str, Any]]] = [
        ("referrals", "POST", "/v1/referrals", {}),
        ("matching", "POST", f"/v1/placements/{unknown}/award", {}),
        ("providers", "PUT", "/v1/providers", {"role": "operator"}),
        ("providers", "POST", f"/v1/offers/{unknown}/decline", {"provider_id": provider_id}),
    ]
    json_type = {"Content-Type": "application/json"}
    large = f'"{MARK * 1_000_000}"'.encode()
    for service, method, path, who in targets:
        await refused(world, service, path, 413, "body-too-large", content=large, headers=json_type,
                      method=method, **who)  # fmt: skip
    assert await counts(world) == before
    for service in SERVICES:
        assert MARK not in (world.processes.folder / f"{service}.log").read_text()
    await world.verify()


async def test_tokens(world: World) -> None:
    """No token, an unknown, expired, revoked or other role's token opens nothing."""
    reads = {"referrals": "/v1/board", "matching": "/v1/placements", "providers": "/v1/offers"}
    for service, path in reads.items():
        base = world.processes.of(service).url
        assert (await world.client.get(base + path)).json()["type"] == "token-missing"

        async def told(secret: str, url: str = base + path) -> str:
            answer = await world.client.get(url, headers={"Authorization": f"Bearer {secret}"})
            return f"{answer.status_code} {answer.json().get('type')}"

        assert await told("homeward_hub_guess") == "401 token-unknown"
        for role, scope in (("operator", Scope()), ("ward", None), ("broker", Scope())):
            if role == "broker" and service == "matching":
                continue
            of_ward = Scope(organisations=frozenset(["whipps"]), wards=frozenset(["aspen"]))
            secret = await world.new_secret(role, scope or of_ward)  # type: ignore[arg-type]
            wanted = (
                "403 wrong-role"
                if service in tokens.SERVICES_OF_ROLE[role]  # type: ignore[index]
                else "401 token-unknown"
            )
            assert await told(secret) == wanted, (service, role)
    url = world.processes.of("referrals").url + "/v1/board"
    expired = await world.new_secret("hub", everybody(), timedelta(microseconds=1))
    assert (await world.client.get(url, headers=bearer(expired))).json()["type"] == "token-expired"
    secret = await world.new_secret("hub", everybody())
    assert (await world.client.get(url, headers=bearer(secret))).status_code == 200
    async with world.where.connection("referrals") as connection:
        newest = max(await tokens.list_all(connection), key=lambda token: token.created_at)
        assert await tokens.revoke(connection, newest.id)

    async def revoked() -> bool:
        return (await world.client.get(url, headers=bearer(secret))).status_code == 401

    await world.until(revoked, tokens.CACHE_SECONDS + 2)


def bearer(secret: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {secret}"}


async def test_answers_of_others_and_other_answers(world: World) -> None:
    """Another's offer is not found; the first answer counts; a repeat is the same answer."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    (stranger,) = await world.new_providers(world.new_outcode(), 1)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    for how, body in (("accept", None), ("decline", {"reason": "times"})):
        for thief in (two, stranger):
            answer = await world.answer(thief, offers[one], how, body)
            assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    assert (await world.answer(two, offers[two], "decline", {"reason": "other"})).status_code == 422
    assert not await world.sql(
        "providers", "select from responses where referral_id = $1", referral_id
    )
    no = {"reason": "no_capacity"}
    assert (await world.answer(two, offers[two], "decline", no)).json() == {"result": "declined"}
    other = await world.answer(two, offers[two])
    assert (other.status_code, other.json()["type"]) == (409, "already-answered")
    first = await world.answer(one, offers[one], key="one")
    assert first.json()["result"] == "awarded"
    for key in ("one", "two", None):
        repeated = await world.answer(one, offers[one], key=key)
        assert (repeated.status_code, repeated.json()) == (200, first.json())
    changed = await world.answer(one, offers[one], "decline", no)
    assert (changed.status_code, changed.json()["type"]) == (409, "already-answered")
    rows = await world.sql("providers", "select from responses where referral_id = $1", referral_id)
    assert len(rows) == 2
    await world.verify()


async def test_a_key_is_for_one_request(world: World) -> None:
    """The same Idempotency-Key with another body is refused, with the same body it is one referral."""
    outcode = world.new_outcode()
    somebody = person(postcode=f"{outcode} 1AA")
    first = await world.post_referral(outcode, key="r1", person=somebody)
    again = await world.post_referral(outcode, key="r1", person=somebody)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await world.post_referral(outcode, key="r1")
    assert (other.status_code, other.json()["type"]) == (422, "key-reused")
    duplicate = await world.post_referral(outcode, key="r2", person=somebody)
    assert (duplicate.status_code, duplicate.json()["type"]) == (409, "duplicate-referral")
    assert first.json()["referral_id"] in duplicate.text
    bad = await world.call("providers", "PUT", "/v1/providers", [provider_body(outcode)],
                           role="operator")  # fmt: skip
    assert bad.json()["errors"][0]["path"] == "0.provider_id"
    await world.verify()
