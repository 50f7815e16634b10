"""The log is lost, or a projection is: both come back from what the services hold."""

import asyncio

import pytest

from deploy.installation import PROJECTIONS, SERVICES
from deploy.invariants.checking import settle
from deploy.invariants.log import check_log, repair_log
from deploy.rebuilding import compare, projections_of, replace
from shared.messaging.kafka_topics import ensure_topics
from tests.e2e.world import WAIT_SECONDS, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAMAGE = {
    ("referrals", "board"): "update board set provider_name = 'Nobody'",
    ("referrals", "awards"): "delete from placement_awards",
    ("referrals", "needs"): "update placement_needs set cause = 'split'",
    ("matching", "summaries"): "update summaries set offers_made = offers_made + 1",
    ("matching", "turns"): "delete from turns",
    ("matching", "tallies"): "update tallies set amount = amount + 1",
    ("providers", "offers"): "update offers set status = 'live'",
    ("providers", "packages"): "delete from packages",
    ("providers", "searches"): "delete from searches",
}


async def test_a_wiped_broker_is_filled_again(world: World) -> None:
    """Under running services the broker loses everything: what the services committed is sent
    again, the same events, and new referrals go on."""
    outcode = world.new_outcode()
    provider_id, referral_id = await world.awarded(outcode)
    await world.verify()
    await asyncio.to_thread(world.stack.wipe_kafka)
    waiting = await world.refer(outcode)
    # The topics are made anew by whoever comes first, so new events may come before the old ones.
    await ensure_topics(world.where.kafka, prefix=world.where.prefix, partitions=12)
    confirmed = await world.about_award(provider_id, referral_id, "confirm", wait=0)
    assert confirmed.status_code in (200, 202)
    await world.until_placement(referral_id, status="confirmed")
    assert await settle(world.where, WAIT_SECONDS) == []
    repaired = await repair_log(world.where)
    assert set(repaired) == {"referrals.v1", "placements.v1", "responses.v1", "providers.v1"}
    await world.processes.ready(world.client)
    offers = await world.offers(waiting)
    assert (await world.answer(provider_id, offers[provider_id])).json()["result"] == "awarded"
    assert (await world.about_award(provider_id, referral_id, "confirm")).status_code == 200
    newest = await world.refer(outcode)
    await world.offers(newest)
    await world.verify()
    assert [check.faults for check in await check_log(world.where)] == [()] * 4


async def test_each_projection_equals_its_rebuild(world: World) -> None:
    """Every projection of every service is what its events make of it; a damaged one is found, and
    mended in place."""
    provider_id, referral_id = await world.awarded(world.new_outcode())
    await world.about_award(provider_id, referral_id, "confirm")
    await world.verify()
    for service in SERVICES:
        for projection in PROJECTIONS[service]:
            found = await compare(world.where, service, projection)
            assert (found.differing, found.events > 0) == (0, True), projection.name
    for (service, name), damage in DAMAGE.items():
        (projection,) = projections_of(service, name)
        await world.sql(service, damage)
        assert (await compare(world.where, service, projection)).differing > 0, name
        assert (await replace(world.where, service, projection)).differing > 0, name
        assert (await compare(world.where, service, projection)).differing == 0, name
    await world.verify()
