"""Matching's handlers on real Postgres: what is decided is stored, whole or not at all."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.matching.domain.package import fold
from services.matching.handlers import RefusedError
from services.matching.history import read_event, read_package
from services.matching.policies import publish
from services.matching.policy_file import read_document
from services.matching.projections import REGISTER
from services.matching.store import QUERIES, MarketRoom
from shared.ids import new_id
from tests.integration.matching.room import Room, accept, decline, provider, referral, room
from tests.stack import TestStack

OTHER_POLICY = Path("deploy/policies/waltham-forest.yaml")


async def test_a_referral_is_offered_awarded_and_summed_up(stack: TestStack):
    """A complete referral becomes offers of its lot, and the acceptance of the best an award."""
    async with room(stack) as matching:
        first = provider(name="Alder Care", kind="framework", lot="walthamstow")
        second = provider(name="Birch Care", kind="framework", lot="walthamstow")
        await matching.take(first, second)
        asked = referral(await matching.now())
        await matching.take(asked)
        offers = await matching.offers(asked.referral_id)
        assert {who for _, who in offers} <= {first.provider_id, second.provider_id}
        await matching.take(accept(await matching.now(), asked.referral_id, offers[0]))
        types = await matching.types(asked.referral_id)
        assert types[:3] == ["search-started", "tier-opened", "offers-made"]
        assert "awarded" in types
        (row,) = await matching.pool.fetch("select * from summaries")
        assert (row["status"], row["provider_id"]) == ("awarded", offers[0][1])
        assert await matching.pool.fetchval("select count(*) from awards where state = 'live'") == 1


async def test_the_state_row_is_the_fold_of_its_events(stack: TestStack):
    """Whatever happened, folding a placement's events gives the state that is stored."""
    async with room(stack) as matching:
        await matching.take(
            *[provider(name=f"Care {n}", kind="framework", lot="walthamstow") for n in range(3)],
            *[provider(name=f"Dps {n}", kind="dps") for n in range(3)],
        )
        asked = referral(await matching.now())
        await matching.take(asked)
        offers = await matching.offers(asked.referral_id)
        await matching.take(decline(await matching.now(), asked.referral_id, offers[0]))
        for _ in range(12):
            await matching.advance(minutes=30)
            await matching.fire()
        events = await matching.pool.fetch(
            "select type, body from events where key = $1 order by sequence", asked.referral_id
        )
        (row,) = await matching.pool.fetch("select * from placements")
        folded = fold([read_event(event["type"], event["body"]) for event in events])
        assert read_package(row["status"], row["state"]) == folded
        assert row["status"] == "exhausted"
        assert row["sequence"] == len(events)


async def test_a_new_provider_reopens_a_search_that_nobody_was_left_for(stack: TestStack):
    """A search that ended with nobody left to ask asks the provider that registers afterwards."""
    async with room(stack) as matching:
        asked = referral(await matching.now())
        await matching.take(asked)
        assert await matching.pool.fetchval("select status from placements") == "exhausted"
        newcomer = provider(name="Newcomer", kind="framework", lot="walthamstow")
        await matching.take(newcomer)
        assert [who for _, who in await matching.offers(asked.referral_id)] == [
            newcomer.provider_id
        ]


async def test_an_acceptance_recorded_in_time_counts_after_the_offer_lapsed(stack: TestStack):
    """Matching that was away across the deadline still awards what was accepted before it."""
    async with room(stack) as matching:
        await matching.take(provider(name="Alder", kind="framework", lot="walthamstow"))
        asked = referral(await matching.now())
        await matching.take(asked)
        (offer,) = await matching.offers(asked.referral_id)
        in_time = await matching.now() + timedelta(minutes=1)
        await matching.advance(hours=6)
        await matching.fire()
        await matching.take(accept(in_time, asked.referral_id, offer))
        assert await matching.pool.fetchval("select status from placements") == "awarded"


async def test_a_process_with_an_older_policy_goes_on_with_what_a_newer_one_began(
    stack: TestStack,
):
    """While processes are replaced one by one, either may meet a search of the other's policy."""
    async with room(stack) as older:
        await older.take(provider(name="Alder", kind="framework", lot="walthamstow"))
        newer = Room(older.pool, OTHER_POLICY)
        async with older.pool.acquire() as connection, connection.transaction():
            await newer.matching.policies.keep(connection)
            await publish(
                connection, read_document(OTHER_POLICY), author="Ada", reason="the DPS is closed"
            )
        asked = referral(await older.now())
        await newer.take(asked)
        (offer,) = await older.offers(asked.referral_id)
        await older.take(accept(await older.now(), asked.referral_id, offer))
        assert await older.pool.fetchval("select status from placements") == "awarded"


async def test_a_broken_placement_does_not_hold_up_the_register(stack: TestStack):
    """Of two ended searches one cannot be read: a new provider is registered and asked by the other."""
    async with room(stack) as matching:
        broken, sound = referral(await matching.now()), referral(await matching.now())
        await matching.take(broken, sound)
        await matching.pool.execute(
            "update placements set state = '{}' where referral_id = $1", broken.referral_id
        )
        newcomer = provider(name="Newcomer", kind="framework", lot="walthamstow")
        await matching.take(newcomer)
        assert await matching.pool.fetchval("select count(*) from register") == 1
        assert [who for _, who in await matching.offers(sound.referral_id)] == [
            newcomer.provider_id
        ]
        assert await matching.offers(broken.referral_id) == []


async def test_a_register_that_was_rolled_back_is_not_remembered(stack: TestStack):
    """A process that read the register in a transaction that came to nothing reads it again."""
    async with room(stack) as matching:
        other = Room(matching.pool, OTHER_POLICY)
        never, later = (provider(name=name, kind="dps") for name in ("Never", "Later"))

        async def markets() -> list[set[UUID]]:
            now = await matching.now()
            async with matching.pool.acquire() as connection:
                rooms = (matching.matching.market, other.matching.market)
                return [set((await one.now(connection, now)).providers) for one in rooms]

        unheard_of = decline(await matching.now(), new_id(), (new_id(), new_id()))
        with pytest.raises(RefusedError):
            await matching.take(never, unheard_of)
        await other.take(later)
        assert await markets() == [{later.provider_id}] * 2


async def test_two_transactions_at_once_read_each_its_own_register(stack: TestStack):
    """A process that has read nothing yet reads in one transaction a register that the other
    cannot see yet: each weighs its own, and later ones the one that is committed."""
    async with (
        room(stack) as matching,
        matching.pool.acquire() as one,
        matching.pool.acquire() as two,
    ):
        now, newcomer = await matching.now(), provider(name="Newcomer", kind="dps")
        async with one.transaction(), two.transaction():
            await REGISTER.apply(one, [newcomer])
            await QUERIES.bump_register_version(one)
            for _ in range(20):
                kept = MarketRoom()
                mine, other = await asyncio.gather(kept.now(one, now), kept.now(two, now))
                assert set(mine.providers) == {newcomer.provider_id}
                assert set(other.providers) == set()
        assert set((await kept.now(two, now)).providers) == {newcomer.provider_id}
