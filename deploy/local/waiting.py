"""Waiting for servers, from code that may or may not run in an event loop."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def wait_until(
    condition: Callable[[], bool], timeout_seconds: float, pause_seconds: float = 0.05
) -> bool:
    """Poll the condition until it holds; false if it did not within the timeout."""
    give_up_at = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(pause_seconds)
    return True


def run_apart(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a loop of its own, so that a caller inside a loop may wait."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
