"""What providers say of care in time, and matching reads after it has decided that they were silent."""

from datetime import timedelta

import pytest

from tests.e2e.test_care import of_cause, package, placed, running
from tests.e2e.test_deadlines import paused_kafka
from tests.e2e.test_steering import done
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_restart_that_was_agreed_in_time_and_read_late(world: World) -> None:
    """Kafka stood still over the deadline: silence was decided, and the answer still counts. The search
    that followed is over, and its offers are taken back."""
    outcode = world.new_outcode()
    provider_id, referral_id = await running(world, outcode)
    (other,) = await world.new_providers(outcode, 1)
    now = await world.now()
    held_until = (now + timedelta(days=14)).isoformat()
    await done(world, referral_id, "pause", held_until=held_until, retainer=True)
    restart_at = now + timedelta(minutes=30)
    await done(world, referral_id, "restart", restart_at=restart_at.isoformat())
    path = f"/v1/packages/{referral_id}"

    async def asked() -> bool:
        answer = await world.call("providers", "GET", path, provider_id=provider_id)
        return bool(answer.json().get("restart"))

    await world.until(asked)
    with paused_kafka(world):
        answer = await world.about_award(provider_id, referral_id, "restart/agree", wait=0)
        assert (answer.status_code, answer.json()["result"]) == (202, "undecided")
        await world.until_clock(restart_at)
        (search,) = await of_cause(world, referral_id, "restart_refused")

    async def goes_on() -> bool:
        found = await package(world, referral_id, 2)
        return [row["status"] for row in found if row["cause"] == "referral"] == ["started"]

    await world.until(goes_on)
    repeated = await world.about_award(provider_id, referral_id, "restart/agree")
    assert (repeated.status_code, repeated.json()["result"]) == (200, "restart_agreed")
    assert (await placed(world, search))["status"] == "ended"

    async def resumed() -> bool:
        row = (await world.call("providers", "GET", path, provider_id=provider_id)).json()
        return (row["state"], row["ended_because"]) == ("started", None)

    await world.until(resumed)

    async def told() -> bool:
        """Who the person is, is kept by another service, which hears of it on its own."""
        person = await world.call("providers", "GET", f"{path}/person", provider_id=provider_id)
        return person.status_code == 200

    await world.until(told)
    place = await world.until_place(referral_id, "care_started")
    assert place["later_search"] is None
    offers = await world.sql(
        "providers",
        "select status, because from offers where provider_id = $1 and referral_id = $2",
        other,
        referral_id,
    )
    assert [tuple(row) for row in offers] == [("withdrawn", "divided")]
    first = next(row for row in await package(world, referral_id, 2) if row["cause"] == "referral")
    lines = [one["type"] for one in (await placed(world, first["placement_id"]))["timeline"]]
    assert lines[-2:] == ["homeward.placement.divided.v1", "homeward.placement.care-resumed.v1"]
    assert "homeward.placement.restart-refused.v1" in lines
    await world.verify()
