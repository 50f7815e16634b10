"""Nothing personal leaves the person room: everything kept, sent, logged or answered is scanned."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
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
from shared.messaging.history import consumer_of, records_between
from shared.web.tokens import Scope
from tests.e2e.bad_requests import Bad, bad_requests
from tests.e2e.personal import Scanner, marks_of
from tests.faults.place import MARKET, POLICY, Place, live_through, place

PLAN = DemoPlan(seed=11, scale=400, referrals=10, day_hours=0.5, policy=POLICY, market=MARKET)
NOTES = {"referrals": SUPPLY_MARK, "matching": BROKERS_MARK, "providers": PROVIDERS_MARK}
"""What is in every note that people write, by the service that takes it."""

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


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


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def lived() -> AsyncIterator[Lived]:
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
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
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


async def _records(lived: Lived) -> AsyncIterator[tuple[str, str]]:
    """Every record of every topic but those that this test wrote: where, and all that is in it."""
    for topic in topics():
        async with consumer_of(
            lived.place.where.kafka, lived.place.where.prefix + topic
        ) as consumer:
            begin = await consumer.beginning_offsets(consumer.assignment())
            end = await consumer.end_offsets(consumer.assignment())
            async for records in records_between(consumer, begin, end):
                for record in records:
                    if (topic, record.partition, record.offset) not in lived.put_there:
                        parts = [record.key, record.value]
                        parts += [part for pair in record.headers for part in pair]
                        yield topic, " ".join(map(_text, parts))


def _text(part: str | bytes | None) -> str:
    return part.decode("utf-8", "replace") if isinstance(part, bytes) else part or ""


async def _rows(lived: Lived, service: str) -> AsyncIterator[tuple[str, str]]:
    """Every row of every table of a database, as text; the records that were parked without what they say."""
    async with lived.place.where.connection(service) as connection:
        tables = await connection.fetch(
            "select format('%I.%I', n.nspname, c.relname) as name, c.relname from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'm')"
            " and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
        )
        for table in tables:
            shown = "t::text"
            if table["relname"] == "parked":
                shown = "(to_jsonb(t) - 'key' - 'value' - 'headers')::text"
            for row in await connection.fetch(f"select {shown} as row from {table['name']} t"):
                yield table["relname"], row["row"]


def _logs(place: Place) -> Iterator[tuple[str, str]]:
    """Every log of every process, and the driver's ledger."""
    for name in place.stack.log_names():
        yield name, place.stack.log_path(name).read_text(encoding="utf-8", errors="replace")
    for path in place.run.state.glob("*.json*"):
        yield path.name, path.read_text(encoding="utf-8")


async def test_records_hold_nothing_personal(lived: Lived):
    """No personal value and no note is in a key, value or header of any topic, dead letters included."""
    marks = Scanner(NOTES.values())
    seen: dict[str, int] = {}
    async for topic, record in _records(lived):
        seen[topic] = seen.get(topic, 0) + 1
        assert not lived.scanner.found(record), (topic, record)
        assert not marks.found(record), (topic, record)
    assert set(seen) == set(topics()), "every topic was written to"


async def test_logs_hold_nothing_personal(lived: Lived):
    """No log says who somebody is: of services, Postgres, Kafka, the supervisor, the driver."""
    marks = Scanner(NOTES.values())
    names = set()
    for name, text in _logs(lived.place):
        names.add(name)
        assert not lived.scanner.found(text), (name, lived.scanner.found(text))
        assert not marks.found(text), (name, marks.found(text))
    assert {*SERVICES, "postgres", "kafka", "supervisor"} <= names


async def test_answers_hold_nothing_personal(lived: Lived):
    """No error repeats what was sent; no broker or provider sees more than codes before an award."""
    for asked, answer in lived.answers:
        assert not lived.scanner.found(answer), (asked, answer)
    statuses = {"malformed-json", "invalid", "not-found", "body-too-large", "wrong-content-type",
                "bad-cursor", "duplicate-referral", "outside-scope", "internal-error"}  # fmt: skip
    told = "\n".join(answer for _, answer in lived.answers)
    assert not {status for status in statuses if f'"{status}"' not in told}


@pytest.mark.parametrize("service", SERVICES)
async def test_databases_hold_nothing_personal(lived: Lived, service: str):
    """No row of matching and providers names anybody; referrals has it sealed, and in its own notes.

    A note's mark is in its own service's table of notes and nowhere else.
    """
    marks = Scanner(NOTES.values())
    noted = set()
    async for table, row in _rows(lived, service):
        found = lived.scanner.found(row)
        assert not found or (service, table) == ("referrals", "notes"), (table, row)
        for mark in marks.found(row):
            assert (table, mark) == ("notes", NOTES[service]), (table, row)
            noted.add(mark)
    assert noted == {NOTES[service]}, "people wrote notes"


async def test_the_scan_finds_what_is_planted(lived: Lived):
    """A value planted in a record, a row, a log, in any spelling, is found: the scan can fail."""
    number, spaced = VICTIM.nhs_number, f"{VICTIM.nhs_number[:3]} {VICTIM.nhs_number[3:6]} "
    for text in (
        number, spaced + VICTIM.nhs_number[6:], f"x{VICTIM.postcode.replace(' ', '').lower()}x",
        json.dumps(ODD_NAMES), VICTIM.street.encode().hex(), repr(VICTIM.date_of_birth),
        f"{VICTIM.date_of_birth:%d/%m/%Y}", VICTIM.family_name.upper(),
    ):  # fmt: skip
        assert lived.scanner.found(text), text
    async with lived.place.where.connection("matching") as connection:
        await connection.execute("create table planted (what bytea)")
        await connection.execute("insert into planted values ($1)", number.encode())
        rows = [row async for row in _rows(lived, "matching")]
        await connection.execute("drop table planted")
    assert [table for table, row in rows if lived.scanner.found(row)] == ["planted"]
    lived.place.stack.log_path("planted").write_text(f"LOG: failing row contains {number}")
    logs = [name for name, text in _logs(lived.place) if lived.scanner.found(text)]
    lived.place.stack.log_path("planted").unlink()
    assert logs == ["planted"]
