"""Refusals that depend on what a command says, and what brokers order about parts and later care."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.e2e.policy import TELEPHONE_GRACE_MINUTES
from tests.e2e.test_brokers import telephone
from tests.e2e.test_care import of_cause, offered, placed, requirement, running, said, started
from tests.e2e.test_care_of_providers import package
from tests.e2e.test_care_of_providers import said as told
from tests.e2e.test_steering import done, order, refused, timeline
from tests.e2e.world import World
from tests.integration.referrals.samples import person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ahead(world: World, **span: float) -> str:
    """An instant so far ahead on the installation's clock, or behind."""
    return (await world.now() + timedelta(**span)).isoformat()


async def wrong(world: World, referral_id: UUID, what: str, **body: Any) -> tuple[str, str]:
    """A command refused for one of its fields: which, and the code."""
    answer = await order(world, referral_id, what, **body)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    return error["path"], error["code"]


async def test_instants_and_names_that_cannot_be(world: World) -> None:
    """Each is refused with the field that is wrong."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode, requirement=requirement())
    offer_id = (await world.offers(referral_id))[one]
    nobody: dict[str, Any] = {"provider_id": str(referral_id), "ground": "urgency"}
    past, far = await ahead(world, minutes=-5), await ahead(world, days=60)
    window = f"offers/{offer_id}/window"
    found = {
        "hold": await wrong(world, referral_id, "hold", until=far),
        "held before now": await wrong(world, referral_id, "hold", until=past),
        "window": await wrong(world, referral_id, window, expires_at=far),
        "bridge": await wrong(world, referral_id, "bridge", until=past),
        "ask": await wrong(world, referral_id, "ask", **nobody),
        "award": await wrong(world, referral_id, "award", **nobody),
        "tier": await wrong(world, referral_id, "jump", tier_name="moon", ground="urgency"),
    }
    assert found == {
        "hold": ("until", "hold-too-long"),
        "held before now": ("until", "hold-ended"),
        "window": ("expires_at", "window-too-long"),
        "bridge": ("until", "in-the-past"),
        "ask": ("provider_id", "unknown-provider"),
        "award": ("provider_id", "unknown-provider"),
        "tier": ("tier_name", "unknown-tier"),
    }
    view = {"view": "agrees", "told_by_role": "ward", "told_at": await ahead(world, hours=1)}
    path = f"/v1/placements/{referral_id}/person-view"
    future = await world.call("matching", "POST", path, view)
    assert future.json()["errors"][0]["code"] == "told-in-the-future"
    back: dict[str, Any] = {"tier_name": "framework-lot", "ground": "urgency"}
    assert await refused(world, referral_id, "jump", **back) == "tier-not-ahead"


async def test_what_a_yes_that_stands_and_a_suspension_keep_out(world: World) -> None:
    """Nobody new is asked while an acceptance is being decided; a suspended provider gets nothing,
    whatever ground is given."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    (spot,) = await world.new_providers(outcode, 1, kind="spot")
    suspension = {"reason": "quality", "since": "2026-01-01T00:00:00Z", "review_on": "2026-12-01"}
    (barred,) = await world.new_providers(outcode, 1, kind="spot", suspension=suspension)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    about: dict[str, Any] = {"provider_id": str(barred), "ground": "urgency"}
    second = {"ground": "persons_choice", "reason": "asked for them"}
    code = await refused(world, referral_id, "award", **about, override=second)
    assert code == "provider-suspended"
    assert await refused(world, referral_id, "ask", **about) == "not-eligible"
    assert (await world.answer(two, offers[two])).json()["result"] == "standing"
    asking: dict[str, Any] = {"provider_id": str(spot), "ground": "urgency"}
    assert await refused(world, referral_id, "ask", **asking) == "acceptance-stands"
    jump: dict[str, Any] = {"tier_name": "dps", "ground": "urgency"}
    assert await refused(world, referral_id, "jump", **jump) == "acceptance-stands"
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"


async def test_corrections_that_come_too_late_or_mean_another_call(world: World) -> None:
    """Neither a yes that has come to nothing is corrected, nor one by what was said in another call."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    made_at = await world.now()
    await world.until_clock(made_at + timedelta(minutes=TELEPHONE_GRACE_MINUTES + 1))
    yes = await telephone(world, referral_id, offers[two], await world.now())
    assert "acceptance-stood.v1" in yes.json()["result"], yes.text
    path = f"offers/{offers[two]}/answer/correct"
    no: dict[str, Any] = {"answer": "decline", "decline_reason": "times"}
    assert await refused(world, referral_id, path, **no, at=made_at.isoformat()) == "another-call"
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    assert await refused(world, referral_id, path, **no) == "answer-is-over"


async def test_parts_are_merged_and_bridged(world: World) -> None:
    """Two parts become one search again on the same clock; bridging care is searched once."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode, requirement=requirement())
    await world.offers(referral_id)
    await done(world, referral_id, "split", parts=[[0, 1], [2]])
    parts = await of_cause(world, referral_id, "split", 2)
    ids = [str(part) for part in parts]
    for wrong_ids in ([ids[0]] * 2, [ids[0], str(referral_id)]):
        code = await refused(world, parts[0], "merge", placement_ids=wrong_ids)
        assert code == "not-searching"
    events = await done(world, parts[0], "merge", placement_ids=ids)
    assert events.count("divided") == 2
    (merged,) = await of_cause(world, referral_id, "merged")
    whole = await placed(world, merged)
    assert whole["received_at"] == (await placed(world, parts[0]))["received_at"]
    until = await ahead(world, days=9)
    assert "search-started" in await done(world, merged, "bridge", until=until)
    assert await refused(world, merged, "bridge", until=until) == "already-asked"
    (bridging,) = await of_cause(world, referral_id, "bridging")
    assert await refused(world, bridging, "split", parts=[[0], [1, 2]]) == "not-searching"
    offers = await offered(world, merged)
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    place = await world.until_place(referral_id, "taken")
    assert place["filled"]
    assert {"divided", "search-started"} <= {
        one["type"].split(".")[-2] for one in (await placed(world, merged))["timeline"]
    }
    await world.verify()


async def test_reablement_goes_on_as_long_term_care(world: World) -> None:
    """The same provider is asked first, and gives reablement until long-term care starts."""
    outcode = world.new_outcode()
    able: dict[str, Any] = {"capabilities": ["personal_care", "medication", "reablement"]}
    (one,) = await world.new_providers(outcode, 1, **able)
    needed = requirement(care_type="reablement")
    referral_id = await world.refer(outcode, requirement=needed)
    offers = await world.offers(referral_id)
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    await started(world, one, referral_id)
    code = await refused(world, referral_id, "continue", requirement=needed)
    assert code == "not-reablement"
    await done(world, referral_id, "continue", requirement=requirement())
    (later,) = await of_cause(world, referral_id, "reablement_ended")
    offers = await offered(world, later)
    assert set(offers) == {one}
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    assert "care-ending" in await timeline_of(world, later)
    await world.verify()


async def timeline_of(world: World, placement_id: UUID) -> list[str]:
    """The types of the events of the package that a placement belongs to."""
    return [one["type"].split(".")[-2] for one in (await placed(world, placement_id))["timeline"]]


async def test_a_transfer_and_an_end(world: World) -> None:
    """A transfer needs the person's agreement and searches without the old provider; who cares
    meanwhile and which order was entered where are written down."""
    outcode = world.new_outcode()
    one, referral_id = await running(world, outcode)
    (other,) = await world.new_providers(outcode, 1)
    last = await ahead(world, days=10)
    without = await order(world, referral_id, "transfer", last_visit_at=last, person_agrees=False)
    assert without.json()["errors"][0]["path"] == "person_agrees"
    needs = await order(world, referral_id, "transfer", confirm=False, last_visit_at=last,
                        person_agrees=True)  # fmt: skip
    assert needs.json()["type"] == "needs-confirmation"
    result = await done(world, referral_id, "transfer", last_visit_at=last, person_agrees=True)
    assert "care-ending" in result
    (later,) = await of_cause(world, referral_id, "transferred")
    assert set(await offered(world, later)) == {other}
    path = f"/v1/placements/{later}"
    body = {"contingency": "family", "note": "her son stays the night"}
    answer = await world.call("matching", "POST", f"{path}/contingency", body)
    assert answer.json()["result"] == ["contingency-recorded.v1"]
    entered = {"number": "SO-2026-0001", "version": 1, "entered_in": "mosaic"}
    answer = await world.call("matching", "POST", f"{path}/service-orders", entered)
    assert answer.status_code == 201
    notes = {note["kind"]: note for note in (await placed(world, later))["notes"]}
    assert notes["contingency"]["text"] == body["note"]
    assert notes["service_order_entered"]["details"] == entered
    assert await told(world, one, referral_id, "hand-back", reason="rate", last_visit_at=last) == (
        409,
        "already-ending",
    )


async def test_a_pause_lapses_or_its_holder_does_not_go_on(world: World) -> None:
    """Dates lie ahead; a refusal starts a search at once, and so does a restart after the pause is
    over, the old provider first."""
    outcode = world.new_outcode()
    one, referral_id = await running(world, outcode)
    past = await ahead(world, minutes=-1)
    assert await wrong(world, referral_id, "pause", held_until=past) == (
        "held_until",
        "in-the-past",
    )
    await done(world, referral_id, "pause", held_until=await ahead(world, days=9))
    assert await wrong(world, referral_id, "restart", restart_at=past) == (
        "restart_at",
        "in-the-past",
    )
    await done(world, referral_id, "restart", restart_at=await ahead(world, days=2))

    async def is_asked() -> Any:
        return (await package(world, one, referral_id))["restart"]

    await world.until(is_asked)
    await said(world, one, referral_id, "restart/refuse", "restart_refused", {"note": "no carers"})
    assert await of_cause(world, referral_id, "restart_refused")
    again = await told(world, one, referral_id, "restart/agree")
    assert again in ((409, "already-answered"), (409, "not-awarded"))

    outcode = world.new_outcode()
    two, other_id = await running(world, outcode)
    await done(world, other_id, "pause", held_until=await ahead(world, minutes=2))
    await world.until_placement(other_id, status="ended")
    assert "pause-lapsed" in await timeline(world, other_id)
    await done(world, other_id, "restart", restart_at=await ahead(world, days=2))
    (later,) = await of_cause(world, other_id, "pause_lapsed")
    assert set(await offered(world, later)) == {two}
    assert await refused(world, other_id, "restart", restart_at=await ahead(world, days=3)) in (
        "not-paused",
        "already-asked",
    )


async def test_what_providers_cannot_say(world: World) -> None:
    """A hand-back before it confirmed, of another year, or twice; a start before the award."""
    outcode = world.new_outcode()
    one, referral_id = await world.awarded(outcode, person=person(postcode=f"{outcode} 1AA"))
    soon = await ahead(world, days=3)
    back: dict[str, Any] = {"reason": "staffing", "last_visit_at": soon}
    assert await told(world, one, referral_id, "hand-back", **back) == (409, "not-confirmed")
    early, late = "2020-01-01T00:00:00Z", await ahead(world, days=1)
    for at, code in ((early, "started-too-early"), (late, "started-in-future")):
        answer = await world.about_award(one, referral_id, "start", {"started_at": at})
        assert answer.json()["errors"] == [
            {"path": "started_at", "code": code, "message": answer.json()["errors"][0]["message"]}
        ]
    await started(world, one, referral_id)
    for at, code in ((early, "last-visit-in-past"), ("2090-01-01T00:00:00Z", "last-visit-too-far")):
        answer = await world.about_award(
            one, referral_id, "hand-back", {**back, "last_visit_at": at}
        )
        (error,) = answer.json()["errors"]
        assert (error["path"], error["code"]) == ("last_visit_at", code)
    for bare in ({"reason": "other"}, {"reason": "safety"}):
        answer = await world.about_award(one, referral_id, "hand-back", {**back, **bare})
        assert answer.json()["errors"][0]["code"] == "required"
    assert await told(world, one, referral_id, "change/agree", version=2) == (409, "not-asked")
    assert await told(world, one, referral_id, "hand-back", **back) == (200, "handed_back")
    leaves = {"award-confirmed", "care-started", "handed-back", "search-started"}
    assert leaves <= set(await timeline(world, referral_id))
    later = {**back, "last_visit_at": await ahead(world, days=4)}
    assert await told(world, one, referral_id, "hand-back", **later) == (409, "already-answered")
    await world.verify()
