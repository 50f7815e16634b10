"""Searches that find nobody: a person is told, and a provider that comes later is asked."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.e2e.world import World, provider_body
from tests.integration.referrals.samples import requirement

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIERS = ["framework-lot", "neighbours", "dps", "spot"]


def tiers_opened(placement: dict[str, Any]) -> list[tuple[str, int]]:
    """(tier, how many could be asked) in the order in which tiers opened."""
    return [
        (entry["content"]["tier_name"], len(entry["content"]["ranked"]))
        for entry in placement["timeline"]
        if entry["type"] == "homeward.placement.tier-opened.v1"
    ]


async def test_an_unknown_outcode(world: World) -> None:
    """A place in no lot is accepted, every tier opens with nobody, a person is told; a provider who
    registers later is offered it and has it."""
    outcode = "W3"
    referral_id = await world.refer(outcode)
    placement = await world.until_placement(referral_id, escalated="nobody_left")
    assert placement["status"] == "exhausted"
    assert tiers_opened(placement) == [(tier, 0) for tier in TIERS]
    place = await world.until_place(referral_id, "nobody_left")
    assert place["words"] == "Nobody left to ask: the brokerage team is on it"
    (provider_id,) = await world.new_providers(outcode, 1, "dps")
    offer_id = (await world.offers(referral_id))[provider_id]
    assert (await world.answer(provider_id, offer_id)).json()["result"] == "awarded"
    placement = await world.placement(referral_id)
    assert (placement["escalations"], placement["round"]) == ([], 2)
    await world.verify()


async def test_no_provider_in_any_lot(world: World) -> None:
    """A lot without providers and without neighbours that have any ends with a person, and so does
    one whose only provider is suspended, by name of the reason."""
    empty, suspended = world.new_outcode(), world.new_outcode()
    (provider_id,) = await world.new_providers(
        suspended,
        1,
        suspension={
            "reason": "quality",
            "since": "2026-03-01T00:00:00Z",
            "review_on": "2026-04-01",
        },
    )
    for outcode in (empty, suspended):
        referral_id = await world.refer(outcode)
        placement = await world.until_placement(referral_id, escalated="nobody_left")
        assert (placement["status"], placement["offers_made"]) == ("exhausted", 0)
    told = [
        (group["tier"], group["reason"])
        for group in placement["passed_over"]
        if str(provider_id) in group["provider_ids"]
    ]
    assert told == [("framework-lot", "suspended")]
    await world.register({provider_id: provider_body(suspended)})
    assert provider_id in await world.offers(referral_id)
    await world.verify()


async def test_a_need_that_nobody_has(world: World) -> None:
    """A need outside every provider's capabilities is nobody's; who learns it later is offered it."""
    outcode = world.new_outcode()
    known = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode, requirement=requirement(needs=["stoma"]))
    await world.until_placement(referral_id, status="exhausted", escalated="nobody_left")
    able = ["personal_care", "medication", "stoma"]
    await world.register({known[1]: provider_body(outcode, rank=2, capabilities=able)})
    newcomer = new_id()
    offers = await world.offers(referral_id)
    assert list(offers) == [known[1]]
    await world.register({newcomer: provider_body(outcode, rank=3, capabilities=able)})
    assert (await world.answer(known[1], offers[known[1]])).json()["result"] == "awarded"
    await world.verify()
