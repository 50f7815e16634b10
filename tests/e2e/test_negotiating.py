"""A yes that a broker must look at: spot rates, conditions and terms put in their place, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.web.tokens import Scope
from tests.e2e.test_steering import done, offer_is, order, refused, timeline
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def about(
    world: World, provider_id: UUID, offer_id: UUID, what: str, body: object = None
) -> httpx.Response:
    """What a provider says to an offer or to its counter."""
    return await world.answer(provider_id, offer_id, what, body)


async def test_a_spot_rate_is_approved(world: World) -> None:
    """Above the limit it waits for whom the policy names; refused it is over, approved it is awarded."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2, kind="spot")
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    for provider_id in (one, two):
        said = await about(world, provider_id, offers[provider_id], "accept", {"rate": "24.50"})
        assert (said.status_code, said.json()["result"]) == (200, "waiting"), said.text
    await world.until_placement(referral_id, escalated="rate_approval")
    assert "rate-refused" in await done(world, referral_id, f"offers/{offers[one]}/rate/refuse")
    await offer_is(world, one, offers[one], status="refused", because="rate")
    again = await about(world, one, offers[one], "accept", {"rate": "24.50"})
    assert (again.status_code, again.json()["type"]) == (409, "rate-refused")
    approve = f"offers/{offers[two]}/rate/approve"
    body = {"reason": "agreed on the telephone", "confirm": True}
    path = f"/v1/placements/{referral_id}/{approve}"
    by_another = await world.call("matching", "POST", path, body)
    assert (by_another.status_code, by_another.json()["type"]) == (403, "not-the-approver")
    assert "head-of-brokerage" in by_another.json()["detail"]
    assert "rate_approval" in (await world.placement(referral_id))["escalations"]
    url = world.processes.of("matching").url
    head = await world.new_secret("broker", Scope(grades=frozenset({"head-of-brokerage"})))
    bearer = {"Authorization": f"Bearer {head}"}
    approved = await world.client.post(url + path, json=body, headers=bearer)
    assert "awarded.v1" in approved.json()["result"], approved.text
    assert await refused(world, referral_id, approve) == "no-rate-quoted"
    placement = await world.placement(referral_id)
    (awarded,) = [e for e in placement["timeline"] if e["type"].endswith(".awarded.v1")]
    assert awarded["content"]["rate_pence"] == 2450
    assert placement["notes"][-1]["kind"] == "approve_rate"
    assert placement["notes"][-1]["details"]["grades"] == ["head-of-brokerage"]
    assert "rate-approved" in await timeline(world, referral_id)
    won = await about(world, two, offers[two], "accept", {"rate": "24.50"})
    assert won.json()["result"] == "awarded"
    await world.verify()


async def test_a_rate_is_asked_of_spot_alone(world: World) -> None:
    """A framework provider's rate is its contract's; the answer without one is taken."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    offer_id = (await world.offers(referral_id))[provider_id]
    said = await about(world, provider_id, offer_id, "accept", {"rate": "24.50"})
    assert (said.status_code, said.json()["type"]) == (409, "rate-not-asked")
    assert (await about(world, provider_id, offer_id, "accept")).json()["result"] == "awarded"
    await world.verify()


async def test_conditions_are_accepted_and_refused(world: World) -> None:
    """A later start: refused it is over, accepted it is in the award, and both are told."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    later = {"starts_at": (await world.now() + timedelta(days=3)).isoformat()}
    nothing = await about(world, one, offers[one], "accept-if", {})
    assert nothing.status_code == 422
    for provider_id in (one, two):
        said = await about(world, provider_id, offers[provider_id], "accept-if", later)
        assert said.json()["result"] == "conditional", said.text
    plain = await about(world, one, offers[one], "accept")
    assert plain.json()["type"] == "already-answered"
    path = f"offers/{offers[one]}/condition"
    assert "condition-refused" in await done(world, referral_id, f"{path}/refuse")
    assert await refused(world, referral_id, f"{path}/accept") == "no-condition"

    async def is_told() -> bool:
        told = await about(world, one, offers[one], "accept-if", later)
        return bool(told.json().get("type") == "condition-refused")

    await world.until(is_told)
    accepting = f"offers/{offers[two]}/condition/accept"
    assert "awarded" in await done(world, referral_id, accepting)
    placement = await world.until_placement(referral_id, status="awarded")
    (awarded,) = [e for e in placement["timeline"] if e["type"].endswith(".awarded.v1")]
    assert awarded["content"]["agreed"]["starts_at"] is not None
    await world.verify()


async def test_terms_are_put_and_answered(world: World) -> None:
    """The provider reads them with its offer; a yes has the package, a no ends the offer."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    none = await about(world, one, offers[one], "counter/accept")
    assert (none.status_code, none.json()["type"]) == (409, "no-counter")
    visits = [{"weekday": "mon", "band": "lunch", "minutes": 45}]
    for provider_id in (one, two):
        said = await about(world, provider_id, offers[provider_id], "accept-if", {"visits": visits})
        assert said.json()["result"] == "conditional", said.text
        counter = f"offers/{offers[provider_id]}/condition/counter"
        assert await refused(world, referral_id, counter) == "nothing-changed"
        terms: dict[str, Any] = {"starts_at": (await world.now() + timedelta(days=1)).isoformat()}
        assert await done(world, referral_id, counter, **terms) == ["condition-countered"]
        found = await offer_is(world, provider_id, offers[provider_id], status="countered")
        assert found["counter"]["starts_at"] is not None
        assert found["answer"]["result"] == "countered"
    no = await about(world, one, offers[one], "counter/decline")
    assert no.json()["result"] == "declined", no.text
    yes = await about(world, two, offers[two], "counter/accept")
    assert yes.json()["result"] == "awarded", yes.text
    assert (await about(world, two, offers[two], "counter/accept")).json() == yes.json()
    other = await about(world, two, offers[two], "counter/decline")
    assert other.json()["type"] == "already-answered"
    needs = await order(world, referral_id, "award/cancel", confirm=False)
    assert needs.json()["type"] == "needs-confirmation"
    await world.verify()
