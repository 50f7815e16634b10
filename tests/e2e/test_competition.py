"""Many providers say yes to one package at once: one has it, the others are told."""

import asyncio
from collections import Counter
from uuid import UUID

import httpx
import pytest

from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

CROWD = 50
PACKAGES = 200
PROVIDERS_EACH = 5
AT_ONCE = 10
"""Packages that are competed for at the same time."""


async def accept_at_once(world: World, offers: dict[UUID, UUID]) -> dict[UUID, httpx.Response]:
    """Everybody says yes at the same moment; each provider's answer."""
    for provider_id in offers:
        await world.secret("provider", provider_id)
    answers = await asyncio.gather(
        *(world.answer(one, offer_id, wait=30) for one, offer_id in offers.items())
    )
    return dict(zip(offers, answers, strict=True))


def told(answer: httpx.Response) -> str:
    """What a provider reads: the result, or the type of the problem."""
    body = answer.json()
    return f"{answer.status_code} {body.get('result') or body['type']}"


async def live_awards(world: World, *referral_ids: UUID) -> list[tuple[UUID, UUID]]:
    """(referral, provider) of every live award of these packages."""
    rows = await world.sql(
        "matching",
        "select referral_id, provider_id from awards where state = 'live'"
        " and referral_id = any($1)",
        list(referral_ids),
    )
    return [(row["referral_id"], row["provider_id"]) for row in rows]


async def test_first(world: World) -> None:
    """Of 50 concurrent acceptances under `first` one is awarded and forty-nine read why not."""
    outcode = world.new_outcode()
    await world.new_providers(outcode, CROWD, "dps")
    referral_id = await world.refer(outcode)
    answers = await accept_at_once(world, await world.offers(referral_id, CROWD))
    assert Counter(map(told, answers.values())) == {
        "200 awarded": 1,
        "409 already-placed": CROWD - 1,
    }
    winner = next(one for one, answer in answers.items() if answer.status_code == 200)
    assert await live_awards(world, referral_id) == [(referral_id, winner)]
    recorded = await world.sql(
        "providers",
        "select provider_id from responses where referral_id = $1 order by recorded_at",
        referral_id,
    )
    assert recorded[0]["provider_id"] == winner
    await world.verify()


async def test_ranked(world: World) -> None:
    """Of 49 concurrent acceptances under `ranked` the best-ranked has it once the better ones' time
    to settle is up; the others, who stood, read that another has it."""
    outcode = world.new_outcode()
    ranked = await world.new_providers(outcode, CROWD)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, CROWD)
    silent, best = ranked[0], ranked[1]
    answers = await accept_at_once(
        world, {one: offer for one, offer in offers.items() if one != silent}
    )
    # Whoever comes after the award is refused at once; before it everybody stands.
    assert set(map(told, answers.values())) <= {"200 standing", "409 already-placed", "200 awarded"}
    assert told(answers[best]) in ("200 standing", "200 awarded")
    await world.until_placement(referral_id, status="awarded")
    assert await live_awards(world, referral_id) == [(referral_id, best)]
    again = await accept_at_once(world, {one: offers[one] for one in ranked[1:]})
    assert told(again[best]) == "200 awarded"
    assert Counter(map(told, again.values())) == {
        "200 awarded": 1,
        "409 already-placed": CROWD - 2,
    }
    late = await world.answer(silent, offers[silent])
    assert told(late) == "409 already-placed"
    await world.verify()


async def test_ranked_best_of_all_is_awarded_at_once(world: World) -> None:
    """If the best-ranked is among 50 concurrent acceptances it has the package, whoever was first."""
    outcode = world.new_outcode()
    ranked = await world.new_providers(outcode, CROWD)
    referral_id = await world.refer(outcode)
    answers = await accept_at_once(world, await world.offers(referral_id, CROWD))
    assert told(answers[ranked[0]]) == "200 awarded"
    assert await live_awards(world, referral_id) == [(referral_id, ranked[0])]
    assert {told(answer) for one, answer in answers.items() if one != ranked[0]} <= {
        "200 standing",
        "409 already-placed",
    }
    await world.verify()


async def test_two_hundred_packages_in_a_row(world: World) -> None:
    """200 packages, half `first` and half `ranked`, five concurrent yeses each: one award each, every
    answer understood, no exception."""
    first, ranked = world.new_outcode(), world.new_outcode()
    await world.new_providers(first, PROVIDERS_EACH, "dps")
    await world.new_providers(ranked, PROVIDERS_EACH)
    slots = asyncio.Semaphore(AT_ONCE)
    heard: Counter[str] = Counter()

    async def one_package(outcode: str) -> UUID:
        async with slots:
            referral_id = await world.refer(outcode)
            offers = await world.offers(referral_id, PROVIDERS_EACH)
            answers = await accept_at_once(world, offers)
            heard.update(map(told, answers.values()))
            assert sum(told(answer) == "200 awarded" for answer in answers.values()) == 1
            return referral_id

    referral_ids = await asyncio.gather(
        *(one_package(ranked if number % 2 else first) for number in range(PACKAGES))
    )
    awards = await live_awards(world, *referral_ids)
    assert len(awards) == len({referral_id for referral_id, _ in awards}) == PACKAGES
    assert set(heard) <= {"200 awarded", "200 standing", "409 already-placed"}, heard
    assert heard.total() == PACKAGES * PROVIDERS_EACH
    await world.verify()
