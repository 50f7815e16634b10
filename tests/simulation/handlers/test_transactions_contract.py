"""Transactions and locks: what the in-memory PostgreSQL must do as the real one does.

Each test runs on both. Production code sends the statements; what they give is written by hand.
"""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from services.matching.projections import AWARDS
from services.matching.store import PLACEMENTS
from shared import clock
from shared.messaging.outbox import append
from shared.messaging.projection import _TAKE_TURNS
from tests.simulation.handlers.place import ONE, THREE, TWO, Place, award, event, not_done, row


async def test_a_transaction_is_there_wholly_or_not_at_all(place: Place):
    """Before the commit nobody else sees anything, after an error nobody ever does."""
    async with place.work() as connection:
        await PLACEMENTS.save(connection, [row(ONE)])
        await append(connection, [event(ONE, 1)])
        assert await PLACEMENTS.load(connection, [ONE]) == {ONE: row(ONE)}
        assert await place.placements() == {}
    assert await place.placements() == {ONE: row(ONE)}

    async def fail() -> None:
        async with place.work() as connection:
            await PLACEMENTS.save(connection, [row(ONE, sequence=2), row(TWO)])
            await append(connection, [event(ONE, 2)])
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await place.placements() == {ONE: row(ONE)}
    assert await place.unsent() == [(ONE, 1)]


async def test_a_locked_row_is_read_as_it_has_become(place: Place):
    """Two that read a row in order to change it come one after the other, and neither is lost."""
    await place.save(row(ONE))
    async with place.work() as connection:
        (kept,) = (await PLACEMENTS.load(connection, [ONE], lock=True)).values()

        async def second() -> int:
            async with place.work() as other:
                (found,) = (await PLACEMENTS.load(other, [ONE, TWO], lock=True)).values()
                return found.sequence

        task = asyncio.create_task(second())
        await not_done(task)
        await PLACEMENTS.save(connection, [row(ONE, sequence=kept.sequence + 1)])
    assert await task == 2


async def test_a_row_that_is_not_there_cannot_be_locked(place: Place):
    """Two may look for the same new row at once; the second to write it waits and replaces it."""
    async with place.work() as other:
        async with place.work() as connection:
            assert await PLACEMENTS.load(connection, [ONE], lock=True) == {}
            assert await PLACEMENTS.load(other, [ONE], lock=True) == {}
            await PLACEMENTS.save(connection, [row(ONE)])
            task = asyncio.create_task(PLACEMENTS.save(other, [row(ONE, sequence=7)]))
            await not_done(task)
        await task
    assert await place.placements() == {ONE: row(ONE, sequence=7)}


async def test_a_circle_of_waiting_ends(place: Place):
    """Of two that wait for each other one is told of the deadlock, and the other goes on."""
    await place.save(row(ONE), row(TWO))

    async def lock(first: UUID, second: UUID) -> None:
        async with place.work() as connection:
            await PLACEMENTS.load(connection, [first], lock=True)
            await asyncio.sleep(0.1)
            await PLACEMENTS.load(connection, [second], lock=True)

    outcomes = await asyncio.gather(lock(ONE, TWO), lock(TWO, ONE), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["DeadlockDetectedError", "NoneType"]


async def test_turns_at_a_shared_table_are_taken(place: Place):
    """Who takes turns at a name waits for whoever has it, until that transaction ends."""

    async def second() -> None:
        async with place.work() as other:
            await other.execute(_TAKE_TURNS, "turns")

    async with place.work() as connection:
        await connection.execute(_TAKE_TURNS, "turns")
        task = asyncio.create_task(second())
        await not_done(task)
    await task


async def test_a_failed_statement_spoils_its_transaction_up_to_the_savepoint(place: Place):
    """After an error nothing more is done in the transaction; what a savepoint held is undone alone."""
    await place.save(row(ONE))
    async with place.work() as connection:
        await append(connection, [event(ONE, 1)])

        async def repeat() -> None:
            async with connection.transaction():
                await PLACEMENTS.save(connection, [row(TWO)])
                await append(connection, [event(ONE, 1)])

        with pytest.raises(asyncpg.UniqueViolationError) as twice:
            await repeat()
        assert twice.value.constraint_name == "events_topic_key_sequence_key"
        await append(connection, [event(ONE, 2)])
    assert set(await place.placements()) == {ONE}
    assert await place.unsent() == [(ONE, 1), (ONE, 2)]

    async def go_on() -> None:
        async with place.work() as connection:
            with pytest.raises(asyncpg.UniqueViolationError):
                await append(connection, [event(ONE, 2)])
            await clock.now(connection)

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await go_on()


async def test_one_live_award_a_placement(place: Place):
    """A second live award is refused; after the first has ended it is not."""
    async with place.work() as connection:
        await AWARDS.rows.save(connection, [award(ONE, ONE), award(TWO, TWO)])
    with pytest.raises(asyncpg.UniqueViolationError) as twice:
        async with place.work() as connection:
            await AWARDS.rows.save(connection, [award(THREE, ONE)])
    assert twice.value.constraint_name == "one_live_award"
    async with place.work() as connection:
        await AWARDS.rows.save(connection, [award(ONE, ONE, "released"), award(THREE, ONE)])
