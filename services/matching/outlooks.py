"""Tells wards when the outlook of a search has changed.

The chances change with time as well as with answers, so every search under way is looked at again
and again: read without locks, reckoned, and decided on only where the word is another one. It takes
at most a fiftieth of the time, whatever the number of searches, so that it holds up nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import structlog

from services.matching.handlers import Matching
from services.matching.store import QUERIES
from shared.messaging.failures import Failure, classify, code_of
from shared.postgres.connection import Pool

MOST_AT_ONCE = 50
ROUND_SECONDS = 1.0
"""Real seconds between two rounds at least."""
SHARE = 1 / 50
_FIRST = UUID(int=0)

log = structlog.get_logger(__name__)


class Outlooks:
    """Looks at the searches under way, a page at a time."""

    def __init__(self, *, pool: Pool, matching: Matching) -> None:
        self._pool = pool
        self._matching = matching
        self._after = _FIRST

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Outlooks are reviewed while the block runs."""
        task = asyncio.create_task(self._run(), name="outlooks")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self.review_page()
            except Exception as error:
                # A word that is late harms nobody; the next round says it.
                trace = None if classify(error) is Failure.TRANSIENT else error
                log.warning("outlooks.retried", error=code_of(error), exc_info=trace)
            rest = (loop.time() - started) / SHARE
            await asyncio.sleep(max(rest, ROUND_SECONDS if self._after == _FIRST else 0.0))

    async def review_page(self) -> int:
        """Reviews the next page of searches; how many words have changed.

        A search whose own data breaks the page is met alone, so that it holds up no other.
        """
        async with self._pool.acquire() as connection:
            rows = await QUERIES.searching_placements(
                connection, after=self._after, most=MOST_AT_ONCE
            )
        found = [row["referral_id"] for row in rows]
        self._after = found[-1] if len(found) == MOST_AT_ONCE else _FIRST
        try:
            return await self._review(found)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            log.error("outlooks.page-failed", error=code_of(error), exc_info=error)
        return sum([await self._review_alone(referral_id) for referral_id in found])

    async def _review(self, referral_ids: Sequence[UUID]) -> int:
        async with self._pool.acquire() as connection:
            changed = await self._matching.outlooks_changed(connection, referral_ids)
            if changed:
                async with connection.transaction():
                    await self._matching.review_outlooks(connection, changed)
        return len(changed)

    async def _review_alone(self, referral_id: UUID) -> int:
        try:
            return await self._review([referral_id])
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            log.error("outlook.failed", referral_id=str(referral_id), error=code_of(error))
            return 0
