"""A referral is acknowledged, kept and announced, complete or not; what is wrong is refused."""

import asyncio
import json
from typing import Any

import pytest

from shared.contracts.referrals import ReferralCompleted, ReferralReceived, RequirementAmended
from tests.integration.referrals.conftest import Service, Start, count
from tests.integration.referrals.samples import (
    nhs_number,
    person,
    referral,
    requirement,
    visit,
    without,
)


async def test_complete_referral(service: Service) -> None:
    """A complete referral is 201, and one event says so with all that offers need."""
    answer = await service.client.post(
        "/v1/referrals", json=referral(), headers=await service.ward()
    )
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["status"], body["missing"], body["warnings"]) == ("complete", [], [])
    assert body["received_at"] == body["complete_at"]
    assert answer.headers["location"] == f"/v1/referrals/{body['referral_id']}"
    (event,) = await service.events()
    assert (event["topic"], event["sequence"]) == ("referrals.v1", 1)
    received = ReferralReceived.model_validate_json(event["body"])
    assert received.wanted is not None
    assert received.wanted.outcode == "E17"
    assert received.wanted.gender is None
    assert received.wanted.requirement.weekly_minutes == 90
    assert await count(service.database, "outbox") == 1


@pytest.mark.parametrize("permitted", [False, True])
async def test_the_sector_leaves_only_where_it_is_permitted(start: Start, permitted: bool) -> None:
    """By the service's setting; no more of the postcode ever leaves."""
    async with start(sends_sector=permitted) as service:
        await service.client.post("/v1/referrals", json=referral(), headers=await service.ward())
        (event,) = await service.events()
        body = json.loads(event["body"])
        assert body["wanted"]["outcode"] == "E17"
        assert body["wanted"]["sector"] == ("E17 9" if permitted else None)


async def test_gender_only_where_it_matters(service: Service) -> None:
    """The person's gender leaves only where the carer's gender is asked for."""
    preferences = {"carer_gender": {"value": "female", "strength": "must"}}
    await service.client.post(
        "/v1/referrals",
        json=referral(requirement=requirement(preferences=preferences)),
        headers=await service.ward(),
    )
    (event,) = await service.events()
    assert json.loads(event["body"])["wanted"]["gender"] == "female"


async def test_partial_then_completed_by_the_hub(service: Service) -> None:
    """A ward sends what it knows; the hub adds the rest, and the search starts once."""
    partial = without(referral(), "authorisation", "requirement.visits", "person.postcode")
    sent = await service.client.post("/v1/referrals", json=partial, headers=await service.ward())
    assert sent.status_code == 201, sent.text
    assert sent.json()["missing"] == ["authorisation", "requirement.visits", "person.postcode"]
    assert sent.json()["complete_at"] is None
    hub = await service.token("hub", organisations=frozenset({"whipps"}), wards=None)
    path = f"/v1/referrals/{sent.json()['referral_id']}"
    some = await service.client.patch(path, json={"person": {"postcode": "E4 7AA"}}, headers=hub)
    assert some.json()["missing"] == ["authorisation", "requirement.visits"]
    urgent = {"basis": "urgent", "funder": "icb_chc", "due_by": "2030-01-01T09:00:00Z"}
    rest = {"authorisation": urgent, "requirement": {"visits": [visit(minutes=20)]}}
    done = await service.client.patch(path, json=rest, headers=hub)
    assert (done.json()["status"], done.json()["missing"]) == ("complete", [])
    assert done.json()["warnings"][0]["path"] == "requirement.visits.0.minutes"
    received, completed = await service.events()
    assert json.loads(received["body"])["wanted"] is None
    event = ReferralCompleted.model_validate_json(completed["body"])
    assert (completed["sequence"], event.wanted.outcode) == (2, "E4")
    assert event.wanted.requirement.needs == ("medication",)
    again = await service.client.patch(path, json=rest, headers=hub)
    assert (again.status_code, len(await service.events())) == (200, 2)
    other = {"requirement": {"visits": [visit(minutes=45)]}}
    changed = await service.client.patch(path, json=other, headers=hub)
    assert (changed.status_code, changed.json()["status"]) == (200, "complete")
    amended = (await service.events())[-1]
    change = RequirementAmended.model_validate_json(amended["body"])
    assert change.wanted.requirement.visits[0].minutes == 45


async def test_bare_minimum(service: Service) -> None:
    """A ward may know next to nothing: it is kept, and everything missing is listed."""
    answer = await service.client.post(
        "/v1/referrals",
        json={"source": referral()["source"], "pathway": "P1"},
        headers=await service.ward(),
    )
    assert answer.json()["missing"] == [
        "authorisation",
        "requirement",
        "person.postcode",
        "person.nhs_number",
        "person.name",
        "person.date_of_birth",
        "person.address_lines",
        "discharge_ready_at",
    ]


BAD: list[tuple[dict[str, Any], str, str]] = [
    (referral(person=person(nhs_number="9990000017")), "person.nhs_number", "nhs_number"),
    (referral(person=person(nhs_number="1111111111")), "person.nhs_number", "nhs_number"),
    (
        referral(person=person(nhs_number_absent_reason="not_known")),
        "person",
        "nhs_number_and_reason",
    ),
    (referral(person=person(postcode="GIR 0AA")), "person.postcode", "postcode"),
    (referral(person=person(postcode="E17")), "person.postcode", "postcode"),
    (referral(person=person(date_of_birth="2999-01-01")), "person.date_of_birth", "date_of_birth"),
    (referral(person=person(date_of_birth="1890-01-01")), "person.date_of_birth", "date_of_birth"),
    (
        referral(person=person(family_name="Quill\x00feather")),
        "person.family_name",
        "control_character",
    ),
    (
        referral(person=person(family_name="Q" * 121)),
        "person.family_name",
        "string_too_long",
    ),
    (referral(person=person(surname="Quillfeather")), "person", "extra_forbidden"),
    (
        referral(requirement=requirement(visits=[visit(carers=3)])),
        "requirement.visits.0.carers",
        "less_than_equal",
    ),
    (
        referral(requirement=requirement(visits=[visit(minutes=14)])),
        "requirement.visits.0.minutes",
        "greater_than_equal",
    ),
    (
        referral(
            requirement=requirement(visits=[visit(band=None, **{"from": "10:00", "to": "09:00"})])
        ),
        "requirement.visits.0",
        "visit_time",
    ),
    (
        referral(requirement=requirement(needs=["Quillfeather"])),
        "requirement.needs.0",
        "literal_error",
    ),
    (
        referral(requirement=requirement(ready_at="2026-03-04T09:00:00")),
        "requirement.ready_at",
        "timezone_aware",
    ),
    (
        referral(requirement=requirement(ready_at="0001-01-01T00:00:00Z")),
        "requirement.ready_at",
        "instant_range",
    ),
    (
        referral(
            authorisation={
                "basis": "urgent",
                "at": "2026-03-02T00:00:00Z",
                "due_by": "2026-03-01T00:00:00Z",
            }
        ),
        "authorisation",
        "authorisation_due",
    ),
    (referral(pathway="P9"), "pathway", "literal_error"),
    (without(referral(), "source"), "source", "missing"),
]


@pytest.mark.parametrize(("body", "path", "code"), BAD, ids=[f"{p}-{c}" for _, p, c in BAD])
async def test_bad_referral(service: Service, body: dict[str, Any], path: str, code: str) -> None:
    """What is wrong is named by path and code, its value is not repeated, and nothing is stored."""
    answer = await service.client.post("/v1/referrals", json=body, headers=await service.ward())
    assert answer.status_code == 422, answer.text
    assert (path, code) in {(e["path"], e["code"]) for e in answer.json()["errors"]}
    for value in ("Quill", "9990000017", "1111111111", "GIR", "2999", "1890"):
        assert value not in answer.text
    for table in ("referrals", "person", "events", "board", "open_nhs_numbers"):
        assert await count(service.database, table) == 0


async def test_outside_scope(service: Service) -> None:
    """A ward sends for itself only, and another's referral does not exist for it."""
    aspen, birch = await service.ward("aspen"), await service.ward("birch")
    foreign = await service.client.post("/v1/referrals", json=referral(), headers=birch)
    assert (foreign.status_code, foreign.json()["type"]) == (403, "outside-scope")
    own = await service.client.post("/v1/referrals", json=referral(), headers=aspen)
    assert own.status_code == 201, own.text
    path = f"/v1/referrals/{own.json()['referral_id']}"
    assert (await service.client.get(path, headers=birch)).status_code == 404
    assert (await service.client.patch(path, json={}, headers=birch)).status_code == 404
    withdrawal = {"reason": "died"}
    gone = await service.client.post(f"{path}/withdraw", json=withdrawal, headers=birch)
    assert gone.status_code == 404
    assert (await service.client.get(path, headers=aspen)).status_code == 200


async def test_duplicate(service: Service) -> None:
    """One open referral a person: the second is 409, named only to who may see the first."""
    number = nhs_number()
    aspen, birch = await service.ward("aspen"), await service.ward("birch")
    first = await service.client.post(
        "/v1/referrals", json=referral(person=person(nhs_number=number)), headers=aspen
    )
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    second = referral(person=person(nhs_number=spaced))
    seen = await service.client.post("/v1/referrals", json=second, headers=aspen)
    assert (seen.status_code, seen.json()["type"]) == (409, "duplicate-referral")
    assert seen.json()["referral_id"] == first.json()["referral_id"]
    second["source"] = {**second["source"], "ward": "birch"}
    unseen = await service.client.post("/v1/referrals", json=second, headers=birch)
    assert (unseen.status_code, "referral_id" in unseen.json()) == (409, False)
    await service.client.post(
        f"/v1/referrals/{first.json()['referral_id']}/withdraw",
        json={"reason": "readmitted"},
        headers=aspen,
    )
    anew = await service.client.post("/v1/referrals", json=second, headers=birch)
    assert anew.status_code == 201


async def test_duplicates_at_the_same_moment(service: Service) -> None:
    """Of ten referrals of one person sent together, one is taken."""
    headers = await service.ward()
    number = nhs_number()
    answers = await asyncio.gather(
        *(
            service.client.post(
                "/v1/referrals", json=referral(person=person(nhs_number=number)), headers=headers
            )
            for _ in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert await count(service.database, "referrals") == 1


async def test_repeat_with_key(service: Service) -> None:
    """The same key gets the same referral, also after ten attempts at once."""
    headers = {**await service.ward(), "Idempotency-Key": "abc"}
    body = referral()
    answers = await asyncio.gather(
        *(service.client.post("/v1/referrals", json=body, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    final = await service.client.post("/v1/referrals", json=body, headers=headers)
    assert final.status_code == 201
    assert final.headers["idempotency-replayed"] == "true"
    assert await count(service.database, "referrals") == 1


async def test_withdraw(service: Service) -> None:
    """A withdrawal is 202, announced once, and its note stays in the notes."""
    headers = await service.ward()
    sent = await service.client.post("/v1/referrals", json=referral(), headers=headers)
    path = f"/v1/referrals/{sent.json()['referral_id']}/withdraw"
    wordless = await service.client.post(path, json={"reason": "other"}, headers=headers)
    assert wordless.status_code == 422
    reason = {"reason": "other", "note": "Marjorie's niece will help"}
    for _ in range(2):
        answer = await service.client.post(path, json=reason, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (202, "withdrawing")
    other = await service.client.post(path, json={"reason": "died"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "already-withdrawn")
    assert [event["type"] for event in await service.events()] == [
        "homeward.referral.received.v1",
        "homeward.referral.withdrawal-requested.v1",
    ]
    assert await service.database.fetchval("select text from notes") == reason["note"]


async def test_number_supplied_later(service: Service) -> None:
    """A number that comes later takes the person's place; a corrected one frees the old."""
    headers = await service.ward()
    number, other = nhs_number(), nhs_number()
    unknown = person(nhs_number=None, nhs_number_absent_reason="not_known", postcode=None)
    sent = await service.client.post(
        "/v1/referrals", json=referral(person=unknown), headers=headers
    )
    path = f"/v1/referrals/{sent.json()['referral_id']}"
    for given in (number, other):
        patch = {"person": {"nhs_number": given}}
        assert (await service.client.patch(path, json=patch, headers=headers)).status_code == 200
    taken = referral(person=person(nhs_number=other))
    again = await service.client.post("/v1/referrals", json=taken, headers=headers)
    assert again.status_code == 409
    free = referral(person=person(nhs_number=number, postcode=None))
    second = await service.client.post("/v1/referrals", json=free, headers=headers)
    assert second.status_code == 201
    clash = await service.client.patch(
        f"/v1/referrals/{second.json()['referral_id']}",
        json={"person": {"nhs_number": other}},
        headers=headers,
    )
    assert (clash.status_code, clash.json()["type"]) == (409, "duplicate-referral")
