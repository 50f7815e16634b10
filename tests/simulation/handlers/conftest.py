"""The same empty database of matching, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from shared.postgres.connection import open_pool
from tests.integration.matching.room import build
from tests.simulation.handlers.place import NOON, Place
from tests.simulation.handlers.postgres import MemoryPostgres
from tests.simulation.handlers.statements import answers
from tests.stack import TestStack


@pytest.fixture(params=["memory", "postgres"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """The same empty database of matching, in memory and in PostgreSQL."""
    if request.param == "memory":
        database = MemoryPostgres(answers(), now=NOON)

        async def set_memory_clock(instant: datetime) -> None:
            database.now = instant

        yield Place(database.pool(), set_memory_clock)
        return
    stack: TestStack = request.getfixturevalue("stack")
    pool = await open_pool(await stack.new_database_from("matching", build))

    async def set_clock(instant: datetime) -> None:
        await pool.execute("update clock set real_epoch = clock_timestamp(), epoch = $1", instant)

    await set_clock(NOON)
    yield Place(pool, set_clock)
    await pool.close()
