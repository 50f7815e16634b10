"""Runs a service's application as a process."""

import gc
from collections.abc import Callable
from typing import TypeVar

import uvicorn
from fastapi import FastAPI

from shared.logging import configure_logging
from shared.settings import ServiceSettings

GRACE_SECONDS = 3
"""For requests under way at the end; long polls that are cut off are asked again."""
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection (httpx 5 s, proxies 60 s): it is they who close it,
never we, just as the next request comes."""

_COLLECT_AFTER = (20_000, 50, 100)
"""Objects made before the youngest are searched for cycles, and searches before an older generation's."""

S = TypeVar("S", bound=ServiceSettings)


def collect_rarely() -> None:
    """Makes Python look for cycles of garbage less often; what is loaded by now is never looked at.

    A batch keeps a hundred thousand objects alive at once and hardly any are in cycles: looking at
    them again and again took a quarter of matching's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def serve(service: str, settings: S, default_port: int, create_app: Callable[[S], FastAPI]) -> None:
    """Serves until the process is told to stop; requests and the batch at hand are finished first.

    Prints JSON lines only. Port 0 in the settings means the service's own.
    """
    configure_logging(service, settings.homeward_log_level)
    app = create_app(settings)
    collect_rarely()
    uvicorn.run(
        app,
        host=settings.homeward_host,
        port=settings.homeward_port or default_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
