"""A whole small demo: the day goes by, the report is printed, nothing acknowledged is lost."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.acknowledged import lost, read_ledger
from deploy.demo.client import ACKNOWLEDGED
from deploy.demo.ending import MARK
from deploy.local.stack import Stack
from deploy.prepare import installation_of
from tests.stack import ROOT, erase, new_folder

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the test's own, in which nothing is left behind."""
    folder, lock = new_folder("demo-")
    yield folder
    Stack(folder / "demo").reset()
    erase(folder)
    lock.close()


def test_a_small_demo_runs_to_its_report(folder):
    """Exit code 0, the tables beside Devon's figures, and every acknowledgement in the databases."""
    state = folder / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "demo", "--exit", "--state", str(state),
         "--referrals", "12", "--hours", "1", "--scale", "480"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if "DATABASE_URL" not in name},
        capture_output=True,
        text=True,
        timeout=360,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in (
        "Fill times by tier", "framework-lot", "Devon Cares", "70%", "97%", MARK,
        "The day on market waltham-forest", "offers a package", "What wards were told",
        "do not book transport until confirmed", "What brokers were told",
    ):  # fmt: skip
        assert expected in done.stdout
    assert "Everything acknowledged is kept" in done.stdout
    assert "broken" not in done.stdout

    whats = [line["what"].split(" ")[0] for line in read_ledger(state / ACKNOWLEDGED)]
    assert whats.count("refer") == 12
    assert {"complete", "accept", "confirm", "withdraw", "award", "telephone"} <= set(whats)
    stack = Stack(state, free_ports=True)
    run = stack.up(services=False)
    try:
        looked_for, sentences = asyncio.run(lost(installation_of(run), state / ACKNOWLEDGED))
    finally:
        stack.down()
    assert sentences == []
    assert looked_for > 40
