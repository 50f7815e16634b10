"""Why a package is where it is, over HTTP: from the record, and worked out again."""

import pytest

from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_broker_reads_why_an_award_went_where_it_went(world: World) -> None:
    """With the policy's version, the order and the figures; and nobody else may read it."""
    outcode = world.new_outcode()
    provider_id, referral_id = await world.awarded(outcode)
    route = f"/v1/placements/{referral_id}/explanation"
    answer = await world.call("matching", "GET", route, role="broker")
    assert answer.status_code == 200
    (placement,) = answer.json()["placements"]
    assert answer.json()["rederived"] == {"agrees": True, "faults": []}
    assert placement["awards"][0]["provider_id"] == str(provider_id)
    assert placement["tiers"][0]["rederived"]["agrees"]
    assert placement["policies"][0]["version"]
    refused = await world.call("matching", "GET", route, role="provider", provider_id=provider_id)
    assert refused.status_code in (401, 403, 404)
