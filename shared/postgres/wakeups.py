"""Wakes whoever waits for this database to change: the relay, waiting requests, timers.

A transaction that changed something calls `notify` once. Every process holds one listening
connection. A missed notification costs a poll of 250 ms, never a wait for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from shared.postgres.connection import CONNECT_TIMEOUT_SECONDS, TRANSIENT_ERRORS, Connection

CHANNEL = "homeward"
POLL_SECONDS = 0.25
_RECONNECT_SECONDS = 0.5
_KEEPALIVE_SECONDS = 5.0

log = structlog.get_logger(__name__)


async def notify(connection: Connection) -> None:
    """Wakes everyone who waits on this database, when the transaction commits."""
    await connection.execute("select pg_notify($1, '')", CHANNEL)


class Wakeups:
    """Tells waiters in this process that the database has changed; a safety net polls."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Wakes everyone who waits now."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def next_change(self) -> asyncio.Event:
        """The change to come: taken before reading, it tells of what happened while one read."""
        return self._changed

    async def wait(
        self, seconds: float = POLL_SECONDS, *, change: asyncio.Event | None = None
    ) -> None:
        """Returns when the database may have changed, and after `seconds` (real) at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, POLL_SECONDS)):
                await (change or self._changed).wait()

    @asynccontextmanager
    async def listening(self, url: str) -> AsyncIterator[None]:
        """Listens to the database while the block runs, through its restarts."""
        task = asyncio.create_task(self._listen(url), name="wakeups")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, url: str) -> None:
        while True:
            try:
                connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
                try:
                    await connection.add_listener(CHANNEL, lambda *_: self.wake())
                    self.wake()
                    while True:
                        await asyncio.sleep(_KEEPALIVE_SECONDS)
                        await connection.execute("select 1", timeout=_KEEPALIVE_SECONDS)
                finally:
                    connection.terminate()
            except TRANSIENT_ERRORS as error:
                log.warning("wakeups.disconnected", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)
