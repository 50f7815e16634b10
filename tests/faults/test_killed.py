"""A day on which everything is killed once: what was acknowledged is kept, and the day goes on.

HOMEWARD_FAULT_REFERRALS and HOMEWARD_FAULT_HOURS make it longer, HOMEWARD_FAULT_SEED another.
"""

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from deploy.demo.day import HOSPITAL, make_day
from deploy.demo.plan import DemoPlan
from deploy.installation import PROJECTIONS, SERVICES
from deploy.rebuilding import replace
from shared.web.tokens import Scope
from tests.faults.place import MARKET, POLICY, SCALE, Place, live_through, place

SEED = int(os.environ.get("HOMEWARD_FAULT_SEED", "7"))
REFERRALS = int(os.environ.get("HOMEWARD_FAULT_REFERRALS", "14"))
HOURS = float(os.environ.get("HOMEWARD_FAULT_HOURS", "2"))
ACKNOWLEDGED_BEFORE_THE_FIRST = 3
PAUSE_SECONDS = 4.0
VICTIMS = (*SERVICES, "kafka", "postgres")
PLAN = DemoPlan(
    seed=SEED, scale=SCALE, referrals=REFERRALS, day_hours=HOURS, policy=POLICY, market=MARKET
)

pytestmark = [pytest.mark.timeout(900), pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A day that is over, on a stack that still runs."""

    place: Place
    code: int
    told: str


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def lived() -> AsyncIterator[Lived]:
    """The day, with each process killed in the middle of it, in an order drawn from the seed."""
    async with place(PLAN) as here:
        day = asyncio.create_task(live_through(here, PLAN))
        await _kill_each(here, day)
        code, told = await day
        yield Lived(place=here, code=code, told=told)


async def _kill_each(here: Place, day: "asyncio.Task[tuple[int, str]]") -> None:
    """Kills all there is, round after round while the day is long."""
    rng = Random(SEED)
    await here.until(_some_acknowledged(here))
    rounds = max(1, round(HOURS / 2))
    for _ in range(rounds):
        for victim in rng.sample(VICTIMS, len(VICTIMS)):
            assert not day.done(), "the day was over before all was killed"
            if victim == "postgres":
                await here.kill_postgres_in_a_long_query()
            else:
                await here.kill(victim)
            await asyncio.sleep(PAUSE_SECONDS * rng.random())


def _some_acknowledged(here: Place) -> Callable[[], Awaitable[bool]]:
    async def met() -> bool:
        return here.acknowledged() >= ACKNOWLEDGED_BEFORE_THE_FIRST

    return met


async def test_everything_acknowledged_is_kept_and_every_invariant_holds(lived: Lived):
    """Kafka, Postgres in a long query and each service are killed; the demo ends as it should."""
    assert set(lived.place.killed) == set(VICTIMS)
    assert lived.code == 0, lived.told
    assert "Everything acknowledged is kept" in lived.told


async def test_rebuilt_projections_equal_the_live_ones(lived: Lived):
    """Made again from their events, no row of any projection differs; `homeward verify` agrees."""
    for service in SERVICES:
        for projection in PROJECTIONS[service]:
            rebuilt = await replace(lived.place.where, service, projection)
            assert not rebuilt.differing, rebuilt
    code, printed = await lived.place.homeward("verify", "--wait", "60")
    assert code == 0, printed


async def test_a_wiped_broker_gets_its_log_back(lived: Lived):
    """`homeward verify --repair` fills a new, empty Kafka; then a new referral is placed."""
    here = lived.place
    await here.wipe_kafka()
    code, printed = await here.homeward("verify", "--repair", "--wait", "120")
    assert code == 0, printed
    assert "are sent again" in printed
    referral_id = await _refer(here)
    provider_id, result = await _accept(here, referral_id)
    assert result in ("awarded", "standing"), (provider_id, result)
    assert not await here.faults()


async def _refer(here: Place) -> str:
    day = make_day(dataclasses.replace(PLAN, seed=SEED + 1, referrals=6))
    body = next(one.whole_body for one in day.referrals if one.sender == "ward")
    hub = await here.token("hub", Scope(organisations=frozenset({HOSPITAL}), wards=None))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(
            f"{here.run.referrals_url}/v1/referrals",
            json=body,
            headers={"Authorization": f"Bearer {hub}"},
        )
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "complete"
    return str(answer.json()["referral_id"])


async def _accept(here: Place, referral_id: str) -> tuple[UUID, str]:
    """One provider of the referral's first offers says yes."""
    found: list[Any] = []

    async def offered() -> bool:
        async with here.where.connection("providers") as connection:
            found[:] = await connection.fetch(
                "select offer_id, provider_id from offers"
                " where referral_id = $1 and status = 'live' order by expires_at desc limit 1",
                UUID(referral_id),
            )
        return bool(found)

    await here.until(offered)
    provider_id = found[0]["provider_id"]
    token = await here.token("provider", Scope(provider_id=provider_id))
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.post(
            f"{here.run.providers_url}/v1/offers/{found[0]['offer_id']}/accept",
            headers={"Authorization": f"Bearer {token}", "Prefer": "wait=30"},
        )
    assert answer.status_code == 200, answer.text
    return provider_id, answer.json()["result"]
