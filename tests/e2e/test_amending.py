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


async def taken(world: World) -> tuple[UUID, UUID, UUID]:
    """A package that the first of two new providers has been awarded: (it, the other, referral)."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    return one, two, referral_id


async def asked(world: World, provider_id: UUID, referral_id: UUID, version: int) -> dict[str, Any]:
    """The change of this version that a provider is asked about, once it reads it."""

    async def read() -> dict[str, Any] | None:
        path = f"/v1/packages/{referral_id}"
        found = (await world.call("providers", "GET", path, provider_id=provider_id)).json()
        change: dict[str, Any] | None = found.get("change")
        return change if change and change["version"] == version else None

    return await world.until(read)


async def says(
    world: World, provider_id: UUID, referral_id: UUID, what: str, **body: Any
) -> tuple[int, str]:
    """What a provider says about its package: the status, and the result or the problem's type."""
    answer = await world.about_award(provider_id, referral_id, what, body)
    told = answer.json()
    return answer.status_code, told.get("result") or told["type"]


async def test_by_ten_days_its_provider_is_asked_first_and_on_its_refusal_others_are(
    world: World,
) -> None:
    """The ward reads who is asked and does not book on it; nobody else is asked before the answer."""
    one, two, referral_id = await taken(world)
    await patch(world, referral_id, ready_at=await moved(world, referral_id, 10))
    change = await asked(world, one, referral_id, 2)
    assert datetime.fromisoformat(change["answer_by"]) > await world.now()
    assert (await world.placement(referral_id))["status"] == "awarded"

    async def told() -> bool:
        place = await world.place(referral_id)
        return "What is needed has changed" in place["words"] and place["hint"] is not None

    await world.until(told)
    assert await says(world, one, referral_id, "confirm") == (409, "change-unanswered")
    refused = await says(
        world, one, referral_id, "change/refuse", version=2, note="too late for us"
    )
    assert refused == (200, "change_refused")
    assert await says(world, one, referral_id, "confirm") == (409, "not-awarded")
    assert set(await world.offers(referral_id)) == {two}
    line = await timeline(world, referral_id)
    assert line[line.index("requirement-amended") :][:6] == [
        "requirement-amended", "change-asked", "change-refused", "award-cancelled",
        "search-reopened", "tier-opened",
    ]  # fmt: skip
    await world.verify()


async def test_by_ten_days_its_provider_may_agree(world: World) -> None:
    """It keeps the package with what is needed now: only the newest version can be agreed to, and
    the order says what that is."""
    one, _two, referral_id = await taken(world)
    await patch(world, referral_id, ready_at=await moved(world, referral_id, 10))
    await asked(world, one, referral_id, 2)
    later = await moved(world, referral_id, 10)
    await patch(world, referral_id, ready_at=later)
    await asked(world, one, referral_id, 3)
    old = await says(world, one, referral_id, "change/agree", version=2)
    assert old == (409, "requirement-changed")
    assert await says(world, one, referral_id, "change/agree", version=9) == (409, "not-asked")
    assert await says(world, one, referral_id, "change/agree", version=3) == (200, "change_agreed")
    stale = await says(world, one, referral_id, "confirm", version=1)
    assert stale == (409, "requirement-changed")
    assert await says(world, one, referral_id, "confirm", version=3) == (200, "confirmed")

    async def ordered() -> list[dict[str, Any]]:
        path = f"/v1/service-orders?referral_id={referral_id}"
        items: list[dict[str, Any]] = (await world.call("referrals", "GET", path)).json()["items"]
        return items

    (order_made,) = await world.until(ordered)
    path = f"/v1/service-orders/{order_made['number']}/{order_made['version']}"
    found = (await world.call("referrals", "GET", path)).json()
    assert found["requirement_version"] == 3
    assert datetime.fromisoformat(found["valid_from"]) == datetime.fromisoformat(later)
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
    assert (found["needed"]["weekly_hours"], found["version"]) == (2.0, 2)
    for version in (1, 3):
        superseded = await world.answer(provider_id, again, body={"version": version})
        assert (superseded.status_code, superseded.json()["type"]) == (409, "requirement-changed")
    assert (await world.answer(provider_id, again, body={"version": 2})).json()[
        "result"
    ] == "awarded"
    await world.about_award(
        provider_id, referral_id, "start", {"started_at": (await world.now()).isoformat()}
    )
    await world.until_place(referral_id, "care_started")
    over = await order(world, referral_id, "amend", requirement=needed)
    assert over.json()["type"] == "already-started"
    ward = await patch(world, referral_id, ready_at=await moved(world, referral_id, 2))
    assert (ward.status_code, ward.json()["type"]) == (409, "already-started")
    await world.verify()
