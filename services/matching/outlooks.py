"""Tells wards when the outlook of a search has changed, and goes on with one that had ended while a
provider had as many live offers as it may have.

The chances change with time as well as with answers, so every search under way is looked at again
and again: read without locks, reckoned, and decided on only where the word is another one. It takes
at most a fiftieth of the time, whatever the number of searches, so that it holds up nobody.
"""

from collections.abc import Sequence
from uuid import UUID

from services.matching.beside import Beside
from services.matching.handlers import Matching
from services.matching.store import QUERIES
from shared.postgres.connection import Pool

MOST_AT_ONCE = 50
ROUND_SECONDS = 1.0
"""Real seconds between two rounds at least."""
_FIRST = UUID(int=0)


class Outlooks(Beside):
    """Looks at the searches under way, a page at a time."""

    NAME = "outlooks"
    SHARE = 1 / 50

    def __init__(self, *, pool: Pool, matching: Matching) -> None:
        self._pool = pool
        self._matching = matching
        self._after = _FIRST

    async def work(self) -> None:
        """Reviews a page; at the end of a round also what had ended."""
        await self.review_page()
        if not self.is_under_way:
            await self.look_again()

    @property
    def rest_seconds(self) -> float:
        """None between two pages of a round."""
        return 0.0 if self.is_under_way else ROUND_SECONDS

    @property
    def is_under_way(self) -> bool:
        """Whether a round has begun and has pages left."""
        return self._after != _FIRST

    async def review_page(self) -> int:
        """Reviews the next page of searches; how many words have changed."""
        async with self._pool.acquire() as connection:
            rows = await QUERIES.searching_placements(
                connection, after=self._after, most=MOST_AT_ONCE
            )
        found = [row["referral_id"] for row in rows]
        self._after = found[-1] if len(found) == MOST_AT_ONCE else _FIRST
        return await self.each(found, self._review)

    async def look_again(self) -> None:
        """Looks at every search that has ended: no event of its own says that somebody has room."""
        after = _FIRST
        while True:
            async with self._pool.acquire() as connection:
                rows = await QUERIES.exhausted_placements(
                    connection, after=after, most=MOST_AT_ONCE
                )
            if not rows:
                return
            found = [row["referral_id"] for row in rows]
            after = found[-1]
            await self.each(found, self._go_on)

    async def _go_on(self, referral_ids: Sequence[UUID]) -> int:
        async with self._pool.acquire() as connection:
            changed = await self._matching.with_room_again(connection, referral_ids)
            if changed:
                await self._matching.look_again(connection, changed)
        return len(changed)

    async def _review(self, referral_ids: Sequence[UUID]) -> int:
        async with self._pool.acquire() as connection:
            changed = await self._matching.outlooks_changed(connection, referral_ids)
            if changed:
                async with connection.transaction():
                    await self._matching.review_outlooks(connection, changed)
        return len(changed)
