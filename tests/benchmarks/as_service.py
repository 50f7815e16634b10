"""(a) The matching service itself, a real process, from Kafka to Kafka."""

import asyncio
from pathlib import Path

import psutil

from tests.benchmarks.load import Load
from tests.benchmarks.place import (
    Place,
    environment_of,
    gate,
    service,
    until_handled,
    until_waiting,
)


async def run(place: Place, load: Load, folder: Path, policy: Path) -> tuple[float, int]:
    """Seconds from the first record to the last acknowledgement, and the process's memory in bytes.

    The load is on Kafka already.
    """
    environment = environment_of(place, folder, policy=policy)
    clock = asyncio.get_running_loop().time
    async with gate(place, load.topic):
        running = service("matching", environment, log=folder / "matching.log")
        process = await running.__aenter__()
        await until_waiting(place)
    began = clock()
    try:
        await until_handled(place, load.topic, len(load.events))
        return clock() - began, psutil.Process(process.pid).memory_info().rss
    finally:
        await running.__aexit__(None, None, None)
