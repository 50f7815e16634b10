"""Due timers become commands. A timer is a placement's next deadline: there is nothing to cancel.

Ids are read without locks and handled as one batch; the rules check again what is due, so that a
late, double or overtaken timer does nothing. Two processes may run this side by side.
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
from shared.postgres.wakeups import POLL_SECONDS

MOST_AT_ONCE = 500
_BACK_OFF_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Timers:
    """Fires what is due, at once after a restart and then within a poll of its instant."""

    def __init__(self, *, pool: Pool, matching: Matching) -> None:
        self.pool = pool
        self.matching = matching
        self.failing: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Timers fire while the block runs."""
        task = asyncio.create_task(self._run(), name="timers")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                if not await self.fire_due():
                    # A change needs no look of its own: a deadline that is nearer than a poll is
                    # found by the next one.
                    await asyncio.sleep(await self._seconds_to_next())
                self.failing = None
            except Exception as error:
                # The placements stay due; a deadline is never lost by failing to fire it now.
                self.failing = code_of(error)
                log.warning("timers.retried", error=code_of(error),
                            exc_info=None if classify(error) is Failure.TRANSIENT else error)  # fmt: skip
                await asyncio.sleep(_BACK_OFF_SECONDS)

    async def fire_due(self) -> int:
        """Lets time pass for up to 500 due placements; how many there were.

        A placement whose own data breaks the batch is met alone, so that it holds up no other; its
        error is raised when all others are done.
        """
        async with self.pool.acquire() as connection:
            rows = await QUERIES.due_placements(connection, most=MOST_AT_ONCE)
        due = [row["referral_id"] for row in rows]
        if not due:
            return 0
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                await self.matching.pass_time(connection, due)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT or len(due) == 1:
                raise
            log.error("timers.batch-failed", error=code_of(error), exc_info=error)
            await self._fire_each_alone(due)
        return len(due)

    async def _fire_each_alone(self, referral_ids: Sequence[UUID]) -> None:
        failed: Exception | None = None
        for referral_id in referral_ids:
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    await self.matching.pass_time(connection, [referral_id])
            except Exception as error:
                if classify(error) is Failure.TRANSIENT:
                    raise
                failed = error
                log.error("timer.failed", referral_id=str(referral_id), exc_info=error)
        if failed is not None:
            # They stay due: whoever calls must pause before it asks again, and say so.
            raise failed

    async def _seconds_to_next(self) -> float:
        async with self.pool.acquire() as connection:
            seconds = await QUERIES.seconds_to_next_due(connection)
        return POLL_SECONDS if seconds is None else max(0.0, min(seconds, POLL_SECONDS))
