"""Timers on real Postgres: what is broken is met alone, is told of, and holds up nobody."""

import pytest
from pydantic import ValidationError

from services.matching.timers import Timers
from tests.integration.matching.room import Room, provider, referral, room
from tests.stack import TestStack


async def some_due(matching: Room, count: int) -> list[str]:
    """So many searches whose first window is over."""
    await matching.take(provider(name="Alder Care", kind="framework", lot="walthamstow"))
    asked = [referral(await matching.now()) for _ in range(count)]
    await matching.take(*asked)
    await matching.advance(hours=12)
    return [str(one.referral_id) for one in asked]


async def test_broken_placements_hold_up_no_other(stack: TestStack):
    """Of four due placements two cannot be read: the others go on, and the failure is raised."""
    async with room(stack) as matching:
        *sound, broken, also_broken = await some_due(matching, 4)
        await matching.pool.execute(
            "update placements set state = '{}' where referral_id = any($1::uuid[])",
            [broken, also_broken],
        )
        timers = Timers(pool=matching.pool, matching=matching.matching)
        with pytest.raises(ValidationError):
            await timers.fire_due()
        rows = await matching.pool.fetch(
            "select referral_id from placements where next_due_at <= homeward_now()"
        )
        assert not {str(row["referral_id"]) for row in rows} & set(sound)
