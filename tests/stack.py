"""The embedded stack of a test session: real PostgreSQL and Kafka, started once.

The methods that start and stop servers block; inside a test with work of its own in the event
loop call them as `await asyncio.to_thread(stack.restart_kafka)`.
"""

import fcntl
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

import asyncpg

from deploy.local import processes
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.stack import Stack

ROOT = Path(__file__).parents[1]
STATES = ROOT / ".homeward"
PREFIX = "tests-"


class TestStack:
    """Servers of one test session with a state folder of their own.

    `folder`, `postgres` and `kafka` are there for tests of the servers themselves.
    """

    __test__ = False  # Named for what it is; pytest must not collect it.

    def __init__(self) -> None:
        erase_dead_sessions()
        self.folder, self._lock = new_folder()
        self.postgres = Postgres(self.folder / "postgres", self.folder / "logs" / "postgres.log")
        self.kafka = Kafka(self.folder / "kafka", self.folder / "logs" / "kafka.log")
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}

    def start(self) -> None:
        """Start both servers; returns when both answer."""
        self.kafka.spawn()  # The slower one first, so that they start side by side.
        self.postgres.start()
        self.kafka.wait_ready()

    def close(self) -> None:
        """End both servers and have everything deleted that they kept; nobody waits for it.

        Hundreds of databases are a hundred thousand files. Who deletes them holds the session's lock
        meanwhile, so that no other session does it too.
        """
        self.kafka.kill()
        self.postgres.kill()
        processes.kill_all(processes.working_in(self.folder))
        subprocess.run(
            ("/bin/sh", "-c", '"$@" >/dev/null 2>&1 &', "sh",
             sys.executable, "-m", "tests.stack", str(self.folder)),
            cwd=ROOT, check=True, pass_fds=(self._lock.fileno(),), start_new_session=True,
        )  # fmt: skip
        self._lock.close()

    @property
    def kafka_bootstrap(self) -> str:
        """The address a Kafka client starts from; the same over restarts."""
        return self.kafka.bootstrap_servers

    def postgres_url(self, database: str) -> str:
        """Address of a database that exists."""
        return self.postgres.url(database)

    async def new_database(self, template: str = "template1") -> str:
        """Address of a new database that nobody else uses, a copy of the template."""
        name = f"test_{next(self._numbers)}"
        await self._execute(f'create database "{name}" template "{template}"')
        return self.postgres_url(name)

    async def new_database_from(self, name: str, build: Callable[[str], Awaitable[object]]) -> str:
        """Address of a new database as `build(url)` left it.

        `build` runs once in a session for each name, so migrations are paid once. It must close
        its connections: PostgreSQL copies no database in use.
        """
        if name not in self._templates:
            template = f"template_{name}"
            await self._execute(f'drop database if exists "{template}"')
            await self._execute(f'create database "{template}"')
            await build(self.postgres_url(template))
            self._templates[name] = template
        return await self.new_database(self._templates[name])

    def kill_postgres(self) -> None:
        """Kill the postmaster with no warning; its busy backends stay, as in life."""
        self.postgres.kill()

    def restart_postgres(self) -> None:
        """Start PostgreSQL on the same data and port, whether it runs, was stopped or killed."""
        if self.postgres.process is not None:
            self.postgres.stop()
        self.postgres.start()

    def stop_postgres(self) -> None:
        """End PostgreSQL in an orderly way."""
        self.postgres.stop()

    def kill_kafka(self) -> None:
        """Kill the broker with no warning."""
        self.kafka.kill()

    def restart_kafka(self) -> None:
        """Start Kafka on the same data and port, whether it runs, was stopped or killed."""
        if self.kafka.process is not None:
            self.kafka.stop()
        self.kafka.start()

    def stop_kafka(self) -> None:
        """End Kafka in an orderly way."""
        self.kafka.stop()

    def wipe_kafka(self) -> None:
        """Replace the broker by a new, empty cluster on the same port."""
        self.kafka.stop()
        self.kafka.wipe()
        self.kafka.start()

    def running(self) -> bool:
        """Whether both servers are alive; a test that killed one must have restarted it."""
        servers = (self.postgres.process, self.kafka.process)
        return all(server is not None and server.poll() is None for server in servers)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.postgres_url("postgres"), timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def new_folder(kind: str = "") -> tuple[Path, IO[str]]:
    """A folder for this session and the lock that says so; only seen by others when locked."""
    STATES.mkdir(exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=f"starting-{kind}", dir=STATES))
    (hidden / "session.lock").touch()
    lock = hold(hidden)
    return hidden.rename(STATES / hidden.name.replace("starting-", PREFIX, 1)), lock


def hold(folder: Path) -> IO[str]:
    """Mark a session's folder as in use until the file is closed or this process ends.

    Raises BlockingIOError when another process holds it.
    """
    file = (folder / "session.lock").open("r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def erase_dead_sessions() -> None:
    """Erase what sessions left that were killed; those still running are not touched."""
    for folder in STATES.glob(f"{PREFIX}*"):
        if not (folder / "session.lock").exists():
            continue  # Another session is just erasing it.
        try:
            lock = hold(folder)
        except (BlockingIOError, FileNotFoundError):
            continue  # Still in use, or erased just now.
        with lock:
            erase(folder)


def erase(folder: Path) -> None:
    """End what runs in a session's folder and delete it, wherever PostgreSQL had to live."""
    processes.kill_all(processes.working_in(folder))
    Stack(folder).reset()


if __name__ == "__main__":
    erase(Path(sys.argv[1]))
