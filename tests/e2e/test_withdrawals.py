"""A referral is withdrawn while providers answer."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROUNDS = 40
AT_ONCE = 8


async def test_withdrawn_while_an_acceptance_is_in_flight(world: World) -> None:
    """Whichever comes first, the package ends withdrawn and the provider reads it."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    slots = asyncio.Semaphore(AT_ONCE)
    heard: Counter[str] = Counter()

    async def one_race(number: int) -> UUID:
        async with slots:
            referral_id = await world.refer(outcode)
            offer_id = (await world.offers(referral_id))[provider_id]
            yes = world.answer(provider_id, offer_id, wait=30)
            no = world.withdraw(referral_id)
            if number % 2:
                answer, withdrawal = await asyncio.gather(yes, no)
            else:
                withdrawal, answer = await asyncio.gather(no, yes)
            assert withdrawal.status_code == 202
            assert withdrawal.json()["status"] == "withdrawing"
            placement = await world.until_placement(referral_id, status="withdrawn")
            assert placement["offers_out"] == 0
            await tell(world, provider_id, referral_id, offer_id, answer.json())
            heard[answer.json().get("result") or answer.json()["type"]] += 1
            return referral_id

    referral_ids = await asyncio.gather(*map(one_race, range(ROUNDS)))
    assert set(heard) <= {"awarded", "offer-withdrawn"}, heard
    for referral_id in referral_ids[:3]:
        place = await world.place(referral_id)
        assert (place["status"], place["words"], place["hint"]) == ("withdrawn", "Withdrawn", None)
    assert not await world.sql("matching", "select from awards where state = 'live'"
                               " and referral_id = any($1)", list(referral_ids))  # fmt: skip
    await world.verify()


async def tell(
    world: World, provider_id: UUID, referral_id: UUID, offer_id: UUID, first: dict[str, str]
) -> None:
    """What the provider reads afterwards fits what it was answered."""
    if first.get("result") == "awarded":

        async def cancelled() -> bool:
            path = f"/v1/packages/{referral_id}"
            package = await world.call("providers", "GET", path, provider_id=provider_id)
            return bool(package.json()["state"] == "cancelled")

        await world.until(cancelled)
        person = await world.call(
            "providers", "GET", f"/v1/packages/{referral_id}/person", provider_id=provider_id
        )
        assert (person.status_code, person.json()["type"]) == (409, "not-awarded")
    else:
        assert first["type"] == "offer-withdrawn"
        repeated = await world.answer(provider_id, offer_id)
        assert (repeated.status_code, repeated.json()["type"]) == (409, "offer-withdrawn")


async def test_withdrawn_before_the_answer_is_decided(world: World) -> None:
    """A yes that waits behind a withdrawal is refused, one that waits before it is awarded first."""
    outcode = world.new_outcode()
    (provider_id,) = await world.new_providers(outcode, 1)
    for withdrawal_first in (True, False):
        referral_id = await world.refer(outcode)
        offer_id = (await world.offers(referral_id))[provider_id]
        world.processes.stop("matching")
        if withdrawal_first:
            await world.withdraw(referral_id)
        assert (await world.answer(provider_id, offer_id, wait=0)).status_code == 202
        if not withdrawal_first:
            await world.withdraw(referral_id)
        await world.up("matching")
        await world.until_placement(referral_id, status="withdrawn")
        answer = await world.answer(provider_id, offer_id)
        assert answer.status_code in (200, 409), answer.text
        await tell(world, provider_id, referral_id, offer_id, answer.json())
    await world.verify()


async def test_withdrawn_after_confirmation_and_start(world: World) -> None:
    """A withdrawal ends a package from every status, and the provider finds it cancelled."""
    for upto in ("confirm", "start"):
        provider_id, referral_id = await world.awarded(world.new_outcode())
        assert (await world.about_award(provider_id, referral_id, "confirm")).status_code == 200
        if upto == "start":
            body = {"started_at": (await world.now()).isoformat()}
            assert (
                await world.about_award(provider_id, referral_id, "start", body)
            ).status_code == 200
        assert (await world.withdraw(referral_id)).status_code == 202
        await world.until_placement(referral_id, status="withdrawn")
        await tell(world, provider_id, referral_id, UUID(int=0), {"result": "awarded"})
    await world.verify()
