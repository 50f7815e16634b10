"""The supervised stack comes back from every kill, and leaves nothing behind that blocks it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.local import ports
from deploy.local.errors import StackError
from deploy.local.processes import marked, working_in
from deploy.local.runfile import SERVICES, RunFile
from deploy.local.services import DEFAULT_PORTS
from deploy.local.stack import Stack
from deploy.local.waiting import run_apart, wait_until
from tests.stack import ROOT, erase, new_folder

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))
COMMANDS = dict.fromkeys(SERVICES, STAND_IN)
BACK_WITHIN_SECONDS = 30.0


def new_stack(state: Path) -> Stack:
    """A stack of stand-ins, on free ports where the usual ones are taken."""
    return Stack(state, free_ports=True, commands=COMMANDS)


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that is erased afterwards, with all that ran in it."""
    folder, lock = new_folder("state-")
    with lock:
        yield folder
        erase(folder)


def ask(url: str) -> dict[str, dict[str, str]]:
    """What the stand-in at the address says of itself."""
    answer: dict[str, dict[str, str]] = httpx.get(f"{url}/health", timeout=5).json()
    return answer


def is_up(url: str) -> bool:
    """Whether a stand-in answers at the address."""
    try:
        ask(url)
    except httpx.HTTPError:
        return False
    return True


async def scalar(url: str, query: str) -> object:
    """The single value of a query on a connection of its own."""
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def answers(url: str) -> bool:
    """Whether PostgreSQL answers at the address."""
    try:
        return run_apart(scalar(url, "select 1")) == 1
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def kill(stack: Stack, name: str) -> int:
    """Kill one supervised process with no warning; returns its process id."""
    run = stack.running()
    assert run is not None
    pid = run.processes[name].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def is_back(stack: Stack, name: str, old_pid: int) -> bool:
    """Whether a new process has taken the place of the killed one."""
    run = stack.running()
    return run is not None and run.processes[name].pid not in {None, old_pid}


def test_whole_life_of_a_stack(state: Path) -> None:
    """Up prepares before services start, every kill is survived, down leaves nothing running."""
    stack = new_stack(state)
    prepared: list[RunFile] = []

    def prepare(run: RunFile) -> Mapping[str, Mapping[str, str]]:
        assert answers(run.postgres_urls["matching"])
        assert not is_up(run.matching_url)
        prepared.append(run)
        return {"matching": {"MARK_FROM_PREPARE": "yes"}}

    run = stack.up(scale=120, counts={"matching": 2}, prepare=prepare, policy="p.yaml")
    assert [p.phase for p in prepared] == ["prepared"]
    assert (run.phase, run.clock_scale) == ("running", 120)
    assert len(run.service_urls["matching"]) == 2
    environment = ask(run.service_urls["matching"][1])["environment"]
    assert environment["MARK_FROM_PREPARE"] == "yes"
    assert environment["DATABASE_URL"] == run.postgres_urls["matching"]
    assert environment["KAFKA_BOOTSTRAP_SERVERS"] == run.kafka_bootstrap
    assert environment["HOMEWARD_POLICY"] == "p.yaml"
    assert "MARK_FROM_PREPARE" not in ask(run.referrals_url)["environment"]
    assert {s.name for s in stack.status() if s.alive} == {
        "postgres", "kafka", "referrals", "matching", "matching-2", "providers",
    }  # fmt: skip
    assert (state / "run.json").stat().st_mode & 0o077 == 0
    with pytest.raises(StackError, match="already up"):
        stack.up()
    survive_kills(stack, run)
    stack.down()
    assert stack.running() is None
    assert marked(state) == []
    assert working_in(state) == []


def survive_kills(stack: Stack, run: RunFile) -> None:
    """Kill each kind of process and see it come back on the same port."""
    checks: dict[str, Callable[[], bool]] = {
        "matching-2": lambda: is_up(run.service_urls["matching"][1]),
        "postgres": lambda: answers(run.postgres_urls["matching"]),
        "kafka": lambda: ports.is_open(run.processes["kafka"].port),
    }
    for name, works in checks.items():
        old = kill(stack, name)
        assert wait_until(partial(is_back, stack, name, old), BACK_WITHIN_SECONDS)
        assert wait_until(works, BACK_WITHIN_SECONDS)
        assert {s.name: s.restarts for s in stack.status()}[name] == 1


def test_killed_supervisor_blocks_nothing(state: Path) -> None:
    """After kill -9 of the supervisor its children end, and the next up finds the data again."""
    stack = new_stack(state)
    run = stack.up(services=False)
    url = run.postgres_urls["referrals"]
    run_apart(scalar(url, "create table kept (mark int)"))
    os.kill(run.supervisor_pid, signal.SIGKILL)
    assert wait_until(lambda: stack.running() is None, BACK_WITHIN_SECONDS)
    again = new_stack(state).up(services=False)
    assert run_apart(scalar(again.postgres_urls["referrals"], "select count(*) from kept")) == 0
    assert again.kafka_bootstrap == run.kafka_bootstrap


def test_tied_stack_ends_with_its_caller(state: Path) -> None:
    """A demo that is killed leaves no servers behind."""
    code = (
        "import sys, os, pathlib\n"
        "from deploy.local.stack import Stack\n"
        "Stack(pathlib.Path(sys.argv[1]), free_ports=True).up(services=False, tied=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(state)], cwd=ROOT, check=False)
    assert wait_until(lambda: working_in(state) == [], BACK_WITHIN_SECONDS)
    assert wait_until(lambda: Stack(state).running() is None, BACK_WITHIN_SECONDS)


def test_failed_preparation_leaves_nothing(state: Path) -> None:
    """When a migration fails, its error reaches the caller and the servers are ended."""

    def prepare(_run: RunFile) -> None:
        raise ValueError("a migration failed")

    with pytest.raises(ValueError, match="a migration failed"):
        new_stack(state).up(prepare=prepare)
    assert working_in(state) == []


def test_service_that_always_fails_is_named(state: Path) -> None:
    """A service that cannot start is named, with its log, and nothing is left running."""
    stack = Stack(state, free_ports=True, commands={**COMMANDS, "matching": ["/bin/false"]})
    with pytest.raises(StackError, match=r"matching does not answer.*matching\.log"):
        stack.up()
    assert marked(state) == []


def test_taken_port_is_named(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A usual port that someone has is an error that says who, unless free ports are allowed."""
    port = ports.free_ports(1)[0]
    monkeypatch.setitem(DEFAULT_PORTS, "referrals", port)
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        assert wait_until(lambda: ports.is_open(port), 10)
        with pytest.raises(StackError, match=rf"{port}.*process {server.pid}"):
            Stack(state, commands=COMMANDS).up()
        server.terminate()


def test_given_servers_are_used(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses in the environment replace the embedded servers, which are not started."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "192.0.2.1:9092")
    for service in SERVICES:
        monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", f"postgresql://192.0.2.1/{service}")
    stack = new_stack(state)
    run = stack.up()
    assert set(run.processes) == set(SERVICES)
    environment = ask(run.providers_url)["environment"]
    assert environment["DATABASE_URL"] == "postgresql://192.0.2.1/providers"
    assert environment["KAFKA_BOOTSTRAP_SERVERS"] == "192.0.2.1:9092"


def test_reset_erases_the_state(state: Path) -> None:
    """Reset ends the stack and deletes its folder; another reset is harmless."""
    stack = new_stack(state)
    stack.up(services=False)
    stack.reset()
    assert not state.exists()
    stack.reset()
