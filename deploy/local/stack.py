"""The whole local stack as one thing: start it, end it, look at it, erase it."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local import jars, processes
from deploy.local.errors import StackError
from deploy.local.postgres import DATABASES
from deploy.local.runfile import (
    Order,
    Phase,
    Plan,
    RunFile,
    ServiceProcess,
    write_private,
)
from deploy.local.services import health_address, is_healthy, plan_services
from deploy.local.supervisor import LOCK_NAME, RUN_NAME
from deploy.local.waiting import wait_until

SERVERS_TIMEOUT_SECONDS = 120
HEALTHY_WITHIN_SECONDS = 60
PATIENCE_RESTARTS = 3
DOWN_TIMEOUT_SECONDS = 60

Prepare = Callable[[RunFile], Mapping[str, Mapping[str, str]] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStatus:
    """How one supervised process is. `pid` is None while it waits to be started again."""

    name: str
    pid: int | None
    alive: bool
    port: int
    restarts: int
    up_seconds: float
    memory_bytes: int
    log: Path


# The stack outlives the object that started it, and often this process: nobody waits for it.
_started: list[subprocess.Popen[str]] = []


class Stack:
    """The stack whose data, logs and run file lie in one state folder of its own.

    Args:
        state: made by `up` when missing, for its owner only.
        free_ports: take free ports where the usual ones are taken; for demos and tests.
        commands: what to run for a service instead of `python -m services.NAME`.
    """

    def __init__(
        self,
        state: Path,
        *,
        free_ports: bool = False,
        commands: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.state = state.absolute()
        self._free_ports = free_ports
        self._commands = commands or {}
        self._supervisor: subprocess.Popen[str] | None = None

    def up(
        self,
        *,
        services: bool = True,
        scale: float = 1.0,
        epoch: str | None = None,
        policy: str | None = None,
        counts: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        prepare: Prepare | None = None,
        tied: bool = False,
    ) -> RunFile:
        """Start the stack; returns when servers and services answer.

        Args:
            services: start the services too, not the servers alone.
            scale: how fast the clock runs, 1.0 is real time; kept in the run file.
            epoch: where the clock starts, RFC 3339; kept in the run file.
            policy: path of matching's policy, given to the services as HOMEWARD_POLICY.
            counts: processes of each service, 1 where not named.
            environment: for every service.
            prepare: called once the servers answer and before any service starts; what it
                returns is more environment, by service.
            tied: the stack ends when this process does, however it ends.

        Raises:
            StackError: it runs already, a port is taken, or something did not start. Nothing is
                left running then.
        """
        if self.running() is not None:
            raise StackError(f"the stack in {self.state} is already up; `homeward down` ends it.")
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clean_leftovers()
        plan = self._plan(scale, epoch, policy, counts or {}, environment or {})
        try:
            self._start_supervisor(plan)
            run = self._wait_for("prepared")
            more = (prepare(run) if prepare else None) or {}
            self._tell(Order(start_services=services, environment=more, tied=tied))
            run = self._wait_for("running")
            if services:
                self._wait_healthy(plan.services)
        except BaseException:
            self.down()
            raise
        return self.running() or run

    def down(self) -> None:
        """End everything in an orderly way; safe when nothing runs. Data stays."""
        run = self._read() if self._is_held() else None
        if run is not None and psutil.pid_exists(run.supervisor_pid):
            os.kill(run.supervisor_pid, signal.SIGTERM)
        elif self._supervisor is not None:
            self._supervisor.terminate()
        ended = wait_until(lambda: not self._is_held(), DOWN_TIMEOUT_SECONDS)
        if not ended and run is not None:
            os.kill(run.supervisor_pid, signal.SIGKILL)
        self._forget_supervisor()
        if self.state.exists():
            self._clean_leftovers()

    def reset(self) -> None:
        """End everything and erase the state folder: all data, logs and keys of this state."""
        self.down()
        if jars.cache_folder().is_relative_to(self.state):
            raise StackError(f"{self.state} also holds the download cache and is not erased.")
        postgres = self.state / "postgres"
        if postgres.is_symlink():  # As root where namespaces are refused, it lives outside.
            shutil.rmtree(postgres.resolve(), ignore_errors=True)
        if self.state.exists():
            shutil.rmtree(self.state)

    def running(self) -> RunFile | None:
        """What the running stack says about itself; None when none runs."""
        return self._read() if self._is_held() else None

    def log_path(self, name: str) -> Path:
        """Where the output of a process is kept: `postgres`, `matching-2`, `supervisor`."""
        return self.state / "logs" / f"{name}.log"

    def log_names(self) -> list[str]:
        """Names of the logs there are."""
        return sorted(log.stem for log in (self.state / "logs").glob("*.log"))

    def status(self) -> list[ProcessStatus]:
        """How each process is; empty when the stack is down."""
        run = self.running()
        if run is None:
            return []
        return [self._status_of(run, name) for name in run.processes]

    def _status_of(self, run: RunFile, name: str) -> ProcessStatus:
        record = run.processes[name]
        alive, memory = False, 0
        if record.pid is not None:
            try:
                memory = psutil.Process(record.pid).memory_info().rss
                alive = True
            except psutil.NoSuchProcess:
                alive = False
        return ProcessStatus(
            name=name,
            pid=record.pid,
            alive=alive,
            port=record.port,
            restarts=record.restarts,
            up_seconds=time.monotonic() - record.started_at_seconds if alive else 0.0,
            memory_bytes=memory,
            log=self.log_path(name),
        )

    def _plan(
        self,
        scale: float,
        epoch: str | None,
        policy: str | None,
        counts: Mapping[str, int],
        environment: Mapping[str, str],
    ) -> Plan:
        given = {name: os.environ.get(f"{name.upper()}_DATABASE_URL", "") for name in DATABASES}
        return Plan(
            state=self.state,
            postgres_urls={name: url for name, url in given.items() if url},
            kafka_bootstrap=os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
            services=plan_services(counts, self._commands, free_ports=self._free_ports),
            environment=environment,
            clock_scale=scale,
            clock_epoch=epoch,
            policy=policy,
        )

    def _start_supervisor(self, plan: Plan) -> None:
        if plan.kafka_bootstrap is None:
            jars.ensure_jars(jars.cache_folder())  # Here, where a person sees the progress.
        (self.state / RUN_NAME).unlink(missing_ok=True)
        write_private(self.state / "plan.json", plan.model_dump_json(indent=2))
        self.log_path("supervisor").parent.mkdir(exist_ok=True)
        with self.log_path("supervisor").open("ab") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.supervisor", str(self.state / "plan.json")],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=jars.CLONE,
                start_new_session=True,
                text=True,
            )
        _started.append(self._supervisor)

    def _tell(self, order: Order) -> None:
        if self._supervisor is None or self._supervisor.stdin is None:
            raise StackError("the supervisor was not started by this process.")
        self._supervisor.stdin.write(order.model_dump_json() + "\n")
        self._supervisor.stdin.flush()
        if not order.tied:
            self._supervisor.stdin.close()

    def _wait_for(self, phase: Phase) -> RunFile:
        def reached() -> bool:
            run = self._read()
            ended = self._supervisor is None or self._supervisor.poll() is not None
            return ended or (run is not None and run.phase in {phase, "failed"})

        wait_until(reached, SERVERS_TIMEOUT_SECONDS)
        run = self._read()
        if run is None or run.phase != phase:
            reason = run.problem if run is not None and run.problem else "it did not start in time."
            raise StackError(f"{reason} More is in {self.log_path('supervisor')}.")
        return run

    def _wait_healthy(self, planned: Sequence[ServiceProcess]) -> None:
        for process in planned:

            def settled(process: ServiceProcess = process) -> bool:
                return is_healthy(process) or self._fails_repeatedly(process.name)

            wait_until(settled, HEALTHY_WITHIN_SECONDS)
            if not is_healthy(process):
                raise StackError(
                    f"{process.name} does not answer at {health_address(process)}; "
                    f"its last words are in {self.log_path(process.name)}."
                )

    def _fails_repeatedly(self, name: str) -> bool:
        run = self._read()
        record = run.processes.get(name) if run else None
        return record is not None and record.restarts > PATIENCE_RESTARTS

    def _is_held(self) -> bool:
        """Whether a supervisor lives, by the lock that dies with it: process ids are reused."""
        path = self.state / LOCK_NAME
        if not path.exists():
            return False
        with path.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _read(self) -> RunFile | None:
        path = self.state / RUN_NAME
        return RunFile.model_validate_json(path.read_text()) if path.exists() else None

    def _clean_leftovers(self) -> None:
        """End what a killed supervisor left, so that nothing blocks the next start."""
        left = processes.marked(self.state)
        for folder in ("postgres", "kafka"):
            if (self.state / folder).exists():
                left += processes.working_in(self.state / folder)
        processes.kill_all(left)

    def _forget_supervisor(self) -> None:
        if self._supervisor is not None:
            if self._supervisor.stdin is not None:
                self._supervisor.stdin.close()
            self._supervisor.wait(DOWN_TIMEOUT_SECONDS)
            self._supervisor = None
