"""Ten thousand schedules of crashes, repeats, reordering and clock jumps: what must hold holds.

`HOMEWARD_SCHEDULES` sets another number; `python -m tests.simulation.handlers` runs them by hand.
"""

import os
import subprocess
import sys
from typing import get_args

import pytest

from services.matching.domain import events
from tests.simulation.handlers.campaign import Found, run_many
from tests.simulation.handlers.policies import STRATEGIES

SCHEDULES = int(os.environ.get("HOMEWARD_SCHEDULES", "10000"))
TROUBLES = ("kill", "unwritable", "too_large", "spoil", "send_again", "send_past", "hand_over")


@pytest.mark.timeout(60 + SCHEDULES // 5)
def test_what_must_hold_holds_in_every_schedule():
    """I1 to I7 and I10 at the end of each; and together they meet everything that there is."""
    found = Found()
    for some in run_many(range(SCHEDULES), os.cpu_count() or 1):
        found.add(some)
        assert not found.failed, f"of {found.schedules} schedules:\n{found.told()}"
    types = [kind.TYPE.split(".")[-2] for group in get_args(events.Event)
             for kind in (get_args(group) or (group,))]  # fmt: skip
    if SCHEDULES >= 1000:
        wanted = {*types, *STRATEGIES, *TROUBLES, "ranked", "first"}
        assert not wanted - set(found.met), "nothing is proved of what never came about"


def test_a_seed_gives_the_same_wherever_it_runs():
    """Another process with another hash seed decides the same, byte by byte."""
    told = {
        subprocess.run(
            [sys.executable, "-m", "tests.simulation.handlers", "--schedules", "40", "--workers", "1"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1
