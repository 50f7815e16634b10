"""What people overrule: answers by telephone, awards by hand, releases, overdue confirmations."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from tests.e2e.policy import TELEPHONE_GRACE_MINUTES
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def telephone(
    world: World, referral_id: UUID, offer_id: UUID, at: datetime, answer: str = "accept"
) -> httpx.Response:
    """A broker writes down what a provider said."""
    body = {"answer": answer, "told_by": "Pat at the desk", "at": at.isoformat()}
    if answer == "decline":
        body["reason"] = "times"
    path = f"/v1/placements/{referral_id}/offers/{offer_id}/answer"
    return await world.call("matching", "POST", path, body)


async def by_hand(world: World, referral_id: UUID, provider_id: UUID) -> httpx.Response:
    """A broker awards."""
    second = {"ground": "persons_choice", "reason": "knows them from before"}
    body = {"provider_id": str(provider_id), "ground": "persons_choice",
            "reason": "asked for them", "override": second, "confirm": True}  # fmt: skip
    return await world.call("matching", "POST", f"/v1/placements/{referral_id}/award", body)


async def state_of(world: World, provider_id: UUID, referral_id: UUID, wanted: str) -> None:
    """Waits until the provider reads this state of its package."""

    async def read() -> bool:
        path = f"/v1/packages/{referral_id}"
        answer = await world.call("providers", "GET", path, provider_id=provider_id)
        return bool(answer.status_code == 200 and answer.json()["state"] == wanted)

    await world.until(read)


async def test_a_yes_by_telephone(world: World) -> None:
    """It awards like any other; the provider finds it awarded, and a digital answer joins it."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    offer_id = (await world.offers(referral_id))[provider_id]
    answer = await telephone(world, referral_id, offer_id, await world.now())
    assert answer.status_code == 200, answer.text
    assert answer.json()["award"]["provider_id"] == str(provider_id)
    await state_of(world, provider_id, referral_id, "reserved")
    digital = await world.answer(provider_id, offer_id)
    assert (digital.status_code, digital.json()["result"]) == (200, "awarded")
    other = await world.answer(provider_id, offer_id, "decline", {"reason": "times"})
    assert (other.status_code, other.json()["type"]) == (409, "already-answered")
    placement = await world.placement(referral_id)
    (note,) = placement["notes"]
    assert note["details"]["told_by"] == "Pat at the desk"
    assert placement["offers"][0]["via"] == "telephone"
    await world.verify()


async def test_when_a_telephone_answer_was_said(world: World) -> None:
    """Neither in the future, nor before the offer, nor longer ago than the grace; nothing is kept."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    offer_id = (await world.offers(referral_id))[provider_id]
    said_at = await world.now()
    for at, code in (
        (said_at + timedelta(hours=1), "said-in-the-future"),
        (said_at - timedelta(minutes=TELEPHONE_GRACE_MINUTES - 1), "said-before-the-offer"),
    ):
        answer = await telephone(world, referral_id, offer_id, at)
        assert answer.status_code == 422
        assert [error["code"] for error in answer.json()["errors"]] == [code]
    await world.until_clock(said_at + timedelta(minutes=TELEPHONE_GRACE_MINUTES))
    late = await telephone(world, referral_id, offer_id, said_at)
    assert (late.status_code, late.json()["type"]) == (409, "typed-too-late")
    placement = await world.placement(referral_id)
    assert (placement["status"], placement["notes"]) == ("searching", [])
    no = await telephone(world, referral_id, offer_id, await world.now(), "decline")
    assert no.status_code == 200
    assert no.json()["result"][0] == "offer-declined.v1"
    await world.until_placement(referral_id, status="exhausted")
    await world.verify()


async def test_said_in_time_and_typed_after_the_deadline(world: World) -> None:
    """What was said within the offer's life counts although the offer has lapsed meanwhile; what
    was said after it does not."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode, urgency="urgent")
    offers = await world.offers(referral_id, 2)
    said_at = await world.now()
    await world.until_placement(referral_id, status="exhausted")
    late = await telephone(world, referral_id, offers[one], await world.now())
    assert (late.status_code, late.json()["type"]) == (409, "offer-lapsed")
    in_time = await telephone(world, referral_id, offers[two], said_at)
    assert in_time.status_code == 200, in_time.text
    assert in_time.json()["award"]["provider_id"] == str(two)
    await world.verify()


async def test_a_telephone_answer_after_a_digital_one(world: World) -> None:
    """The first answer counts, also when the second comes by telephone."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    await world.answer(one, offers[one], "decline", {"reason": "times"})
    again = await telephone(world, referral_id, offers[one], await world.now())
    assert (again.status_code, again.json()["type"]) == (409, "already-answered")
    assert (await world.answer(two, offers[two])).json()["result"] == "awarded"
    again = await telephone(world, referral_id, offers[two], await world.now())
    assert (again.status_code, again.json()["type"]) == (409, "already-answered")
    await world.verify()


async def test_an_award_by_hand(world: World) -> None:
    """It replaces an award that is not confirmed and never one that is; the first is told."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    (elsewhere,) = await world.new_providers(world.new_outcode(), 1)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    again = await by_hand(world, referral_id, one)
    assert (again.status_code, again.json()["type"]) == (409, "already-placed")
    unknown = await by_hand(world, referral_id, referral_id)
    assert (unknown.status_code, unknown.json()["errors"][0]["path"]) == (422, "provider_id")
    assert (await by_hand(world, referral_id, elsewhere)).status_code == 200
    await state_of(world, one, referral_id, "cancelled")
    await state_of(world, elsewhere, referral_id, "reserved")
    refused = await world.about_award(one, referral_id, "confirm")
    assert (refused.status_code, refused.json()["type"]) == (409, "not-awarded")
    assert (await world.about_award(elsewhere, referral_id, "confirm")).status_code == 200
    late = await by_hand(world, referral_id, two)
    assert (late.status_code, late.json()["type"]) == (409, "already-confirmed")
    place = await world.until_place(referral_id, "confirmed")
    assert place["provider_id"] == str(elsewhere)
    assert place["hint"] is None
    await world.verify()


async def test_from_release_to_start(world: World) -> None:
    """A release opens a round without the releaser and an item for a person; the next one confirms
    and starts, and the clock has run all the time."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    reason = {"reason": "needs_differ", "note": "two carers needed"}
    released = await world.about_award(one, referral_id, "release", reason)
    assert (released.status_code, released.json()["result"]) == (200, "released")
    assert (await world.about_award(one, referral_id, "release", reason)).json() == released.json()
    placement = await world.until_placement(referral_id, round=2, escalated="released")
    assert (placement["status"], placement["filled_at"]) == ("searching", None)
    offers = await world.offers(referral_id)
    assert list(offers) == [two]
    assert (await world.answer(two, offers[two])).json()["result"] == "awarded"
    not_yours = await world.about_award(one, referral_id, "confirm")
    assert (not_yours.status_code, not_yours.json()["type"]) == (409, "not-awarded")
    assert (await world.about_award(two, referral_id, "confirm")).status_code == 200
    too_late = await world.about_award(two, referral_id, "release", reason)
    assert (too_late.status_code, too_late.json()["type"]) == (409, "already-confirmed")
    for body in ({"started_at": "2020-01-01T00:00:00Z"}, {"started_at": "2090-01-01T00:00:00Z"}):
        assert (await world.about_award(two, referral_id, "start", body)).status_code == 422
    body = {"started_at": (await world.now()).isoformat()}
    assert (await world.about_award(two, referral_id, "start", body)).status_code == 200
    placement = await world.placement(referral_id)
    assert (placement["status"], placement["escalations"]) == ("started", [])
    place = await world.until_place(referral_id, "care_started")
    assert place["words"].startswith("Care started: Care ")
    await world.verify()


async def test_an_overdue_confirmation(world: World) -> None:
    """It tells a person and takes nothing away: the provider can still confirm, which closes it."""
    provider_id, referral_id = await world.awarded(world.new_outcode())
    placement = await world.until_placement(referral_id, escalated="confirmation_overdue")
    assert (placement["status"], placement["provider_id"]) == ("awarded", str(provider_id))
    listed = await world.call("matching", "GET", "/v1/placements?escalated=true&limit=200")
    assert str(referral_id) in [item["referral_id"] for item in listed.json()["items"]]
    assert (await world.about_award(provider_id, referral_id, "confirm")).status_code == 200
    assert (await world.placement(referral_id))["escalations"] == []
    await world.verify()


async def test_how_a_provider_answers(world: World) -> None:
    """A broker reads what is known of a provider in words and figures; nobody else's is invented."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    await world.answer(provider_id, (await world.offers(referral_id))[provider_id])
    told = await world.call("matching", "GET", f"/v1/providers/{provider_id}/responses")
    assert told.status_code == 200, told.text
    (contract, *_) = told.json()["contracts"]
    assert contract["said"]
    assert 0 < contract["yes_believed_percent"] < 100
    unknown = await world.call("matching", "GET", f"/v1/providers/{referral_id}/responses")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "not-found")
