"""Every command of brokers at a package in every state: what is refused, over HTTP, and why."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e.every_route import ANY_ID, every_route
from tests.e2e.test_care import VISITS, requirement, running, said
from tests.e2e.test_steering import done, timeline
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEFORE = "/v1/placements/{}/"
COMMANDS = {
    route.path.removeprefix(BEFORE): route
    for route in every_route("matching")
    if route.method == "POST" and route.path.startswith(BEFORE)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A package in some state, one of its offers, and a spot provider that was not asked."""

    referral_id: UUID
    spot_id: UUID
    offer_id: object = ANY_ID


async def waiting(world: World) -> Case:
    """Nobody has said yet what is needed."""
    outcode = world.new_outcode()
    (spot_id,) = await world.new_providers(outcode, 1, kind="spot")
    referral_id = await world.refer(outcode, requirement=None)
    await world.until_placement(referral_id, status="awaiting_information")
    return Case(referral_id=referral_id, spot_id=spot_id)


async def searching(world: World) -> Case:
    """One provider of the lot has a live offer."""
    outcode = world.new_outcode()
    (one,) = await world.new_providers(outcode, 1)
    (spot_id,) = await world.new_providers(outcode, 1, kind="spot")
    referral_id = await world.refer(outcode, requirement=requirement())
    offer_id = (await world.offers(referral_id))[one]
    return Case(referral_id=referral_id, spot_id=spot_id, offer_id=offer_id)


async def exhausted(world: World) -> Case:
    """Nobody is left to ask: the one provider may not be asked for its rating."""
    outcode = world.new_outcode()
    (spot_id,) = await world.new_providers(outcode, 1, kind="spot", cqc_rating="inadequate")
    referral_id = await world.refer(outcode, requirement=requirement())
    await world.until_placement(referral_id, status="exhausted")
    return Case(referral_id=referral_id, spot_id=spot_id)


async def awarded(world: World) -> Case:
    """A provider has it and has not confirmed."""
    outcode = world.new_outcode()
    _, referral_id = await world.awarded(outcode, requirement=requirement())
    return await _held(world, outcode, referral_id)


async def confirmed(world: World) -> Case:
    """A provider has it for good, and care has not started."""
    outcode = world.new_outcode()
    provider_id, referral_id = await world.awarded(outcode, requirement=requirement())
    await said(world, provider_id, referral_id, "confirm", "confirmed")
    return await _held(world, outcode, referral_id)


async def care_runs(world: World) -> Case:
    """Care has started."""
    outcode = world.new_outcode()
    _, referral_id = await running(world, outcode)
    return await _held(world, outcode, referral_id)


async def paused(world: World) -> Case:
    """The person is away, and the package is kept."""
    case = await care_runs(world)
    until = (await world.now() + timedelta(days=20)).isoformat()
    await done(world, case.referral_id, "pause", held_until=until)
    return case


async def ending(world: World) -> Case:
    """Care has a last visit."""
    case = await care_runs(world)
    until = (await world.now() + timedelta(days=20)).isoformat()
    await done(world, case.referral_id, "end", last_visit_at=until)
    return case


async def withdrawn(world: World) -> Case:
    """The ward has ended it."""
    case = await searching(world)
    await world.withdraw(case.referral_id)
    await world.until_placement(case.referral_id, status="withdrawn")
    return case


async def _held(world: World, outcode: str, referral_id: UUID) -> Case:
    (spot_id,) = await world.new_providers(outcode, 1, kind="spot")
    offer = (await world.placement(referral_id))["offers"][0]
    return Case(referral_id=referral_id, spot_id=spot_id, offer_id=offer["offer_id"])


STATES: Mapping[str, Callable[[World], Awaitable[Case]]] = {
    "waiting": waiting,
    "searching": searching,
    "exhausted": exhausted,
    "awarded": awarded,
    "confirmed": confirmed,
    "started": care_runs,
    "paused": paused,
    "ending": ending,
    "withdrawn": withdrawn,
}


OFFER = "offers/{}/"
PUT_TO_BROKERS = "rate/approve rate/refuse condition/accept condition/refuse condition/counter"
ALWAYS = "assign escalate notes service-orders person-view exclude"
_NO_CARE = {
    "not-started": "change pause",
    "not-paused": "restart",
    "no-care-to-end": "end transfer",
    "not-reablement": "continue",
}
_NO_SEARCH = {"not-searching": "hold resume jump ask skip contingency split merge bridge"}
_HAS_IT = {
    **_NO_SEARCH,
    "same-policy": "move-policy",
    "not-reablement": "continue",
    "already-answered": "answer",
    "offer-not-live": "window withdraw",
}
_CARE = {
    **_HAS_IT,
    "already-confirmed": "award",
    "already-started": "award/cancel amend answer/correct",
}
REFUSED: Mapping[str, Mapping[str, str]] = {
    "waiting": {
        **_NO_CARE,
        **_NO_SEARCH,
        "": ALWAYS,
        "not-complete": "award amend move-policy",
        "no-award": "award/cancel",
    },
    "searching": {
        **_NO_CARE,
        "": f"{ALWAYS} award hold jump ask skip amend contingency bridge answer window withdraw",
        "no-award": "award/cancel",
        "no-hold": "resume",
        "same-policy": "move-policy",
        "parts-do-not-add-up": "split",
        "not-searching": "merge",
        "not-answered": "answer/correct",
    },
    "exhausted": {
        **_NO_CARE,
        "": f"{ALWAYS} amend contingency bridge",
        "not-eligible": "award ask",
        "no-award": "award/cancel",
        "same-policy": "move-policy",
        "parts-do-not-add-up": "split",
        "not-searching": "hold resume jump skip merge",
    },
    "awarded": {
        **_NO_CARE,
        **_HAS_IT,
        "": f"{ALWAYS} award award/cancel amend",
        "answered-by-provider": "answer/correct",
    },
    "confirmed": {
        **_HAS_IT,
        "": f"{ALWAYS} award/cancel amend end transfer",
        "already-confirmed": "award",
        "not-started": "change pause",
        "not-paused": "restart",
        "answered-by-provider": "answer/correct",
    },
    "started": {**_CARE, "": f"{ALWAYS} change pause end transfer", "not-paused": "restart"},
    "paused": {**_CARE, "": f"{ALWAYS} pause restart end transfer", "not-started": "change"},
    "ending": {
        **_CARE,
        **_NO_CARE,
        "": ALWAYS,
        "already-confirmed": "",
        "offer-withdrawn": "award",
    },
    "withdrawn": {
        **_NO_CARE,
        **_NO_SEARCH,
        "": "notes service-orders",
        "offer-withdrawn": "award answer",
        "no-award": "award/cancel",
        "already-withdrawn": "amend assign escalate exclude move-policy person-view"
        " lift-exclusion de-escalate answer/correct",
        "offer-not-live": "window withdraw",
    },
}
"""State → code → commands that are refused with it; those under no code are obeyed there.

Where nothing was offered, no offer is found; where none waits, none is put to brokers; and where
nobody is excluded and no item is open, there is nothing to lift or to close.
"""


def expected(state: str) -> dict[str, str]:
    """Command → the code with which it is refused in a state, empty if it is obeyed."""
    told = {
        "lift-exclusion": "not-excluded",
        "de-escalate": "nothing-to-close",
        **dict.fromkeys(PUT_TO_BROKERS.split()[:2], "no-rate-quoted"),
        **dict.fromkeys(PUT_TO_BROKERS.split()[2:], "no-condition"),
    }
    told |= {what: code for code, named in REFUSED[state].items() for what in named.split()}
    about_offers = {what.removeprefix(OFFER) for what in COMMANDS if what.startswith(OFFER)}
    if state in ("waiting", "exhausted"):
        told |= dict.fromkeys(about_offers, "not-found")
    return {OFFER + what if what in about_offers else what: code for what, code in told.items()}


async def send(world: World, case: Case, what: str) -> httpx.Response:
    """A command as it would be obeyed in some state: its provider, and instants that fit it."""
    route = COMMANDS[what]
    now = await world.now()
    past = what in ("person-view", "offers/{}/answer")
    at = now - timedelta(seconds=1) if past else now + timedelta(days=1)
    body: dict[str, Any] = route.worded("agreed", at.isoformat())
    if "provider_id" in body:
        body["provider_id"] = str(case.spot_id)
    if "requirement" in body:
        body["requirement"] = requirement(VISITS[0])
    return await world.call("matching", "POST", route.at(case.referral_id, case.offer_id), body)


def code_of(answer: httpx.Response) -> str:
    """A refusal's code: of the field that is wrong, if one is."""
    problem = answer.json()
    code: str = problem["errors"][0]["code"] if "errors" in problem else problem["type"]
    return code


@pytest.mark.parametrize("state", STATES)
async def test_what_is_refused(world: World, state: str) -> None:
    """Each command with its own code and a sentence that says what to do; nothing changes by it."""
    case = await STATES[state](world)
    wanted = expected(state)
    assert wanted.keys() == COMMANDS.keys(), "every command is listed in every state"
    before = await events_of(world, case)
    found = {}
    for what, code in wanted.items():
        if code:
            answer = await send(world, case, what)
            assert answer.status_code in (404, 409, 422), (what, answer.text)
            assert answer.json()["detail"].endswith("."), what
            found[what] = code_of(answer)
    assert found == {what: code for what, code in wanted.items() if code}
    assert await events_of(world, case) == before


async def events_of(world: World, case: Case) -> list[str]:
    """What was decided about a package, but for what time alone brings."""
    told = await timeline(world, case.referral_id)
    return [one for one in told if one not in ("escalation-opened", "outlook-changed")]


LIVES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("waiting", {"assign": "assigned", "person-view": "person-view-recorded"}),
    (
        "searching",
        {
            "escalate": "escalation-opened",
            "de-escalate": "escalation-closed",
            "skip": "provider-skipped",
            "hold": "search-held",
            "resume": "search-resumed",
            "ask": "offers-made",
            "offers/{}/window": "offer-window-changed",
            "exclude": "provider-excluded",
            "lift-exclusion": "exclusion-lifted",
            "contingency": "contingency-recorded",
            "offers/{}/withdraw": "offers-withdrawn",
        },
    ),
    ("searching", {"offers/{}/answer": "awarded"}),
    ("searching", {"jump": "tier-opened", "amend": "requirement-amended", "award": "awarded"}),
    ("awarded", {"award/cancel": "award-cancelled"}),
    ("started", {"pause": "care-paused", "restart": "restart-asked", "end": "care-ending"}),
    ("started", {"change": "change-asked", "transfer": "care-ending"}),
)
"""What is done one after the other to a package, and the event that each must leave."""
TOLD_ELSEWHERE = {
    *(f"{OFFER}{what}" for what in PUT_TO_BROKERS.split()),
    *("split", "merge", "bridge", "continue", "move-policy", f"{OFFER}answer/correct"),
    *("notes", "service-orders"),  # they decide nothing: a note is all that they leave
}


@pytest.mark.parametrize(
    ("state", "deeds"), LIVES, ids=lambda it: it if isinstance(it, str) else ""
)
async def test_what_is_done_stands_in_the_timeline(
    world: World, state: str, deeds: Mapping[str, str]
) -> None:
    """What each command came to, in order; its reason stands beside, with who gave it."""
    case = await STATES[state](world)
    for what, event in deeds.items():
        answer = await send(world, case, what)
        assert answer.status_code == 200, (what, answer.text)
        result = [one.removesuffix(".v1") for one in answer.json()["result"]]
        assert event in result, (what, result)
        placement = (
            await world.call("matching", "GET", f"/v1/placements/{case.referral_id}")
        ).json()
        told = [one["type"].split(".")[-2] for one in placement["timeline"]]
        assert any(told[n : n + len(result)] == result for n in range(len(told))), (what, told)
        note = placement["notes"][-1]
        assert note["author"].startswith("broker")
        assert note["text"] == "agreed"


async def test_every_command_is_done_here_or_elsewhere() -> None:
    """A new command needs a line above, or a test of its own."""
    here = {what for _, deeds in LIVES for what in deeds}
    assert here | TOLD_ELSEWHERE == COMMANDS.keys()
    assert not here & TOLD_ELSEWHERE
