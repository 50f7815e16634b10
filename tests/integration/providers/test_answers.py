"""A provider answers an offer: what is stored, what it waits for, what it is told."""

import asyncio
from uuid import UUID

import httpx

from services.providers.domain.ids import answer_id
from shared.contracts.model import Event
from shared.ids import new_id
from tests.integration.providers.conftest import Service
from tests.unit.providers.story import Story

NO_WAIT = {"Prefer": "wait=0"}


async def offered(service: Service, *provider_ids: UUID, minutes: float = 60) -> Story:
    """A referral that these providers are asked about."""
    story = await service.story()
    await service.tell(story.search_started(), story.offers_made(*provider_ids, minutes=minutes))
    return story


def path(story: Story, provider_id: UUID, verb: str = "accept") -> str:
    """Where to answer."""
    return f"/v1/offers/{story.offer_id(provider_id)}/{verb}"


async def answered_by(
    service: Service, request: "asyncio.Future[httpx.Response]", story: Story, event: Event
) -> httpx.Response:
    """The answer to a request that waits, once matching has decided."""
    while not await service.events("responses.v1", story.referral_id):
        await asyncio.sleep(0.02)
    await service.tell(event)
    return await request


async def test_a_yes_is_recorded_and_answered_when_matching_awards(service: Service):
    """One event under one sequence; 200 awarded with what the provider needs next."""
    me, http = await service.provider()
    story = await offered(service, me)
    waiting = asyncio.ensure_future(http.post(path(story, me)))
    awarded = story.awarded(me, answer_id(story.offer_id(me)))
    answer = await answered_by(service, waiting, story, awarded)
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("confirm_by")
    assert body == {
        "result": "awarded",
        "award_id": str(story.award_id(me)),
        "referral_id": str(story.referral_id),
    }
    (event,) = await service.events("responses.v1", story.referral_id)
    assert event["sequence"] == 1
    assert event["type"] == "homeward.response.offer-accepted.v1"


async def test_a_yes_may_stand_and_be_decided_later(service: Service):
    """Standing is told at once with its instant; a repeat is told what became of it."""
    me, http = await service.provider()
    story = await offered(service, me)
    response_id = answer_id(story.offer_id(me))
    assert (await http.post(path(story, me), headers=NO_WAIT)).status_code == 202
    await service.tell(story.stood(me, response_id))
    key = {"Idempotency-Key": "standing"}
    standing = await http.post(path(story, me), headers=key)
    assert standing.json().keys() == {"result", "decided_by"}
    await service.tell(story.awarded(me, response_id))
    assert (await http.post(path(story, me), headers=key)).json()["result"] == "awarded"
    again = await http.post(path(story, me), headers=key)
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_undecided_in_time_is_202_with_a_place_to_look(service: Service):
    """With matching away the answer is kept; the offer shows it and later its result."""
    me, http = await service.provider()
    story = await offered(service, me)
    answer = await http.post(path(story, me), headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.json() == {"result": "undecided"}
    assert int(answer.headers["Retry-After"]) > 0
    seen = (await http.get(answer.headers["Location"])).json()
    assert seen["answer"]["result"] == "undecided"
    await service.tell(story.awarded(me, answer_id(story.offer_id(me))))
    seen = (await http.get(answer.headers["Location"])).json()
    assert (seen["status"], seen["answer"]["result"]) == ("accepted", "awarded")


async def test_matching_may_refuse_what_was_in_time_here(service: Service):
    """The answer comes from matching: 409 already-placed though the offer looked live here."""
    me, http = await service.provider()
    story = await offered(service, me)
    await http.post(path(story, me), headers=NO_WAIT)
    response_id = answer_id(story.offer_id(me))
    await service.tell(story.refused(me, "accept", "already-placed", response_id))
    answer = await http.post(path(story, me))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "already-placed"


async def test_a_no_is_recorded_with_its_words_kept_here(service: Service):
    """The reason is published; the note and who was told are in the notes and nowhere else."""
    me, http = await service.provider()
    story = await offered(service, me)
    body = {"reason": "safety", "note": "NOTE-MARK", "told": "TOLD-MARK"}
    waiting = asyncio.ensure_future(http.post(path(story, me, "decline"), json=body))
    declined = story.declined(me, answer_id(story.offer_id(me)))
    answer = await answered_by(service, waiting, story, declined)
    assert (answer.status_code, answer.json()) == (200, {"result": "declined"})
    (event,) = await service.events("responses.v1", story.referral_id)
    assert "MARK" not in event["body"]
    note = await service.pool.fetchrow("select * from notes")
    assert note is not None
    assert (note["about_id"], note["text"]) == (story.referral_id, "NOTE-MARK")
    assert "TOLD-MARK" in note["details"]


async def test_an_answer_after_the_deadline_stores_nothing(service: Service):
    """409 offer-lapsed, no event, no response, though no event said that it lapsed."""
    me, http = await service.provider()
    story = await offered(service, me, minutes=0.01)
    await asyncio.sleep(0.7)
    for verb, body in (("accept", {}), ("decline", {"reason": "area"})):
        answer = await http.post(path(story, me, verb), json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "offer-lapsed")
    assert await service.events("responses.v1", story.referral_id) == []
    assert await service.pool.fetchval("select count(*) from responses") == 0
    assert await service.pool.fetchval("select count(*) from streams") == 0
    seen = (await http.get(f"/v1/offers/{story.offer_id(me)}")).json()
    assert seen["status"] == "lapsed"


async def test_an_acceptance_in_time_counts_though_the_offer_lapsed_since(service: Service):
    """Recorded before the deadline, decided after it: the repeat is told awarded."""
    me, http = await service.provider()
    story = await offered(service, me)
    await http.post(path(story, me), headers=NO_WAIT)
    await service.tell(story.lapsed(me))
    assert (await http.post(path(story, me), headers=NO_WAIT)).status_code == 202
    await service.tell(story.awarded(me, answer_id(story.offer_id(me))))
    assert (await http.post(path(story, me))).json()["result"] == "awarded"


async def test_why_an_offer_was_withdrawn_decides_the_refusal(service: Service):
    """Placed elsewhere is already-placed; any other withdrawal is offer-withdrawn."""
    me, http = await service.provider()
    for because, code in (
        ("placed", "already-placed"),
        ("referral_withdrawn", "offer-withdrawn"),
    ):
        story = await offered(service, me)
        await service.tell(story.withdrawn(me, because=because))
        answer = await http.post(path(story, me))
        assert (answer.status_code, answer.json()["type"]) == (409, code)


async def test_the_first_answer_counts(service: Service):
    """A different answer is refused whether the first came here or by telephone."""
    me, http = await service.provider()
    story = await offered(service, me)
    await http.post(path(story, me), headers=NO_WAIT)
    answer = await http.post(path(story, me, "decline"), json={"reason": "area"})
    assert (answer.status_code, answer.json()["type"]) == (409, "already-answered")
    by_telephone = await offered(service, me)
    await service.tell(by_telephone.declined(me, via="telephone"))
    answer = await http.post(path(by_telephone, me))
    assert (answer.status_code, answer.json()["type"]) == (409, "already-answered")
    answer = await http.post(path(by_telephone, me, "decline"), json={"reason": "area"})
    assert answer.json() == {"result": "declined"}
    seen = (await http.get(f"/v1/offers/{by_telephone.offer_id(me)}")).json()
    assert seen["answer"] == {
        "answer": "decline",
        "via": "telephone",
        "recorded_at": None,
        "result": "declined",
        "code": None,
    }


async def test_a_yes_by_telephone_is_joined(service: Service):
    """Accepting what was accepted by telephone tells what became of that."""
    me, http = await service.provider()
    story = await offered(service, me)
    await service.tell(story.stood(me, None, via="telephone"))
    assert (await http.post(path(story, me))).json()["result"] == "standing"
    await service.tell(story.awarded(me, via="telephone"))
    assert (await http.post(path(story, me))).json()["result"] == "awarded"
    assert await service.events("responses.v1", story.referral_id) == []


async def test_a_hand_award_to_oneself_is_not_already_placed(service: Service):
    """The offer is withdrawn as placed, and accepting it says that the package is one's own."""
    me, http = await service.provider()
    you, other = await service.provider()
    story = await offered(service, me, you)
    await http.post(path(story, me), headers=NO_WAIT)
    await service.tell(
        story.stood(me, answer_id(story.offer_id(me))),
        story.awarded(me, via="hand"),
        story.withdrawn(me, you),
    )
    answer = await http.post(path(story, me))
    assert (answer.status_code, answer.json()["result"]) == (200, "awarded")
    assert (await other.post(path(story, you))).json()["type"] == "already-placed"


async def test_what_is_not_ones_own_is_not_found(service: Service):
    """Another's offer looks like one that does not exist, for reading and answering."""
    me, _http = await service.provider()
    _you, other = await service.provider()
    story = await offered(service, me)
    answers = [
        await other.get(f"/v1/offers/{story.offer_id(me)}"),
        await other.post(path(story, me)),
        await other.post(path(story, me, "decline"), json={"reason": "area"}),
        await other.post(f"/v1/offers/{new_id()}/accept"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert await service.events("responses.v1", story.referral_id) == []


async def test_bad_bodies_store_nothing(service: Service):
    """Missing words, unknown reasons, unknown fields and used keys are 422."""
    me, http = await service.provider()
    story = await offered(service, me)
    for body in (
        {},
        {"reason": "other"},
        {"reason": "safety"},
        {"reason": "too far"},
        {"reason": "area", "extra": 1},
    ):
        answer = await http.post(path(story, me, "decline"), json=body)
        assert answer.status_code == 422, body
    assert (await http.post(path(story, me), json={"x": 1})).status_code == 422
    key = {"Idempotency-Key": "one", **NO_WAIT}
    decline = path(story, me, "decline")
    assert (await http.post(decline, json={"reason": "area"}, headers=key)).status_code == 202
    answer = await http.post(decline, json={"reason": "times"}, headers=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "key-reused")


async def test_other_roles_do_not_answer(service: Service):
    """An operator or a broker has no offers here, and nobody without a token has."""
    me, _http = await service.provider()
    story = await offered(service, me)
    for role in ("operator", "broker"):
        client = await service.client(role)
        assert (await client.post(path(story, me))).status_code == 403
        assert (await client.get("/v1/offers")).status_code == 403
        client.headers.pop("Authorization")
        assert (await client.post(path(story, me))).status_code == 401
