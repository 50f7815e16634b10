"""An awarded provider reads, confirms, releases and reports; nobody else does."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from services.providers.domain.ids import award_request_id
from shared.contracts import placements
from shared.ids import new_id
from tests.integration.providers.conftest import Service
from tests.integration.providers.test_answers import NO_WAIT
from tests.unit.providers.story import MINUTE, Story


async def awarded(service: Service, me: UUID, *others: UUID) -> Story:
    """A referral awarded to a provider, an hour ago."""
    story = Story(await service.now() - 60 * MINUTE)
    await service.tell(
        story.search_started(), story.offers_made(me, *others), story.awarded(me, new_id())
    )
    return story


def path(story: Story, what: str) -> str:
    """A route of the package."""
    return f"/v1/packages/{story.referral_id}/{what}"


async def test_confirm_is_answered_when_matching_confirms(service: Service):
    """200 confirmed with the award; the package shows it; a repeat and a release see it."""
    me, http = await service.provider()
    story = await awarded(service, me)
    assert (await http.post(path(story, "confirm"), headers=NO_WAIT)).status_code == 202
    response_id = award_request_id(story.award_id(me), "confirm")
    await service.tell(story.of_award(placements.AwardConfirmed, me, response_id))
    answer = await http.post(path(story, "confirm"))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "result": "confirmed",
            "award_id": str(story.award_id(me)),
            "referral_id": str(story.referral_id),
        },
    )
    release = await http.post(path(story, "release"), json={"reason": "start_date"})
    assert (release.status_code, release.json()["type"]) == (409, "already-confirmed")
    (package,) = (await http.get("/v1/packages")).json()["items"]
    assert (package["state"], package["rate"]) == ("confirmed", "17.90")
    assert package["needed"]["outcode"] == "E17"


async def test_release_ends_it_and_the_same_again_is_told_so(service: Service):
    """200 released also after another has it; its words stay in the notes."""
    me, http = await service.provider()
    you, other = await service.provider()
    story = await awarded(service, me, you)
    body = {"reason": "unsafe", "note": "NOTE-MARK", "told": "TOLD-MARK"}
    assert (await http.post(path(story, "release"), json=body, headers=NO_WAIT)).status_code == 202
    confirm = await http.post(path(story, "confirm"), headers=NO_WAIT)
    assert (confirm.status_code, confirm.json()["type"]) == (409, "not-awarded")
    response_id = award_request_id(story.award_id(me), "release")
    await service.tell(
        story.of_award(placements.AwardReleased, me, response_id, reason="unsafe"),
        story.awarded(you, new_id()),
    )
    answer = await http.post(path(story, "release"), json=body)
    assert (answer.status_code, answer.json()["result"]) == (200, "released")
    for mine, state in ((http, "released"), (other, "reserved")):
        (package,) = (await mine.get("/v1/packages")).json()["items"]
        assert package["state"] == state
    (event,) = await service.events("responses.v1", story.referral_id)
    assert "MARK" not in event["body"]


async def test_start_is_reported_once_with_one_instant(service: Service):
    """200 started; another instant is refused; a future or too early one is 422."""
    me, http = await service.provider()
    story = await awarded(service, me)
    now = await service.now()
    for wrong in (now + 5 * MINUTE, story.at - MINUTE):
        answer = await http.post(path(story, "start"), json={"started_at": wrong.isoformat()})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "started_at"
    naive = {"started_at": now.replace(tzinfo=None).isoformat()}
    assert (await http.post(path(story, "start"), json=naive)).status_code == 422
    at = now - 5 * MINUTE
    body = {"started_at": at.isoformat()}
    assert (await http.post(path(story, "start"), json=body, headers=NO_WAIT)).status_code == 202
    response_id = award_request_id(story.award_id(me), "start")
    await service.tell(
        story.of_award(placements.AwardConfirmed, me),
        story.of_award(placements.CareStarted, me, response_id, started_at=at),
    )
    assert (await http.post(path(story, "start"), json=body)).json()["result"] == "started"
    other = {"started_at": (at - timedelta(seconds=1)).isoformat()}
    answer = await http.post(path(story, "start"), json=other)
    assert (answer.status_code, answer.json()["type"]) == (409, "already-answered")
    assert (await http.post(path(story, "confirm"))).json()["result"] == "confirmed"


async def test_a_confirmation_after_a_recorded_start_waits_for_it(service: Service):
    """A start implies the confirmation: none is sent after it, and it answers both."""
    me, http = await service.provider()
    story = await awarded(service, me)
    body = {"started_at": (await service.now()).isoformat()}
    await http.post(path(story, "start"), json=body, headers=NO_WAIT)
    assert (await http.post(path(story, "confirm"), headers=NO_WAIT)).status_code == 202
    release = await http.post(path(story, "release"), json={"reason": "start_date"})
    assert (release.status_code, release.json()["type"]) == (409, "already-confirmed")
    assert len(await service.events("responses.v1", story.referral_id)) == 1
    response_id = award_request_id(story.award_id(me), "start")
    started = story.of_award(placements.CareStarted, me, response_id, started_at=story.at)
    await service.tell(story.of_award(placements.AwardConfirmed, me), started)
    assert (await http.post(path(story, "confirm"))).json()["result"] == "confirmed"


async def test_a_refused_confirmation_can_be_sent_again(service: Service):
    """Each try is a response of its own, so that the second is not answered with the first's refusal."""
    me, http = await service.provider()
    story = await awarded(service, me)
    await http.post(path(story, "confirm"), headers=NO_WAIT)
    response_id = award_request_id(story.award_id(me), "confirm")
    await service.tell(story.refused(me, "confirm", "not-awarded", response_id))
    again = await http.post(path(story, "confirm"), headers=NO_WAIT)
    assert again.status_code == 202
    assert len(await service.events("responses.v1", story.referral_id)) == 2


@pytest.mark.parametrize("verb", ["confirm", "release", "start", "person", "key-safe"])
async def test_who_is_not_awarded_gets_nothing(service: Service, verb: str):
    """409 for one who was asked, 404 for one who never was, and no call to referrals for either."""
    me, _http = await service.provider()
    asked, other = await service.provider()
    _stranger, third = await service.provider()
    story = await awarded(service, me, asked)
    body = {
        "release": {"reason": "start_date"},
        "start": {"started_at": story.at.isoformat()},
    }.get(verb)

    async def ask(http: httpx.AsyncClient) -> tuple[int, str]:
        if verb in ("person", "key-safe"):
            answer = await http.get(path(story, verb))
        else:
            answer = await http.post(path(story, verb), json=body)
        return answer.status_code, answer.json()["type"]

    assert await ask(other) == (409, "not-awarded")
    assert await ask(third) == (404, "not-found")
    assert service.referrals.asked == []
    assert await service.events("responses.v1", story.referral_id) == []
    assert await service.pool.fetchval("select count(*) from streams") == 0


@pytest.mark.parametrize("verb", ["person", "key-safe"])
async def test_personal_details_are_handed_on_and_kept_nowhere(service: Service, verb: str):
    """The awarded provider gets what referrals answers, asked with award and place, no-store."""
    me, http = await service.provider()
    story = await awarded(service, me)
    service.referrals.answer = httpx.Response(200, json={"family_name": "PERSON-MARK"})
    answer = await http.get(path(story, verb))
    assert answer.json() == {"family_name": "PERSON-MARK"}
    assert answer.headers["cache-control"] == "no-store"
    (request,) = service.referrals.asked
    assert request.url.path == f"/internal/v1/referrals/{story.referral_id}/{verb}"
    assert dict(request.url.params) == {
        "provider_id": str(me),
        "award_id": str(story.award_id(me)),
        "placement_sequence": "3",
    }


async def test_personal_details_end_with_the_award(service: Service):
    """After a release or a cancellation nothing is asked of referrals any more."""
    me, http = await service.provider()
    released, cancelled = await awarded(service, me), await awarded(service, me)
    await service.tell(
        released.of_award(placements.AwardReleased, me, reason="start_date"),
        cancelled.cancelled(me),
    )
    for story in (released, cancelled):
        answer = await http.get(path(story, "person"))
        assert (answer.status_code, answer.json()["type"]) == (409, "not-awarded")
    assert service.referrals.asked == []


@pytest.mark.parametrize(
    ("said", "status", "type_"),
    [
        (httpx.Response(503, headers={"Retry-After": "7"}), 503, "unavailable"),
        (httpx.Response(500, text="PERSON-MARK"), 503, "unavailable"),
        (httpx.Response(401, json={}), 503, "unavailable"),
        (httpx.Response(404, json={}), 404, "not-found"),
        (
            httpx.Response(409, json={"type": "too-early", "title": "T", "detail": "D"}),
            409,
            "too-early",
        ),
        (httpx.Response(409, text="PERSON-MARK"), 503, "unavailable"),
        (httpx.Response(403, json={}), 503, "unavailable"),
    ],
)
async def test_what_referrals_refuses_is_our_own_problem(
    service: Service, said: httpx.Response, status: int, type_: str
):
    """Its refusals become problems of ours; its failures 503 with Retry-After, quoting nothing."""
    me, http = await service.provider()
    story = await awarded(service, me)
    service.referrals.answer = said
    answer = await http.get(path(story, "person"))
    assert (answer.status_code, answer.json()["type"]) == (status, type_)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "MARK" not in answer.text
    if status == 503:
        assert answer.headers["Retry-After"] == said.headers.get("Retry-After", "2")


async def test_referrals_away_is_503(service: Service):
    """No connection to the referrals service: try again later."""
    me, http = await service.provider()
    story = await awarded(service, me)
    service.referrals.is_away = True
    answer = await http.get(path(story, "person"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


async def test_packages_come_in_pages(service: Service):
    """The newest award first, each once, through a cursor; by state where asked."""
    me, http = await service.provider()
    stories = [await awarded(service, me) for _ in range(5)]
    await service.tell(stories[0].cancelled(me))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await http.get("/v1/packages", params={"limit": "2", **cursor})).json()
        seen += [item["referral_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [str(story.referral_id) for story in reversed(stories)]
    only = (await http.get("/v1/packages", params={"state": "cancelled"})).json()["items"]
    assert [item["ended_because"] for item in only] == ["referral_withdrawn"]
    one = await http.get(f"/v1/packages/{stories[1].referral_id}")
    assert one.json()["state"] == "reserved"
    assert (await http.get(f"/v1/packages/{new_id()}")).status_code == 404


async def test_bad_releases_are_refused(service: Service):
    """`other` needs a note and `unsafe` who was told."""
    me, http = await service.provider()
    story = await awarded(service, me)
    for reason in ("other", "unsafe", "bored"):
        answer = await http.post(path(story, "release"), json={"reason": reason})
        assert answer.status_code == 422
    await asyncio.sleep(0)
    assert await service.events("responses.v1", story.referral_id) == []
