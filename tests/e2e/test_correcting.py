"""A broker corrects what was written down of a telephone call, and everybody reads what counts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.e2e.test_brokers import telephone
from tests.e2e.test_steering import done, offer_is, order, refused, timeline
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def path_of(offer_id: UUID) -> str:
    return f"offers/{offer_id}/answer/correct"


async def agrees(world: World, referral_id: UUID) -> bool:
    """Whether the explanation works every order and award out again from the record."""
    answer = await world.call("matching", "GET", f"/v1/placements/{referral_id}/explanation")
    found: bool = answer.json()["rederived"]["agrees"]
    return found


async def test_a_yes_that_was_a_no_after_the_award(world: World) -> None:
    """The award ends and is told, the next is asked on the same clock; nobody is left out unheard."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    assert await refused(world, referral_id, path_of(offers[one]), answer="none") == "not-answered"
    said = await telephone(world, referral_id, offers[one], await world.now())
    assert said.json()["award"]["provider_id"] == str(one), said.text
    no: dict[str, Any] = {"answer": "decline", "decline_reason": "times"}
    same = await refused(world, referral_id, path_of(offers[one]), answer="accept")
    assert same == "nothing-changed"
    needs = await order(world, referral_id, path_of(offers[one]), confirm=False, **no)
    assert needs.json()["type"] == "needs-confirmation"
    assert "loses it" in needs.json()["detail"]
    assert "counts no longer" in needs.json()["detail"]
    result = await done(world, referral_id, path_of(offers[one]), **no)
    assert result[:4] == [
        "award-cancelled",
        "search-reopened",
        "answer-corrected",
        "offer-declined",
    ]
    again = await world.offers(referral_id)
    assert set(again) == {two}
    await offer_is(world, one, offers[one], status="declined")
    gone = await world.call("providers", "GET", f"/v1/packages/{referral_id}", provider_id=one)
    assert gone.json()["state"] == "cancelled", gone.text
    placement = await world.placement(referral_id)
    assert [note["kind"] for note in placement["notes"]][-1] == "correct_answer"
    assert placement["notes"][-1]["details"]["answer"] == "decline"
    assert (placement["filled_at"], placement["escalations"]) == (None, [])
    assert "answer-corrected" in await timeline(world, referral_id)
    assert (await world.answer(two, again[two])).json()["result"] == "awarded"
    assert await agrees(world, referral_id)
    own = await refused(world, referral_id, path_of(again[two]), **no)
    assert own == "answered-by-provider"
    await world.verify()


async def test_a_no_that_was_a_yes(world: World) -> None:
    """It counts as the yes it was, at its instant, unless somebody else has the package."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    said_at = await world.now()
    await telephone(world, referral_id, offers[one], said_at, "decline")
    await offer_is(world, one, offers[one], status="declined")
    yes: dict[str, Any] = {"answer": "accept"}
    future = (said_at + timedelta(days=1)).isoformat()
    assert await refused(world, referral_id, path_of(offers[one]), **yes, at=future) == (
        "said-in-the-future"
    )
    reasonless = await order(world, referral_id, path_of(offers[one]), answer="decline")
    assert reasonless.status_code == 422
    assert await refused(world, referral_id, path_of(referral_id), **yes) == "not-found"
    result = await done(world, referral_id, path_of(offers[one]), **yes)
    assert result[:2] == ["answer-corrected", "awarded"]
    placement = await world.until_placement(referral_id, status="awarded", provider_id=str(one))
    assert placement["offers"][0]["via"] == "telephone"
    await offer_is(world, one, offers[one], status="accepted")
    await offer_is(world, two, offers[two], status="withdrawn")
    confirmed = await world.about_award(one, referral_id, "confirm")
    assert confirmed.json()["result"] == "confirmed", confirmed.text
    late: dict[str, Any] = {"answer": "decline", "decline_reason": "times"}
    assert await refused(world, referral_id, path_of(offers[one]), **late) == "already-confirmed"
    started = {"started_at": (await world.now()).isoformat()}
    await world.about_award(one, referral_id, "start", started)
    await world.until_placement(referral_id, status="started")
    assert await refused(world, referral_id, path_of(offers[one]), **late) == "already-started"
    assert await agrees(world, referral_id)
    await world.verify()


async def test_the_yes_of_another_provider(world: World) -> None:
    """Whoever said yes has the package; the one it was written for may answer a later offer."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    await telephone(world, referral_id, offers[one], await world.now())
    meant: dict[str, Any] = {"answer": "accept", "offer_id": str(offers[two])}
    result = await done(world, referral_id, path_of(offers[one]), **meant)
    assert result[:4] == ["award-cancelled", "search-reopened", "answer-corrected", "awarded"]
    await world.until_placement(referral_id, status="awarded", provider_id=str(two))
    await offer_is(world, two, offers[two], status="accepted")
    await offer_is(world, one, offers[one], status="withdrawn", because="answer_corrected")
    over = await refused(world, referral_id, path_of(offers[one]), answer="none")
    assert over == "not-answered"
    assert await agrees(world, referral_id)
    await world.verify()


async def test_a_no_that_was_never_said(world: World) -> None:
    """The offer is live again and its provider answers it; a yes elsewhere makes a late one late."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    await telephone(world, referral_id, offers[two], await world.now(), "decline")
    await offer_is(world, two, offers[two], status="declined")
    result = await done(world, referral_id, path_of(offers[two]), answer="none")
    assert result == ["answer-corrected"]
    await offer_is(world, two, offers[two], status="live", answer=None)
    assert (await world.placement(referral_id))["offers_out"] == 2
    await telephone(world, referral_id, offers[two], await world.now(), "decline")
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    late = await refused(world, referral_id, path_of(offers[two]), answer="accept")
    assert late == "already-placed"
    result = await done(world, referral_id, path_of(offers[two]), answer="none")
    assert result == ["answer-corrected"]
    assert await agrees(world, referral_id)
    await world.verify()
