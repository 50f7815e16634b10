"""Kafka away, Postgres away: what was acknowledged is kept, what was not is not there in part."""

import asyncio

import httpx
import pytest

from tests.e2e.processes import readiness
from tests.e2e.world import World
from tests.integration.referrals.samples import person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_kafka_down(world: World) -> None:
    """A referral is acknowledged without Kafka, also by a service that starts without it, and is
    offered once Kafka is back."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    await asyncio.to_thread(world.stack.kill_kafka)
    posted = await world.refer(outcode)
    world.processes.kill()
    world.processes.start()
    assert await world.until(lambda: is_healthy(world))
    later = await world.refer(outcode)
    for service in ("referrals", "matching", "providers"):
        assert await readiness(world.client, world.processes.of(service)) == 503
    place = await world.place(later)
    assert place["status"] == "starting_search"
    await asyncio.to_thread(world.stack.restart_kafka)
    for referral_id in (posted, later):
        offers = await world.offers(referral_id)
        assert (await world.answer(provider_id, offers[provider_id])).json()["result"] == "awarded"
    await world.up()
    await world.verify()


async def is_healthy(world: World) -> bool:
    """Whether every service answers."""
    answers = [await health(world, service) for service in ("referrals", "matching", "providers")]
    return set(answers) == {200}


async def health(world: World, service: str) -> int:
    """The status of `/health`, 0 while nobody answers."""
    try:
        return (await world.client.get(world.processes.of(service).url + "/health")).status_code
    except httpx.TransportError:
        return 0


async def test_postgres_down(world: World) -> None:
    """Every service says 503 and when to come back; the same requests succeed after it, once."""
    outcode = world.new_outcode()
    provider_id, awarded = await world.awarded(outcode)
    waiting = await world.refer(outcode)
    offer_id = (await world.offers(waiting))[provider_id]
    somebody = person(postcode=f"{outcode} 1AA")
    await world.secret("broker")
    await asyncio.to_thread(world.stack.kill_postgres)
    try:
        requests = await asyncio.gather(
            world.post_referral(outcode, key="same", person=somebody),
            world.call("referrals", "GET", "/v1/board"),
            world.call("matching", "GET", f"/v1/placements/{awarded}"),
            world.call("providers", "GET", "/v1/offers", provider_id=provider_id),
            world.answer(provider_id, offer_id),
            world.about_award(provider_id, awarded, "confirm"),
        )
        for answer in requests:
            assert (answer.status_code, answer.json()["type"]) == (503, "unavailable"), answer.text
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert await is_healthy(world)
        assert await readiness(world.client, world.processes.of("matching")) == 503
    finally:
        await asyncio.to_thread(world.stack.restart_postgres)
    posted = await world.until(lambda: until_stored(world, outcode, somebody))
    again = await world.post_referral(outcode, key="same", person=somebody)
    assert again.json() == posted.json()
    assert (await world.answer(provider_id, offer_id)).json()["result"] == "awarded"
    assert (await world.about_award(provider_id, awarded, "confirm")).status_code == 200
    await world.up()
    await world.verify()


async def until_stored(
    world: World, outcode: str, somebody: dict[str, object]
) -> httpx.Response | None:
    """The referral's answer, None while Postgres is still away."""
    answer = await world.post_referral(outcode, key="same", person=somebody)
    assert answer.status_code in (201, 503), answer.text
    return answer if answer.status_code == 201 else None
