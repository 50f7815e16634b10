"""A provider follows its offers: what changed after a cursor, without missing anything."""

import asyncio

from services.providers.consumers import follow_placements
from shared.ids import event_id
from shared.messaging.received import Received
from tests.integration.providers.conftest import Service
from tests.integration.providers.test_answers import offered


async def test_live_offers_say_what_is_needed_and_no_more(service: Service):
    """An offer names place, needs, times, rate and deadline, and nothing of ward or person."""
    me, http = await service.provider()
    story = await offered(service, me)
    page = (await http.get("/v1/offers", params={"status": "live"})).json()
    (offer,) = page["items"]
    assert offer["offer_id"] == str(story.offer_id(me))
    assert (offer["status"], offer["rate"], offer["lot"]) == ("live", "17.90", "lot-1")
    assert offer["needed"]["visits"][0]["band"] == "lunch"
    assert offer["answer"] is None
    assert "ward" not in str(page)


async def test_the_cursor_passes_what_was_seen(service: Service):
    """Each call gives what changed since; an offer that ends comes again, not among the live."""
    me, http = await service.provider()
    first = await offered(service, me)
    page = (await http.get("/v1/offers")).json()
    assert len(page["items"]) == 1
    second = await offered(service, me)
    await service.tell(first.withdrawn(me))
    changed = (await http.get("/v1/offers", params={"after": page["next"]})).json()
    assert [(o["referral_id"], o["status"]) for o in changed["items"]] == [
        (str(second.referral_id), "live"),
        (str(first.referral_id), "withdrawn"),
    ]
    live = (await http.get("/v1/offers", params={"after": page["next"], "status": "live"})).json()
    assert [o["referral_id"] for o in live["items"]] == [str(second.referral_id)]
    assert live["next"] == changed["next"]
    empty = (await http.get("/v1/offers", params={"after": changed["next"]})).json()
    assert (empty["items"], empty["next"], empty["more"]) == ([], changed["next"], False)


async def test_pages_hold_each_offer_once(service: Service):
    """Seven offers in pages of three, in order, for live ones and for all."""
    me, http = await service.provider()
    stories = [await offered(service, me) for _ in range(7)]
    for status in ({}, {"status": "live"}):
        seen: list[str] = []
        params: dict[str, str] = {"limit": "3", **status}
        while True:
            page = (await http.get("/v1/offers", params=params)).json()
            seen += [offer["referral_id"] for offer in page["items"]]
            params["after"] = page["next"]
            if not page["more"]:
                break
        assert seen == [str(story.referral_id) for story in stories]


async def test_a_long_poll_returns_when_there_is_something(service: Service):
    """It waits while nothing is new, and answers within a moment of the change."""
    me, http = await service.provider()
    you, _other = await service.provider()
    page = (await http.get("/v1/offers")).json()
    polling = asyncio.ensure_future(
        http.get(
            "/v1/offers",
            params={"status": "live", "after": page["next"]},
            headers={"Prefer": "wait=20"},
        )
    )
    await offered(service, you)
    await asyncio.sleep(0.5)
    assert not polling.done()
    await offered(service, me)
    async with asyncio.timeout(2):
        assert len((await polling).json()["items"]) == 1


async def test_a_long_poll_ends_empty(service: Service):
    """With nothing new it ends after the seconds asked for, with the cursor to go on with."""
    _me, http = await service.provider()
    answer = await http.get("/v1/offers", headers={"Prefer": "wait=1"})
    assert answer.json()["items"] == []
    bad = await http.get("/v1/offers", params={"after": "garbage"})
    assert (bad.status_code, bad.json()["type"]) == (400, "bad-cursor")


async def test_two_processes_never_hide_an_offer_behind_a_cursor(service: Service):
    """A batch that commits late cannot slip under a cursor that was given out before."""
    me, http = await service.provider()
    slow, fast = await service.story(), await service.story()

    def batch_of(story: object) -> list[Received]:
        event = story.offers_made(me)  # type: ignore[attr-defined]
        key = story.referral_id  # type: ignore[attr-defined]
        return [Received("placements.v1", key, 1, event_id("x", key, 1), key, event)]

    async with service.pool.acquire() as one, service.pool.acquire() as two:
        late = one.transaction()
        await late.start()
        await follow_placements(one, batch_of(slow))

        async def other() -> None:
            async with two.transaction():
                await follow_placements(two, batch_of(fast))

        following = asyncio.create_task(other())
        await asyncio.sleep(0.3)
        page = (await http.get("/v1/offers")).json()
        await late.commit()
        await following
    rest = (await http.get("/v1/offers", params={"after": page["next"]})).json()
    seen = [offer["referral_id"] for offer in page["items"] + rest["items"]]
    assert sorted(seen) == sorted([str(slow.referral_id), str(fast.referral_id)])
