"""`homeward` on a real stack: up, looked at, asked things, down, up again, erased."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.installation import SERVICES
from deploy.local.stack import Stack
from shared.ids import new_id
from tests.stack import ROOT, erase, new_folder

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder of the test's own, in which nothing is left behind."""
    folder, lock = new_folder("cli-")
    yield folder
    erase(folder)
    lock.close()


def homeward(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of the command as a person starts it, with servers of its own."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("DATABASE_URL") and name != "KAFKA_BOOTSTRAP_SERVERS"
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT,
        env=environment | {"HOMEWARD_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ok(state: Path, *arguments: str) -> str:
    """The output of a command that must succeed."""
    done = homeward(state, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(state: Path, *arguments: str) -> str:
    """What a command says that must fail in an orderly way."""
    done = homeward(state, *arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_from_nothing_to_nothing(state):
    """Up makes everything; the other commands work on it; down keeps the data, reset does not."""
    assert "Homeward is up" in ok(state, "up", "--free-ports", "--scale", "30")
    assert "already up" in refused(state, "up", "--free-ports")

    told = json.loads(ok(state, "status", "--json"))
    assert [told["ready"][service]["status"] for service in SERVICES] == ["ready"] * 3
    assert told["kafka"] == "connected"
    assert told["blocked_keys"] == dict.fromkeys(SERVICES, 0)
    assert {clock["scale"] for clock in told["clocks"].values()} == {30}
    assert len({clock["epoch"] for clock in told["clocks"].values()}) == 1
    assert abs(told["skew_seconds"]) < 5
    shown = ok(state, "status")
    assert "30 times as fast" in shown
    assert "open escalations  none" in shown

    broker_may_and_then_may_not(state)
    assert "no event" not in ok(state, "report", "fill-times")
    assert json.loads(ok(state, "report", "fill-times", "--json"))["total"] is None
    assert "Nothing is parked" in ok(state, "dead-letters", "list")
    assert "summaries" in ok(state, "rebuild", "matching", "summaries")
    assert "ok" in ok(state, "verify", "--wait", "60")
    assert '"service": "matching"' in ok(state, "logs", "matching", "-n", "500")

    assert "is down" in ok(state, "down")
    assert "is not running" in refused(state, "status")
    assert "use --scale 30" in refused(state, "up", "--free-ports", "--scale", "60")
    assert "Homeward is up" in ok(state, "up", "--free-ports")  # It remembers its scale.
    assert "30 times as fast" in ok(state, "status")
    assert "service" in ok(state, "token", "list")
    assert "Everything is erased" in ok(state, "reset", "--yes")
    assert not state.exists()


def broker_may_and_then_may_not(state: Path) -> None:
    """A token works where its role needs it, until it is revoked."""
    run = Stack(state).running()
    assert run is not None
    secret = ok(state, "token", "create", "--role", "broker", "--subject", "b.one").strip()
    headers = {"Authorization": f"Bearer {secret}"}
    asked = [f"{run.matching_url}/v1/placements", f"{run.providers_url}/v1/providers"]
    assert [httpx.get(url, headers=headers).status_code for url in asked] == [200, 200]
    (line,) = [line for line in ok(state, "token", "list").splitlines() if "b.one" in line]
    assert "matching, providers" in line
    assert "Revoked in matching, providers" in ok(state, "token", "revoke", line.split()[0])
    other = "00000000-0000-7000-8000-000000000000"
    assert "no service has a token" in refused(state, "token", "revoke", other)


def test_migrate_alone_leaves_nothing_running(state):
    """It starts the embedded servers for the schemas, and ends them."""
    assert "shared/0001_pre_log" in ok(state, "migrate")
    assert Stack(state).running() is None
    assert "matching: up to date" in ok(state, "migrate")


async def produce(bootstrap: str, key: UUID) -> None:
    """Puts a record that nobody can read on the referrals' topic."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(
            "homeward.referrals.v1", b"not an event", key=str(key).encode()
        )
    finally:
        await producer.stop()


def parked_id(state: Path) -> str:
    """The id of the one dead letter, once it is there."""
    for _ in range(60):
        listed = ok(state, "dead-letters", "list")
        if found := re.search(r"matching-in-\d+", listed):
            return found[0]
        time.sleep(0.5)
    raise AssertionError(listed)


def test_a_dead_letter_is_shown_tried_again_and_given_up(state):
    """Each step says what became of it; a reason is required; afterwards nothing is left."""
    ok(state, "up", "--free-ports")
    run = Stack(state).running()
    assert run is not None
    key = new_id()
    asyncio.run(produce(run.kafka_bootstrap, key))
    letter = parked_id(state)
    told = ok(state, "dead-letters", "show", letter)
    assert str(key) in told
    assert "not an event" not in told
    assert "not an event" in ok(state, "dead-letters", "show", letter, "--value")
    assert "matching 1" in ok(state, "status")
    assert "it failed again with" in refused(state, "dead-letters", "replay", letter)
    assert "broken" in homeward(state, "verify").stdout
    assert homeward(state, "dead-letters", "discard", letter).returncode == 2
    assert "Given up" in ok(state, "dead-letters", "discard", letter, "--reason", "a test's record")
    assert "Nothing is parked" in ok(state, "dead-letters", "list")
    assert "there is no dead letter" in refused(state, "dead-letters", "show", letter)
    assert "broken" not in ok(state, "verify", "--wait", "60")
