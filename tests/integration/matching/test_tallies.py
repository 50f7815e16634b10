"""Tallies on real Postgres: added to as offers end, read by the market, made again from events."""

from datetime import timedelta

from deploy.installation import Installation
from deploy.rebuilding import Rebuilt, compare, projections_of, replace
from services.matching.domain.responses import PRIOR
from services.matching.store import MarketRoom, read_responses
from shared import clock
from shared.contracts.providers import ProviderRecorded
from tests.integration.matching.room import Room, accept, decline, provider, referral, room
from tests.stack import TestStack


async def a_busy_day(matching: Room) -> list[ProviderRecorded]:
    """Packages that are declined, accepted and left to lapse, in several batches."""
    register = [provider(name=f"Care {n}", kind="framework", lot="walthamstow") for n in range(3)]
    await matching.take(*register)
    for n in range(6):
        asked = [referral(await matching.now()) for _ in range(3)]
        await matching.take(*asked)
        await matching.advance(minutes=10)
        now = await matching.now()
        offers = [(one.referral_id, await matching.offers(one.referral_id)) for one in asked]
        await matching.take(*[decline(now, key, made[n % 3]) for key, made in offers[:2]])
        await matching.take(accept(now, offers[0][0], offers[0][1][(n + 1) % 3]))
        await matching.advance(minutes=30)
        await matching.fire()
    await matching.advance(days=1)
    await matching.fire()
    return register


async def rebuilt(stack: TestStack, matching: Room, *, mend: bool = False) -> Rebuilt:
    """The table held against what its events make, or mended by it."""
    name = await matching.pool.fetchval("select current_database()")
    where = Installation(
        database_urls={"matching": stack.postgres_url(name)}, kafka=stack.kafka_bootstrap
    )
    (tallies,) = projections_of("matching", "tallies")
    return await (replace if mend else compare)(where, "matching", tallies)


async def test_tallies_equal_their_rebuild(stack: TestStack):
    """What was added up live, batch by batch, is to the last row what the events make of it; a
    damaged sum is found, and mended."""
    async with room(stack) as matching:
        await a_busy_day(matching)
        found = await rebuilt(stack, matching)
        assert (found.differing, found.rows > 20) == (0, True)
        await matching.pool.execute("update tallies set amount = amount + 1")
        assert (await rebuilt(stack, matching)).differing > 0
        await rebuilt(stack, matching, mend=True)
        assert (await rebuilt(stack, matching)).differing == 0


async def test_what_was_learned_is_read_once_an_hour(stack: TestStack):
    """Within an hour the market keeps what it believed; then it reads what has been learned."""
    async with room(stack) as matching:
        register = await a_busy_day(matching)
        async with matching.pool.acquire() as connection:
            kept, now = MarketRoom(), await clock.now(connection)
            first = (await kept.now(connection, now)).responses
            await connection.execute("delete from tallies")
            assert (await kept.now(connection, now)).responses is first
            later = (await kept.now(connection, now + timedelta(hours=1))).responses
        who = register[0].provider_id
        assert first.figures(who, "framework").answered > 0
        assert later.figures(who, "framework") == PRIOR.figures(who, "framework")


async def test_a_sum_outgrows_every_number_of_bits(stack: TestStack):
    """Weights double for ever: a sum beyond 64 bits is added to and read like any other."""
    async with room(stack) as matching:
        register = await a_busy_day(matching)
        async with matching.pool.acquire() as connection:
            now = await clock.now(connection)
            before = await read_responses(connection, now)
            await connection.execute("update tallies set amount = amount * 2::numeric ^ 80")
            after = await read_responses(connection, now + timedelta(weeks=26 * 80))
        for one in register:
            figures = after.figures(one.provider_id, "framework")
            assert figures == before.figures(one.provider_id, "framework")
