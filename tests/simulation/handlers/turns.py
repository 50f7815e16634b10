"""An event loop in which a seed decides who goes on next, and time passes only when all wait.

Production code runs in it as it is: its tasks, locks, sleeps and timeouts are asyncio's own.
"""

import asyncio
import heapq
from asyncio import events
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any


class Turns(asyncio.BaseEventLoop):
    """Runs one ready callback a turn, drawn by `rng`; sleeps cost nothing."""

    _ready: Any
    _scheduled: Any

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self.rng = rng
        self._seconds = 0.0

    def time(self) -> float:
        """Seconds of sleeping so far. It has nothing to do with a database's clock."""
        return self._seconds

    def turn(self) -> bool:
        """Lets one callback run, or if none is ready the earliest sleeper wake; False if all is done."""
        ready = self._ready
        if not ready:
            if not self._scheduled:
                return False
            sleeper = heapq.heappop(self._scheduled)
            sleeper._scheduled = False
            self._seconds = max(self._seconds, sleeper._when)
            ready.append(sleeper)
        index = self.rng.randrange(len(ready)) if len(ready) > 1 else 0
        handle = ready[index]
        del ready[index]
        if not handle._cancelled:
            handle._run()
        return True

    def run(self, turns: int) -> None:
        """So many turns, or fewer if all is done."""
        for _ in range(turns):
            if not self.turn():
                return

    def finish(self, task: Coroutine[Any, Any, Any], *, most: int = 200_000) -> Any:
        """Lets everybody go on until `task` is done, and gives its result or raises its error.

        Raises AssertionError if it waits for what never comes.
        """
        running = self.create_task(task)
        for _ in range(most):
            if running.done():
                return running.result()
            assert self.turn(), "waits for what never comes"
        raise AssertionError(f"not done after {most} turns")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Makes this the running loop while the block lasts; whatever still runs then is dropped."""
        events._set_running_loop(self)
        try:
            yield
        finally:
            for task in asyncio.all_tasks(self):
                task.cancel()
            while self.turn():
                pass
            events._set_running_loop(None)
            self.close()
