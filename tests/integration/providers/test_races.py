"""Many answers at once, on two processes of the service and one database."""

import asyncio

import asyncpg
import httpx
import pytest

from services.providers.domain.ids import answer_id
from shared.ids import new_id
from tests.integration.providers.conftest import Service, service_on
from tests.integration.providers.test_answers import NO_WAIT, offered, path
from tests.stack import TestStack
from tests.unit.providers.story import Story


async def decide_first(service: Service, story: Story, count: int) -> None:
    """Stands in for matching under `first`: the first recorded wins, once all have been recorded."""
    while len(rows := await service.events("responses.v1", story.referral_id)) < count:
        await asyncio.sleep(0.02)
    assert [row["sequence"] for row in rows] == list(range(1, count + 1))
    order = await service.pool.fetch(
        "select r.provider_id, r.response_id from responses r join events e"
        " on e.topic = 'responses.v1' and e.body->>'response_id' = r.response_id::text"
        " where r.referral_id = $1 order by e.sequence",
        story.referral_id,
    )
    winner, *others = order
    await service.tell(
        story.awarded(winner["provider_id"], winner["response_id"]),
        *[
            story.refused(row["provider_id"], "accept", "already-placed", row["response_id"])
            for row in others
        ],
    )


async def test_fifty_at_once_over_two_processes(service: Service):
    """50 waiting acceptances: one 200, forty-nine 409, sequences without a gap, no connection kept."""
    providers = [await service.provider(process=number % 2) for number in range(50)]
    story = await offered(service, *[provider_id for provider_id, _ in providers])
    deciding = asyncio.create_task(decide_first(service, story, 50))
    answers = await asyncio.gather(
        *[
            http.post(path(story, provider_id), headers={"Prefer": "wait=25"})
            for provider_id, http in providers
        ]
    )
    await deciding
    by_status = sorted(answer.status_code for answer in answers)
    assert by_status == [200] + [409] * 49
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"already-placed"}


async def test_waiting_holds_no_connection(service: Service):
    """While 30 requests wait, the service's pool of ten still answers others at once."""
    providers = [await service.provider() for _ in range(30)]
    story = await offered(service, *[provider_id for provider_id, _ in providers])
    waiting = [
        asyncio.ensure_future(http.post(path(story, me), headers={"Prefer": "wait=20"}))
        for me, http in providers
    ]
    while len(await service.events("responses.v1", story.referral_id)) < 30:
        await asyncio.sleep(0.02)
    _me, http = providers[0]
    async with asyncio.timeout(2):
        assert (await http.get("/v1/offers")).status_code == 200
    await decide_first(service, story, 30)
    assert sorted([(await w).status_code for w in waiting]) == [200] + [409] * 29


async def test_the_same_yes_many_times_is_one(service: Service):
    """Repeats of one acceptance, with and without a key, on both processes, record one event."""
    me, http = await service.provider()
    again = await service.client("provider", me, process=1)
    story = await offered(service, me)
    requests = [http.post(path(story, me), headers=NO_WAIT) for _ in range(10)]
    requests += [again.post(path(story, me), headers={"Idempotency-Key": "k", **NO_WAIT})]
    answers = await asyncio.gather(*requests)
    assert {answer.status_code for answer in answers} == {202}
    assert len(await service.events("responses.v1", story.referral_id)) == 1


async def test_yes_and_no_at_once_have_one_winner(service: Service):
    """One of the two is recorded; the other is told already-answered."""
    for _ in range(5):
        me, http = await service.provider()
        story = await offered(service, me)
        yes, no = await asyncio.gather(
            http.post(path(story, me), headers=NO_WAIT),
            http.post(path(story, me, "decline"), json={"reason": "area"}, headers=NO_WAIT),
        )
        assert sorted([yes.status_code, no.status_code]) == [202, 409]
        assert len(await service.events("responses.v1", story.referral_id)) == 1


async def test_answers_and_matching_never_deadlock(service: Service):
    """Acceptances of many offers while batches about the same offers come in: none is lost."""
    me, http = await service.provider()
    stories = [await offered(service, me) for _ in range(20)]

    async def tell() -> None:
        for _ in range(10):
            await service.tell(*[story.stood(me, None) for story in reversed(stories)])

    telling = asyncio.create_task(tell())
    answers: list[httpx.Response] = await asyncio.gather(
        *[http.post(path(story, me), headers=NO_WAIT) for story in stories]
    )
    await telling
    assert {answer.status_code for answer in answers} <= {200, 202}


async def test_a_second_answer_breaks_a_constraint(service: Service):
    """Even code that forgot the lock could not record two answers to one offer."""
    me, http = await service.provider()
    story = await offered(service, me)
    await http.post(path(story, me), headers=NO_WAIT)
    with pytest.raises(asyncpg.UniqueViolationError):
        await service.pool.execute(
            "insert into responses select $1, referral_id, provider_id, 'decline', offer_id,"
            " null, null, recorded_at from responses where response_id = $2",
            new_id(),
            answer_id(story.offer_id(me)),
        )


async def test_postgres_away_stores_nothing_and_says_when_to_return(
    service: Service, stack: TestStack
):
    """503 with Retry-After while the database is away; afterwards the same request works."""
    me, http = await service.provider()
    story = await offered(service, me)
    assert (await http.get("/v1/offers")).status_code == 200
    await asyncio.to_thread(stack.stop_postgres)
    try:
        answer = await http.post(path(story, me), headers=NO_WAIT)
    finally:
        await asyncio.to_thread(stack.restart_postgres)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert (await http.post(path(story, me), headers=NO_WAIT)).status_code == 202
    assert len(await service.events("responses.v1", story.referral_id)) == 1


async def test_a_batch_again_changes_nothing(service: Service):
    """What was told is the same after a restart that handles the batch on the new process."""
    me, _http = await service.provider()
    story = await offered(service, me)
    before = await service.pool.fetch("select * from offers")
    async with service_on(service.url, 1) as other:
        await other.tell(story.search_started(), story.offers_made(me))
    assert await service.pool.fetch("select * from offers") == before
