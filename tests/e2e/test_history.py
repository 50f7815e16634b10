"""Matching and the history on Kafka: worked through by an empty database, refused by an old one."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from deploy.prepare import ClockWish, set_clock
from shared.ids import new_id
from shared.web import tokens
from shared.web.tokens import Scope
from tests.e2e.policy import SCALE
from tests.e2e.world import World, new_database, provider_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFERRALS = 12


async def test_matching_starts_after_the_others(new_world: World) -> None:
    """With an empty database it reads the register to its end and then the referrals, so that each
    is offered to everybody who can take it."""
    world = new_world
    outcode = world.new_outcode()
    await world.up("referrals", "providers")
    providers = [new_id() for _ in range(3)]
    await world.put_providers({providers[0]: provider_body(outcode)})
    referral_ids = [await world.refer(outcode) for _ in range(REFERRALS)]
    await world.put_providers(
        {one: provider_body(outcode, rank=rank) for rank, one in enumerate(providers, 1)}
    )
    withdrawn = await world.refer(outcode)
    await world.withdraw(withdrawn)
    await world.up("matching")
    for referral_id in referral_ids:
        assert set(await world.offers(referral_id, 3)) == set(providers)
    await world.until_placement(withdrawn, status="withdrawn")
    await world.verify()


async def test_an_older_database_is_not_used(world: World) -> None:
    """If `placements.v1` holds what matching's database lacks, it handles nothing and says what to
    do; with the right database back it goes on."""
    outcode = world.new_outcode()
    provider_id, _ = await world.awarded(outcode)
    await world.verify()
    settings = world.processes.environments["matching"]
    right, old = settings["DATABASE_URL"], await new_database(world.stack, "matching")
    urls = {**world.where.database_urls, "matching": old}
    lost = replace(world.where, database_urls=urls)
    await set_clock(lost, ClockWish(scale=SCALE))
    broker = tokens.new_token("broker", "somebody", Scope(), timedelta(days=1))
    world.processes.stop("matching")
    settings["DATABASE_URL"] = old
    try:
        world.processes.start("matching")
        await world.until(lambda: says_restore(world))
        waiting = await world.refer(outcode)
        async with lost.connection("matching") as connection:
            await tokens.create(connection, broker)
        answer = await world.client.post(
            f"{world.processes.of('matching').url}/v1/placements/{waiting}/award",
            json={"provider_id": str(provider_id), "ground": "urgency", "reason": "x"},
            headers={"Authorization": f"Bearer {broker.secret}"},
        )
        assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
        async with lost.connection("matching") as connection:
            for table in ("events", "placements", "inbox", "register"):
                assert await connection.fetchval(f"select count(*) from {table}") == 0, table
    finally:
        world.processes.stop("matching")
        settings["DATABASE_URL"] = right
    await world.up("matching")
    offers = await world.offers(waiting)
    assert (await world.answer(provider_id, offers[provider_id])).json()["result"] == "awarded"
    await world.verify()


async def says_restore(world: World) -> bool:
    """Whether matching is not ready and says that its database must be restored."""
    try:
        answer = await world.client.get(world.processes.of("matching").url + "/ready")
    except httpx.TransportError:
        return False
    trouble = answer.json().get("trouble")
    return answer.status_code == 503 and "restore the database" in (trouble or "")
