"""Everything is killed in the middle of a search; two processes of each service, one killed."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import httpx
import pytest

from shared.ids import new_id
from tests.e2e.world import World
from tests.integration.referrals.samples import person

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFERRALS = 60
AT_ONCE = 12


async def event_counts(world: World, referral_id: UUID) -> Counter[str]:
    """How often each kind of event is in a placement's history."""
    rows = await world.sql("matching", "select type from events where key = $1", referral_id)
    return Counter(row["type"].split(".")[2] for row in rows)


async def test_everything_is_killed_in_the_middle_of_a_search(world: World) -> None:
    """Services, Kafka and Postgres die at once: acknowledged answers count, timers that became due
    meanwhile fire once, those that are not go on."""
    outcode = world.new_outcode()
    ranked = await world.new_providers(outcode, 3)
    lapsing = await world.refer(outcode, urgency="urgent")
    await world.offers(lapsing, 3)
    overdue = await world.refer(outcode)
    offers = await world.offers(overdue, 3)
    assert (await world.answer(ranked[0], offers[ranked[0]])).json()["result"] == "awarded"
    settling, answered, going_on = [await world.refer(outcode) for _ in range(3)]
    standing = (await world.offers(settling, 3))[ranked[1]]
    in_flight = (await world.offers(answered, 3))[ranked[2]]
    await world.offers(going_on, 3)
    assert (await world.answer(ranked[1], standing)).json()["result"] == "standing"
    world.processes.kill("matching")
    assert (await world.answer(ranked[2], in_flight, wait=0)).status_code == 202
    world.processes.kill()
    await asyncio.to_thread(world.stack.kill_postgres)
    await asyncio.to_thread(world.stack.kill_kafka)
    await asyncio.to_thread(world.stack.restart_postgres)
    await asyncio.to_thread(world.stack.restart_kafka)
    (last,) = await world.sql(
        "matching", "select max(next_due_at) as at from placements where referral_id = any($1)",
        [lapsing, overdue, settling],
    )  # fmt: skip
    await world.until_clock(last["at"])
    await world.up()
    assert (await world.until_placement(settling, status="awarded"))["provider_id"] == str(
        ranked[1]
    )
    # It stands, and nobody better says anything until the settling time is up.
    assert (await world.until_placement(answered, status="awarded"))["provider_id"] == str(
        ranked[2]
    )
    await world.until_placement(lapsing, status="exhausted", escalated="nobody_left")
    await world.until_placement(overdue, escalated="confirmation_overdue")
    assert (await event_counts(world, lapsing))["offers-lapsed"] == 1
    assert (await event_counts(world, lapsing))["search-exhausted"] == 1
    assert (await event_counts(world, overdue))["escalation-opened"] == 1
    assert (await event_counts(world, settling))["awarded"] == 1
    placement = await world.placement(going_on)
    assert (placement["status"], placement["offers_out"]) == ("searching", 3)
    assert datetime.fromisoformat(placement["next_deadline_at"]) > await world.now()
    repeated = await world.answer(ranked[2], in_flight)
    assert (repeated.status_code, repeated.json()["result"]) == (200, "awarded")
    await world.verify()


async def persistently(ask: Callable[[int], Awaitable[httpx.Response]]) -> httpx.Response:
    """Asks one process after the other until one answers for good, as a caller would."""
    for number in range(40):
        try:
            answer = await ask(number)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
            continue
        if answer.status_code not in (202, 409, 503) or (
            answer.status_code == 409 and answer.json()["type"] != "request-running"
        ):
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError("nobody answered")


async def test_two_processes_of_each_and_one_killed(world: World) -> None:
    """Under load one process of each service dies: each request is answered by the other, every
    package has one award, and nothing happens twice."""
    outcode = world.new_outcode()
    providers = await world.new_providers(outcode, 4)
    for provider_id in providers:
        await world.secret("provider", provider_id)
    await world.up(count=2)
    slots = asyncio.Semaphore(AT_ONCE)
    done: list[UUID] = []
    killed = asyncio.Event()

    async def one_package(number: int) -> Counter[str]:
        async with slots:
            somebody, key = person(postcode=f"{outcode} 1AA"), str(new_id())
            posted = await persistently(
                lambda n: world.post_referral(outcode, process=n + number, key=key, person=somebody)
            )
            assert posted.status_code == 201, posted.text
            referral_id = UUID(posted.json()["referral_id"])
            offers = await world.offers(referral_id, len(providers))
            answers = await asyncio.gather(
                *(answer(one, offer_id, number) for one, offer_id in offers.items())
            )
            done.append(referral_id)
            if len(done) == REFERRALS // 3 and not killed.is_set():
                killed.set()
                await asyncio.to_thread(world.processes.kill, number=0)
            return Counter(answers)

    async def answer(provider_id: UUID, offer_id: UUID, number: int) -> str:
        key = str(new_id())
        answer = await persistently(
            lambda n: world.answer(provider_id, offer_id, wait=10, process=n + number, key=key)
        )
        return str(answer.json().get("result") or answer.json()["type"])

    heard = sum(await asyncio.gather(*map(one_package, range(REFERRALS))), Counter[str]())
    assert killed.is_set()
    assert set(heard) <= {"awarded", "standing", "already-placed"}, heard
    rows = await world.sql(
        "matching",
        "select count(*) as n, count(distinct referral_id) as packages from awards"
        " where state = 'live' and referral_id = any($1)",
        done,
    )
    assert (rows[0]["n"], rows[0]["packages"]) == (REFERRALS, REFERRALS)
    (row,) = await world.sql("referrals", "select count(*) as n from referrals where outcode = $1",
                             outcode)  # fmt: skip
    assert row["n"] == REFERRALS
    await world.verify()
