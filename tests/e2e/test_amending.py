"""What is needed changes before the start: by the ward's PATCH and by a broker, over HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.test_steering import done, offer_is, order, timeline
from tests.e2e.world import World
from tests.integration.referrals.samples import referral

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def patch(world: World, referral_id: UUID, **requirement: Any) -> httpx.Response:
    """The hub sends what is needed now."""
    body = {"requirement": requirement}
    return await world.call("referrals", "PATCH", f"/v1/referrals/{referral_id}", body)


async def moved(world: World, referral_id: UUID, days: int) -> str:
    """The start of care, so many days later."""
    answer = await world.call("referrals", "GET", f"/v1/referrals/{referral_id}")
    ready_at = datetime.fromisoformat(answer.json()["requirement"]["ready_at"])
    return (ready_at + timedelta(days=days)).isoformat()


async def amended(world: World, referral_id: UUID) -> None:
    """Waits until matching has read the change."""

    async def read() -> bool:
        return "requirement-amended" in await timeline(world, referral_id)

    await world.until(read)


async def test_a_discharge_that_slips_by_a_day_keeps_its_award(world: World) -> None:
    """Provider and ward read the new date; nothing is searched anew."""
    provider_id, referral_id = await world.awarded(world.new_outcode())
    later = await moved(world, referral_id, 1)
    answer = await patch(world, referral_id, ready_at=later)
    assert answer.status_code == 200, answer.text
    await amended(world, referral_id)
    placement = await world.placement(referral_id)
    assert placement["status"] == "awarded"
    again = await patch(world, referral_id, ready_at=later)
    assert again.status_code == 200

    async def told() -> bool:
        path = f"/v1/packages/{referral_id}"
        found = (await world.call("providers", "GET", path, provider_id=provider_id)).json()
        return datetime.fromisoformat(found["needed"]["ready_at"]) == datetime.fromisoformat(later)

    await world.until(told)
    assert (await timeline(world, referral_id)).count("requirement-amended") == 1
    await world.verify()


async def test_by_ten_days_its_provider_is_asked_and_may_give_it_back(world: World) -> None:
    """A person is told; on the provider's release the package is searched again."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    await patch(world, referral_id, ready_at=await moved(world, referral_id, 10))
    await world.until_placement(referral_id, escalated="requirement_changed", status="awarded")
    released = await world.about_award(one, referral_id, "release", {"reason": "start_date"})
    assert released.json()["result"] == "released"
    assert set(await world.offers(referral_id)) == {two}
    await world.verify()


async def test_another_package_is_searched_again(world: World) -> None:
    """A broker's change says what it costs first; old offers are told why, new ones say what it is."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    offer_id = (await world.offers(referral_id))[provider_id]
    needed = dict(referral()["requirement"])
    needed["visits"] = [{"weekday": "mon", "band": "morning", "minutes": 60, "carers": 2}]
    asked = await order(world, referral_id, "amend", confirm=False, requirement=needed)
    assert asked.json()["type"] == "needs-confirmation", asked.text
    assert "1 open offer will be withdrawn" in asked.json()["detail"]
    result = await done(world, referral_id, "amend", requirement=needed)
    assert result[:3] == ["requirement-amended", "offers-withdrawn", "search-reopened"]
    await offer_is(world, provider_id, offer_id, because="requirement_changed")
    late = await world.answer(provider_id, offer_id)
    assert (late.status_code, late.json()["type"]) == (409, "requirement-changed")
    again = (await world.offers(referral_id))[provider_id]
    found = await offer_is(world, provider_id, again, status="live")
    assert found["needed"]["weekly_hours"] == 2.0
    assert (await world.answer(provider_id, again)).json()["result"] == "awarded"
    await world.about_award(
        provider_id, referral_id, "start", {"started_at": (await world.now()).isoformat()}
    )
    await world.until_place(referral_id, "care_started")
    over = await order(world, referral_id, "amend", requirement=needed)
    assert over.json()["type"] == "already-started"
    ward = await patch(world, referral_id, ready_at=await moved(world, referral_id, 2))
    assert (ward.status_code, ward.json()["type"]) == (409, "already-started")
    await world.verify()
