"""`homeward explain` and the API read the events and the policies, and nothing else."""

from services.matching.explanation import explanation
from services.matching.explanation_words import in_words
from tests.integration.matching.room import provider, referral, room
from tests.stack import TestStack


async def test_a_package_is_explained_when_all_that_is_derived_is_gone(stack: TestStack):
    """Without the register, summaries, awards, turns and states; then an event is tampered with."""
    async with room(stack) as matching:
        one, other = (
            provider(name=name, kind="framework", lot="walthamstow") for name in ("Alpha", "Beta")
        )
        asked = referral(await matching.now())
        await matching.take(one, other)
        await matching.take(asked)
        async with matching.pool.acquire() as connection:
            for table in ("register", "summaries", "awards", "turns", "placements", "tallies"):
                await connection.execute(f"delete from {table}")
            found = await explanation(connection, asked.referral_id)
            assert found is not None
            assert found["rederived"]["agrees"]
            assert list(in_words(found))[-1] == "re-derived: agrees"
            (placement,) = found["placements"]
            assert len(placement["tiers"][0]["eligible"]) == 2
            await connection.execute("alter table events disable trigger user")
            await connection.execute(
                "update events set body = replace(body::text, '\"place\":1,', '\"place\":3,')::json"
            )
            found = await explanation(connection, asked.referral_id)
            assert found is not None
            assert not found["rederived"]["agrees"]
            assert await explanation(connection, one.provider_id) is None
