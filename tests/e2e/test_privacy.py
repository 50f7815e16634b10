"""Nothing personal leaves the person room: everything kept, sent, logged or answered is scanned."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.installation import SERVICES
from shared.contracts.topics import topics
from shared.messaging.history import consumer_of, records_between
from tests.e2e.lived_day import NOTES, ODD_NAMES, VICTIM, Lived, lived_day
from tests.e2e.personal import Scanner
from tests.faults.place import Place

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def lived() -> AsyncIterator[Lived]:
    """One day for all that is scanned."""
    async with lived_day() as day:
        yield day


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
    for answer, asked in {answer: asked for asked, answer in lived.answers}.items():
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
