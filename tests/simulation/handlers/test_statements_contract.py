"""Statements: what the in-memory PostgreSQL must answer as the real one does.

Each test runs on both. Production code sends the statements; what they give is written by hand.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.matching.awards import AwardRow
from services.matching.projections import AWARDS, SUMMARIES, TURNS, TurnsRow, turns_id
from services.matching.store import PLACEMENTS, QUERIES, PlacementRow
from services.matching.summary import Summary
from services.matching.tallies import ADD
from shared import clock
from shared.ids import event_id
from shared.messaging.outbox import append
from shared.messaging.store import QUERIES as MESSAGING
from shared.postgres.rows import Json
from tests.simulation.handlers.place import NOON, ONE, THREE, TWO, Place, event, not_done, row

PLACES = {"log_id": "log", "consumer": "matching", "topics": ["a.v1", "b.v1"], "partitions": [1, 0]}
INBOX = {"consumer": "matching", "topics": ["a.v1"], "keys": [ONE]}


# -- the outbox ------------------------------------------------------------------------------------


async def test_positions_commit_out_of_order(place: Place):
    """What was appended first is sent first, even where it is committed last."""
    async with place.work() as connection:
        await append(connection, [event(ONE, 1)])
        async with place.work() as other:
            await append(other, [event(TWO, 1)])
        assert await place.unsent() == [(TWO, 1)]
    assert await place.unsent() == [(ONE, 1), (TWO, 1)]
    async with place.work() as connection:
        (first, second) = await MESSAGING.unsent(connection, most=2)
        assert len(await MESSAGING.unsent(connection, most=1)) == 1
        assert first["position"] < second["position"]
        assert (first["id"], first["topic"]) == (event_id("placements.v1", ONE, 1), "placements.v1")
        assert (first["type"], first["recorded_at"], first["body"]) == (
            "some.type", NOON, '{"b": 2}',
        )  # fmt: skip
        assert (first["correlation_id"], first["causation_id"]) == (ONE, None)


async def test_a_refused_record_holds_up_its_own_key(place: Place):
    """Those behind it wait, other keys do not; once it may be tried again all are there in order."""
    async with place.work() as connection:
        await append(connection, [event(ONE, 1), event(TWO, 1), event(ONE, 2), event(ONE, 3)])
        rows = await MESSAGING.unsent(connection, most=9)
        await MESSAGING.mark_sent(connection, positions=[rows[0]["position"]])
        await MESSAGING.refuse(connection, position=rows[2]["position"], error="too large")
    assert await place.unsent() == [(TWO, 1)]
    async with place.work() as connection:
        assert await MESSAGING.count_blocked(connection) == 1
        assert await MESSAGING.count_unsent(connection) == 3
        await MESSAGING.try_again(connection, position=rows[2]["position"])
    assert await place.unsent() == [(TWO, 1), (ONE, 2), (ONE, 3)]


# -- offsets and the inbox -------------------------------------------------------------------------


async def test_offsets_are_locked_until_they_are_written(place: Place):
    """A second reader of a partition waits, and then sees how far the first has come."""
    async with place.work() as connection:
        assert await MESSAGING.lock_offsets(connection, **PLACES) == []
        await MESSAGING.ensure_offsets(connection, **PLACES)
        await MESSAGING.ensure_offsets(connection, **PLACES)
        rows = await MESSAGING.lock_offsets(connection, **PLACES)
        assert [tuple(one.values())[:3] for one in rows] == [("a.v1", 1, 0), ("b.v1", 0, 0)]

        async def second() -> list[int]:
            async with place.work() as other:
                await MESSAGING.ensure_offsets(other, **PLACES)
                return [r["next_offset"] for r in await MESSAGING.lock_offsets(other, **PLACES)]

        task = asyncio.create_task(second())
        await not_done(task)
        await MESSAGING.advance(
            connection, **PLACES, next_offsets=[5, 0], key_topics=["a.v1", "b.v1"],
            keys=[ONE, TWO], sequences=[3, 4],
        )  # fmt: skip
    assert await task == [5, 0]
    async with place.work() as connection:
        (seen,) = await MESSAGING.last_sequences(connection, **INBOX)
        assert (seen["topic"], seen["key"], seen["last_sequence"]) == ("a.v1", ONE, 3)
        await MESSAGING.save_sequences(connection, **INBOX, sequences=[9])
        (seen,) = await MESSAGING.last_sequences(connection, **INBOX)
        assert seen["last_sequence"] == 9


# -- parked records --------------------------------------------------------------------------------


def parked(offset: int, *, sequence: int | None = None, error: str | None = "gap", key=b"k"):
    return {
        "log_id": "log", "consumer": "matching", "topic": "a.v1", "partition": 0,
        "record_offset": offset, "record_time": NOON, "key": key, "sequence": sequence,
        "value": b"\xff", "headers": "[]", "error": error,
    }  # fmt: skip


async def of_key(connection: Any) -> list[Any]:
    rows: list[Any] = await MESSAGING.parked_of_key(
        connection, consumer="matching", topic="a.v1", key=b"k"
    )
    return rows


async def test_parked_records_wait_in_the_order_of_their_key(place: Place):
    """The unreadable first, then by sequence; each record once; other keys are not blocked."""
    async with place.work() as connection:
        for one in (parked(4, sequence=3), parked(5, sequence=2, error=None), parked(6),
                    parked(4, sequence=3), parked(7, key=None)):  # fmt: skip
            await MESSAGING.park(connection, **one)
        assert [one["record_offset"] for one in await of_key(connection)] == [6, 5, 4]
        stand = await MESSAGING.where_keys_stand(
            connection, consumer="matching", topics=["a.v1", "a.v1"], keys=[b"k", b"l"],
            ids=[ONE, None],
        )  # fmt: skip
        assert {(one["key"], one["blocked"], one["last_sequence"]) for one in stand} == {
            (b"k", True, None), (b"l", False, None),
        }  # fmt: skip
        assert await MESSAGING.count_blocked(connection) == 2


async def test_a_key_goes_on_by_its_first_parked_record(place: Place):
    """One with a gap before it or without an error waits for nobody; any other for an operator."""

    async def waiting(*keys: bytes) -> list[bytes]:
        async with place.work() as connection:
            found = await MESSAGING.waiting_keys(
                connection, consumer="matching", keys=list(keys) or None,
                topics=["a.v1"] * len(keys) or None,
            )  # fmt: skip
        assert {one["topic"] for one in found} <= {"a.v1"}
        return [one["key"] for one in found]

    async with place.work() as connection:
        for one in (parked(1, sequence=4, key=b"gap"), parked(2, sequence=5, error=None, key=b"gap"),
                    parked(3, sequence=4, key=b"come"), parked(4, sequence=3, error=None, key=b"come"),
                    parked(5, sequence=3, error=None, key=b"cut-off"),
                    parked(6, sequence=9, key=b"bad"), parked(7, error="unreadable", key=b"bad"),
                    parked(8, sequence=2, error=None, key=None)):  # fmt: skip
            await MESSAGING.park(connection, **one)
    assert await waiting() == [b"come", b"cut-off", b"gap"]
    assert await waiting(b"bad", b"gap", b"other") == [b"gap"]


async def test_a_parked_record_is_told_of_tried_again_and_given_up(place: Place):
    """Announced once; a failed replay counts; unparked it is gone; a discard steps over it."""
    async with place.work() as connection:
        for one in (
            parked(1),
            parked(2, sequence=5, error=None),
            parked(3, sequence=4, error=None),
        ):
            await MESSAGING.park(connection, **one)
        (first,) = await MESSAGING.unannounced(connection, most=9)
        await MESSAGING.mark_announced(connection, ids=[first["id"]])
        assert await MESSAGING.unannounced(connection, most=9) == []
        await MESSAGING.parked_again(connection, id=first["id"], error="worse")
        found = await MESSAGING.parked_one(connection, id=first["id"])
        assert (found["error"], found["attempts"], found["value"]) == ("worse", 2, b"\xff")
        step = {"consumer": "matching", "topic": "a.v1", "key": ONE, "raw_key": b"k"}
        await MESSAGING.step_over(connection, **step, id=first["id"], sequence=None)
        assert [
            r["last_sequence"] for r in await MESSAGING.last_sequences(connection, **INBOX)
        ] == [3]
        await MESSAGING.step_over(connection, **step, id=first["id"], sequence=2)
        assert [
            r["last_sequence"] for r in await MESSAGING.last_sequences(connection, **INBOX)
        ] == [3]
        await MESSAGING.note_discarded(connection, author="a", reason="b", details="{}")
        await MESSAGING.unpark(connection, id=first["id"])
        assert await MESSAGING.parked_one(connection, id=first["id"]) is None
        assert [one["sequence"] for one in await of_key(connection)] == [4, 5]


# -- matching's own --------------------------------------------------------------------------------


async def test_what_is_due_comes_by_its_instant(place: Place):
    """At its instant and not before, the longest due first, so many at a time."""
    await place.save(row(ONE, due=30), row(TWO, due=10), row(THREE))

    async def due(most: int = 9) -> list[UUID]:
        async with place.pool.acquire() as connection:
            rows = await QUERIES.due_placements(connection, most=most)
        return [one["referral_id"] for one in rows]

    assert await due() == []
    await place.set_clock(NOON + timedelta(minutes=10))
    assert await due() == [TWO]
    await place.set_clock(NOON + timedelta(minutes=31))
    assert (await due(), await due(1)) == ([TWO, ONE], [TWO])
    async with place.pool.acquire() as connection:
        shown = await clock.now(connection)
    assert timedelta() <= shown - (NOON + timedelta(minutes=31)) < timedelta(minutes=1)


async def test_placements_of_a_status_come_in_pages(place: Place):
    """After a given id, so many at a time, no others."""
    await place.save(row(ONE, status="exhausted"), row(TWO), row(THREE, status="exhausted"))
    async with place.pool.acquire() as connection:
        pages = [await QUERIES.exhausted_placements(connection, after=after, most=1)
                 for after in (UUID(int=0), ONE, THREE)]  # fmt: skip
        (searching,) = await QUERIES.searching_placements(connection, after=UUID(int=0), most=9)
    assert [[one["referral_id"] for one in page] for page in pages] == [[ONE], [THREE], []]
    assert searching["referral_id"] == TWO


async def test_a_version_of_the_register_is_never_given_twice(place: Place):
    """Also not after a transaction that gave it and was rolled back."""
    seen = []
    for fails in (False, True, False):
        try:
            async with place.work() as connection:
                await QUERIES.bump_register_version(connection)
                seen.append(await QUERIES.register_version(connection))
                if fails:
                    raise LookupError
        except LookupError:
            assert fails
    assert len(set(seen)) == 3
    async with place.pool.acquire() as connection:
        assert await QUERIES.register_version(connection) == seen[-1]
        assert await QUERIES.register_entries(connection) == []


def turns(lot: str | None, week: date, offers: int, minutes: int) -> TurnsRow:
    return TurnsRow(id=turns_id(lot, ONE, week), lot=lot, provider_id=ONE, week=week,
                    offers=offers, minutes=minutes, awards=minutes // 60)  # fmt: skip


async def lately(
    place: Place, rows: Sequence[TurnsRow]
) -> dict[str | None, tuple[float, float, float]]:
    async with place.work() as connection:
        await TURNS.rows.save(connection, rows)
        found = await QUERIES.turns_lately(connection, today=date(2026, 3, 5))
    return {one["lot"]: (one["turns"], one["hours"], one["awards"]) for one in found}


async def test_turns_fade(place: Place):
    """An offer counts half after two weeks and nothing after eight; awarded minutes alike, in hours."""
    rows = [
        turns("north", date(2026, 3, 2), 3, 600), turns("north", date(2026, 2, 16), 1, 60),
        turns(None, date(2026, 2, 19), 4, 120), turns("old", date(2026, 1, 5), 9, 900),
    ]  # fmt: skip
    assert await lately(place, rows) == {
        "north": (3.017, 9.051, 9.051), None: (2.0, 1.0, 1.0),
    }  # fmt: skip


async def test_tallies_are_added_to(place: Place):
    """Every lesson adds a little, in any order, and none replaces another."""
    statement = ADD.format(table="tallies")
    async with place.work() as connection:
        await connection.execute(statement, [TWO, ONE], ["asked", "asked"], [5, 2**70])
        await connection.execute(statement, [ONE, ONE], ["asked", "said"], [1, 3])
        rows = await QUERIES.all_tallies(connection)
    found = {(one["subject"], one["measure"]): int(one["amount"]) for one in rows}
    assert found == {(ONE, "asked"): 2**70 + 1, (ONE, "said"): 3, (TWO, "asked"): 5}


async def test_a_policy_is_kept_once(place: Place):
    """A version keeps the document that it was first kept with."""
    async with place.work() as connection:
        for document in ("first", "second"):
            await QUERIES.keep_policy(connection, version="v", name="n", document=document)
        (kept,) = await QUERIES.kept_policies(connection)
    assert (kept["version"], kept["document"]) == ("v", "first")


async def test_the_policy_in_force_is_the_last_that_came_into_force(place: Place):
    """The first from the beginning, and once only; a later one from its instant; the last of two."""
    said: dict[str, Any] = {"author": "Ada", "reason": "because", "now": NOON}
    later = NOON + timedelta(hours=1)
    async with place.work() as connection:
        for version in ("first", "second", "third"):
            await QUERIES.keep_policy(connection, version=version, name="n", document="d")
        assert await QUERIES.version_in_force(connection, now=NOON) is None
        for version in ("first", "second"):
            await QUERIES.publish_first(connection, version=version, **said)
        assert await QUERIES.version_in_force(connection, now=NOON) == "first"
        for number, (version, from_) in enumerate((("third", later), ("second", NOON)), 2):
            given = {"version": version, "in_force_from": from_, **said}
            assert await QUERIES.publish(connection, **given) == number
        assert await QUERIES.version_in_force(connection, now=NOON) == "second"
        assert await QUERIES.version_in_force(connection, now=later) == "third"
        await QUERIES.publish(connection, version="first", in_force_from=later, **said)
        assert await QUERIES.version_in_force(connection, now=later) == "first"


async def test_live_offers_are_counted_over_all_searches(place: Place):
    """Of every placement of a referral, by provider; not those that ended, nor of another status."""

    def state(*offers: tuple[UUID, str]) -> dict[str, Any]:
        return {"offers": [{"provider_id": str(who), "status": said} for who, said in offers]}

    rows = [
        (ONE, "searching", state((ONE, "live"), (TWO, "live"), (TWO, "declined"))),
        (TWO, "started searching", [state((ONE, "awarded")), state((TWO, "live"))]),
        (THREE, "awarded", state((THREE, "live"))),
    ]
    async with place.work() as connection:
        await PLACEMENTS.save(
            connection,
            [
                PlacementRow(referral_id=key, status=status, sequence=1, next_due_at=None,
                             state=Json(json.dumps(content)))
                for key, status, content in rows
            ],
        )  # fmt: skip
        found = await QUERIES.live_offers(connection)
    assert {one["provider_id"]: one["offers"] for one in found} == {ONE: 1, TWO: 2}


async def test_rounds_are_where_held_packages_are(place: Place):
    """Those of live and ending awards, by sector where it is known; what has ended is no round."""
    held = [
        (ONE, "live", 600, None), (TWO, "ending", 300, "E4 9"), (THREE, "released", 60, None),
    ]  # fmt: skip
    async with place.work() as connection:
        await AWARDS.rows.save(
            connection,
            [
                AwardRow(award_id=key, referral_id=key, placement_id=key, provider_id=ONE,
                         offer_id=None, via="hand", ground=None, state=state, accepted_at=NOON,
                         awarded_at=NOON, weekly_minutes=minutes)
                for key, state, minutes, _ in held
            ],
        )  # fmt: skip
        await SUMMARIES.rows.save(
            connection,
            [
                Summary(referral_id=key, placement_id=key, status="awarded", urgency="routine",
                        source_kind="hospital", organisation="o", ward="w", outcode="E4",
                        sector=sector, received_at=NOON)
                for key, _, _, sector in held
            ],
        )  # fmt: skip
        found = await QUERIES.rounds(connection)
    assert sorted((one["provider_id"], one["area"], one["hours"]) for one in found) == [
        (ONE, "E4", 10.0), (ONE, "E4 9", 5.0),
    ]  # fmt: skip
