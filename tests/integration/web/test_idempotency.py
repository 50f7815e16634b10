"""A POST that is sent twice acts once and gets the answer of that moment."""

import asyncio

import asyncpg
import pytest

from shared.postgres.connection import open_pool
from shared.web.idempotency import Answer, Once, Pending
from tests.integration.web.conftest import Small


async def _post(small: Small, body: dict[str, object], key: str = "k1") -> tuple[int, dict]:  # type: ignore[type-arg]
    answer = await small.client.post(
        "/v1/things", json=body, headers={**small.headers, "Idempotency-Key": key}
    )
    return answer.status_code, answer.json()


async def test_repeat_gets_the_first_answer(small: Small) -> None:
    """A repeat gets the same status and body, and nothing happens again."""
    first = await _post(small, {"colour": "red"})
    assert first == (201, {"colour": "red", "n": 1})
    assert await _post(small, {"colour": "red"}) == first
    assert small.effects == ["red"]
    assert (await _post(small, {"colour": "red"}, "k2"))[1]["n"] == 2


async def test_other_body_is_refused(small: Small) -> None:
    """The same key with another body is 422, and the first answer stays."""
    await _post(small, {"colour": "red"})
    status, problem = await _post(small, {"colour": "blue"})
    assert (status, problem["type"]) == (422, "key-reused")
    assert small.effects == ["red"]


async def test_final_refusal_is_repeated(small: Small) -> None:
    """A 409 is kept with its key while what the attempt did is undone."""
    first = await _post(small, {"colour": "red", "outcome": "refused"})
    assert first[0] == 409
    assert await _post(small, {"colour": "red", "outcome": "refused"}) == first
    assert small.effects == ["red"]
    async with small.app.state.web.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from notes") == 0


@pytest.mark.parametrize(("outcome", "status"), [("wrong", 422), ("broken", 500)])
async def test_passing_refusal_is_tried_again(small: Small, outcome: str, status: int) -> None:
    """A 422 or 500 is not kept: the same key may be used once the cause is gone."""
    for _ in range(2):
        assert (await _post(small, {"colour": "red", "outcome": outcome}))[0] == status
    assert small.effects == ["red", "red"]


async def test_repeat_joins_the_wait(small: Small) -> None:
    """A 202 is not kept: a repeat acts no second time, waits again, and its answer is then kept."""
    body: dict[str, object] = {"colour": "red", "outcome": "later"}
    assert (await _post(small, body))[0] == 202
    small.outcome["answer"] = "awarded"
    assert await _post(small, body) == (200, {"colour": "red", "result": "awarded"})
    small.outcome["answer"] = "something newer"
    assert (await _post(small, body))[1]["result"] == "awarded"
    assert small.effects == ["red"]


async def test_running_is_a_lock(small: Small) -> None:
    """While the first is in its transaction a repeat is 409; if it dies, the next one acts."""
    pool = await open_pool(small.url, most=4)
    one = Once(subject="s", route="POST /x", key="k", body_hmac=b"b")
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_connection: object) -> Answer | Pending:
        entered.set()
        await leave.wait()
        return Answer(status=201, body={})

    first = asyncio.create_task(one.run(pool, slow))
    await entered.wait()
    with pytest.raises(Exception, match="request-running"):
        await one.run(pool, slow)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    leave.set()
    assert (await one.run(pool, slow)).status_code == 201
    await pool.close()


async def test_forgotten_after_a_day(small: Small) -> None:
    """After 24 hours the key is free again, and old rows go as new ones come."""
    await _post(small, {"colour": "red"})
    await _post(small, {"colour": "red"}, "old")
    connection = await asyncpg.connect(small.url)
    await connection.execute("update idempotency set created_at = created_at - interval '25 hours'")
    assert (await _post(small, {"colour": "blue"}))[0] == 201
    assert await connection.fetchval("select count(*) from idempotency") == 1
    await connection.close()


async def test_key_length(small: Small) -> None:
    """A key longer than 200 characters is refused, and no key is stored as it came."""
    assert (await _post(small, {"colour": "red"}, "k" * 201))[1]["type"] == "bad-key"
    await _post(small, {"colour": "red"}, "Zebedee")
    connection = await asyncpg.connect(small.url)
    assert "Zebedee" not in await connection.fetchval("select key from idempotency")
    await connection.close()
