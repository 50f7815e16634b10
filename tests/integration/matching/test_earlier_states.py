"""States that an earlier version wrote go on without a number being given twice."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.integration.matching.room import room
from tests.stack import TestStack

MIGRATION = Path("services/matching/sql/migrations/0009_pre_versions.sql").read_text()


def state(status: str, version: int, changes: int | None = None) -> dict[str, Any]:
    counted = {} if changes is None else {"changes": changes}
    facts = {"targets_minutes": [90, 240], "requirement_version": version}
    return {"status": status, "facts": facts, **counted}


BEFORE: list[Any] = [
    state("started", 1, 0),
    state("started", 1, 2),
    state("paused", 5, 2),
    [state("searching", 4), state("started", 1, 1), state("ended", 1)],
    [state("searching", 4), state("started", 1, 0)],
]
AFTER = [[1], [3], [5], [4, 2, 1], [4, 1]]


async def test_a_change_has_a_number_of_its_own_after_those_of_before(stack: TestStack):
    """Nothing else of a state is touched, whether it is one placement or several."""
    async with room(stack) as matching:
        for number, written in enumerate(BEFORE, 1):
            await matching.pool.execute(
                "insert into placements (referral_id, status, sequence, state)"
                " values ($1, 'started', 1, $2)",
                UUID(int=number),
                json.dumps(written, separators=(",", ":")),
            )
        await matching.pool.execute(MIGRATION)
        rows = await matching.pool.fetch("select state from placements order by referral_id")
    found = [json.loads(row["state"]) for row in rows]
    states = [one if isinstance(one, list) else [one] for one in found]
    assert [[one["facts"]["requirement_version"] for one in whole] for whole in states] == AFTER
    expected = [one if isinstance(one, list) else [one] for one in BEFORE]
    for whole, versions in zip(expected, AFTER, strict=True):
        for one, version in zip(whole, versions, strict=True):
            one["facts"]["requirement_version"] = version
    assert states == expected
