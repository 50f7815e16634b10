"""Runs a whole demo: everybody acts until the last referral's four hours are over, then the report."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from rich.console import Console

from deploy.demo import ending, picture
from deploy.demo.answering import answer_all
from deploy.demo.brokers import broker_all
from deploy.demo.opening import opened
from deploy.demo.plan import TARGET_HOURS, DemoPlan
from deploy.demo.scene import Scene
from deploy.demo.senders import send_all
from deploy.installation import Installation
from deploy.local.runfile import RunFile
from deploy.prepare import installation_of

Verify = Callable[[Installation], Awaitable[int]]
"""Prints how the invariants stand; the exit code."""


async def run_demo(
    run: RunFile, plan: DemoPlan, console: Console, verify: Verify, *, stays: bool
) -> int:
    """The day on a stack that is up; the exit code, 0 if everything that must hold does."""
    async with opened(run, plan) as scene:
        await _live_through(scene, console)
        await ending.report(scene, console)
        is_kept = await ending.all_kept(scene, console)
        code = await verify(installation_of(run))
        if stays:
            ending.look_around(scene, console)
            await _until_interrupted(scene)
    return code or (0 if is_kept else 1)


async def _live_through(scene: Scene, console: Console) -> None:
    """Everybody acts until the last referral was received and its last target is over."""
    async with asyncio.TaskGroup() as group:
        acting = [
            group.create_task(answer_all(scene)),
            group.create_task(broker_all(scene)),
            group.create_task(picture.show(scene, console)),
        ]
        await send_all(scene)
        last_at = scene.at(scene.day.last_at_minutes)
        await scene.clock.sleep_until(last_at + timedelta(hours=TARGET_HOURS, minutes=1))
        for task in acting:
            task.cancel()


async def _until_interrupted(scene: Scene) -> None:
    """The market goes on living, unseen, until Ctrl-C."""
    with contextlib.suppress(asyncio.CancelledError):
        await answer_all(scene)
