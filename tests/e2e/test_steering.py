"""What brokers order, through the API: what comes of it, what is refused, and what everybody reads."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.policy import lot_of
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def order(
    world: World, referral_id: UUID, what: str, *, confirm: bool = True, **body: Any
) -> httpx.Response:
    """A broker orders something about a placement, with a reason."""
    path = f"/v1/placements/{referral_id}/{what}"
    sent = {"reason": "agreed on the telephone", "confirm": confirm, **body}
    return await world.call("matching", "POST", path, sent)


async def done(
    world: World, referral_id: UUID, what: str, *, confirm: bool = True, **body: Any
) -> list[str]:
    """The same, obeyed: the events that it came to."""
    answer = await order(world, referral_id, what, confirm=confirm, **body)
    assert answer.status_code in (200, 201), answer.text
    result: list[str] = [one.removesuffix(".v1") for one in answer.json()["result"]]
    return result


async def refused(world: World, referral_id: UUID, what: str, **body: Any) -> str:
    """The same, refused: the code."""
    answer = await order(world, referral_id, what, **body)
    assert answer.status_code in (404, 409, 422), answer.text
    problem = answer.json()
    code: str = problem["errors"][0]["code"] if "errors" in problem else problem["type"]
    return code


async def offer_is(
    world: World, provider_id: UUID, offer_id: UUID, **wanted: Any
) -> dict[str, Any]:
    """The offer as its provider reads it, once its fields are as wanted."""

    async def read() -> dict[str, Any] | None:
        answer = await world.call(
            "providers", "GET", f"/v1/offers/{offer_id}", provider_id=provider_id
        )
        found: dict[str, Any] = answer.json()
        return found if all(found.get(name) == value for name, value in wanted.items()) else None

    return await world.until(read)


async def timeline(world: World, referral_id: UUID) -> list[str]:
    """The types of a placement's events, in order."""
    entries = (await world.placement(referral_id))["timeline"]
    return [one["type"].removeprefix("homeward.placement.").removesuffix(".v1") for one in entries]


async def test_hold_and_resume(world: World) -> None:
    """A hold says what it costs first; a yes stands until it ends; the ward reads that it is held."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    until = (await world.now() + timedelta(hours=2)).isoformat()
    asked = await order(world, referral_id, "hold", confirm=False, until=until)
    assert (asked.status_code, asked.json()["type"]) == (409, "needs-confirmation")
    assert "clock runs on" in asked.json()["detail"]
    assert (await world.placement(referral_id))["held_until"] is None
    assert await done(world, referral_id, "hold", until=until) == ["search-held"]
    place = await world.until_place(referral_id, "on_hold")
    assert place["words"].startswith("On hold at the brokerage team until")
    early = (await world.now() - timedelta(minutes=1)).isoformat()
    assert await refused(world, referral_id, "hold", until=early) == "hold-ended"
    yes = await world.answer(one, offers[one])
    assert yes.json()["result"] == "standing"
    assert await refused(world, referral_id, "jump", tier_name="dps", ground="urgency") == "on-hold"
    assert "search-resumed" in await done(world, referral_id, "resume")
    await world.until_placement(referral_id, status="awarded", held_until=None)
    assert await refused(world, referral_id, "resume") == "not-searching"
    assert (await world.answer(two, offers[two])).json()["type"] == "already-placed"
    await world.verify()


async def test_jump_ask_and_skip(world: World) -> None:
    """A later tier beside live offers, a named provider out of turn, one left out of the round."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    dps = await world.new_providers(outcode, 2, kind="dps")
    (spot,) = await world.new_providers(outcode, 1, kind="spot")
    referral_id = await world.refer(outcode)
    await world.offers(referral_id)
    about: dict[str, Any] = {"ground": "persons_choice", "provider_id": str(spot)}
    assert await done(world, referral_id, "ask", **about) == ["offers-made"]
    assert await refused(world, referral_id, "ask", **about) == "already-asked"
    left_out: dict[str, Any] = {"ground": "other", "provider_id": str(dps[1])}
    assert await done(world, referral_id, "skip", **left_out) == ["provider-skipped"]
    nowhere: dict[str, Any] = {"ground": "other", "provider_id": str(referral_id)}
    assert await refused(world, referral_id, "skip", **nowhere) == "unknown-provider"
    unknown: dict[str, Any] = {"tier_name": "moon", "ground": "urgency"}
    assert await refused(world, referral_id, "jump", **unknown) == "unknown-tier"
    jumped = await done(world, referral_id, "jump", tier_name="dps", ground="urgency")
    assert jumped == ["tier-opened", "offers-made"]
    offers = await world.offers(referral_id, 3)
    assert set(offers) == {one, dps[0], spot}
    placement = await world.placement(referral_id)
    reasons = {r["reason"] for r in placement["passed_over"] if str(dps[1]) in r["provider_ids"]}
    assert reasons == {"skipped"}
    assert [note["kind"] for note in placement["notes"]] == ["ask", "skip", "jump"]
    assert (await world.answer(dps[0], offers[dps[0]])).json()["result"] in ("awarded", "standing")
    await world.verify()


async def test_windows_and_offers_taken_back(world: World) -> None:
    """The provider reads its new deadline, and that an offer was taken back."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    later = (await world.now() + timedelta(hours=5)).isoformat()
    window = f"offers/{offers[one]}/window"
    assert await done(world, referral_id, window, expires_at=later) == ["offer-window-changed"]
    await offer_is(world, one, offers[one], status="live")
    soon = (await world.now() + timedelta(minutes=1)).isoformat()
    assert await refused(world, referral_id, window, expires_at=soon) == "window-too-short"
    shorter = (await world.now() + timedelta(minutes=60)).isoformat()
    needs = await order(world, referral_id, window, confirm=False, expires_at=shorter)
    assert needs.json()["type"] == "needs-confirmation"
    taken = f"offers/{offers[two]}/withdraw"
    assert await done(world, referral_id, taken) == ["offers-withdrawn"]
    await offer_is(world, two, offers[two], status="withdrawn", because="by_person")
    assert (await world.answer(two, offers[two])).json()["type"] == "offer-withdrawn"
    assert await refused(world, referral_id, taken) == "offer-not-live"
    assert await refused(world, referral_id, f"offers/{referral_id}/withdraw") == "not-found"
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    await world.verify()


async def test_an_award_is_cancelled(world: World) -> None:
    """The provider loses it and no longer reads the person; the next one is asked on the same clock."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    assert await refused(world, referral_id, "award/cancel") == "no-award"
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    needs = await order(world, referral_id, "award/cancel", confirm=False)
    assert "loses it" in needs.json()["detail"]
    result = await done(world, referral_id, "award/cancel")
    assert result[:2] == ["award-cancelled", "search-reopened"]

    async def hidden() -> bool:
        path = f"/v1/packages/{referral_id}/person"
        answer = await world.call("providers", "GET", path, provider_id=one)
        return answer.status_code in (403, 404, 409)

    await world.until(hidden)
    again = await world.offers(referral_id)
    assert set(again) == {two}
    assert (await world.answer(two, again[two])).json()["result"] == "awarded"
    await world.about_award(
        two, referral_id, "start", {"started_at": (await world.now()).isoformat()}
    )
    await world.until_placement(referral_id, status="started")
    assert await refused(world, referral_id, "award/cancel") == "already-started"
    await world.verify()


async def test_exclusions(world: World) -> None:
    """An unsafe release proposes one; who is excluded is not asked again and never told why."""
    outcode = world.new_outcode()
    provider_id, referral_id = await world.awarded(outcode)
    unsafe = {"reason": "unsafe", "told": "the ward sister"}
    answer = await world.about_award(provider_id, referral_id, "release", unsafe)
    assert answer.json()["result"] == "released"
    await world.until_placement(referral_id, escalated="exclusion_proposed")
    about: dict[str, Any] = {"provider_id": str(provider_id)}
    closing = {"kind": "exclusion_proposed", "reason": "seen"}
    path = f"/v1/placements/{referral_id}/de-escalate"
    still = await world.call("matching", "POST", path, closing)
    assert still.json()["type"] == "still-open"
    assert "provider-excluded" in await done(world, referral_id, "exclude", **about)
    assert await refused(world, referral_id, "exclude", **about) == "already-excluded"
    asking: dict[str, Any] = {**about, "ground": "other"}
    assert await refused(world, referral_id, "ask", **asking) == "not-eligible"
    assert await done(world, referral_id, "lift-exclusion", **about) == ["exclusion-lifted"]
    assert await refused(world, referral_id, "lift-exclusion", **about) == "not-excluded"
    assert "offers-made" in await done(world, referral_id, "ask", **asking)
    await world.until_placement(referral_id, status="searching")
    await world.verify()


async def test_the_queue_of_items(world: World) -> None:
    """Items by what hurts most; assigned, escalated and closed by hand; notes stay in matching."""
    outcode = world.new_outcode()
    referral_id = await world.refer(outcode, urgency="urgent")
    await world.until_placement(referral_id, status="exhausted")
    path = f"/v1/placements/{referral_id}"
    assigned = await world.call("matching", "POST", f"{path}/assign", {"assignee": "kim"})
    assert assigned.json()["result"] == ["assigned.v1"]
    wrong = {"kind": "nobody_left", "reason": "enough"}
    answer = await world.call("matching", "POST", f"{path}/de-escalate", wrong)
    assert answer.json()["type"] == "still-open"
    for _ in range(2):
        body = {"reason": "please look"}
        assert (await world.call("matching", "POST", f"{path}/escalate", body)).status_code == 200
    listed = await world.call("matching", "GET", "/v1/escalations?assignee=kim&limit=1")
    (first,) = listed.json()["items"]
    assert (first["referral_id"], first["kind"]) == (str(referral_id), "nobody_left")
    assert first["assignee"] == "kim"
    assert "award by hand" in first["to_do"]
    after = f"/v1/escalations?assignee=kim&cursor={listed.json()['next']}"
    kinds = [one["kind"] for one in (await world.call("matching", "GET", after)).json()["items"]]
    assert kinds[-1] == "by_hand"
    closing = {"kind": "by_hand", "reason": "looked"}
    assert (await world.call("matching", "POST", f"{path}/de-escalate", closing)).status_code == 200
    none = await world.call("matching", "POST", f"{path}/de-escalate", closing)
    assert none.json()["type"] == "nothing-to-close"
    noted = await world.call("matching", "POST", f"{path}/notes", {"note": "their son rang"})
    assert noted.status_code == 201
    view = {"view": "agrees", "told_by_role": "family", "told_at": (await world.now()).isoformat()}
    seen = await world.call("matching", "POST", f"{path}/person-view", view)
    assert seen.json()["result"] == ["person-view-recorded.v1"]
    future = {**view, "told_at": (await world.now() + timedelta(hours=1)).isoformat()}
    assert (await world.call("matching", "POST", f"{path}/person-view", future)).status_code == 422
    placement = await world.placement(referral_id)
    assert (placement["assignee"], placement["person_view"]) == ("kim", "agrees")
    assert [note["kind"] for note in placement["notes"]][-2:] == ["note", "person_view"]
    assert await refused(world, referral_id, "move-policy") == "same-policy"
    elsewhere = await world.call(
        "matching", "POST", f"/v1/placements/{outcode}/notes", {"note": "x"}
    )
    assert elsewhere.status_code == 422
    assert {"assigned", "escalation-opened", "person-view-recorded"} <= set(
        await timeline(world, referral_id)
    )
    await world.verify()


async def test_an_award_in_spite_of_a_gate(world: World) -> None:
    """It takes a second ground and a word of confirmation; the gate is in the timeline for good."""
    outcode = world.new_outcode()
    (weak,) = await world.new_providers(outcode, 1, cqc_rating="inadequate")
    referral_id = await world.refer(outcode, urgency="urgent")
    await world.until_placement(referral_id, status="exhausted")
    about: dict[str, Any] = {"provider_id": str(weak), "ground": "none_answered"}
    assert await refused(world, referral_id, "award", **about) == "not-eligible"
    second: dict[str, Any] = {"ground": "persons_choice", "reason": "her own carers work there"}
    needs = await order(world, referral_id, "award", confirm=False, **about, override=second)
    assert "cqc_rating" in needs.json()["detail"]
    assert "awarded" in await done(world, referral_id, "award", **about, override=second)
    placement = await world.placement(referral_id)
    (awarded,) = [e for e in placement["timeline"] if e["type"].endswith(".awarded.v1")]
    assert awarded["content"]["overrides"] == "cqc_rating"
    assert placement["notes"][-1]["details"]["override_reason"] == second["reason"]
    assert placement["lot"] in (None, lot_of(outcode))
    await world.verify()


async def test_an_order_acts_once(world: World) -> None:
    """The same order with the same key is answered again and not done again."""
    outcode = world.new_outcode()
    await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    await world.offers(referral_id)
    body = {"reason": "please look"}
    path = f"/v1/placements/{referral_id}/escalate"
    for _ in range(2):
        answer = await world.call(
            "matching", "POST", path, body, headers={"Idempotency-Key": "e-1"}
        )
        assert answer.json()["result"] == ["escalation-opened.v1"]
    assert len((await world.placement(referral_id))["notes"]) == 1
