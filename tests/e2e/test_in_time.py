"""What takes days, in a world whose clock is set on, and under a policy that asks for more."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
import yaml

from services.matching.policies import publish
from services.matching.policy_file import read_document
from tests.e2e.test_brokers import telephone
from tests.e2e.test_care import (
    of_cause,
    offered,
    package,
    placed,
    requirement,
    said,
    started,
)
from tests.e2e.test_care_of_providers import said as told
from tests.e2e.test_steering import done, refused, timeline
from tests.e2e.world import World
from tests.integration.referrals.samples import referral
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def timely(
    _session_stack: TestStack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A world of this file's: the person's view is needed to confirm, nobody approves a rate."""
    world = await World.create(_session_stack, tmp_path_factory.mktemp("timely"), "timely.")
    policy_of(world, lambda one: one | {"person_view_needed": ["agrees", "best_interests"]})
    yield world
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(stack: TestStack, timely: World) -> World:
    """Its processes, ready."""
    await timely.up()
    return timely


def policy_of(world: World, changed: Any, name: str = "policy.yaml") -> Path:
    """The world's policy with changes, written as a file of this name."""
    folder = world.processes.folder
    document = yaml.safe_load((folder / "policy.yaml").read_text(encoding="utf-8"))
    (spot,) = [tier for tier in document["tiers"] if tier["name"] == "spot"]
    spot.pop("rate_approver", None)
    written = folder / name
    written.write_text(yaml.safe_dump(changed(document), sort_keys=False), encoding="utf-8")
    return written


async def pass_time(world: World, **span: float) -> None:
    """Everybody's clock goes on; matching's last, since it acts on it by itself."""
    for service in ("referrals", "providers", "matching"):
        await world.sql(service, "update clock set epoch = epoch + $1", timedelta(**span))


async def agree(world: World, referral_id: UUID, view: str = "agrees") -> None:
    """What the person says is written down."""
    at = (await world.now() - timedelta(seconds=1)).isoformat()
    body = {"view": view, "told_by_role": "family", "told_at": at}
    path = f"/v1/placements/{referral_id}/person-view"
    answer = await world.call("matching", "POST", path, body)
    assert answer.json()["result"][0] == "person-view-recorded.v1", answer.text


async def test_nobody_confirms_without_the_persons_view(world: World) -> None:
    """A confirmation waits for it, as an item that only the view closes; a refusal is no agreement."""
    provider_id, referral_id = await world.awarded(world.new_outcode())
    early = await world.about_award(provider_id, referral_id, "confirm")
    assert (early.status_code, early.json()["type"]) == (409, "person-view-missing")
    await world.until_placement(referral_id, escalated="person_view_missing", status="awarded")
    body = {"kind": "person_view_missing", "reason": "seen"}
    path = f"/v1/placements/{referral_id}/de-escalate"
    assert (await world.call("matching", "POST", path, body)).json()["type"] == "still-open"
    await agree(world, referral_id, "refuses")
    await world.until_placement(referral_id, escalated="person_refuses")
    still = await world.about_award(provider_id, referral_id, "confirm")
    assert still.json()["type"] == "person-view-missing"
    await agree(world, referral_id)
    await said(world, provider_id, referral_id, "confirm", "confirmed")
    placement = await world.placement(referral_id)
    assert (placement["person_view"], placement["escalations"]) == ("agrees", [])
    told_of = await timeline(world, referral_id)
    assert told_of.count("person-view-recorded") == 2
    assert {"request-refused", "escalation-opened", "escalation-closed"} <= set(told_of)
    await world.verify()


async def test_a_rate_that_nobody_may_approve_is_refused_at_once(world: World) -> None:
    """Its provider hears so, and may still say yes at the offered rate, by telephone."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1, kind="spot")
    referral_id = await world.refer(outcode)
    offer_id = (await world.offers(referral_id))[one]
    high = await world.answer(one, offer_id, "accept", {"rate": "24.50"})
    assert (high.status_code, high.json()["type"]) == (409, "rate-over-limit")
    assert (await world.answer(one, offer_id)).json()["type"] == "rate-over-limit"
    yes = await telephone(world, referral_id, offer_id, await world.now())
    assert yes.json()["award"]["provider_id"] == str(one), yes.text
    assert "request-refused" in await timeline(world, referral_id)
    await world.verify()


async def test_money_that_is_late_or_too_little_is_an_item(world: World) -> None:
    """Paperwork that is due, and hours beyond what was agreed; the search goes on."""
    urgent = referral()["authorisation"] | {"basis": "urgent", "at": None}
    urgent["due_by"] = (await world.now() + timedelta(hours=6)).isoformat()
    due = await world.refer(world.new_outcode(), authorisation=urgent)
    little = referral()["authorisation"] | {"weekly_minutes": 60}
    short = await world.refer(world.new_outcode(), authorisation=little)
    await world.until_placement(short, escalated="authorisation_exceeded")
    assert "authorisation_overdue" not in (await world.until_placement(due))["escalations"]
    await pass_time(world, hours=6)
    await world.until_placement(due, escalated="authorisation_overdue")
    await world.verify()


async def test_an_answer_about_a_restart_that_comes_too_late(world: World) -> None:
    """Silence is a no: others are asked, and the provider is told that the time is over."""
    outcode = world.new_outcode()
    provider_id, referral_id = await running_with_view(world, outcode)
    (other,) = await world.new_providers(outcode, 1)
    soon = await world.now() + timedelta(days=5)
    await done(world, referral_id, "pause", held_until=(soon + timedelta(days=9)).isoformat())
    await done(world, referral_id, "restart", restart_at=soon.isoformat())
    await world.until_place(referral_id, "restart_asked")
    await pass_time(world, hours=24)
    (later,) = await of_cause(world, referral_id, "restart_refused")
    assert set(await offered(world, later)) == {other}
    late = await told(world, provider_id, referral_id, "restart/agree")
    assert late == (409, "answer-too-late")
    assert "restart-refused" in await timeline_of(world, later)
    await world.verify()


async def two_parts(world: World, one: UUID, two: UUID, outcode: str) -> tuple[UUID, UUID]:
    """Care in two parts, each given by a provider, from the third day on: (referral, second part)."""
    days = [f"{await world.now() + timedelta(days=n):%a}".lower() for n in (3, 5, 6)]
    visits = [{"weekday": day, "band": "morning", "minutes": 45} for day in days]
    referral_id = await world.refer(outcode, requirement=requirement(*visits))
    await world.offers(referral_id, 2)
    await done(world, referral_id, "split", parts=[[0, 1], [2]])
    first, second = await of_cause(world, referral_id, "split", 2)
    for placement_id, provider_id in ((first, one), (second, two)):
        await offered(world, placement_id, 2)
        await award(world, placement_id, provider_id)
        await agree(world, placement_id)
    for provider_id in (one, two):
        await started(world, provider_id, referral_id)
    await until_held(world, referral_id, filled=True, covered=True)
    return referral_id, second


async def test_one_of_two_parts_is_handed_back_the_same_day(world: World) -> None:
    """The other part is untouched; the alarm comes a day before the first visit that nobody holds and
    again when it opens; bridging care covers it, and only a long-term award fills it."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    referral_id, second = await two_parts(world, one, two, outcode)
    untouched = await own_events(world, second)
    at = await world.now() + timedelta(minutes=1)
    body = {"reason": "staffing", "last_visit_at": at.isoformat()}
    await said(world, one, referral_id, "hand-back", "handed_back", body)
    (later,) = await of_cause(world, referral_id, "handed_back")
    search = await placed(world, later)
    gap_at = datetime.fromisoformat(search["gap_at"])
    assert gap_at - at > timedelta(hours=24), "the first visit is in three days"
    assert not {"care_gap_ahead", "care_gap"} & set(search["escalations"])
    await until_held(world, referral_id, filled=False, covered=False)
    await pass_time(
        world, seconds=(gap_at - await world.now() - timedelta(hours=24.5)).total_seconds()
    )
    assert "care_gap_ahead" not in (await placed(world, later))["escalations"]
    await pass_time(world, hours=0.5)
    await item(world, later, "care_gap_ahead")
    await done_about(world, later, "contingency", contingency="family")
    await pass_time(world, hours=24)
    await item(world, later, "care_gap")
    until = await world.now() + timedelta(days=20)
    await done(world, later, "bridge", until=until.isoformat())
    (bridging,) = await of_cause(world, referral_id, "bridging")
    await award(world, bridging, two)
    await until_held(world, referral_id, filled=False, covered=True)
    moved = await placed(world, later)
    assert datetime.fromisoformat(moved["gap_at"]) >= until
    assert not {"care_gap_ahead", "care_gap"} & set(moved["escalations"])
    await award(world, later, two)
    await until_held(world, referral_id, filled=True, covered=True)
    assert await own_events(world, second) == untouched
    rows = {row["placement_id"]: row["status"] for row in await package(world, referral_id, 5)}
    assert rows[second] == "started"
    await world.verify()


async def test_a_placement_moves_to_a_newer_policy(world: World) -> None:
    """One with the same tiers, at once; one with others, only when nothing is open."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id)
    before = (await world.placement(referral_id))["policy_version"]

    def longer(document: dict[str, Any]) -> dict[str, Any]:
        return document | {"confirmation_minutes": 60}

    def renamed(document: dict[str, Any]) -> dict[str, Any]:
        first, *rest = document["tiers"]
        return document | {"tiers": [first | {"name": "framework"}, *rest]}

    await bring_into_force(world, policy_of(world, longer, "longer.yaml"))
    assert "policy-moved" in await done(world, referral_id, "move-policy")
    assert (await world.placement(referral_id))["policy_version"] != before
    await bring_into_force(world, policy_of(world, renamed, "renamed.yaml"))
    assert await refused(world, referral_id, "move-policy") == "tiers-differ"
    await world.answer(one, offers[one], "decline", {"reason": "times"})
    await world.until_placement(referral_id, status="exhausted")
    assert "policy-moved" in await done(world, referral_id, "move-policy")
    assert (await timeline(world, referral_id)).count("policy-moved") == 2
    await world.verify()


async def bring_into_force(world: World, policy: Path) -> None:
    """A commissioner publishes it."""
    async with world.where.connection("matching") as connection, connection.transaction():
        await publish(connection, read_document(policy), author="Ada", reason="a longer window")


async def running_with_view(world: World, outcode: str) -> tuple[UUID, UUID]:
    """Care that one new provider gives, with the person's agreement."""
    provider_id, referral_id = await world.awarded(outcode, requirement=requirement())
    await agree(world, referral_id)
    await started(world, provider_id, referral_id)
    return provider_id, referral_id


async def award(world: World, placement_id: UUID, provider_id: UUID) -> None:
    """A broker awards a placement by hand."""
    about: dict[str, Any] = {"provider_id": str(provider_id), "ground": "urgency"}
    assert "awarded" in await done(world, placement_id, "award", **about)


async def done_about(world: World, placement_id: UUID, what: str, **body: Any) -> None:
    """A command without a reason, obeyed."""
    path = f"/v1/placements/{placement_id}/{what}"
    answer = await world.call("matching", "POST", path, body)
    assert answer.status_code == 200, answer.text


async def item(world: World, placement_id: UUID, kind: str) -> None:
    """Waits until this item is open."""

    async def opened() -> bool:
        return kind in (await placed(world, placement_id))["escalations"]

    await world.until(opened)


async def until_held(world: World, referral_id: UUID, *, filled: bool, covered: bool) -> None:
    """Waits until the ward reads whether every visit is held for good, and whether all are held."""

    async def heard() -> bool:
        place = await world.place(referral_id)
        return (place["filled"], place["covered"]) == (filled, covered)

    await world.until(heard)


async def timeline_of(world: World, placement_id: UUID) -> list[str]:
    """The types of the events of the package that a placement belongs to."""
    return [one["type"].split(".")[-2] for one in (await placed(world, placement_id))["timeline"]]


async def own_events(world: World, placement_id: UUID) -> list[str]:
    """The types of a placement's own events."""
    entries = (await placed(world, placement_id))["timeline"]
    return [one["type"] for one in entries if one["content"]["placement_id"] == str(placement_id)]
