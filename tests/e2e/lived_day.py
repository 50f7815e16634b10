"""A day of the demo that is full of personal values, with everything wrong that can be sent."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from aiokafka import AIOKafkaProducer

from deploy.demo.brokers import NOTE_MARK as BROKERS_MARK
from deploy.demo.day import HOSPITAL, SUPPLY_MARK, WARDS, make_day
from deploy.demo.habits import NOTE_MARK as PROVIDERS_MARK
from deploy.demo.people import make_people
from deploy.demo.plan import DemoPlan
from deploy.installation import SERVICES
from shared.contracts.registry import EVENTS
from shared.contracts.topics import topics
from shared.ids import new_id
from shared.web.tokens import Scope
from tests.e2e.bad_requests import Bad, bad_requests
from tests.e2e.every_route import every_route
from tests.e2e.personal import Scanner, marks_of
from tests.faults.place import MARKET, POLICY, Place, live_through, place

PLAN = DemoPlan(seed=11, scale=400, referrals=10, day_hours=0.5, policy=POLICY, market=MARKET)
NOTES = {"referrals": SUPPLY_MARK, "matching": BROKERS_MARK, "providers": PROVIDERS_MARK}
"""What is in every note that people write, by the service that takes it."""


@dataclass(slots=True, kw_only=True)
class Lived:
    """A day full of personal values, and what was heard of it."""

    place: Place
    scanner: Scanner
    answers: list[tuple[str, str]] = field(default_factory=list)
    """What was asked, and headers and body of the answer."""
    put_there: set[tuple[str, int, int]] = field(default_factory=set)
    """Records that this test wrote: topic, partition, offset."""
    tokens: dict[str, str] = field(default_factory=dict)
    client: httpx.AsyncClient


VICTIM = make_people(4711, ["E17"])[0]
ODD_NAMES = ("Zoë Ångström-Ñuñez", "Siobhán Ó Dubhthaigh")


@asynccontextmanager
async def lived_day() -> AsyncIterator[Lived]:
    """The demo's day, with everything wrong that can be sent beside it."""
    people = [one.person for one in make_day(PLAN).referrals]
    values = {mark for person in (*people, VICTIM) for mark in marks_of(person)} | {*ODD_NAMES}
    async with place(PLAN) as here, httpx.AsyncClient(trust_env=False, timeout=60) as client:
        day = asyncio.create_task(live_through(here, PLAN))
        lived = Lived(place=here, scanner=Scanner(values), client=client)
        await _send_all_that_is_wrong(lived)
        await _write_unreadable_records(lived)
        code, told = await day
        assert code in (0, 1), told  # the unreadable records block keys, and verify says so
        lived.answers.append(("the demo's own words", told))
        await _break_things(lived)
        await _read_everything(lived)
        await _say_everything(lived)
        yield lived


async def _call(
    lived: Lived, bad: Bad, *, keep: bool = True, provider: UUID | None = None
) -> httpx.Response:
    secret = await _secret(lived, bad.role, provider)
    more: dict[str, Any] = {"json": bad.body} if bad.content is None else {"content": bad.content}
    if bad.body is None and bad.content is None:
        more = {}
    headers = {"Authorization": f"Bearer {secret}", **bad.headers}
    address = lived.place.run.service_urls[bad.service][0]
    answer = await lived.client.request(
        bad.method, address + quote(bad.path), params=bad.params, headers=headers, **more
    )
    # Its own wards' hub reads patients' names on the board; errors repeat nothing to anybody.
    if keep and (answer.is_error or bad.service != "referrals"):
        own = {"date", "x-request-id"} - {name.lower() for name in bad.headers}
        head = "\n".join(f"{n}: {value}" for n, value in answer.headers.items() if n not in own)
        lived.answers.append((f"{bad.method} {bad.service}", f"{head}\n{answer.text}"))
    return answer


async def _secret(lived: Lived, role: str, provider: UUID | None) -> str:
    known = f"{role} {provider or ''}"
    if known not in lived.tokens:
        scope = {
            "hub": Scope(organisations=frozenset({HOSPITAL}), wards=None),
            "ward": Scope(organisations=frozenset({HOSPITAL}), wards=frozenset({WARDS[0]})),
            "provider": Scope(provider_id=provider or new_id()),
        }.get(role, Scope())
        lived.tokens[known] = await lived.place.token(role, scope)  # type: ignore[arg-type]
    return lived.tokens[known]


def _good() -> dict[str, Any]:
    """A whole referral of the one who is sent everywhere."""
    body = next(one.whole_body for one in make_day(PLAN).referrals if one.sender == "ward")
    return {
        **body,
        "source": {"kind": "hospital", "organisation": HOSPITAL, "ward": WARDS[1]},
        "person": VICTIM.body(),
        "contact": VICTIM.contact(),
        "authorisation": {**body["authorisation"], "by": VICTIM.bundle},
    }


async def _send_all_that_is_wrong(lived: Lived) -> None:
    """Bad requests to every route; none is a success, and none a failure of ours."""
    values = (VICTIM.bundle, VICTIM.nhs_number, ODD_NAMES[0])
    gate = asyncio.Semaphore(4)

    async def send(bad: Bad) -> tuple[int, Bad]:
        async with gate:
            return (await _call(lived, bad)).status_code, bad

    sent = await asyncio.gather(*map(send, bad_requests(values, _good(), new_id())))
    failed = [(status, bad) for status, bad in sent if status >= 500]
    assert not failed, failed[:3]
    statuses = Counter(status for status, _ in sent)
    assert {400, 403, 404, 413, 415, 422} <= set(statuses), statuses
    assert statuses[401] < statuses[422], statuses
    taken = [bad for status, bad in sent if status < 300 and bad.method != "GET"]
    assert not taken, json.dumps([(bad.path, bad.body) for bad in taken])
    first = Bad(service="referrals", role="hub", method="POST", path="/v1/referrals", body=_good(),
                headers={"Idempotency-Key": VICTIM.bundle})  # fmt: skip
    for role, key, status in (
        ("hub", VICTIM.bundle, 201), ("hub", VICTIM.bundle, 201), ("hub", "another", 409),
    ):  # fmt: skip
        again = Bad(**{**_fields(first), "role": role, "headers": {"Idempotency-Key": key}})
        answer = await _call(lived, again)
        assert answer.status_code == status, answer.text
    other = Bad(**{**_fields(first), "body": {**_good(), "urgency": "urgent"}})
    assert (await _call(lived, other)).json()["type"] == "key-reused"
    source = {"kind": "hospital", "organisation": HOSPITAL, "ward": WARDS[0]}
    elsewhere = {**_good(), "source": source}
    duplicate = await _call(
        lived, Bad(service="referrals", role="ward", method="POST", path="/v1/referrals",
                   body=elsewhere)
    )  # fmt: skip
    assert duplicate.status_code == 409
    assert "referral_id" not in duplicate.json(), "another ward's referral is named"


def _fields(bad: Bad) -> dict[str, Any]:
    return {name: getattr(bad, name) for name in bad.__dataclass_fields__}


async def _write_unreadable_records(lived: Lived) -> None:
    """On every topic: a personal value as key, in headers, as value, and as name of a field."""
    producer = AIOKafkaProducer(bootstrap_servers=lived.place.where.kafka)
    await producer.start()
    value = VICTIM.bundle.encode()
    nested = json.dumps({VICTIM.bundle: {VICTIM.family_name: [VICTIM.nhs_number]}}).encode()
    kinds = _types_by_topic()
    try:
        for topic in topics():
            for key, content, headers in (
                (value, value, []),
                (str(new_id()).encode(), value, [("ce_type", value), ("ce_id", value)]),
                *(
                    (str(new_id()).encode(), nested, [*_headers(kind), (VICTIM.phone, value)])
                    for kind in kinds.get(topic, ())
                ),
            ):
                sent = await producer.send_and_wait(
                    lived.place.where.prefix + topic, content, key=key, headers=headers
                )
                lived.put_there.add((topic, sent.partition, sent.offset))
    finally:
        await producer.stop()


def _types_by_topic() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, event in EVENTS.items():
        found.setdefault(event.TOPIC, []).append(kind)
    return found


def _headers(kind: str) -> list[tuple[str, bytes]]:
    return [
        ("ce_type", kind.encode()), ("ce_id", str(new_id()).encode()), ("ce_sequence", b"1"),
        ("ce_correlationid", str(new_id()).encode()),
    ]  # fmt: skip


async def _break_things(lived: Lived) -> None:
    """Requests with personal values run into a broken constraint and a missing table: 500, no more."""
    good = {**_good(), "person": {**VICTIM.body(), "nhs_number": None,
                                  "nhs_number_absent_reason": "not_known"}}  # fmt: skip
    post = Bad(service="referrals", role="hub", method="POST", path="/v1/referrals", body=good)
    async with lived.place.where.connection("referrals") as connection:
        await connection.execute("alter table person add constraint never check (false) not valid")
        assert (await _call(lived, post)).status_code == 500
        await connection.execute("alter table person drop constraint never")
        await connection.execute("alter table person rename to elsewhere")
        assert (await _call(lived, post)).status_code == 500
        await connection.execute("alter table elsewhere rename to person")
    await _break_a_note(lived)


async def _break_a_note(lived: Lived) -> None:
    """The note of a live offer's refusal does not fit its table."""
    async with lived.place.where.connection("providers") as connection:
        offer = await connection.fetchrow(
            "select offer_id, provider_id from offers where status = 'live'"
            " and expires_at > homeward_now() + interval '20 minutes' limit 1"
        )
        if offer is None:  # the day is over
            return
        await connection.execute("alter table notes add constraint never check (false) not valid")
        decline = Bad(service="providers", role="provider", method="POST",
                      path=f"/v1/offers/{offer['offer_id']}/decline",
                      body={"reason": "other", "note": VICTIM.bundle})  # fmt: skip
        answer = await _call(lived, decline, provider=offer["provider_id"])
        await connection.execute("alter table notes drop constraint never")
    assert answer.status_code in (409, 500)


async def _read_everything(lived: Lived) -> None:
    """What brokers and providers see of everybody, metrics and documents; and one awarded person."""
    broker = ["/v1/placements", "/v1/placements?escalated=true", "/v1/reports/fill-times?by=tier"]
    async with lived.place.where.connection("matching") as connection:
        rows = await connection.fetch("select referral_id from summaries")
        broker += [f"/v1/placements/{row['referral_id']}" for row in rows]
    asked = [("matching", "broker", path, None) for path in broker]
    async with lived.place.where.connection("providers") as connection:
        held = await connection.fetch(
            "select referral_id, provider_id from packages where state in"
            " ('reserved', 'confirmed', 'started', 'paused', 'ending')"
        )
        offered = await connection.fetch("select distinct provider_id from offers")
    for row in offered:
        asked += [("providers", "provider", path, row["provider_id"])
                  for path in ("/v1/offers", "/v1/packages")]  # fmt: skip
    asked.append(("referrals", "hub", "/v1/service-orders", None))
    asked += [(service, "operator", path, None) for service in SERVICES
              for path in ("/metrics", "/ready", "/openapi.json", "/asyncapi.json")]  # fmt: skip
    for service, role, path, provider in asked:
        bad = Bad(service=service, role=role, method="GET", path=path.partition("?")[0],
                  params=dict(httpx.URL(path).params) or None)  # fmt: skip
        answer = await _call(lived, bad, keep=False, provider=provider)
        assert answer.status_code == 200, answer.text
        told = answer.json() if "json" in answer.headers["content-type"] else {}
        shown = {**told, "notes": None} if isinstance(told, dict) and told else answer.text
        lived.answers.append((f"{role} {path}", json.dumps(shown, ensure_ascii=False)))
    assert held, "nobody was awarded anything"
    read = Bad(service="providers", role="provider", method="GET",
               path=f"/v1/packages/{held[0]['referral_id']}/person")  # fmt: skip
    person = await _call(lived, read, keep=False, provider=held[0]["provider_id"])
    assert person.status_code == 200
    assert lived.scanner.found(person.text), "the awarded provider reads who it is for"


async def _say_everything(lived: Lived) -> None:
    """Every command of providers and brokers about packages of the day, with words beside each."""
    obeyed = set()
    for service, role, about in await _packages(lived):
        for route in every_route(service):
            kind, thing = route.path.split("/")[2], about.get(route.path.split("/")[2])
            if route.method != "POST" or thing is None:
                continue
            ids = (thing, about["offers"]) if kind == "placements" else (thing,)
            body = route.worded(f"{NOTES[service]}: words", about["at"])
            asked = Bad(service=service, role=role, method="POST", path=route.at(*ids), body=body)
            answer = await _call(lived, asked, provider=about.get("whose"))
            assert answer.status_code < 500, (route.name, answer.text)
            if answer.is_success:
                obeyed.add(route.path.partition("{}/")[2])
    assert {"notes", "pause", "change", "end", "assign", "escalate", "hand-back"} <= obeyed, obeyed


async def _packages(lived: Lived) -> list[tuple[str, str, dict[str, Any]]]:
    """Packages that providers have: as each has it, and as brokers see it."""
    async with lived.place.where.connection("providers") as connection:
        held = await connection.fetch(
            "select p.award_id, p.referral_id, p.provider_id, o.offer_id,"
            " homeward_now() + interval '2 days' as soon from packages p join offers o"
            " using (referral_id, provider_id) where p.state = 'started' limit 2"
        )
    told: list[tuple[str, str, dict[str, Any]]] = []
    for row in held:
        at = row["soon"].isoformat()
        whose = {"packages": row["award_id"], "offers": row["offer_id"], "at": at,
                 "whose": row["provider_id"]}  # fmt: skip
        seen = {"placements": row["referral_id"], "offers": row["offer_id"], "at": at}
        told += [("matching", "broker", seen), ("providers", "provider", whose)]
    return [*told[:2], *told[:1:-1]]  # of one package the broker speaks first, of one the provider
