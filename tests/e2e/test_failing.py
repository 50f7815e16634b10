"""A provider with forty packages fails on a Friday afternoon."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from tests.e2e.test_care import requirement, started
from tests.e2e.world import World
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PACKAGES = 40
FRIDAY = datetime(2026, 3, 6, 16, 10, tzinfo=UTC)
HALF_PAST_FOUR = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
SATURDAY_ENDS = "2026-03-08T00:00:00Z"
SATURDAY = {"weekday": "sat", "band": "morning", "minutes": 45}
MONDAY = {"weekday": "mon", "band": "morning", "minutes": 45}
RISKS: tuple[tuple[int, dict[str, Any]], ...] = (
    (0, {}),
    (1, {"time_critical": True}),
    (2, {"carers": 2}),
    (4, {"alone": True}),
    (7, {"time_critical": True, "carers": 2, "alone": True}),
)


@pytest_asyncio.fixture(loop_scope="session")
async def friday(stack: TestStack, tmp_path: Path, topic_prefix: str) -> AsyncIterator[World]:
    """A world on a Friday afternoon."""
    world = await World.create(stack, tmp_path, topic_prefix, epoch=FRIDAY)
    yield world
    await world.close()


async def a_package(world: World, failing: UUID, outcode: str, number: int) -> UUID:
    """Care that the provider gives: every second one on Saturday too, with all degrees of risk."""
    _, how = RISKS[number % len(RISKS)]
    visit = {name: value for name, value in how.items() if name != "alone"}
    visits = [{**MONDAY, **visit}, *([SATURDAY] if number % 2 else [])]
    risks = ["lives_alone"] if how.get("alone") else []
    referral_id = await world.refer(outcode, requirement=requirement(*visits, risks=risks))
    offer_id = (await world.offers(referral_id))[failing]
    answer = await world.answer(failing, offer_id)
    assert answer.json()["result"] == "awarded", answer.text
    await started(world, failing, referral_id)
    return referral_id


async def kill_in_the_middle(
    world: World, path: str, body: dict[str, Any], referral_id: UUID
) -> None:
    """Sends it, holds it up where it has taken some of the packages, and kills the process there."""
    async with world.where.connection("matching") as connection, connection.transaction():
        await connection.execute(
            "select from summaries where referral_id = $1 for update", referral_id
        )
        asking = asyncio.create_task(world.call("matching", "POST", path, body))

        async def held_up() -> bool:
            waiting = "select from pg_stat_activity where wait_event_type = 'Lock'"
            return bool(await world.sql("matching", waiting + " and datname = current_database()"))

        await world.until(held_up)
        world.processes.kill("matching")
        with suppress(httpx.TransportError):  # Nobody knows what came of it: so it is sent again.
            await asking


async def test_forty_packages_on_a_friday_at_half_past_four(friday: World) -> None:
    """One command, killed in the middle and sent again: every package is searched once, in the order
    of risk; a list says who has nobody tomorrow; nothing is lost."""
    world = friday
    await world.up()
    outcode = world.new_outcode()
    (failing,) = await world.new_providers(outcode, 1)
    referral_ids = [await a_package(world, failing, outcode, n) for n in range(PACKAGES)]
    await world.new_providers(outcode, 2, name="Others")
    await world.until_clock(HALF_PAST_FOUR)
    body = {
        "reason": "The receiver telephoned",
        "last_visit_at": (await world.now()).isoformat(),
        "confirm": True,
    }
    path = f"/v1/providers/{failing}/fail"
    await kill_in_the_middle(world, path, body, referral_ids[PACKAGES // 2])
    assert not await world.sql("matching", "select from summaries where cause = 'provider_failed'")
    await world.up()
    answer = await world.call("matching", "POST", path, body)
    assert answer.status_code == 200, answer.text
    rows = await world.sql(
        "matching",
        "select s.referral_id, s.urgency, (select min(position) from events e where e.key ="
        " s.referral_id and e.type = 'homeward.placement.search-started.v1'"
        " and (e.body->>'placement_id')::uuid = s.placement_id) as position"
        " from summaries s where s.cause = 'provider_failed' order by position",
    )
    assert sorted(row["referral_id"] for row in rows) == sorted(referral_ids)
    risk = {one: RISKS[n % len(RISKS)][0] for n, one in enumerate(referral_ids)}
    order = [risk[row["referral_id"]] for row in rows]
    assert order == sorted(order, reverse=True)
    gaps = await world.call("matching", "GET", f"/v1/care-gaps?until={SATURDAY_ENDS}")
    tomorrow = {gap["referral_id"] for gap in gaps.json()}
    assert tomorrow == {str(one) for n, one in enumerate(referral_ids) if n % 2}
    left = await world.call("matching", "GET", f"/v1/providers/{failing}/packages")
    assert left.json() == []
    for referral_id in referral_ids[:3]:
        await world.offers(referral_id, 2)
    await world.verify()
