"""The deadline is the provider's right: what counts is when the answer was recorded."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import pytest

from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def urgent_offer(world: World, kind: str = "framework") -> tuple[UUID, UUID, UUID, datetime]:
    """(provider, referral, offer, deadline) of an offer that lapses within seconds."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1, kind)
    referral_id = await world.refer(outcode, urgency="urgent")
    offer_id = (await world.offers(referral_id))[provider_id]
    (row,) = await world.sql(
        "providers", "select expires_at from offers where offer_id = $1", offer_id
    )
    return provider_id, referral_id, offer_id, row["expires_at"]


@contextmanager
def paused_kafka(world: World) -> Iterator[None]:
    """The broker stands still: connections stay, nothing is answered."""
    process = world.stack.kafka.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


async def is_awarded(world: World, provider_id: UUID, referral_id: UUID, offer_id: UUID) -> None:
    """Every place that can be asked says that the provider has the package."""
    placement = await world.until_placement(referral_id, status="awarded")
    assert placement["provider_id"] == str(provider_id)
    repeated = await world.answer(provider_id, offer_id)
    assert (repeated.status_code, repeated.json()["result"]) == (200, "awarded")
    offer = await world.call("providers", "GET", f"/v1/offers/{offer_id}", provider_id=provider_id)
    assert (offer.json()["status"], offer.json()["answer"]["result"]) == ("accepted", "awarded")
    package = await world.call(
        "providers", "GET", f"/v1/packages/{referral_id}", provider_id=provider_id
    )
    assert package.json()["state"] == "reserved"


async def test_matching_stopped_across_the_deadline(world: World) -> None:
    """An acceptance recorded in time is awarded although nobody decided before the deadline."""
    provider_id, referral_id, offer_id, deadline = await urgent_offer(world)
    world.processes.kill("matching")
    answer = await world.answer(provider_id, offer_id, wait=0)
    assert (answer.status_code, answer.json()["result"]) == (202, "undecided")
    assert answer.headers["Location"] == f"/v1/offers/{offer_id}"
    await world.until_clock(deadline)
    await world.up("matching")
    await is_awarded(world, provider_id, referral_id, offer_id)
    await world.verify()


async def test_relay_stopped_across_the_deadline(world: World) -> None:
    """The same when the answer could not be sent before the deadline and the search went on."""
    provider_id, referral_id, offer_id, deadline = await urgent_offer(world)
    with paused_kafka(world):
        answer = await world.answer(provider_id, offer_id, wait=0)
        assert answer.status_code == 202
        await world.until_clock(deadline)
        # Matching has no way to know, so it lapses the offer and tells a person.
        await world.until_placement(referral_id, status="exhausted")
    await is_awarded(world, provider_id, referral_id, offer_id)
    placement = await world.placement(referral_id)
    assert placement["escalations"] == []
    await world.verify()


async def test_providers_killed_right_after_the_answer(world: World) -> None:
    """An acknowledged answer outlives the process that took it, and is sent by the next one."""
    provider_id, referral_id, offer_id, deadline = await urgent_offer(world)
    with paused_kafka(world):
        assert (await world.answer(provider_id, offer_id, wait=0)).status_code == 202
        world.processes.kill("providers")
    await world.until_clock(deadline)
    await world.up("providers")
    await is_awarded(world, provider_id, referral_id, offer_id)
    await world.verify()


async def test_after_the_deadline(world: World) -> None:
    """An answer after the deadline is refused and leaves nothing, also while matching is away."""
    provider_id, referral_id, offer_id, deadline = await urgent_offer(world)
    world.processes.stop("matching")
    await world.until_clock(deadline)
    for how, body in (("accept", None), ("decline", {"reason": "no_capacity"})):
        late = await world.answer(provider_id, offer_id, how, body)
        assert (late.status_code, late.json()["type"]) == (409, "offer-lapsed")
    offer = await world.call("providers", "GET", f"/v1/offers/{offer_id}", provider_id=provider_id)
    assert (offer.json()["status"], offer.json()["answer"]) == ("lapsed", None)
    assert not await world.sql("providers", "select from responses where offer_id = $1", offer_id)
    await world.up("matching")
    await world.until_placement(referral_id, status="exhausted", escalated="nobody_left")
    await world.verify()


async def test_acceptances_that_waited_compete_by_rank(world: World) -> None:
    """Of yeses that wait together behind a deadline the best-ranked wins, not the first to be read."""
    outcode = world.new_outcode()
    ranked = await world.new_providers(outcode, 3)
    referral_id = await world.refer(outcode, urgency="urgent")
    offers = await world.offers(referral_id, 3)
    world.processes.stop("matching")
    for provider_id in reversed(ranked):
        assert (await world.answer(provider_id, offers[provider_id], wait=0)).status_code == 202
    (row,) = await world.sql(
        "providers", "select max(expires_at) as at from offers where referral_id = $1", referral_id
    )
    await world.until_clock(row["at"])
    await world.up("matching")
    await is_awarded(world, ranked[0], referral_id, offers[ranked[0]])
    others = await asyncio.gather(*(world.answer(one, offers[one]) for one in ranked[1:]))
    assert [one.json()["type"] for one in others] == ["already-placed"] * 2
    await world.verify()
