"""Every answer that is not a success says what is wrong and nothing of what was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from shared.ids import new_id
from shared.web import tokens
from shared.web.limits import MOST_DISCARDED_BYTES
from tests.integration.web.conftest import Small
from tests.stack import TestStack

SEEDED = "Zebedee"


async def _post(small: Small, body: object, **headers: str) -> httpx.Response:
    return await small.client.post("/v1/things", json=body, headers={**small.headers, **headers})


@pytest.mark.parametrize(
    ("content", "content_type", "status", "kind"),
    [
        (b'{"colour": "Zebedee"', "application/json", 400, "malformed-json"),
        (b"[" * 100_000, "application/json", 400, "bad-request"),
        (b'{"colour": "red"}', "text/plain", 415, "wrong-content-type"),
        (b"colour=red", "application/x-www-form-urlencoded", 415, "wrong-content-type"),
        (b"x" * (256 * 1024 + 1), "application/json", 413, "body-too-large"),
        (b'{"colour": "red", "Zebedee": 1}', "application/json", 422, "invalid"),
        (b'{"colour": "Zebedee1"}', "application/json", 422, "invalid"),
        (b'{"colour": "red", "size": "Zebedee"}', "application/json", 422, "invalid"),
        (b'"Zebedee"', "application/json", 422, "invalid"),
        (b'{"colour": "\xff"}', "application/json", 400, "bad-request"),
        (b'{"colour": "\\ud800"}', "application/json", 422, "invalid"),
        (b"", "application/json", 422, "invalid"),
    ],
)
async def test_bad_body(
    small: Small, content: bytes, content_type: str, status: int, kind: str
) -> None:
    """A bad body is refused with a stable type, without an echo, and nothing is stored."""
    answer = await small.client.post(
        "/v1/things", content=content, headers={**small.headers, "Content-Type": content_type}
    )
    assert (answer.status_code, answer.json()["type"]) == (status, kind)
    assert answer.headers["content-type"] == "application/problem+json"
    assert SEEDED not in answer.text
    assert small.effects == []


async def test_chunked_body_stops_at_limit(small: Small) -> None:
    """A body without a length is refused once it passes the limit; its rest is never kept."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    answer = await small.client.post("/v1/things", content=endless(), headers=small.headers)
    assert answer.status_code == 413
    assert sent <= MOST_DISCARDED_BYTES + 2 * 256 * 1024


async def test_errors_name_path_and_rule(small: Small) -> None:
    """A 422 lists each thing wrong by path, code and what is allowed."""
    errors = await _post(small, {"size": 0})
    assert errors.json()["errors"] == [
        {"path": "colour", "code": "missing", "message": "is required"},
        {"path": "size", "code": "greater_than_equal", "message": "must be 1 or more"},
    ]


async def test_unknown_path_and_method(small: Small) -> None:
    """404 and 405 are problems too, and 405 says what is allowed."""
    missing = await small.client.get("/v1/Zebedee")
    assert (missing.status_code, missing.json()["type"]) == (404, "not-found")
    wrong = await small.client.delete("/v1/things")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "POST"
    assert SEEDED not in missing.text


async def test_unexpected_error_says_nothing(
    small: Small, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug is a 500 without its message, and what it had done is undone."""
    answer = await _post(small, {"colour": "zebedee", "outcome": "broken"})
    assert (answer.status_code, answer.json()["type"]) == (500, "internal-error")
    assert "zebedee" not in answer.text
    async with small.app.state.web.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from notes") == 0


async def test_postgres_away(small: Small, stack: TestStack) -> None:
    """While Postgres is away requests get 503 with Retry-After, and work again when it is back."""
    await asyncio.to_thread(stack.stop_postgres)
    try:
        answer = await _post(small, {"colour": "red"})
        ready = await small.client.get("/ready")
    finally:
        await asyncio.to_thread(stack.restart_postgres)
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    assert (ready.status_code, ready.json()["postgres"]) == (503, "away")
    assert (await _post(small, {"colour": "red"})).status_code == 201


async def test_operations(small: Small) -> None:
    """Health, readiness, metrics and documents answer without a token; metrics hold no ids."""
    assert (await small.client.get("/health")).json()["status"] == "alive"
    ready = await small.client.get("/ready")
    assert (ready.status_code, ready.json()["migrations"]) == (200, "current")
    assert (await small.client.get("/asyncapi.json")).json() == {"asyncapi": "3.0.0"}
    await small.client.get("/v1/things/918273", headers=small.headers)
    metrics = (await small.client.get("/metrics")).text
    assert 'route="/v1/things/{thing_id}"' in metrics
    assert "918273" not in metrics
    assert "/v1/things" in (await small.client.get("/openapi.json")).json()["paths"]


async def test_headers(small: Small) -> None:
    """Answers under /v1 are not stored by anyone, and carry a request id and the version."""
    own = str(new_id())
    answer = await _post(small, {"colour": "red"}, **{"X-Request-Id": own})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == own
    assert answer.headers["homeward-version"]
    other = await _post(small, {"colour": "red"}, **{"X-Request-Id": SEEDED})
    assert UUID(other.headers["x-request-id"])


@pytest.mark.parametrize(
    ("authorization", "kind"),
    [
        (None, "token-missing"),
        ("Bearer nonsense", "token-unknown"),
        ("Basic eDp5", "token-missing"),
    ],
)
async def test_no_valid_token(small: Small, authorization: str | None, kind: str) -> None:
    """Without a valid token the answer is 401 and says how to get one."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await small.client.get("/v1/things/1", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, kind)
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_token_life(small: Small) -> None:
    """A token of another role is 403; an expired one 401; a revoked one 401 after the cache."""
    hub = tokens.new_token(
        "hub", "hub", tokens.Scope(organisations=frozenset({"t"}), wards=None), timedelta(hours=1)
    )
    short = tokens.new_token(
        "ward",
        "short",
        tokens.Scope(organisations=frozenset({"t"}), wards=frozenset({"a"})),
        timedelta(milliseconds=1),
    )
    connection = await asyncpg.connect(small.url)
    try:
        for token in (hub, short, hub):
            await tokens.create(connection, token)
        stored = {token.id: token for token in await tokens.list_all(connection)}
        assert stored[hub.id].scope == hub.scope
        assert hub.secret not in json.dumps([str(token) for token in stored.values()])
        wrong = await small.client.get("/v1/things/1", headers=_bearer(hub.secret))
        assert (wrong.status_code, wrong.json()["roles"]) == (403, ["ward"])
        expired = await small.client.get("/v1/things/1", headers=_bearer(short.secret))
        assert (expired.status_code, expired.json()["type"]) == (401, "token-expired")
        assert await tokens.revoke(connection, hub.id)
        assert not await tokens.revoke(connection, new_id())
        await asyncio.sleep(tokens.CACHE_SECONDS + 0.1)
        revoked = await small.client.get("/v1/things/1", headers=_bearer(hub.secret))
        assert (revoked.status_code, revoked.json()["type"]) == (401, "token-unknown")
    finally:
        await connection.close()


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
