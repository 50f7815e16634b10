"""Outlooks on real Postgres: wards are told when the word changes, and only then."""

from services.matching.outlooks import MOST_AT_ONCE, Outlooks
from tests.integration.matching.room import Room, provider, referral, room
from tests.stack import TestStack


async def reviewed(matching: Room) -> int:
    """How many words one whole round of reviews has changed."""
    outlooks = Outlooks(pool=matching.pool, matching=matching.matching)
    return sum([await outlooks.review_page() for _ in range(3)])


async def outlook(matching: Room, referral_id: object) -> str | None:
    word: str | None = await matching.pool.fetchval(
        "select outlook from summaries where referral_id = $1", referral_id
    )
    return word


async def test_a_word_is_written_once_and_again_when_it_changes(stack: TestStack):
    """Many asked: likely. The same word again writes nothing. Nobody left to answer: uncertain."""
    async with room(stack) as matching:
        framework = [
            provider(name=f"Alder {n}", kind="framework", lot="walthamstow") for n in range(40)
        ]
        await matching.take(*framework)
        asked = referral(await matching.now())
        await matching.take(asked)
        assert await reviewed(matching) == 0, "too early to say"
        await matching.advance(minutes=5)
        assert await reviewed(matching) == 1
        assert await outlook(matching, asked.referral_id) == "likely_today"
        before = await matching.types(asked.referral_id)
        assert await reviewed(matching) == 0
        assert await matching.types(asked.referral_id) == before
        await matching.advance(minutes=39)
        assert await reviewed(matching) == 1
        assert await outlook(matching, asked.referral_id) != "likely_today"
        (found,) = (await forecasts(matching, asked.referral_id)).values()
        assert 0 < found.today < 0.8


async def forecasts(matching: Room, referral_id):
    async with matching.pool.acquire() as connection:
        return await matching.matching.forecasts(connection, [referral_id])


async def test_every_search_is_reached_page_by_page(stack: TestStack):
    """More searches than a page holds are all looked at, and those that are over are not."""
    async with room(stack) as matching:
        await matching.take(provider(name="Alder Care", kind="framework", lot="walthamstow"))
        asked = [referral(await matching.now()) for _ in range(MOST_AT_ONCE + 10)]
        await matching.take(*asked)
        nobody = referral(await matching.now(), outcode="EX1")
        await matching.take(nobody)
        await matching.advance(minutes=5)
        assert await reviewed(matching) == len(asked)
        assert await outlook(matching, nobody.referral_id) is None


async def test_a_broken_search_holds_up_no_other(stack: TestStack):
    """Of three searches one cannot be read: the other two have their words."""
    async with room(stack) as matching:
        await matching.take(provider(name="Alder Care", kind="framework", lot="walthamstow"))
        broken, *sound = [referral(await matching.now()) for _ in range(3)]
        await matching.take(broken, *sound)
        await matching.pool.execute(
            "update placements set state = '{}' where referral_id = $1", broken.referral_id
        )
        await matching.advance(minutes=5)
        assert await reviewed(matching) == len(sound)
        for one in sound:
            assert await outlook(matching, one.referral_id) is not None
