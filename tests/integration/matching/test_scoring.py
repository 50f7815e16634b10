"""Forecasts on real Postgres: kept while a search is under way, scored later, and then heeded."""

from services.matching.domain.people_commands import HoldSearch
from services.matching.domain.tally import weight
from services.matching.scoring import LOOK_EVERY, Scoring
from shared.contracts.referrals import WithdrawalRequested
from tests.integration.matching.room import Room, accept, provider, referral, room
from tests.stack import TestStack


def scoring(matching: Room) -> Scoring:
    return Scoring(pool=matching.pool, matching=matching.matching)


async def kept(matching: Room) -> list[tuple[str, int]]:
    rows = await matching.pool.fetch("select horizon, said from forecasts order by horizon, said")
    return [(row["horizon"], row["said"]) for row in rows]


async def scores(matching: Room) -> dict[str, tuple[float, float]]:
    """By horizon: how many were scored, and how many of them happened."""
    rows = await matching.pool.fetch(
        "select horizon, sum(forecasts) as forecasts, sum(happened) as happened from scores "
        "group by horizon"
    )
    one = weight(await matching.now())
    return {row["horizon"]: (row["forecasts"] / one, row["happened"] / one) for row in rows}


async def test_a_search_is_looked_at_every_so_often(stack: TestStack):
    """One look keeps each horizon that lies ahead; a second one at once keeps nothing."""
    async with room(stack) as matching:
        await matching.take(provider(name="Alder Care", kind="framework", lot="walthamstow"))
        await matching.take(referral(await matching.now()))
        assert await scoring(matching).look() == 0, "it has only begun"
        await matching.advance(seconds=LOOK_EVERY.total_seconds())
        assert await scoring(matching).look() == 1
        found = await kept(matching)
        assert {horizon for horizon, _ in found} >= {"90", "240", "tomorrow"}
        assert all(0 < said < 1000 for horizon, said in found if horizon == "240")
        assert await scoring(matching).look() == 0
        assert await kept(matching) == found
        await matching.advance(seconds=LOOK_EVERY.total_seconds() + 1)
        assert await scoring(matching).look() == 1
        assert len(await kept(matching)) > len(found)


async def test_what_was_said_is_scored_once_when_its_time_has_passed(stack: TestStack):
    """Two searches, one taken in time; a third one called off says nothing. Then nothing is kept,
    and what is said of the next search is lower, since it came true less often."""
    async with room(stack) as matching:
        alder = provider(name="Alder Care", kind="framework", lot="walthamstow")
        birch = provider(name="Birch Care", kind="framework", lot="walthamstow")
        await matching.take(alder, birch)
        taken, left, off = [referral(await matching.now()) for _ in range(3)]
        await matching.take(taken, left, off)
        await matching.advance(minutes=31)
        assert await scoring(matching).look() == 3
        before = await matching.pool.fetchval("select said from forecasts where horizon = '240'")
        offer, *_ = await matching.offers(taken.referral_id)
        now = await matching.now()
        await matching.take(
            accept(now, taken.referral_id, offer),
            WithdrawalRequested(
                at=now, referral_id=off.referral_id, requested_at=now, reason="died"
            ),
        )
        await scoring(matching).score()
        assert await scores(matching) == {}, "too early"
        await matching.advance(days=2)
        await scoring(matching).score()
        assert (await scores(matching))["240"] == (2, 1)
        assert await kept(matching) == []
        await scoring(matching).score()
        assert (await scores(matching))["240"] == (2, 1)
        await matching.pool.execute(
            "update scores set forecasts = forecasts * 10000, said = said * 10000"
        )
        again = referral(await matching.now())
        await matching.take(again)
        await matching.advance(minutes=31)
        async with matching.pool.acquire() as connection:
            (told,) = (await matching.matching.forecasts(connection, [again.referral_id])).values()
        assert dict(told.by_target)[240] < before / 1000 / 2


async def test_held_and_broken_searches_hold_up_no_other(stack: TestStack):
    """Of three searches one is held and one cannot be read: the third is looked at."""
    async with room(stack) as matching:
        await matching.take(provider(name="Alder Care", kind="framework", lot="walthamstow"))
        held, broken, sound = [referral(await matching.now()) for _ in range(3)]
        await matching.take(held, broken, sound)
        async with matching.pool.acquire() as connection, connection.transaction():
            await matching.matching.command(connection, held.referral_id, HoldSearch())
        await matching.pool.execute(
            "update placements set state = '{}' where referral_id = $1", broken.referral_id
        )
        await matching.advance(minutes=31)
        assert await scoring(matching).look() == 1
        looked_at = await matching.pool.fetch(
            "select distinct s.referral_id from forecasts f join summaries s using (placement_id)"
        )
        assert [row["referral_id"] for row in looked_at] == [sound.referral_id]
