"""Processes of the three services: started, killed, stopped and started again, as many as wanted."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.installation import SERVICES
from deploy.local import processes
from deploy.local.ports import free_ports
from tests.stack import ROOT

START_SECONDS = 60.0
"""For imports and the first connection on a busy machine."""


@dataclass(slots=True, kw_only=True)
class Process:
    """One process of a service on a port of its own."""

    service: str
    port: int
    popen: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None


class Processes:
    """All processes of one world. The first of each service keeps its port over restarts."""

    def __init__(self, folder: Path, environments: Mapping[str, Mapping[str, str]]) -> None:
        self.folder = folder
        self.environments = {service: dict(found) for service, found in environments.items()}
        self.running: dict[str, list[Process]] = {service: [] for service in SERVICES}
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))

    def start(self, *services: str, count: int = 1) -> None:
        """Starts what is missing until there are `count` of each; waits for nothing."""
        for service in services or SERVICES:
            found = self.running[service] = [one for one in self.running[service] if one.alive]
            while len(found) < count:
                taken = {one.port for one in found}
                port = self.ports[service]
                found.append(self._spawn(service, free_ports(1)[0] if port in taken else port))

    def _spawn(self, service: str, port: int) -> Process:
        popen = processes.spawn(
            (sys.executable, "-m", f"services.{service}"),
            log=self.folder / f"{service}.log",
            folder=ROOT,
            environment={
                **processes.clean_environment(),
                **self.environments[service],
                "HOMEWARD_PORT": str(port),
            },
            end_signal=signal.SIGKILL,
        )
        return Process(service=service, port=port, popen=popen)

    def kill(self, *services: str, number: int | None = None) -> None:
        """Ends processes with no warning: all of these services, or one of each."""
        self._end(signal.SIGKILL, services, number)

    def stop(self, *services: str) -> None:
        """Ends processes in an orderly way."""
        self._end(signal.SIGTERM, services, None)

    def _end(self, how: signal.Signals, services: tuple[str, ...], number: int | None) -> None:
        for service in services or SERVICES:
            found = self.running[service]
            for process in found if number is None else [found[number]]:
                processes.end(process.popen, how, timeout_seconds=20)
            self.running[service] = [one for one in found if one.alive]

    def of(self, service: str, number: int = 0) -> Process:
        """A living process of a service; several numbers may name the same one."""
        alive = [one for one in self.running[service] if one.alive]
        return alive[number % len(alive)]

    async def ready(self, client: httpx.AsyncClient, *services: str) -> None:
        """Waits until every process of these services says that it is ready."""
        async with asyncio.timeout(START_SECONDS):
            for service in services or SERVICES:
                for process in self.running[service]:
                    while await readiness(client, process) != 200:
                        assert process.alive, f"{service} has ended; see {self.folder}"
                        await asyncio.sleep(0.05)

    def logged(self, level: str) -> Iterator[dict[str, Any]]:
        """Our own log entries of a level, and every line that is none.

        The Kafka client writes errors of its own whenever a broker or a new topic is not there yet.
        """
        for service in SERVICES:
            path = self.folder / f"{service}.log"
            for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
                try:
                    entry = json.loads(line)
                except ValueError:
                    entry = {"level": level, "event": line}
                if entry["level"] == level and not entry.get("logger", "").startswith("aiokafka"):
                    yield {"service": service, **entry}


async def readiness(client: httpx.AsyncClient, process: Process) -> int:
    """The status of `/ready`, 0 while nobody answers."""
    try:
        return (await client.get(f"{process.url}/ready")).status_code
    except httpx.TransportError:
        return 0
