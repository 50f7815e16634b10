"""What providers say while care runs, from their endpoint to the ward's board and the orders."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.test_need_to_know import read
from tests.e2e.test_steering import done
from tests.e2e.world import World
from tests.integration.referrals.samples import requirement, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = timedelta(days=1)


async def said(
    world: World, provider_id: UUID, package_id: UUID, what: str, **body: Any
) -> tuple[int, str]:
    """What a provider says about a package: the status, and the result or a problem's type."""
    answer = await world.about_award(provider_id, package_id, what, body)
    told = answer.json()
    return answer.status_code, told.get("result") or told["type"]


async def package(world: World, provider_id: UUID, package_id: UUID, **wanted: Any) -> Any:
    """A package as its provider reads it, once its fields are as wanted."""

    async def found() -> Any:
        path = f"/v1/packages/{package_id}"
        answer = await world.call("providers", "GET", path, provider_id=provider_id)
        row = answer.json()
        fits = answer.status_code == 200 and all(row[k] == v for k, v in wanted.items())
        return row if fits else None

    return await world.until(found)


async def take(world: World, provider_id: UUID, referral_id: UUID) -> datetime:
    """A provider accepts its offer, confirms, and reports that care has started; when."""
    offer_id = (await world.offers(referral_id))[provider_id]
    answer = await world.answer(provider_id, offer_id)
    assert answer.json()["result"] == "awarded", answer.text
    assert await said(world, provider_id, referral_id, "confirm") == (200, "confirmed")
    at = await world.now()
    started = await said(world, provider_id, referral_id, "start", started_at=at.isoformat())
    assert started == (200, "started")
    return at


async def orders_of(world: World, referral_id: UUID) -> list[tuple[str, int, str]]:
    """The service orders of a referral: whose, which version, and why."""
    path = f"/v1/service-orders?referral_id={referral_id}"
    answer = await world.call("referrals", "GET", path)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return [(item["provider_id"], item["version"], item["because"]) for item in items]


async def test_a_package_is_handed_back_and_taken_by_another(world: World) -> None:
    """The old provider reads on until its last visit; the ward sees a search with its own clock;
    each provider has its order, and a withdrawal ends both."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    at = await take(world, one, referral_id)
    last_visit_at = (at + 20 * DAY).isoformat()
    body = {"reason": "staffing", "last_visit_at": last_visit_at, "note": "HANDED-MARK"}
    assert await said(world, one, referral_id, "hand-back", **body) == (200, "handed_back")
    assert await said(world, one, referral_id, "hand-back", **body) == (200, "handed_back")
    place = await world.until_place(referral_id, "asking_providers")
    assert (place["later_search"]["cause"], place["filled"], place["covered"]) == (
        "handed_back",
        False,
        True,
    )
    assert "has handed the package back; searched again since" in place["words"]
    await take(world, two, referral_id)
    place = await world.until_place(referral_id, "care_started")
    assert place["later_search"]["filled_by"] == place["filled_by"]
    for provider_id in (one, two):
        assert (await read(world, provider_id, referral_id)).status_code == httpx.codes.OK
    assert await orders_of(world, referral_id) == [
        (str(one), 1, "confirmed"),
        (str(one), 2, "ended"),
        (str(two), 1, "confirmed"),
    ]
    await world.withdraw(referral_id)
    await world.until_place(referral_id, "withdrawn")
    await package(world, two, referral_id, state="cancelled")
    await package(world, one, referral_id, state="ended")
    for provider_id in (one, two):
        assert (await read(world, provider_id, referral_id)).status_code == httpx.codes.CONFLICT
    assert [because for *_rest, because in await orders_of(world, referral_id)] == [
        "confirmed",
        "ended",
        "confirmed",
        "ended",
        "ended",
    ]
    for service in ("matching", "referrals"):
        (row,) = await world.sql(
            service, "select count(*) as n from events where body::text like '%HANDED-MARK%'"
        )
        assert row["n"] == 0
    await world.verify()


async def test_a_provider_goes_on_after_a_pause_and_with_a_change(world: World) -> None:
    """What is asked is shown to the provider; its answer reaches the ward and the order."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    at = await take(world, one, referral_id)
    await done(world, referral_id, "pause", held_until=(at + 9 * DAY).isoformat())
    await world.until_place(referral_id, "paused")
    assert await said(world, one, referral_id, "restart/agree") == (409, "not-asked")
    await done(world, referral_id, "restart", restart_at=(at + 2 * DAY).isoformat())
    place = await world.until_place(referral_id, "restart_asked")
    assert place["restart_at"] is not None
    asked = await package(world, one, referral_id, state="paused")
    assert asked["restart"] is not None
    assert await said(world, one, referral_id, "restart/agree") == (200, "restart_agreed")
    await world.until_place(referral_id, "care_started")
    changed = requirement(visits=[visit(weekday="fri", minutes=90)])
    await done(world, referral_id, "change", requirement=changed)

    async def put() -> Any:
        return (await package(world, one, referral_id))["change"]

    change = await world.until(put)
    assert change["needed"]["weekly_hours"] == 1.5
    refused = await said(world, one, referral_id, "change/agree", version=99)
    assert refused == (409, "not-asked")
    version = change["version"]
    agreed = await said(world, one, referral_id, "change/agree", version=version)
    assert agreed == (200, "change_agreed")
    now = await package(world, one, referral_id)
    assert (now["change"], now["needed"]["weekly_hours"]) == (None, 1.5)

    async def ordered() -> bool:
        orders = await orders_of(world, referral_id)
        return [because for *_rest, because in orders] == ["confirmed", "changed"]

    await world.until(ordered)
    await world.verify()


async def test_one_provider_takes_both_parts(world: World) -> None:
    """Split by a broker, both taken by one provider: told apart by the awards, in every route."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    await world.offers(referral_id)
    await done(world, referral_id, "split", parts=[[0], [1]])

    async def offered() -> list[UUID] | None:
        rows = await world.sql(
            "providers",
            "select offer_id from offers where referral_id = $1 and status = 'live'",
            referral_id,
        )
        return [row["offer_id"] for row in rows] if len(rows) == 2 else None

    awards = []
    for offer_id in await world.until(offered):
        answer = await world.answer(one, offer_id)
        assert answer.json()["result"] == "awarded", answer.text
        awards.append(UUID(answer.json()["award_id"]))
    assert await said(world, one, referral_id, "confirm") == (409, "several-packages")
    for award_id in awards:
        assert await said(world, one, award_id, "confirm") == (200, "confirmed")
        assert (await read(world, one, award_id)).status_code == httpx.codes.OK
    place = await world.until_place(referral_id, "confirmed")
    assert (place["parts_taken"], place["parts_total"], place["filled"]) == (2, 2, True)
    assert len(await orders_of(world, referral_id)) == 2
    await world.verify()
