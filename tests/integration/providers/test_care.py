"""While care runs: hand-back, restart, change, and a referral of which a provider has two parts."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.providers.domain.ids import award_request_id, question_answer_id
from shared.contracts import care, placements
from shared.ids import new_id
from tests.integration.providers.conftest import Service
from tests.integration.providers.test_answers import NO_WAIT
from tests.integration.providers.test_packages import awarded, path
from tests.unit.providers.story import DAY, Story


async def started(service: Service, me: UUID) -> Story:
    """A package whose care has started, an hour ago."""
    story = await awarded(service, me)
    await service.tell(
        story.of_award(placements.AwardConfirmed, me),
        story.of_award(placements.CareStarted, me, started_at=story.at),
    )
    return story


async def say(http: httpx.AsyncClient, story: Story, what: str, **body: Any) -> tuple[int, str]:
    """What a provider says about a package: the status, and the result or the type of a problem."""
    answer = await http.post(path(story, what), json=body, headers=NO_WAIT)
    told = answer.json()
    return answer.status_code, told.get("result") or told["type"]


async def hand_back(service: Service, http: httpx.AsyncClient, story: Story, **changes: Any):
    """A hand-back with four weeks' notice."""
    last_visit_at = (story.at + 28 * DAY).isoformat()
    return await say(
        http,
        story,
        "hand-back",
        **{"reason": "staffing", "last_visit_at": last_visit_at, **changes},
    )


async def test_a_hand_back_keeps_care_and_access_until_the_last_visit(service: Service):
    """202, then 200 handed_back; the plan is read on; after the end it is not."""
    me, http = await service.provider()
    story = await started(service, me)
    assert await hand_back(service, http, story) == (202, "undecided")
    response_id = award_request_id(story.award_id(me), "hand_back")
    await service.tell(story.handed_back(me, response_id))
    assert await hand_back(service, http, story) == (200, "handed_back")
    other = (story.at + 3 * DAY).isoformat()
    assert await hand_back(service, http, story, last_visit_at=other) == (409, "already-answered")
    (package,) = (await http.get("/v1/packages", params={"state": "ending"})).json()["items"]
    assert (package["ended_because"], package["last_visit_at"] is None) == ("handed_back", False)
    assert (await http.get(path(story, "person"))).status_code == 200
    await service.tell(story.of_care(care.CareEnded, me, because="handed_back"))
    answer = await http.get(path(story, "person"))
    assert (answer.status_code, answer.json()["type"]) == (409, "not-awarded")
    assert await hand_back(service, http, story) == (200, "handed_back")
    assert len(await service.events("responses.v1", story.referral_id)) == 1


async def test_two_hand_backs_at_once_are_one(service: Service):
    """On two processes, with different reasons and one date: one event, and both wait for it."""
    me, http = await service.provider()
    again = await service.client("provider", me, process=1)
    story = await started(service, me)
    answers = await asyncio.gather(
        *[
            hand_back(service, client, story, reason=reason)
            for client in (http, again)
            for reason in ("staffing", "rate")
        ]
    )
    assert set(answers) == {(202, "undecided")}
    assert len(await service.events("responses.v1", story.referral_id)) == 1


async def test_a_hand_back_and_a_release_or_an_early_one(service: Service):
    """What is not confirmed is released, what is confirmed handed back; others get nothing."""
    me, http = await service.provider()
    _you, other = await service.provider()
    story = await awarded(service, me)
    assert await hand_back(service, http, story) == (409, "not-confirmed")
    assert await hand_back(service, other, story) == (404, "not-found")
    await http.post(path(story, "confirm"), headers=NO_WAIT)
    assert await hand_back(service, http, story) == (202, "undecided")
    assert await say(http, story, "release", reason="start_date") == (409, "already-confirmed")
    types = [event["type"] for event in await service.events("responses.v1", story.referral_id)]
    assert types == [
        "homeward.response.confirmation-sent.v1",
        "homeward.response.hand-back-sent.v1",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "other"}, "note"),
        ({"reason": "safety"}, "told"),
        ({"reason": "bored"}, "reason"),
        ({"last_visit_at": "2026-01-05"}, "last_visit_at"),
        ({"last_visit_at": "2001-01-05T08:00:00Z"}, "last_visit_at"),
        ({"last_visit_at": "2099-01-05T08:00:00Z"}, "last_visit_at"),
    ],
)
async def test_a_bad_hand_back_stores_nothing(service: Service, changes: Any, field: str):
    """422 names the field: a reason without its words, a date that nobody means."""
    me, http = await service.provider()
    story = await started(service, me)
    body = {"reason": "rate", "last_visit_at": (story.at + DAY).isoformat(), **changes}
    answer = await http.post(path(story, "hand-back"), json=body, headers=NO_WAIT)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert await service.events("responses.v1", story.referral_id) == []


async def test_words_stay_in_this_service(service: Service):
    """A note, and who was told, are in the notes and in no event."""
    me, http = await service.provider()
    story = await started(service, me)
    words = {"note": "NOTE-MARK", "told": "TOLD-MARK"}
    await service.tell(story.paused(me), story.restart_asked(me))
    assert await say(http, story, "restart/refuse", **words) == (202, "undecided")
    assert await hand_back(service, http, story, reason="safety", **words) == (202, "undecided")
    for event in await service.events("responses.v1", story.referral_id):
        assert "MARK" not in event["body"]
    kept = await service.pool.fetch("select text, details::text as details from notes")
    assert [("NOTE-MARK" in row["text"], "TOLD-MARK" in row["details"]) for row in kept] == [
        (True, True),
        (True, True),
    ]


async def test_a_restart_is_agreed_once(service: Service):
    """The question is shown while it is open; the first answer counts; the next one is another."""
    me, http = await service.provider()
    story = await started(service, me)
    assert await say(http, story, "restart/agree") == (409, "not-asked")
    await service.tell(story.paused(me))
    package = (await http.get(f"/v1/packages/{story.referral_id}")).json()
    assert (package["state"], package["retainer"], package["restart"]) == ("paused", True, None)
    story.at = await service.now()
    await service.tell(story.restart_asked(me))
    package = (await http.get(f"/v1/packages/{story.referral_id}")).json()
    assert package["restart"] is not None
    assert await say(http, story, "restart/agree") == (202, "undecided")
    assert await say(http, story, "restart/refuse") == (409, "already-answered")
    response_id = question_answer_id(story.award_id(me), "restart", 1)
    resumed = story.of_award(care.CareResumed, me, response_id, restart_at=story.at)
    await service.tell(resumed)
    assert await say(http, story, "restart/agree") == (200, "restart_agreed")
    package = (await http.get(f"/v1/packages/{story.referral_id}")).json()
    assert (package["state"], package["held_until"], package["restart"]) == ("started", None, None)
    await service.tell(story.paused(me), story.restart_asked(me))
    assert await say(http, story, "restart/refuse") == (202, "undecided")
    assert len(await service.events("responses.v1", story.referral_id)) == 2


async def test_an_answer_after_the_lapse_is_refused(service: Service):
    """By our own clock before matching has said so, and after it has; nothing is recorded."""
    me, http = await service.provider()
    story = await started(service, me)
    now = await service.now()
    await service.tell(story.paused(me), story.restart_asked(me, answer_by=now))
    assert await say(http, story, "restart/agree") == (409, "answer-too-late")
    await service.tell(story.of_award(care.RestartRefused, me, because="silent"))
    assert await say(http, story, "restart/agree") == (409, "answer-too-late")
    assert await service.events("responses.v1", story.referral_id) == []


async def test_an_answer_that_matching_refused_says_so(service: Service):
    """Recorded in time and read after the lapse: the answer is matching's, and can be given again."""
    me, http = await service.provider()
    story = await started(service, me)
    story.at = await service.now()
    await service.tell(story.change_asked(me))
    assert await say(http, story, "change/agree", version=2) == (202, "undecided")
    response_id = question_answer_id(story.award_id(me), "change", 2)
    await service.tell(
        story.of_award(care.ChangeRefused, me, version=2, because="silent"),
        story.refused(me, "change", "not-awarded", response_id),
    )
    assert await say(http, story, "change/agree", version=2) == (409, "answer-too-late")


async def test_a_change_is_answered_by_its_version(service: Service):
    """An answer about a version that is not asked now is refused; the agreed one is what is needed."""
    me, http = await service.provider()
    story = await started(service, me)
    story.at = await service.now()
    await service.tell(story.change_asked(me, version=2), story.change_asked(me, version=3))
    assert await say(http, story, "change/agree", version=2) == (409, "requirement-changed")
    package = (await http.get(f"/v1/packages/{story.referral_id}")).json()
    assert (package["change"]["version"], package["change"]["needed"]["outcode"]) == (3, "E10")
    assert package["needed"]["outcode"] == "E17"
    assert await say(http, story, "change/agree", version=3) == (202, "undecided")
    response_id = question_answer_id(story.award_id(me), "change", 3)
    agreed = story.of_award(care.ChangeAgreed, me, response_id, version=3, weekly_minutes=120)
    await service.tell(agreed)
    assert await say(http, story, "change/agree", version=3) == (200, "change_agreed")
    package = (await http.get(f"/v1/packages/{story.referral_id}")).json()
    assert (package["change"], package["needed"]["outcode"]) == (None, "E10")
    (event,) = await service.events("responses.v1", story.referral_id)
    assert '"version":3' in event["body"].replace(" ", "")


async def test_agree_and_refuse_at_once_have_one_winner(service: Service):
    """One is recorded; the other is told already-answered."""
    for _ in range(4):
        me, http = await service.provider()
        again = await service.client("provider", me, process=1)
        story = await started(service, me)
        story.at = await service.now()
        await service.tell(story.change_asked(me))
        answers = await asyncio.gather(
            say(http, story, "change/agree", version=2),
            say(again, story, "change/refuse", version=2),
        )
        assert sorted(answers) == [(202, "undecided"), (409, "already-answered")]
        assert len(await service.events("responses.v1", story.referral_id)) == 1


async def test_two_parts_are_told_apart_by_their_awards(service: Service):
    """By the referral it is 409 with both awards; by its award each is its own package."""
    me, http = await service.provider()
    one = await started(service, me)
    two = one.part()
    await service.tell(two.search_started(outcode="E10"), two.awarded(me, new_id()))
    awards = {str(one.award_id(me)), str(two.award_id(me))}
    for what in ("person", "key-safe"):
        answer = await http.get(path(one, what))
        assert (answer.status_code, answer.json()["type"]) == (409, "several-packages")
    answer = await http.post(path(one, "confirm"), headers=NO_WAIT)
    assert (answer.status_code, set(answer.json()["awards"])) == (409, awards)
    by_award = f"/v1/packages/{two.award_id(me)}"
    assert (await http.get(by_award)).json()["needed"]["outcode"] == "E10"
    answer = await http.post(f"{by_award}/confirm", headers=NO_WAIT)
    assert (answer.status_code, answer.headers["location"]) == (202, by_award)
    (event,) = await service.events("responses.v1", one.referral_id)
    assert str(two.award_id(me)) in event["body"]
    await http.get(f"{by_award}/person")
    (request,) = service.referrals.asked
    assert request.url.path == f"/internal/v1/referrals/{one.referral_id}/person"
    assert request.url.params["award_id"] == str(two.award_id(me))
    _you, other = await service.provider()
    assert (await other.get(by_award)).status_code == 404
    await service.tell(one.handed_back(me))
    assert (await http.get(f"/v1/packages/{one.referral_id}")).json()["award_id"] == str(
        two.award_id(me)
    )


async def test_another_parts_award_is_no_answer_to_an_offer(service: Service):
    """Who has one part and loses the other is told so, and not that it was awarded."""
    me, http = await service.provider()
    you, _other = await service.provider()
    mine = await started(service, me)
    theirs = mine.part()
    theirs.at = await service.now()
    offers = theirs.offers_made(me, you)
    await service.tell(
        theirs.search_started(), offers, theirs.awarded(you, new_id()), theirs.withdrawn(me)
    )
    answer = await http.post(f"/v1/offers/{theirs.offer_id(me)}/accept", headers=NO_WAIT)
    assert (answer.status_code, answer.json()["type"]) == (409, "already-placed")


async def test_offers_of_a_search_that_was_divided(service: Service):
    """They are withdrawn; an answer learns that the package is not to be had like this."""
    me, http = await service.provider()
    story = await service.story()
    story.at -= timedelta(minutes=1)
    await service.tell(
        story.search_started(bridging_until=story.at + 9 * DAY), story.offers_made(me)
    )
    (offer,) = (await http.get("/v1/offers?status=live")).json()["items"]
    assert offer["needed"]["until"] is not None
    await service.tell(story.withdrawn(me, because="divided"))
    answer = await http.post(f"/v1/offers/{story.offer_id(me)}/accept", headers=NO_WAIT)
    assert (answer.status_code, answer.json()["type"]) == (409, "offer-withdrawn")
    offer = (await http.get(f"/v1/offers/{story.offer_id(me)}")).json()
    assert (offer["status"], offer["because"]) == ("withdrawn", "divided")
