"""The register: what operators write, what is published, who reads it."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.providers import ProviderRecorded
from shared.ids import new_id
from tests.integration.providers.conftest import Service

FRAMEWORK = {
    "kind": "framework",
    "lot": "lot-1",
    "rank": 2,
    "rate": "17.90",
    "notice_days": 28,
    "from": "2022-10-01",
    "to": "2026-09-30",
    "accept_new": True,
}
AMBER: dict[str, Any] = {
    "name": "Amber Care",
    "contracts": [FRAMEWORK],
    "outcodes": ["E17", "E10"],
    "capabilities": ["personal_care", "dementia"],
    "languages": ["ur"],
    "carer_genders": ["female"],
    "cqc_rating": "good",
}
SUSPENSION = {"reason": "quality", "since": "2026-01-05T08:00:00Z", "review_on": "2026-02-05"}


KNOWN: dict[str, Any] = {
    "branches": ["E17 3", "E10"],
    "capacity_hours": 420.5,
    "insured_until": "2026-11-30",
    "data_protection_until": "2026-09-14",
}


async def published(service: Service, provider_id: UUID) -> list[ProviderRecorded]:
    """The provider's events, checked against their contract and sequence."""
    rows = await service.events("providers.v1", provider_id)
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    return [ProviderRecorded.model_validate_json(row["body"]) for row in rows]


async def test_what_gates_and_ranking_weigh_is_recorded(service: Service):
    """Branches, declared capacity and the two dates; what is left out is not known."""
    operator = await service.client("operator")
    provider_id = new_id()
    url = f"/v1/providers/{provider_id}"
    await operator.put(url, json=AMBER)
    await operator.put(url, json=AMBER | KNOWN)
    unknown, known = await published(service, provider_id)
    assert (unknown.branches, unknown.capacity_hours, unknown.insured_until) == ((), None, None)
    assert (known.branches, known.capacity_hours) == (("E10", "E17 3"), 420.5)
    assert str(known.data_protection_until) == "2026-09-14"
    read = (await operator.get(url)).json()
    assert {key: read[key] for key in KNOWN} == KNOWN | {"branches": ["E10", "E17 3"]}
    for wrong in ({"branches": ["E17 3AB"]}, {"capacity_hours": -1}, {"insured_until": 5}):
        assert (await operator.put(url, json=AMBER | wrong)).status_code == 422


async def test_a_provider_is_recorded_and_read_back(service: Service):
    """201 first, 200 after; pounds come in as text or number and are published as pence."""
    operator = await service.client("operator")
    provider_id = new_id()
    url = f"/v1/providers/{provider_id}"
    first = await operator.put(url, json=AMBER)
    assert (first.status_code, first.json()["sequence"]) == (201, 1)
    number = {**AMBER, "contracts": [{**FRAMEWORK, "rate": 18.2}]}
    second = await operator.put(url, json=number)
    assert (second.status_code, second.json()["sequence"]) == (200, 2)
    events = await published(service, provider_id)
    assert [event.contracts[0].rate_pence for event in events] == [1790, 1820]
    read = (await operator.get(url)).json()
    assert read["contracts"] == [{**FRAMEWORK, "rate": "18.20", "rate_cards": []}]
    assert read["outcodes"] == ["E10", "E17"]
    body = {key: read[key] for key in (*AMBER, *KNOWN, "suspension")}
    again = await operator.put(url, json=body)
    assert (again.status_code, again.json()["changed"]) == (200, False)


async def test_the_same_state_publishes_nothing(service: Service):
    """Neither a repeat nor another order of sets is a change."""
    operator = await service.client("operator")
    provider_id = new_id()
    url = f"/v1/providers/{provider_id}"
    for body in (AMBER, AMBER, {**AMBER, "outcodes": ["E10", "E17", "E17"]}):
        await operator.put(url, json=body)
    assert len(await published(service, provider_id)) == 1


async def test_a_suspension_keeps_its_words_here(service: Service):
    """The reason and dates are published; note and who was told are for operators only."""
    operator, broker = await service.client("operator"), await service.client("broker")
    provider_id = new_id()
    itself = await service.client("provider", provider_id)
    url = f"/v1/providers/{provider_id}"
    words = {"reason": "safeguarding", "note": "NOTE-MARK", "told": "TOLD-MARK"}
    body = {**AMBER, "suspension": {**SUSPENSION, **words}}
    for _ in range(2):
        assert (await operator.put(url, json=body)).status_code in (200, 201)
    (event,) = await published(service, provider_id)
    assert event.suspension is not None
    assert "MARK" not in event.model_dump_json()
    assert await service.pool.fetchval("select count(*) from notes") == 1
    assert "NOTE-MARK" in (await operator.get(url)).text
    for other in (broker, itself):
        answer = await other.get(url)
        assert answer.json()["suspension"]["reason"] == "safeguarding"
        assert "MARK" not in answer.text
    await operator.put(url, json=AMBER)
    assert (await published(service, provider_id))[-1].suspension is None
    later = {**SUSPENSION, "since": "2026-01-06T08:00:00Z"}
    await operator.put(url, json={**AMBER, "suspension": later})
    assert "MARK" not in (await operator.get(url)).text


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"contracts": [{**FRAMEWORK, "lot": None}]}, "contracts.0.lot"),
        ({"contracts": [{**FRAMEWORK, "to": "2022-09-30"}]}, "contracts.0.to"),
        ({"contracts": [FRAMEWORK, FRAMEWORK]}, "contracts.1.from"),
        ({"contracts": [{**FRAMEWORK, "kind": "dps", "rank": None}]}, "contracts.0.lot"),
        ({"contracts": [{**FRAMEWORK, "rate": "17.905"}]}, "contracts.0.rate"),
        ({"contracts": [{**FRAMEWORK, "rate": -1}]}, "contracts.0.rate"),
        ({"contracts": [{**FRAMEWORK, "rate": "NaN"}]}, "contracts.0.rate"),
        ({"outcodes": ["E17 4AA"]}, "outcodes.0"),
        ({"capabilities": ["juggling"]}, "capabilities.0"),
        ({"cqc_rating": "fine"}, "cqc_rating"),
        ({"name": ""}, "name"),
        ({"suspension": {**SUSPENSION, "reason": "other"}}, "suspension.note"),
        ({"suspension": {**SUSPENSION, "reason": "safeguarding"}}, "suspension.told"),
        ({"suspension": {**SUSPENSION, "review_on": "2026-01-04"}}, "suspension.review_on"),
        ({"suspension": {**SUSPENSION, "since": "2026-01-05T08:00:00"}}, "suspension.since"),
        ({"unknown": 1}, "body"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_stored(service: Service, changes, where):
    """422 with the path; no event, no entry."""
    operator = await service.client("operator")
    provider_id = new_id()
    answer = await operator.put(f"/v1/providers/{provider_id}", json={**AMBER, **changes})
    assert answer.status_code == 422
    assert where in [error["path"] for error in answer.json()["errors"]]
    assert await published(service, provider_id) == []


async def test_a_list_is_recorded_whole_or_not_at_all(service: Service):
    """All in one transaction; one wrong entry, or one twice, refuses the list."""
    operator = await service.client("operator")
    many = [{**AMBER, "provider_id": str(new_id()), "name": f"P{n}"} for n in range(60)]
    wrong = [*many, {**AMBER, "provider_id": str(new_id()), "contracts": [FRAMEWORK] * 2}]
    answer = await operator.put("/v1/providers", json=wrong)
    assert answer.json()["errors"][0]["path"] == "60.contracts.1.from"
    answer = await operator.put("/v1/providers", json=[*many, many[0]])
    assert answer.json()["errors"][0]["code"] == "duplicate"
    assert await service.pool.fetchval("select count(*) from events") == 0
    answer = await operator.put("/v1/providers", json=many)
    assert answer.status_code == 200
    assert {item["sequence"] for item in answer.json()["items"]} == {1}
    again = (await operator.put("/v1/providers", json=list(reversed(many)))).json()["items"]
    assert not any(item["changed"] for item in again)
    too_many = [{**AMBER, "contracts": [], "provider_id": str(new_id())} for _ in range(501)]
    assert (await operator.put("/v1/providers", json=too_many)).status_code == 422
    assert (await operator.put("/v1/providers", json=[])).status_code == 422


async def test_lists_and_single_entries_at_once_keep_the_sequence(service: Service):
    """Writers of the same providers on two processes take turns: no gap, no deadlock."""
    clients = [await service.client("operator", process=number % 2) for number in range(2)]
    ids = [str(new_id()) for _ in range(20)]

    async def write(number: int) -> None:
        order = ids if number % 2 else list(reversed(ids))
        body = [{**AMBER, "provider_id": one, "name": f"N{number}"} for one in order]
        answer = await clients[number % 2].put("/v1/providers", json=body)
        assert answer.status_code == 200

    await asyncio.gather(*[write(number) for number in range(8)])
    for one in ids:
        assert len(await published(service, UUID(one))) == 8


async def test_the_list_has_pages(service: Service):
    """In order of id, each provider once, for operators and brokers."""
    operator, broker = await service.client("operator"), await service.client("broker")
    many = [{**AMBER, "provider_id": str(new_id())} for _ in range(5)]
    await operator.put("/v1/providers", json=many)
    seen: list[str] = []
    params: dict[str, str] = {"limit": "2"}
    while True:
        page = (await broker.get("/v1/providers", params=params)).json()
        seen += [item["provider_id"] for item in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert seen == sorted(item["provider_id"] for item in many)


async def test_who_may_read_and_write(service: Service):
    """Providers see themselves and nobody else; only operators write."""
    operator, broker = await service.client("operator"), await service.client("broker")
    me, http = await service.provider()
    you, _other = await service.provider()
    for provider_id in (me, you):
        await operator.put(f"/v1/providers/{provider_id}", json=AMBER)
    assert (await http.get(f"/v1/providers/{me}")).status_code == 200
    assert (await http.get(f"/v1/providers/{you}")).status_code == 404
    assert (await http.get("/v1/providers")).status_code == 403
    assert (await broker.get(f"/v1/providers/{you}")).status_code == 200
    for client in (broker, http):
        assert (await client.put(f"/v1/providers/{me}", json=AMBER)).status_code == 403
    assert (await operator.get(f"/v1/providers/{new_id()}")).status_code == 404


async def test_an_idempotency_key_answers_a_put_again(service: Service):
    """The same key and body get the same answer; another body is 422."""
    operator = await service.client("operator")
    url = f"/v1/providers/{new_id()}"
    key = {"Idempotency-Key": "once"}
    first = await operator.put(url, json=AMBER, headers=key)
    again = await operator.put(url, json=AMBER, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await operator.put(url, json={**AMBER, "name": "B"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "key-reused")


async def test_entries_are_the_newest_event(service: Service):
    """A row of the register is the body of the last event of its key."""
    operator = await service.client("operator")
    provider_id = new_id()
    for name in ("A", "B"):
        await operator.put(f"/v1/providers/{provider_id}", json={**AMBER, "name": name})
    entry = await service.pool.fetchval("select entry::text from providers")
    rows = await service.events("providers.v1", provider_id)
    assert json.loads(entry) == json.loads(rows[-1]["body"])
