"""Work beside messages and timers that nobody waits for: done again and again, and never much of it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar
from uuid import UUID

import structlog

from shared.messaging.failures import Failure, classify, code_of

log = structlog.get_logger(__name__)


class Beside(ABC):
    """One such work: its name, and the share of the time that it takes at most, however much it is."""

    NAME: ClassVar[str]
    SHARE: ClassVar[float]

    @abstractmethod
    async def work(self) -> None:
        """Does a part of it."""

    @property
    @abstractmethod
    def rest_seconds(self) -> float:
        """Real seconds before the next part at least."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It is done while the block runs."""
        task = asyncio.create_task(self._run(), name=self.NAME)
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
                await self.work()
            except Exception as error:
                # Nobody is harmed by what comes late; the next part does what this one left.
                trace = None if classify(error) is Failure.TRANSIENT else error
                log.warning("beside.retried", work=self.NAME, error=code_of(error), exc_info=trace)
            await asyncio.sleep(max((loop.time() - started) / self.SHARE, self.rest_seconds))

    async def each(
        self, referral_ids: Sequence[UUID], do: Callable[[Sequence[UUID]], Awaitable[int]]
    ) -> int:
        """Does it for a page of referrals, and adds up what it says.

        One whose own data breaks the page is met alone, so that it holds up no other.
        """
        try:
            return await do(referral_ids)
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            log.error("beside.page-failed", work=self.NAME, error=code_of(error), exc_info=error)
        return sum([await self._alone(referral_id, do) for referral_id in referral_ids])

    async def _alone(
        self, referral_id: UUID, do: Callable[[Sequence[UUID]], Awaitable[int]]
    ) -> int:
        try:
            return await do([referral_id])
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            log.error(
                "beside.failed",
                work=self.NAME,
                referral_id=str(referral_id),
                error=code_of(error),
            )
            return 0
