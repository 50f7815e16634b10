"""What the tests of the PostgreSQL contract are about: a database, and small rows for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.matching.awards import AwardRow
from services.matching.store import PLACEMENTS, PlacementRow
from shared.messaging.outbox import NewEvent
from shared.messaging.store import QUERIES as MESSAGING
from shared.postgres.rows import Json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


@dataclass
class Place:
    """A database that nobody else uses, and a way to set its clock."""

    pool: Any
    set_clock: Callable[[datetime], Awaitable[None]]

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Any]:
        """A connection with a transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def placements(self, *ids: UUID) -> dict[UUID, PlacementRow]:
        async with self.pool.acquire() as connection:
            return await PLACEMENTS.load(connection, ids or (ONE, TWO, THREE))

    async def save(self, *rows: PlacementRow) -> None:
        async with self.work() as connection:
            await PLACEMENTS.save(connection, rows)

    async def unsent(self) -> list[tuple[UUID, int]]:
        async with self.pool.acquire() as connection:
            rows = await MESSAGING.unsent(connection, most=99)
        return [(row["key"], row["sequence"]) for row in rows]


def row(id: UUID, *, sequence: int = 1, status: str = "searching", due: int | None = None):
    return PlacementRow(
        referral_id=id,
        status=status,
        sequence=sequence,
        next_due_at=None if due is None else NOON + timedelta(minutes=due),
        state=Json('{"a": 1}'),
    )


def event(key: UUID, sequence: int) -> NewEvent:
    return NewEvent("placements.v1", key, sequence, "some.type", NOON, '{"b": 2}', key, None)


def award(award_id: UUID, placement_id: UUID, state: str = "live") -> AwardRow:
    return AwardRow(
        award_id=award_id, referral_id=ONE, placement_id=placement_id, provider_id=TWO,
        offer_id=None, via="hand", ground=None, state=state, accepted_at=NOON, awarded_at=NOON,
    )  # fmt: skip


async def not_done(task: "asyncio.Task[Any]") -> None:
    """The task waits for somebody."""
    await asyncio.sleep(0.15)
    assert not task.done()
