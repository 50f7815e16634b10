"""The process that starts the servers and services, and starts again whatever ends.

Run as `python -m deploy.local.supervisor PLAN`. It starts the servers, says so in the run file,
and reads one order from its standard input; if its caller is gone before that, it ends.
"""

import fcntl
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO

from deploy.local import processes
from deploy.local.child import Child
from deploy.local.errors import StackError
from deploy.local.jars import CLONE
from deploy.local.kafka import Kafka
from deploy.local.postgres import DATABASES, Postgres
from deploy.local.runfile import (
    SERVICES,
    Order,
    Phase,
    Plan,
    RunFile,
    ServiceProcess,
    write_private,
)
from deploy.local.waiting import wait_until

LOCK_NAME = "supervisor.lock"
RUN_NAME = "run.json"
TICK_SECONDS = 0.1
LOCK_TIMEOUT_SECONDS = 2.0
SERVICE_STOP_SECONDS = 10.0

log = logging.getLogger("supervisor")


class Supervisor:
    """Runs one plan until it is told to end."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        logs = plan.state / "logs"
        self.postgres = Postgres(plan.state / "postgres", logs / "postgres.log")
        self.kafka = Kafka(plan.state / "kafka", logs / "kafka.log")
        self.children: list[Child] = []
        self.phase: Phase = "starting"
        self.problem = ""
        self.order: Order | None = None
        self.ending = False

    def run(self) -> None:
        """Start everything and keep it running until SIGTERM or SIGINT, then end it all."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            self._start_servers()
            self._say("prepared")
            while not self.ending:
                self._tick()
        except StackError as error:
            self.problem = str(error)
            self._say("failed")
            log.exception("the stack cannot run")
        finally:
            self._stop()

    def _end(self, _number: int, _frame: object) -> None:
        self.ending = True

    def _start_servers(self) -> None:
        """Start the servers side by side, and return when both answer."""
        if self.plan.kafka_bootstrap is None:
            self._add("kafka", self.kafka)
        if set(DATABASES) - set(self.plan.postgres_urls):
            self._add("postgres", self.postgres)
            self.postgres.wait_ready()
            self.postgres.create_databases()
        if self.plan.kafka_bootstrap is None:
            self.kafka.wait_ready()

    def _add(self, name: str, server: Postgres | Kafka) -> None:
        child = Child(name, server.spawn, 0)
        child.start()
        child.port = server.port
        self.children.append(child)

    def _tick(self) -> None:
        if self.order is None or self.order.tied:
            readable, _, _ = select.select([sys.stdin], [], [], TICK_SECONDS)
            if readable:
                self._read_order()
        else:
            time.sleep(TICK_SECONDS)
        changed = [child for child in self.children if child.check()]
        if changed:
            self._say(self.phase)

    def _read_order(self) -> None:
        line = sys.stdin.readline()
        if not line:
            log.warning("the caller is gone, so the stack ends")
            self.ending = True
            return
        self.order = Order.model_validate_json(line)
        if self.order.start_services:
            for service in self.plan.services:
                child = Child(service.name, partial(self._spawn, service), service.port)
                child.start()
                self.children.append(child)
        self._say("running")

    def _spawn(self, service: ServiceProcess) -> subprocess.Popen[bytes]:
        return processes.spawn(
            service.command,
            log=self.plan.state / "logs" / f"{service.name}.log",
            folder=CLONE,
            environment=self._environment(service),
        )

    def _environment(self, service: ServiceProcess) -> Mapping[str, str]:
        more = self.order.environment.get(service.service, {}) if self.order else {}
        policy = {"HOMEWARD_POLICY": self.plan.policy} if self.plan.policy else {}
        return {
            **processes.clean_environment(),
            "HOMEWARD_SECRETS": str(self.plan.state / "secrets"),
            "HOMEWARD_REFERRALS_URL": self._service_urls()["referrals"][0],
            **policy,
            **self.plan.environment,
            **more,
            "DATABASE_URL": self._postgres_urls()[service.service],
            "KAFKA_BOOTSTRAP_SERVERS": self._kafka_bootstrap(),
            "HOMEWARD_PORT": str(service.port),
            "HOMEWARD_STATE": str(self.plan.state),
            processes.MARK: str(self.plan.state.resolve()),
            "PYTHONUNBUFFERED": "1",
        }

    def _postgres_urls(self) -> dict[str, str]:
        given = self.plan.postgres_urls
        return {name: given.get(name) or self.postgres.url(name) for name in DATABASES}

    def _kafka_bootstrap(self) -> str:
        return self.plan.kafka_bootstrap or self.kafka.bootstrap_servers

    def _service_urls(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(
                f"http://127.0.0.1:{process.port}"
                for process in self.plan.services
                if process.service == name
            )
            for name in SERVICES
        }

    def _say(self, phase: Phase) -> None:
        self.phase = phase
        failed = phase == "failed"
        run = RunFile(
            state=self.plan.state,
            supervisor_pid=os.getpid(),
            phase=phase,
            problem=self.problem,
            postgres_urls={} if failed else self._postgres_urls(),
            kafka_bootstrap="" if failed else self._kafka_bootstrap(),
            service_urls=self._service_urls(),
            clock_scale=self.plan.clock_scale,
            clock_epoch=self.plan.clock_epoch,
            policy=self.plan.policy,
            processes={child.name: child.record() for child in self.children},
        )
        write_private(self.plan.state / RUN_NAME, run.model_dump_json(indent=2))

    def _stop(self) -> None:
        """End the services all at once, then the servers they use."""
        services = [
            child.process
            for child in self.children
            if child.process is not None and child.name not in {"postgres", "kafka"}
        ]
        for process in services:
            if process.poll() is None:
                process.terminate()
        give_up_at = time.monotonic() + SERVICE_STOP_SECONDS
        for process in services:
            processes.end(process, signal.SIGTERM, max(0.1, give_up_at - time.monotonic()))
        processes.kill_all(processes.marked(self.plan.state))
        self.kafka.stop()
        self.postgres.stop()


def main() -> None:
    """Run the plan whose path is the first argument; at most one supervisor for each state."""
    plan = Plan.model_validate_json(Path(sys.argv[1]).read_text())
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    # Its own chatter about a broker that is down; what matters is said by the children's logs.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with (plan.state / LOCK_NAME).open("w") as lock:
        if not wait_until(lambda: _take(lock), LOCK_TIMEOUT_SECONDS):
            sys.exit(f"another supervisor already runs the stack in {plan.state}")
        Supervisor(plan).run()


def _take(lock: IO[str]) -> bool:
    # Tried for a moment, because whoever asks whether a supervisor lives takes it for an instant.
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main()
