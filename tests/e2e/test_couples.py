"""Two people who live together: referred apart, shown together, awarded separately, over HTTP."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from shared.web.tokens import Scope
from tests.e2e.test_steering import timeline
from tests.e2e.world import World
from tests.integration.referrals.samples import person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def linked_place(world: World, referral_id: UUID, **wanted: Any) -> dict[str, Any]:
    """What the board shows beside a referral, once its fields are as wanted."""

    async def read() -> dict[str, Any] | None:
        linked = (await world.place(referral_id))["linked"]
        found: dict[str, Any] = linked[0] if len(linked) == 1 else {}
        return found if all(found.get(name) == value for name, value in wanted.items()) else None

    return await world.until(read)


async def linked_offer(world: World, provider_id: UUID, offer_id: UUID) -> list[str]:
    """The packages that an offer says to be linked, once it says so of any."""

    async def read() -> list[str]:
        path = f"/v1/offers/{offer_id}"
        answer = await world.call("providers", "GET", path, provider_id=provider_id)
        found: list[str] = answer.json()["linked_referral_ids"]
        return found

    return await world.until(read)


async def refused(world: World, method: str, path: str, body: Any) -> str:
    """A link that is refused: the code, at its field."""
    answer = await world.call("referrals", method, path, body)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["path"] == "linked_referral_id"
    code: str = error["code"]
    return code


async def test_a_couple_is_shown_together_and_awarded_separately(world: World) -> None:
    """One names the other, both are shown with each other: to wards, brokers and providers."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    her = await world.refer(outcode)
    hers = await world.offers(her, 2)
    him = await world.refer(outcode, linked_referral_id=str(her))
    his = await world.offers(him, 2)
    assert await linked_offer(world, one, hers[one]) == [str(him)]
    assert await linked_offer(world, two, his[two]) == [str(her)]
    changed = await world.call(
        "providers", "GET", "/v1/offers?status=live", provider_id=one
    )  # fmt: skip
    assert {o["referral_id"]: o["linked_referral_ids"] for o in changed.json()["items"]} == {
        str(her): [str(him)],
        str(him): [str(her)],
    }
    assert (await world.answer(one, hers[one])).json()["result"] == "awarded"
    shown = await linked_place(world, him, status="taken")
    assert shown["referral_id"] == str(her)
    assert shown["filled_by"].startswith(f"Care {outcode}")
    assert (await linked_place(world, her))["referral_id"] == str(him)
    board = await world.call("referrals", "GET", "/v1/board?limit=200")
    beside = {row["referral_id"]: row["linked"] for row in board.json()["items"]}
    assert [row["referral_id"] for row in beside[str(him)]] == [str(her)]
    (linked,) = (await world.placement(him))["linked"]
    assert (linked["referral_id"], linked["status"]) == (str(her), "awarded")
    assert linked["provider_name"] == shown["filled_by"]
    (back,) = (await world.placement(her))["linked"]
    assert (back["referral_id"], back["provider_name"]) == (str(him), None)
    listed = await world.call("matching", "GET", "/v1/placements?limit=200")
    rows = {row["referral_id"]: row["linked"] for row in listed.json()["items"]}
    assert [row["referral_id"] for row in rows[str(her)]] == [str(him)]
    assert "linked" in await timeline(world, him)
    assert (await world.placement(him))["status"] == "searching", "each is awarded on its own"
    assert (await world.answer(two, his[two])).json()["result"] in ("awarded", "standing")
    await world.verify()


async def test_a_link_is_to_another_referral_that_one_may_see(world: World) -> None:
    """Unknown, out of scope, or itself: refused. Linked later, then with nobody any more."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    unknown = await world.post_referral(outcode, linked_referral_id=str(new_id()))
    assert unknown.json()["errors"][0]["code"] == "unknown_referral", unknown.text
    her, him = await world.refer(outcode), await world.refer(outcode)
    path = f"/v1/referrals/{him}"
    assert await refused(world, "PATCH", path, {"linked_referral_id": str(him)}) == (
        "linked_to_itself"
    )
    ward = await world.new_secret(
        "ward", Scope(organisations=frozenset(["whipps"]), wards=frozenset(["oak"]))
    )
    elsewhere = {
        "source": {"kind": "hospital", "organisation": "whipps", "ward": "oak"},
        "pathway": "P1",
        "person": person(postcode=f"{outcode} 1AA"),
        "linked_referral_id": str(her),
    }
    answer = await world.client.post(
        world.processes.of("referrals").url + "/v1/referrals",
        json=elsewhere,
        headers={"Authorization": f"Bearer {ward}"},
    )
    assert answer.json()["errors"][0]["code"] == "unknown_referral", answer.text
    assert (await world.until_placement(him))["linked"] == []
    offers = await world.offers(him)
    linked = await world.call("referrals", "PATCH", path, {"linked_referral_id": str(her)})
    assert linked.status_code == 200, linked.text
    assert (await linked_place(world, her))["referral_id"] == str(him)
    assert await linked_offer(world, provider_id, offers[provider_id]) == [str(her)]
    again = await world.call("referrals", "PATCH", path, {"linked_referral_id": str(her)})
    assert again.status_code == 200
    apart = await world.call("referrals", "PATCH", path, {"linked_referral_id": None})
    assert apart.status_code == 200
    assert (await world.place(her))["linked"] == []

    async def is_alone() -> bool:
        found = await world.until_placement(her)
        return not found["linked"]

    await world.until(is_alone)
    assert (await timeline(world, him)).count("linked") == 2
    await world.verify()
