"""Each projection is a fold of its events: made again in one go, it has the same rows."""

import json

from services.providers.domain.ids import answer_id, award_request_id, question_answer_id
from services.providers.projections import FROM_PLACEMENTS, REGISTER, RESPONSES
from shared.contracts import care, interventions, placements
from shared.contracts.envelope import read_event
from shared.contracts.model import Event
from shared.ids import new_id
from shared.messaging.projection import Projection
from tests.integration.providers.conftest import Service
from tests.integration.providers.test_answers import NO_WAIT, path
from tests.integration.providers.test_register import AMBER
from tests.unit.providers.story import DAY


async def differences(service: Service, projection: Projection, events: list[Event]) -> object:
    """Rows of the live table that a rebuild lacks, and the other way round."""
    table = projection.rows.table
    async with service.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            f"create temp table shadow (like {table} including all) on commit drop"
        )
        await projection.apply(connection, events, table="shadow")
        assert await connection.fetchval("select count(*) from shadow") > 0
        return await connection.fetch(
            f"(select to_jsonb(a) from {table} a except select to_jsonb(b) from shadow b) union all"
            f" (select to_jsonb(b) from shadow b except select to_jsonb(a) from {table} a)"
        )


async def own_events(service: Service, topic: str) -> list[Event]:
    """What this service has appended to a topic, in order."""
    rows = await service.pool.fetch(
        "select type, body::text as body from events where topic = $1 order by position", topic
    )
    return [read_event(row["type"], row["body"].encode()) for row in rows]


async def test_every_projection_equals_its_rebuild(service: Service):
    """Offers, packages, searches, outcomes, links, responses and the register."""
    me, http = await service.provider()
    you, other = await service.provider()
    operator = await service.client("operator")
    for name in ("A", "B"):
        await operator.put(f"/v1/providers/{me}", json={**AMBER, "name": name})
    story = await service.story()
    told: list[Event] = []

    async def tell(*events: Event) -> None:
        told.extend(events)
        await service.tell(*events)

    linked = story.event(interventions.PackageLinked, linked_referral_id=new_id())
    await tell(story.search_started(), linked, story.offers_made(me, you))
    await http.post(path(story, me), headers=NO_WAIT)
    await other.post(path(story, you), headers=NO_WAIT)
    await tell(story.stood(you, answer_id(story.offer_id(you))))
    await tell(story.awarded(me, answer_id(story.offer_id(me))), story.withdrawn(you))
    await http.post(f"/v1/packages/{story.referral_id}/confirm", headers=NO_WAIT)
    await tell(story.of_award(placements.AwardConfirmed, me, new_id()))
    await tell(story.of_award(placements.CareStarted, me, started_at=story.at), story.paused(me))
    await tell(story.restart_asked(me))
    await http.post(f"/v1/packages/{story.referral_id}/restart/agree", headers=NO_WAIT)
    answer = question_answer_id(story.award_id(me), "restart", 1)
    await tell(
        story.of_award(care.CareResumed, me, answer, restart_at=story.at),
        story.change_asked(me),
    )
    change = f"/v1/packages/{story.referral_id}/change/agree"
    await http.post(change, json={"version": 2}, headers=NO_WAIT)
    answer = question_answer_id(story.award_id(me), "change", 2)
    await tell(story.of_award(care.ChangeAgreed, me, answer, version=2, weekly_minutes=120))
    body = {"reason": "rate", "last_visit_at": (story.at + DAY).isoformat()}
    await http.post(f"/v1/packages/{story.referral_id}/hand-back", json=body, headers=NO_WAIT)
    await tell(story.handed_back(me, award_request_id(story.award_id(me), "hand_back")))
    await tell(story.of_care(care.CareEnded, me, because="handed_back"))
    for projection in FROM_PLACEMENTS:
        assert await differences(service, projection, told) == []
    for projection, topic in ((RESPONSES, "responses.v1"), (REGISTER, "providers.v1")):
        assert await differences(service, projection, await own_events(service, topic)) == []
    last = await service.pool.fetchval(
        "select json_object_agg(topic || key, last_sequence) from streams"
    )
    counted = await service.pool.fetchval(
        "select json_object_agg(topic || key, n) from"
        " (select topic, key, max(sequence) as n from events group by 1, 2) as ends"
    )
    assert json.loads(last) == json.loads(counted)
