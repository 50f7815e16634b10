"""Waits a moment for a decision that another service makes, holding no connection meanwhile."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from shared.postgres.wakeups import Wakeups

DEFAULT_WAIT_SECONDS = 5.0
MOST_WAIT_SECONDS = 30.0

_WAIT = re.compile(r"^\s*wait\s*=\s*\"?([0-9]{1,6})\"?\s*$", re.IGNORECASE)

Found = TypeVar("Found")


async def preferred_wait(request: Request) -> float:
    """Real seconds that the caller wants to wait: `Prefer: wait=N`, 30 at most, 5 if not said.

    A dependency. What cannot be read is ignored. Source: RFC 7240, section 4.3.
    """
    for value in request.headers.getlist("prefer"):
        for preference in value.split(","):
            if found := _WAIT.match(preference.split(";")[0]):
                return min(float(found[1]), MOST_WAIT_SECONDS)
    return DEFAULT_WAIT_SECONDS


async def wait_for(
    read: Callable[[], Awaitable[Found | None]], wakeups: Wakeups, seconds: float
) -> Found | None:
    """What `read` finds, or None if it finds nothing within `seconds` (real).

    `read` takes its own connection and gives it back; it runs at least once, then after each change
    of the database.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + min(seconds, MOST_WAIT_SECONDS)
    while True:
        # Listening starts before reading: a change between the two is then not missed.
        change = loop.create_task(wakeups.wait())
        try:
            await asyncio.sleep(0)  # lets it begin to listen
            found = await read()
            remaining_seconds = end - loop.time()
            if found is not None or remaining_seconds <= 0:
                return found
            await asyncio.wait((change,), timeout=remaining_seconds)
        finally:
            change.cancel()
