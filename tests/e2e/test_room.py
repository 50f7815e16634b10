"""A policy that lets a provider have one live offer at a time: who has no room is asked later."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from tests.e2e.test_in_time import policy_of
from tests.e2e.test_steering import timeline
from tests.e2e.world import World
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def narrow(
    _session_stack: TestStack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A world of this file's, whose policy has the limit."""
    world = await World.create(_session_stack, tmp_path_factory.mktemp("narrow"), "narrow.")
    policy_of(world, lambda one: one | {"most_live_offers": 1})
    yield world
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(stack: TestStack, narrow: World) -> World:
    """Its processes, ready."""
    await narrow.up()
    return narrow


async def no_room(world: World, referral_id: UUID) -> set[str]:
    """Who was not asked for having an offer already, as brokers read it."""
    placement = await world.placement(referral_id)
    return {
        one
        for group in placement["passed_over"]
        if group["reason"] == "live_offers"
        for one in group["provider_ids"]
    }


async def no(world: World, provider_id: UUID, offer_id: UUID) -> None:
    answer = await world.answer(provider_id, offer_id, "decline", {"reason": "times"})
    assert answer.json()["result"] == "declined", answer.text


async def test_who_has_room_again_is_asked_by_the_search_that_goes_on(world: World) -> None:
    """Its turn is kept: the next wave of the same tier asks it, in its place."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    first = await world.refer(outcode)
    of_first = await world.offers(first)
    (two,) = await world.new_providers(outcode, 1)
    second = await world.refer(outcode)
    of_second = await world.offers(second)
    assert set(of_second) == {two}
    assert await no_room(world, second) == {str(one)}
    await no(world, one, of_first[one])
    await no(world, two, of_second[two])
    again = await world.offers(second)
    assert set(again) == {one}
    placement = await world.placement(second)
    assert {offer["tier"] for offer in placement["offers"]} == {"framework-lot"}
    assert (await world.answer(one, again[one])).json()["result"] == "awarded"
    await world.verify()


async def test_a_search_that_had_ended_goes_on_when_somebody_has_room(world: World) -> None:
    """Nobody was left but one without room: a person is told, and it is asked once it has."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    first = await world.refer(outcode)
    of_first = await world.offers(first)
    second = await world.refer(outcode)
    await world.until_placement(second, status="exhausted", escalated="nobody_left")
    assert await no_room(world, second) == {str(one)}
    await no(world, one, of_first[one])
    again = await world.offers(second)
    assert set(again) == {one}
    placement = await world.until_placement(second, status="searching")
    assert placement["escalations"] == []
    told = await timeline(world, second)
    assert told.count("search-exhausted") == 1
    assert told.count("search-reopened") == 1
    assert (await world.answer(one, again[one])).json()["result"] == "awarded"
    await world.verify()
