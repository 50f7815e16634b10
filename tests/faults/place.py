"""A supervised stack with a day on it, and the hands that kill its processes."""

import asyncio
import io
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
from rich.console import Console

from deploy.demo.client import ACKNOWLEDGED
from deploy.demo.plan import DemoPlan
from deploy.demo.running import run_demo
from deploy.installation import SERVICES, Installation
from deploy.invariants.checking import check, settle
from deploy.local.runfile import ProcessRecord, RunFile
from deploy.local.stack import Stack
from deploy.prepare import installation_of, prepare
from deploy.simulator.market_file import load_market
from shared.web import tokens
from shared.web.tokens import SERVICES_OF_ROLE, Role, Scope
from tests.stack import ROOT, erase, new_folder

SCALE = 240.0
"""Homeward's minutes take a quarter of a second."""
RETURN_SECONDS = 90.0
"""For a killed process to answer again; Kafka checks its whole log first."""
SETTLE_SECONDS = 90.0


@dataclass(slots=True, kw_only=True)
class Place:
    """A running stack; what was killed is remembered."""

    stack: Stack
    run: RunFile
    killed: list[str] = field(default_factory=list)

    @property
    def where(self) -> Installation:
        """Its addresses."""
        return installation_of(self.run)

    def acknowledged(self) -> int:
        """How many lines the day's ledger has."""
        ledger = self.run.state / ACKNOWLEDGED
        return ledger.read_text(encoding="utf-8").count("\n") if ledger.exists() else 0

    def record(self, name: str) -> ProcessRecord:
        """What the supervisor says of a process now."""
        run = self.stack.running()
        assert run is not None, "the supervisor has ended"
        return run.processes[name]

    async def kill(self, name: str) -> None:
        """Ends a process with no warning; returns when the supervisor has brought it back."""
        before = self.record(name)
        assert before.pid is not None, f"{name} is down already"
        os.kill(before.pid, signal.SIGKILL)
        self.killed.append(name)
        await self.until(lambda: self._is_back(name, before.restarts))

    async def kill_postgres_in_a_long_query(self) -> None:
        """The same while a backend is busy, which outlives its postmaster for a moment."""
        connection = await asyncpg.connect(self.where.database_urls["matching"])
        busy = asyncio.create_task(connection.execute("select pg_sleep(60)"))
        await asyncio.sleep(0.2)
        try:
            await self.kill("postgres")
        finally:
            connection.terminate()
            await asyncio.gather(busy, return_exceptions=True)

    async def wipe_kafka(self) -> None:
        """Kills the broker and erases all it kept, before the supervisor starts it again."""
        before = self.record("kafka")
        assert before.pid is not None
        os.kill(self.run.supervisor_pid, signal.SIGSTOP)
        try:
            os.kill(before.pid, signal.SIGKILL)
            await asyncio.to_thread(shutil.rmtree, self.run.state / "kafka" / "data")
        finally:
            os.kill(self.run.supervisor_pid, signal.SIGCONT)
        await self.until(lambda: self._is_back("kafka", before.restarts))

    async def _is_back(self, name: str, restarts: int) -> bool:
        record = self.record(name)
        if record.pid is None or record.restarts == restarts:
            return False
        if name in SERVICES:
            return await _status(f"{self.run.service_urls[name][0]}/health") == httpx.codes.OK
        if name == "postgres":
            return await _database_answers(self.where)
        return await _port_is_open(record.port)

    async def until(
        self, met: Callable[[], Awaitable[bool]], seconds: float = RETURN_SECONDS
    ) -> None:
        """Returns once it is met."""
        async with asyncio.timeout(seconds):
            while not await met():
                await asyncio.sleep(0.1)

    async def faults(self) -> dict[str, tuple[str, ...]]:
        """What does not hold once all has come to rest."""
        unsettled = await settle(self.where, SETTLE_SECONDS)
        assert not unsettled, unsettled
        return {one.name: one.faults for one in await check(self.where) if one.faults}

    async def homeward(self, *arguments: str) -> tuple[int, str]:
        """The `homeward` command on this state: its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.cli", *arguments, "--state", str(self.run.state),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        printed, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, printed.decode()

    async def token(self, role: Role, scope: Scope) -> str:
        """The secret of a new token."""
        made = tokens.new_token(role, f"late-{role}", scope, timedelta(days=1))
        for service in SERVICES_OF_ROLE[role]:
            async with self.where.connection(service) as connection:
                await tokens.create(connection, made)
        return made.secret


@asynccontextmanager
async def place(plan: DemoPlan) -> AsyncIterator[Place]:
    """A new stack for a day by this plan; nothing of it is left afterwards."""
    folder, lock = new_folder()
    stack = Stack(folder, free_ports=True)
    try:
        run = await asyncio.to_thread(
            stack.up,
            scale=plan.scale,
            epoch=plan.opens_at.isoformat(),
            policy=str(plan.policy),
            prepare=lambda run: prepare(run, None),
            tied=True,
        )
        yield Place(stack=stack, run=run)
    finally:
        await asyncio.to_thread(stack.down)
        await asyncio.to_thread(erase, folder)
        lock.close()


async def live_through(place: Place, plan: DemoPlan) -> tuple[int, str]:
    """The demo's whole day: its exit code, and what it told."""
    told = io.StringIO()

    async def verify(_where: Installation) -> int:
        faults = await place.faults()
        told.write(f"{faults}\n")
        return 1 if faults else 0

    code = await run_demo(place.run, plan, Console(file=told, width=200), verify, stays=False)
    return code, told.getvalue()


async def _status(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        try:
            return (await client.get(url)).status_code
        except httpx.TransportError:
            return 0


async def _database_answers(where: Installation) -> bool:
    try:
        async with where.connection("matching") as connection:
            return bool(await connection.fetchval("select true"))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def _port_is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


POLICY = Path(ROOT / "deploy" / "policies" / "three-tier.yaml")
MARKET = load_market(ROOT / "deploy" / "markets" / "waltham-forest.yaml")
