"""Care after the award, over HTTP: parts, bridging, hand-backs, pauses, changes, and a provider that fails."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.test_steering import done, order, refused
from tests.e2e.world import World
from tests.integration.referrals.samples import referral

pytestmark = pytest.mark.asyncio(loop_scope="session")

VISITS = [
    {"weekday": "mon", "band": "morning", "minutes": 45},
    {"weekday": "wed", "band": "morning", "minutes": 45},
    {"weekday": "fri", "band": "tea", "minutes": 30},
]


def requirement(*visits: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The requirement of the tests' referrals with other visits."""
    whole: dict[str, Any] = referral()["requirement"]
    return {**whole, "visits": list(visits or VISITS), **changes}


async def running(world: World, outcode: str, **changes: Any) -> tuple[UUID, UUID]:
    """Care that one new provider gives: (provider, referral)."""
    provider_id, referral_id = await world.awarded(outcode, requirement=requirement(**changes))
    await started(world, provider_id, referral_id)
    return provider_id, referral_id


async def started(world: World, provider_id: UUID, package: UUID) -> None:
    """The provider confirms what it was awarded and gives the first visit."""
    await said(world, provider_id, package, "confirm", "confirmed")
    body = {"started_at": (await world.now() - timedelta(seconds=1)).isoformat()}
    await said(world, provider_id, package, "start", "started", body)


async def said(
    world: World, provider_id: UUID, package: UUID, what: str, result: str, body: object = None
) -> None:
    """A provider says something about its package, and is told what came of it."""
    answer = await world.about_award(provider_id, package, what, body)
    assert (answer.status_code, answer.json().get("result")) == (200, result), answer.text


async def package(world: World, referral_id: UUID, count: int) -> list[dict[str, Any]]:
    """A referral's placements as brokers list them, once there are so many."""

    async def read() -> list[dict[str, Any]] | None:
        rows = await world.sql(
            "matching",
            "select * from summaries where referral_id = $1 order by received_at, placement_id",
            referral_id,
        )
        return [dict(row) for row in rows] if len(rows) >= count else None

    return await world.until(read)


async def of_cause(world: World, referral_id: UUID, cause: str, count: int = 1) -> list[UUID]:
    """The placements of a referral that began for this cause, once there are so many."""

    async def read() -> list[UUID] | None:
        rows = await package(world, referral_id, 1)
        found = [row["placement_id"] for row in rows if row["cause"] == cause]
        return found if len(found) >= count else None

    return await world.until(read)


async def placed(world: World, id: UUID) -> dict[str, Any]:
    """A placement by its own id."""
    answer: httpx.Response = await world.call("matching", "GET", f"/v1/placements/{id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def offered(world: World, placement_id: UUID, count: int = 1) -> dict[UUID, UUID]:
    """Provider → offer of one placement, once so many are live at the providers service."""
    decided = {offer["offer_id"] for offer in (await placed(world, placement_id))["offers"]}

    async def read() -> dict[UUID, UUID] | None:
        offers = {offer["offer_id"] for offer in (await placed(world, placement_id))["offers"]}
        rows = await world.sql(
            "providers", "select provider_id, offer_id from offers where status = 'live'"
        )
        found = {row["provider_id"]: row["offer_id"] for row in rows
                 if str(row["offer_id"]) in offers | decided}  # fmt: skip
        return found if len(found) >= count else None

    return await world.until(read)


async def looked_after(world: World, referral_id: UUID) -> None:
    """Kim looks after a package, and the person agrees to the plan."""
    path, told_at = f"/v1/placements/{referral_id}", (await world.now()).isoformat()
    view = {"view": "agrees", "told_by_role": "family", "told_at": told_at}
    for what, body in (("assign", {"assignee": "kim"}), ("person-view", view)):
        answer = await world.call("matching", "POST", f"{path}/{what}", body)
        assert answer.status_code == 200, answer.text


async def test_a_package_split_in_two_with_bridging_care(world: World) -> None:
    """A broker splits a package; both parts are awarded apart; one is handed back the same day: the
    other is untouched, the gap is told in time, and bridging care covers it."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode, requirement=requirement())
    await world.offers(referral_id, 2)
    await looked_after(world, referral_id)
    assert await refused(world, referral_id, "split", confirm=False, parts=[[0, 1], [2]]) == (
        "needs-confirmation"
    )
    events = await done(world, referral_id, "split", parts=[[0, 1], [2]])
    assert events[:2] == ["offers-withdrawn", "divided"]
    assert await refused(world, referral_id, "hold") == "several-parts"
    first, second = await of_cause(world, referral_id, "split", 2)
    for part in (first, second):
        found = await placed(world, part)
        assert (found["person_view"], found["assignee"]) == ("agrees", "kim")
        lines = {one["type"] for one in found["timeline"]}
        assert {
            f"homeward.placement.{one}.v1" for one in ("assigned", "person-view-recorded")
        } <= lines
    for placement_id, provider_id in ((first, one), (second, two)):
        offers = await offered(world, placement_id, 2)
        answer = await world.answer(provider_id, offers[provider_id], wait=25)
        if answer.json()["result"] == "standing":
            await done(world, placement_id, "award", provider_id=str(provider_id), ground="urgency")
    for provider_id in (one, two):
        await started(world, provider_id, referral_id)
    last_visit_at = (await world.now() + timedelta(minutes=5)).isoformat()
    body = {"reason": "staffing", "last_visit_at": last_visit_at}
    await said(world, one, referral_id, "hand-back", "handed_back", body)
    (later,) = await of_cause(world, referral_id, "handed_back")
    search = await placed(world, later)
    assert search["gap_at"] is not None
    assert (search["person_view"], search["assignee"]) == ("not_asked", "kim")
    gaps = await world.call("matching", "GET", "/v1/care-gaps?until=2099-01-01T00:00:00Z")
    assert str(later) in {gap["placement_id"] for gap in gaps.json()}
    until = (await world.now() + timedelta(days=20)).isoformat()
    await done(world, later, "bridge", until=until)
    (bridging,) = await of_cause(world, referral_id, "bridging")
    offers = await offered(world, bridging)
    assert (await world.answer(two, offers[two])).json()["result"] == "awarded"
    moved = await placed(world, later)
    assert moved["gap_at"] > search["gap_at"]
    parts = {row["placement_id"]: row["status"] for row in await package(world, referral_id, 5)}
    assert parts[second] == "started"
    await world.verify()


async def test_bridging_care_covers_parts_and_is_over_on_its_day(world: World) -> None:
    """The search that it bridges to is split: no gap comes nearer by that. Nobody confirmed it, and on
    its day it is over."""
    outcode = world.new_outcode()
    one, referral_id = await running(world, outcode)
    (two,) = await world.new_providers(outcode, 1)
    body = {"reason": "staffing", "last_visit_at": (await world.now()).isoformat()}
    await said(world, one, referral_id, "hand-back", "handed_back", body)
    (later,) = await of_cause(world, referral_id, "handed_back")
    until = (await world.now() + timedelta(minutes=30)).isoformat()
    await done(world, later, "bridge", until=until)
    again = await refused(world, later, "bridge", until=until)
    assert again == "already-asked"
    (bridging,) = await of_cause(world, referral_id, "bridging")
    offers = await offered(world, bridging)
    assert (await world.answer(two, offers[two])).json()["result"] == "awarded"
    covered = (await placed(world, later))["gap_at"]
    await done(world, later, "split", parts=[[0, 1], [2]])
    parts = [await placed(world, one) for one in await of_cause(world, referral_id, "split", 2)]
    assert all(part["gap_at"] >= covered for part in parts)
    assert await refused(world, parts[0]["placement_id"], "bridge", until=until) == "already-asked"

    async def over() -> bool:
        return bool((await placed(world, bridging))["status"] == "ended")

    await world.until(over, seconds=90)
    lines = [one["type"] for one in (await placed(world, bridging))["timeline"]]
    assert lines[-2:] == ["homeward.placement.care-ending.v1", "homeward.placement.care-ended.v1"]
    await world.verify()


async def test_a_pause_and_a_restart(world: World) -> None:
    """The holder is asked first, agrees, and care goes on; nobody else was asked."""
    outcode = world.new_outcode()
    provider_id, referral_id = await running(world, outcode)
    held_until = (await world.now() + timedelta(days=14)).isoformat()
    assert await done(world, referral_id, "pause", held_until=held_until, retainer=True) == [
        "care-paused"
    ]
    restart_at = (await world.now() + timedelta(days=2)).isoformat()
    assert await done(world, referral_id, "restart", restart_at=restart_at) == ["restart-asked"]
    assert await refused(world, referral_id, "restart", restart_at=restart_at) == "already-asked"

    async def asked() -> bool:
        answer = await world.call(
            "providers", "GET", f"/v1/packages/{referral_id}", provider_id=provider_id
        )
        return bool(answer.json().get("restart"))

    await world.until(asked)
    answer = await world.about_award(provider_id, referral_id, "restart/agree")
    assert answer.status_code == 200, answer.text
    await world.until_placement(referral_id, status="started")
    await world.verify()


async def test_a_change_that_the_provider_refuses_is_searched_and_it_goes_on_until_then(
    world: World,
) -> None:
    """The old award keeps care and access until the new provider has started."""
    outcode = world.new_outcode()
    provider_id, referral_id = await running(world, outcode)
    (other,) = await world.new_providers(outcode, 1)
    more = requirement(*VISITS, {"weekday": "sat", "band": "morning", "minutes": 45})
    assert await done(world, referral_id, "change", requirement=more) == ["change-asked"]

    async def asked() -> bool:
        answer = await world.call(
            "providers", "GET", f"/v1/packages/{referral_id}", provider_id=provider_id
        )
        return bool(answer.json().get("change"))

    await world.until(asked)
    answer = await world.about_award(provider_id, referral_id, "change/refuse", {"version": 2})
    assert answer.status_code == 200, answer.text
    (search,) = await of_cause(world, referral_id, "change_refused")
    offers = await offered(world, search)
    assert set(offers) == {other}
    assert (await world.answer(other, offers[other])).json()["result"] == "awarded"
    person = f"/v1/packages/{referral_id}/person"
    assert (
        await world.call("providers", "GET", person, provider_id=provider_id)
    ).status_code == 200
    await started(world, other, referral_id)

    async def over() -> bool:
        answer = await world.call("providers", "GET", person, provider_id=provider_id)
        return (answer.status_code, answer.json().get("type")) == (409, "not-awarded")

    await world.until(over)
    await world.verify()


async def test_care_without_a_last_day_is_handed_back(world: World) -> None:
    """Its provider refused a change and goes on until somebody else begins; it may say from when it
    cannot, and then everybody knows from when nobody comes."""
    outcode = world.new_outcode()
    provider_id, referral_id = await running(world, outcode)
    await world.new_providers(outcode, 1)
    more = requirement(*VISITS, {"weekday": "sat", "band": "morning", "minutes": 45})
    await done(world, referral_id, "change", requirement=more)

    async def found(field: str, value: object = ...) -> bool:
        path = f"/v1/packages/{referral_id}"
        row = (await world.call("providers", "GET", path, provider_id=provider_id)).json()
        return row[field] is not None if value is ... else bool(row[field] == value)

    await world.until(lambda: found("change"))
    await said(world, provider_id, referral_id, "change/refuse", "change_refused", {"version": 2})
    (search,) = await of_cause(world, referral_id, "change_refused")
    assert (await placed(world, search))["gap_at"] is None
    await world.until(lambda: found("state", "ending"))
    last_visit_at = (await world.now() + timedelta(hours=1)).isoformat()
    body = {"reason": "staffing", "last_visit_at": last_visit_at}
    await said(world, provider_id, referral_id, "hand-back", "handed_back", body)
    gap_at = (await placed(world, search))["gap_at"]
    assert gap_at > last_visit_at
    gaps = await world.call("matching", "GET", "/v1/care-gaps?until=2099-01-01T00:00:00Z")
    assert str(search) in {gap["placement_id"] for gap in gaps.json()}
    later = {**body, "last_visit_at": (await world.now() + timedelta(hours=9)).isoformat()}
    again = await world.about_award(provider_id, referral_id, "hand-back", later)
    assert (again.status_code, again.json()["type"]) == (409, "already-answered")
    lines = [one["type"] for one in (await placed(world, search))["timeline"]]
    assert "homeward.placement.care-gap-moved.v1" in lines
    await world.until(lambda: found("last_visit_at"))
    await world.verify()


async def test_a_provider_fails(world: World) -> None:
    """One action: its packages are searched in the order of risk, and a list says who has no care."""
    outcode = world.new_outcode()
    (failing,) = await world.new_providers(outcode, 1)
    referral_ids = []
    for risks in ([], ["lives_alone"], []):
        referral_id = await world.refer(outcode, requirement=requirement(risks=risks))
        offer_id = (await world.offers(referral_id))[failing]
        assert (await world.answer(failing, offer_id)).json()["result"] == "awarded"
        await started(world, failing, referral_id)
        referral_ids.append(referral_id)
    await world.new_providers(outcode, 1, name="Other care")
    path = f"/v1/providers/{failing}/fail"
    at = (await world.now()).isoformat()
    body = {"reason": "insolvent", "last_visit_at": at}
    unsure = await world.call("matching", "POST", path, body)
    assert (unsure.status_code, unsure.json()["type"]) == (409, "needs-confirmation")
    answer = await world.call("matching", "POST", path, {**body, "confirm": True})
    assert answer.status_code == 200, answer.text
    taken = answer.json()["packages"]
    assert [one["risk"] for one in taken] == [4, 0, 0]
    assert taken[0]["referral_id"] == str(referral_ids[1])
    gaps = await world.call("matching", "GET", "/v1/care-gaps?until=2099-01-01T00:00:00Z")
    without = {gap["referral_id"] for gap in gaps.json()}
    assert {str(one) for one in referral_ids} <= without
    again = await world.call("matching", "POST", path, {**body, "confirm": True})
    assert again.json()["packages"] == []
    await world.verify()


async def test_what_cannot_be_done_says_why(world: World) -> None:
    """Each command about care is refused while a package is searched, with what to do instead."""
    outcode = world.new_outcode()
    await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode, requirement=requirement())
    await world.offers(referral_id)
    at = (await world.now() + timedelta(days=1)).isoformat()
    codes = {
        "pause": await refused(world, referral_id, "pause", held_until=at),
        "restart": await refused(world, referral_id, "restart", restart_at=at),
        "end": await refused(world, referral_id, "end", last_visit_at=at),
        "transfer": await refused(
            world, referral_id, "transfer", last_visit_at=at, person_agrees=True
        ),
        "change": await refused(world, referral_id, "change", requirement=requirement()),
        "continue": await refused(world, referral_id, "continue", requirement=requirement()),
        "split": await refused(world, referral_id, "split", parts=[[0], [1]]),
    }
    assert codes == {
        "pause": "not-started",
        "restart": "not-paused",
        "end": "no-care-to-end",
        "transfer": "no-care-to-end",
        "change": "not-started",
        "continue": "not-reablement",
        "split": "parts-do-not-add-up",
    }
    answer = await order(world, referral_id, "split", parts=[[0]])
    assert answer.status_code == 422
