"""A rate card from the register to the award, the service order, the package register and the market."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from deploy.installation import SERVICES
from shared.ids import new_id
from tests.e2e.test_care_of_providers import take
from tests.e2e.world import World, provider_body
from tests.integration.referrals.samples import requirement, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST = {
    "from": "2025-01-01",
    "lines": [{"up_to_minutes": 30, "rate": "20.01"}, {"time": "night", "rate": "25.00"}, {"rate": "18.01"}],
}  # fmt: skip
APRIL = {
    "from": "2026-04-01",
    "lines": [{"day": "bank_holiday", "rate": "36.00"}, {"rate": "19.00"}],
}
VISITS = [
    visit(minutes=30),
    visit(weekday="wed", minutes=45, carers=2),
    visit(weekday="fri", band="night", minutes=60),
]
# 30 minutes at 20.01, 90 at 18.01 and 60 at 25.00: 62.02 pounds; an hour is 20.673… of them.


def body(outcode: str, *cards: dict[str, Any]) -> dict[str, Any]:
    made = provider_body(outcode)
    (contract,) = made["contracts"]
    return {**made, "contracts": [{**contract, "rate": None, "rate_cards": cards}]}


async def put(world: World, provider_id: UUID, what: dict[str, Any]) -> Any:
    path = f"/v1/providers/{provider_id}"
    return await world.call("providers", "PUT", path, what, role="operator")


async def records(world: World, report: str, table: str) -> list[dict[str, Any]]:
    answer = await world.call("matching", "GET", f"/v1/reports/{report}?from=2026-03-01T00:00:00Z")
    assert answer.status_code == 200, answer.text
    (found,) = [one for one in answer.json()["tables"] if one["name"] == table]
    rows: list[dict[str, Any]] = found["rows"]
    return rows


async def test_a_rate_card_prices_a_package_through_time(new_world: World) -> None:
    """What is wrong is named; the offer has the average, the order the exact week; a new card begins
    a span in the register, and the market follows it."""
    world = new_world
    await world.up()
    outcode, provider_id = world.new_outcode(), new_id()
    vain = {**FIRST, "lines": [{"rate": "18.01"}, {"time": "night", "rate": "25.00"}]}
    refused = await put(world, provider_id, body(outcode, vain))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["path"] == "contracts.0.rate_cards.0.lines.1"
    assert "move it up" in str(error)
    late = await put(world, provider_id, body(outcode, APRIL))
    assert [one["path"] for one in late.json()["errors"]] == ["contracts.0.rate"]
    await world.register({provider_id: body(outcode, FIRST)})
    again = await put(world, provider_id, body(outcode, FIRST))
    assert again.json()["changed"] is False

    referral_id = await world.refer(outcode, requirement=requirement(visits=VISITS))
    offer_id = (await world.offers(referral_id))[provider_id]
    offer = await world.call("providers", "GET", f"/v1/offers/{offer_id}", provider_id=provider_id)
    assert offer.json()["rate"] == "20.67"
    await take(world, provider_id, referral_id)
    orders = f"/v1/service-orders?referral_id={referral_id}"
    (order,) = (await world.call("referrals", "GET", orders)).json()["items"]
    path = f"/v1/service-orders/{order['number']}/1"
    told = (await world.call("referrals", "GET", path)).json()
    assert (told["hourly_rate"], told["weekly_cost"]) == ("20.67", "62.02")
    assert (await put(world, provider_id, body(outcode, FIRST, APRIL))).status_code == 200
    placement = await world.until_placement(referral_id, status="started")
    (awarded,) = [e for e in placement["timeline"] if e["type"].endswith(".awarded.v1")]
    assert awarded["content"]["weekly_cost_sixtieths"] == 372_120

    async def cost() -> str:
        rows = await records(world, "market", "market")
        return str(next(row for row in rows if row["group"] == "total")["cost"])

    assert await cost() == "62.02"
    for service in SERVICES:
        moved = "update clock set epoch = epoch + $1 returning 1"
        await world.sql(service, moved, timedelta(days=60))

    async def april() -> bool:
        return await cost() == "57.00"

    await world.until(april)
    spans = await records(world, "register", "packages")
    assert [(row["rate"], row["weekly_cost"], row["bank_holidays"]) for row in spans] == [
        ("20.67", "62.02", "0.00"),
        # Good Friday's hour, Easter Monday's half: 17.00 and 8.50 pounds more than on other days.
        ("19.00", "57.00", "25.50"),
    ]
    assert spans[0]["end"] == spans[1]["start"] == "2026-03-31T23:00:00+00:00"
    await world.verify()
