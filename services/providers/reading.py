"""Reads for many waiting requests at once, so that a change costs one query and not one for each.

Everyone who waits is woken by the same change and asks again; what they ask in the same moment is
fetched together, on one connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from services.providers.projections import OUTCOMES
from services.providers.projections.outcomes import OutcomeRow
from services.providers.store import QUERIES
from shared.postgres.connection import Pool

V = TypeVar("V")


class Together(Generic[V]):
    """Turns single reads by key into reads of many. Each sees the database after it was asked."""

    def __init__(self, read: Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, V]]]) -> None:
        self._read = read
        self._asked: dict[UUID, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def read(self, key: UUID) -> V | None:
        """What is there for the key, or None. Raises what the query raises."""
        loop = asyncio.get_running_loop()
        future = self._asked.setdefault(key, loop.create_future())
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run(), name="reading")
        return await asyncio.shield(future)

    async def _run(self) -> None:
        await asyncio.sleep(0)  # Whoever was woken by the same change asks first.
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                found = await self._read(list(asked))
            except Exception as error:
                for future in asked.values():
                    future.set_exception(error)
                    future.exception()  # Its asker may have gone; that is no error of its own.
            else:
                for key, future in asked.items():
                    future.set_result(found.get(key))


class Reading:
    """What waiting requests read, again after each change."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.outcomes: Together[OutcomeRow] = Together(self._outcomes)
        """By response id."""
        self.feed_ends: Together[int] = Together(self._feed_ends)
        """By provider id: the newest place of its feed."""

    async def _outcomes(self, keys: Sequence[UUID]) -> Mapping[UUID, OutcomeRow]:
        async with self._pool.acquire() as connection:
            return await OUTCOMES.rows.load(connection, keys)

    async def _feed_ends(self, keys: Sequence[UUID]) -> Mapping[UUID, int]:
        async with self._pool.acquire() as connection:
            rows = await QUERIES.feed_ends(connection, provider_ids=keys)
        return {row["provider_id"]: row["position"] for row in rows}
