"""One supervised process: started again whenever it ends, at once first and then less eagerly."""

import logging
import subprocess
import time
from collections.abc import Callable

from deploy.local.errors import StackError
from deploy.local.runfile import ProcessRecord

LONGEST_PAUSE_SECONDS = 8.0
FIRST_PAUSE_SECONDS = 0.5
STEADY_AFTER_SECONDS = 10.0

log = logging.getLogger("supervisor")


class Child:
    """Keeps a process running; `spawn` starts it and returns at once."""

    def __init__(self, name: str, spawn: Callable[[], subprocess.Popen[bytes]], port: int) -> None:
        self.name = name
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.started_at_seconds = 0.0
        self._spawn = spawn
        self._pause_seconds = 0.0
        self._start_again_at_seconds = 0.0

    def start(self) -> None:
        """Start the process now; StackError when it cannot be started."""
        self.started_at_seconds = time.monotonic()
        self.process = self._spawn()

    def check(self) -> bool:
        """Start the process again if it ended and its pause is over; true if anything changed."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return False
            self._plan_restart(now, status)
            return True
        if now < self._start_again_at_seconds:
            return False
        self.restarts += 1
        try:
            self.start()
        except StackError as error:
            log.warning("%s could not be started: %s", self.name, error)
            self._plan_restart(now, None)
        else:
            log.info("%s started again, process %s", self.name, self.record().pid)
        return True

    def record(self) -> ProcessRecord:
        """What the run file says about this process."""
        return ProcessRecord(
            name=self.name,
            pid=None if self.process is None else self.process.pid,
            port=self.port,
            restarts=self.restarts,
            started_at_seconds=self.started_at_seconds,
        )

    def _plan_restart(self, now: float, status: int | None) -> None:
        if now - self.started_at_seconds > STEADY_AFTER_SECONDS:
            self._pause_seconds = 0.0
        self._start_again_at_seconds = now + self._pause_seconds
        if status is not None:
            log.warning(
                "%s ended with status %s, starts again in %.1f s",
                self.name,
                status,
                self._pause_seconds,
            )
        longer = max(FIRST_PAUSE_SECONDS, self._pause_seconds * 2)
        self._pause_seconds = min(longer, LONGEST_PAUSE_SECONDS)
        self.process = None
