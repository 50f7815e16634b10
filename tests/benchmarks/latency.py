"""How long people wait: from a referral to its offers, and from a yes to its answer, over real HTTP.

Referrals are posted at a steady rate, whether or not the earlier ones are done. Each framework
provider holds a long poll on its offers; the best-ranked one of a lot says yes to each at once, so
answers come at the same rate, side by side with the referrals.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.benchmarks.figures import Waits
from tests.benchmarks.load import referral_id
from tests.benchmarks.market import OUTCODES, best_for, framework_providers
from tests.benchmarks.whole_stack import Services

POLL_SECONDS = 20
_PATIENCE_SECONDS = 30
_WARM_UP = 20
_PERSON = {
    "nhs_number_absent_reason": "not_known", "given_name": "Ada", "family_name": "Example",
    "date_of_birth": "1938-04-17", "gender": "female", "address_lines": ["1 Example Road"],
    "phone": "020 7946 0000",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """What a rate of referrals a second led to."""

    per_second: float
    offer_visible: Waits
    acceptance_answered: Waits


@dataclass(slots=True)
class _Seen:
    """Instants of the loop's clock, by referral id."""

    posted: dict[str, float] = field(default_factory=dict)
    visible: list[tuple[str, float]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


async def measure(services: Services, *, per_second: float, seconds: float) -> Latency:
    """Both waits at a rate, of `per_second` x `seconds` referrals after a short warming up.

    Raises AssertionError if an acceptance is not awarded, TimeoutError if an offer never comes.
    """
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
        await _drive(client, services, min(per_second, 5.0), _WARM_UP)
        seen = await _drive(client, services, per_second, round(per_second * seconds))
    return Latency(
        per_second=per_second,
        offer_visible=Waits.of([at - seen.posted[which] for which, at in seen.visible]),
        acceptance_answered=Waits.of(seen.answered),
    )


async def _drive(
    client: httpx.AsyncClient, services: Services, per_second: float, count: int
) -> _Seen:
    loop = asyncio.get_running_loop()
    seen = _Seen()
    cursors = [await _cursor(client, services, str(who)) for who in framework_providers()]
    async with asyncio.TaskGroup() as tasks:
        followers = [
            tasks.create_task(_follow(tasks, client, services, str(who), cursor, seen))
            for who, cursor in zip(framework_providers(), cursors, strict=True)
        ]
        began = loop.time()
        for number in range(count):
            await asyncio.sleep(began + number / per_second - loop.time())
            tasks.create_task(_post(client, services, number, seen))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            # An offer that is taken back before its provider reads it was never there to be seen.
            while len(seen.answered) < count or len({one for one, _ in seen.visible}) < count:
                await asyncio.sleep(0.05)
        for follower in followers:
            follower.cancel()
    return seen


async def _post(client: httpx.AsyncClient, services: Services, number: int, seen: _Seen) -> None:
    began = asyncio.get_running_loop().time()
    answer = await client.post(
        services.url("referrals") + "/v1/referrals",
        json=_referral(number),
        headers={**services.headers("hub")},
    )
    assert (answer.status_code, answer.json().get("missing")) == (201, []), answer.text
    seen.posted[answer.json()["referral_id"]] = began


async def _cursor(client: httpx.AsyncClient, services: Services, who: str) -> str:
    """The end of a provider's list now."""
    after: dict[str, Any] = {}
    while True:
        answer = await client.get(
            services.url("providers") + "/v1/offers", params=after, headers=services.headers(who)
        )
        page = answer.raise_for_status().json()
        after = {"after": page["next"]}
        if not page["more"]:
            return str(page["next"])


async def _follow(
    tasks: asyncio.TaskGroup, client: httpx.AsyncClient, services: Services, who: str, cursor: str,
    seen: _Seen,
) -> None:  # fmt: skip
    loop = asyncio.get_running_loop()
    answers_yes = who in {str(best_for(outcode)) for outcode in OUTCODES}
    known: set[str] = set()
    while True:
        answer = await client.get(
            services.url("providers") + "/v1/offers",
            params={"after": cursor, "status": "live"},
            headers={**services.headers(who), "prefer": f"wait={POLL_SECONDS}"},
        )
        now = loop.time()
        page = answer.raise_for_status().json()
        cursor = page["next"]
        for offer in page["items"]:
            if offer["offer_id"] in known:
                continue
            known.add(offer["offer_id"])
            seen.visible.append((offer["referral_id"], now))
            if answers_yes:
                tasks.create_task(_accept(client, services, who, offer["offer_id"], seen))


async def _accept(
    client: httpx.AsyncClient, services: Services, who: str, offer_id: str, seen: _Seen
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await client.post(
        f"{services.url('providers')}/v1/offers/{offer_id}/accept",
        headers={
            **services.headers(who),
            "idempotency-key": offer_id,
            "prefer": f"wait={_PATIENCE_SECONDS}",
        },
    )
    seen.answered.append(loop.time() - began)
    assert (answer.status_code, answer.json().get("result")) == (200, "awarded"), answer.text


def _referral(number: int) -> dict[str, Any]:
    outcode = OUTCODES[number % len(OUTCODES)]
    visits = [
        {"weekday": day, "band": band, "minutes": 30, "carers": 1}
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        for band in ("morning", "bed")
    ]
    return {
        "source": {"kind": "hospital", "organisation": "whipps", "ward": "aspen"},
        "contact": {"name": "Ward clerk", "phone": "020 7946 0001"},
        "pathway": "P1",
        "urgency": "routine",
        "discharge_ready_at": "2030-03-04T09:00:00+00:00",
        "authorisation": {
            "by": "Panel", "at": "2026-03-01T15:00:00+00:00", "basis": "panel", "funder": "council",
        },
        "person": {**_PERSON, "postcode": f"{outcode} 9ZZ", "council_person_id": str(referral_id(number))},
        "requirement": {
            "care_type": "personal_care", "visits": visits, "needs": ["medication"],
            "ready_at": "2030-03-04T09:00:00+00:00",
        },
    }  # fmt: skip
