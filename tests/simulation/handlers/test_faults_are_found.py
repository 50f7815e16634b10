"""What the schedules are worth: each double here breaks one promise, and some schedule tells of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.messaging.store import QUERIES
from tests.simulation.handlers import statements_of_messaging as statements
from tests.simulation.handlers.campaign import run_one
from tests.simulation.handlers.kafka import MemoryKafka
from tests.simulation.handlers.postgres import MemoryPostgres
from tests.simulation.handlers.transactions import Row, Work

MOST_SCHEDULES = 400


class Unlocked(MemoryPostgres):
    """`for update` locks nothing: two may decide on the same state."""

    def begin(self) -> Work:
        return _Unlocked(self)


class _Unlocked(Work):
    async def lock(self, *lock: Any) -> None:
        if lock[0] != "placements":
            await super().lock(*lock)


class Torn(MemoryPostgres):
    """A transaction that is rolled back leaves behind what it wrote to the first table."""

    def begin(self) -> Work:
        return _Torn(self)


class _Torn(Work):
    def end(self, *, commit: bool) -> None:
        if not commit and not self.ended and len(self.writes) > 1:
            self.writes = dict(list(self.writes.items())[:1])
            commit = True
        super().end(commit=commit)


def _with(statement: str, answer: Callable[..., Any]) -> Callable[..., MemoryPostgres]:
    """A database that answers one statement its own way."""

    def make(answers: dict[str, Any], **others: Any) -> MemoryPostgres:
        _, names = answers[statement]
        return MemoryPostgres({**answers, statement: (answer, names)}, **others)

    return make


async def _at_once(work: Work, **arguments: Any) -> list[Row]:
    """Offsets are there well before the transaction that they belong to, and also without it."""
    places = statements._places(arguments["log_id"], arguments["consumer"], arguments["topics"],
                                arguments["partitions"])  # fmt: skip
    for place, next_offset in zip(places, arguments["next_offsets"], strict=True):
        row = work.database.tables["offsets"].get(place)
        if row is not None:
            work.database.put("offsets", place, {**row, "next_offset": next_offset})
    for _ in range(8):
        await asyncio.sleep(0)
    await statements.advance(work, **arguments)
    return []


async def _forgetful(work: Work, **arguments: Any) -> list[Row]:
    """The inbox has never seen anything."""
    rows = await statements.where_keys_stand(work, **arguments)
    return [{**row, "last_sequence": None} for row in rows]


async def _ahead(work: Work) -> list[Row]:
    """Each transaction's clock is up to three minutes ahead: timers fire before their time."""
    ahead = work.database.rng.choice((0, 0, 180))
    return [{"now": work.database.now + timedelta(seconds=ahead)}]


async def _newest_first(work: Work, *, most: int) -> list[Row]:
    """The outbox gives what came last before what came first."""
    return (await statements.unsent(work, most=most))[::-1]


class Late(MemoryKafka):
    """An answer counts from when it is delivered, so that one given in time may be late."""

    def write(self, topic: str, key: Any, value: Any, headers: Any) -> Any:
        if topic == "responses.v1" and value:
            value = value.replace(b'"recorded_at":"2026-', b'"recorded_at":"2027-')
        return super().write(topic, key, value, headers)


class Leaking(MemoryKafka):
    """The broker acknowledges what it then loses."""

    def write(self, topic: str, key: Any, value: Any, headers: Any) -> Any:
        record = super().write(topic, key, value, headers)
        if topic == "placements.v1" and self.rng.random() < 0.02:
            self.topic(topic)[record.partition].pop()
        return record


@pytest.mark.parametrize(
    ("doubles", "told"),
    [
        ({"postgres": Unlocked}, "Unique"),
        ({"postgres": Torn}, "I"),
        ({"postgres": _with(QUERIES.advance.sql, _at_once)}, "I"),
        ({"postgres": _with(QUERIES.where_keys_stand.sql, _forgetful)}, "I"),
        ({"postgres": _with("select homeward_now()", _ahead)}, "I3"),
        ({"postgres": _with(QUERIES.unsent.sql, _newest_first)}, "I6"),
        ({"kafka": Late}, "I4"),
        ({"kafka": Leaking}, "I6"),
    ],
    ids=[
        "rows-are-not-locked", "transactions-are-torn", "offsets-before-the-transaction",
        "no-inbox", "timers-fire-early", "the-outbox-is-turned-round",
        "waiting-answers-do-not-count", "kafka-loses-what-it-acknowledged",
    ],
)  # fmt: skip
def test_a_broken_promise_is_found(doubles: dict[str, Any], told: str):
    """Within some hundred schedules, and by the invariant that it breaks."""
    found: list[str] = []
    for seed in range(MOST_SCHEDULES):
        found = [fault for faults in run_one(seed, **doubles).failed.values() for fault in faults]
        if found:
            break
    assert any(told in fault for fault in found), found
