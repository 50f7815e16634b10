"""The fill-times report against what was made to happen by hand."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.e2e.policy import TARGETS, lot_of
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def instant(placement: dict[str, Any], field: str) -> datetime:
    """One of a placement's instants."""
    return datetime.fromisoformat(placement[field])


async def test_fill_times_and_their_denominators(world: World) -> None:
    """Filled at once, filled late, unfilled, withdrawn before and after the target instant, started
    and ended later: all but the one withdrawn before it are in the last target's denominator, and
    two have met it: an end after the start does not undo the fill."""
    outcode, target = world.new_outcode(), timedelta(minutes=TARGETS[-1])
    (provider_id,) = await world.new_providers(outcode, 1)

    async def award(referral_id: UUID) -> None:
        offer_id = (await world.offers(referral_id))[provider_id]
        assert (await world.answer(provider_id, offer_id)).json()["result"] == "awarded"

    before, after, late, unfilled = [await world.refer(outcode) for _ in range(4)]
    await world.withdraw(before)
    ended, at_once = [await world.refer(outcode) for _ in range(2)]
    await award(ended)
    body = {"started_at": (await world.now()).isoformat()}
    assert (await world.about_award(provider_id, ended, "start", body)).status_code == 200
    await award(at_once)
    early = await world.until_placement(before, status="withdrawn")
    assert instant(early, "withdrawn_at") < instant(early, "received_at") + target
    last = await world.placement(at_once)
    await world.until_clock(instant(last, "received_at") + target)
    await award(late)
    for referral_id in (after, ended):
        await world.withdraw(referral_id)
        await world.until_placement(referral_id, status="withdrawn")
    await world.until_placement(unfilled, escalated="target_overdue")
    await world.verify()

    report = await world.call("matching", "GET", "/v1/reports/fill-times?by=lot")
    (part,) = [one for one in report.json()["parts"] if one["part"] == lot_of(outcode)]
    assert {name: part[name] for name in ("count", "filled", "withdrawn", "unfilled_now")} == {
        "count": 6,
        "filled": 3,
        "withdrawn": 3,
        "unfilled_now": 1,
    }
    final = part["targets"][-1]
    assert (final["target_minutes"], final["due"], final["met"]) == (TARGETS[-1], 5, 2)
    assert final["percent"] == 40.0
    assert (final["due_from_complete"], final["met_from_complete"]) == (5, 2)
    filled = [(await world.placement(one))["minutes"] for one in (ended, at_once, late)]
    assert part["minutes_from_received"]["median"] == pytest.approx(sorted(filled)[1], abs=0.11)
    csv = await world.call(
        "matching", "GET", "/v1/reports/fill-times?by=lot&format=csv&table=parts"
    )
    assert csv.text.startswith("part,count,filled,covered,")
    assert any(line.startswith(f"{lot_of(outcode)},6,3,3,") for line in csv.text.splitlines())
    listed = await world.call("matching", "GET", "/v1/reports")
    for one in listed.json()["items"]:
        told = await world.call("matching", "GET", f"/v1/reports/{one['name']}")
        assert all(set(table["definitions"]) for table in told.json()["tables"]), one
    await check_board(world, before, "not_counted")
    await check_board(world, after, "over")
    await check_board(world, at_once, "met")
    await check_board(world, ended, "met")
    await check_board(world, late, "over")
    await check_board(world, unfilled, "over")


async def check_board(world: World, referral_id: UUID, state: str) -> None:
    """The ward reads the same of the last target."""
    place = await world.place(referral_id)
    assert place["targets"][-1] == {"minutes": TARGETS[-1], "state": state}
