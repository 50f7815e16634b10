"""A record that cannot be handled is put aside with its key; everything else goes on."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared.ids import new_id
from shared.messaging.history import read_to_end
from shared.messaging.parked import discard, replay_one
from shared.messaging.store import QUERIES
from tests.integration.messaging.service import Service, declined, service
from tests.stack import TestStack


async def parked(noter: Service, count: int = 1) -> list[asyncpg.Record]:
    async with asyncio.timeout(30):
        while True:
            async with noter.pool.acquire() as connection:
                rows: list[asyncpg.Record] = await QUERIES.parked_list(connection, most=100)
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.05)


async def test_one_bad_record_among_a_thousand(stack: TestStack, topic_prefix: str):
    """The thousand are processed, the bad one is parked, its key waits, and a replay mends it."""
    async with service(stack, topic_prefix) as noter:
        keys = [new_id() for _ in range(1000)]
        bad = keys[437]
        noter.poison.add(bad)
        await noter.append([(key, 1) for key in keys])
        await noter.append([(bad, 2), (keys[0], 2)])
        async with noter.messaging.running():
            seen = await noter.until(1000)
            assert bad not in {key for key, _ in seen}
            assert (keys[0], 2) in seen
            async with asyncio.timeout(30):  # The bad key's second record may be the last to come.
                while (row := (await parked(noter))[0])["waiting"] < 1:
                    await asyncio.sleep(0.05)
            assert row["error"].startswith("AssertionError")
            assert max(noter.batches) > 100, "batches stay batches"
            failed = await replay_one(noter.pool, row["id"], noter.handle)
            assert failed is not None
            assert failed.error is not None
            noter.poison.clear()
            done = await replay_one(noter.pool, row["id"], noter.handle)
            assert done is not None
            assert (done.handled, done.error) == (2, None)
            assert [s for key, s in await noter.seen() if key == bad] == [1, 2]
            await noter.append([(bad, 3)])
            await noter.until(1003)


async def test_a_passing_failure_loses_neither_its_batch_nor_the_next(
    stack: TestStack, topic_prefix: str
):
    """The first batch fails for a passing reason and a second arrives: both are processed."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        noter.failures = [asyncpg.DeadlockDetectedError("x"), asyncpg.TooManyConnectionsError("y")]
        first, second = [new_id() for _ in range(5)], [new_id() for _ in range(5)]
        await noter.append([(key, 1) for key in first])
        async with noter.messaging.running():
            while noter.failures:
                await asyncio.sleep(0.01)
            await noter.append([(key, 1) for key in second])
            seen = await noter.until(10)
        assert {key for key, _ in seen} == {*first, *second}
        assert not await noter.pool.fetchval("select count(*) from parked")


@pytest.mark.parametrize(
    ("odd", "error"),
    [
        ({"value": b"{not json"}, "unreadable:value:"),
        ({"value": None}, "unreadable:value:missing"),
        ({"value": b"\xff\xfe"}, "unreadable:value:"),
        ({"value": b"{}"}, "unreadable:value:"),
        ({"headers": {"ce_type": b"\xff"}}, "unreadable:header:ce_type"),
        ({"headers": {"ce_type": b"homeward.nothing.v9"}}, "unreadable:type:unknown"),
        ({"headers": {"ce_sequence": b"first"}}, "unreadable:header:ce_sequence"),
        ({"headers": {"ce_id": b"-"}}, "unreadable:header:ce_id:missing"),
        ({"headers": {"ce_type": b"homeward.placement.withdrawn.v1"}}, "unreadable:"),
        ({"key": None}, "unreadable:key:missing"),
        ({"key": b"\xff"}, "unreadable:key:not-a-uuid"),
    ],
)
async def test_an_unreadable_record_is_parked_and_blocks_its_key_alone(
    stack: TestStack, topic_prefix: str, odd: dict[str, Any], error: str
):
    """Whatever is odd in a record (value, key, header, nothing at all), the others are processed."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        key, other = new_id(), new_id()
        value = declined(key).model_dump_json().encode()
        async with noter.messaging.running():
            await noter.append([(other, 1)])
            await noter.until(1)
            await noter.send_raw(**{"key": str(key).encode(), "value": value, **odd})
            await noter.append([(other, 2)])
            await noter.until(2)
            (row,) = await parked(noter)
        assert row["error"].startswith(error)
        assert "not json" not in row["error"]


async def test_a_discarded_record_lets_its_key_go_on(stack: TestStack, topic_prefix: str):
    """After a discard with a reason the records that waited are handled, and who did it is kept."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        key = new_id()
        async with noter.messaging.running():
            await noter.send_raw(key=str(key).encode(), value=b"?", headers={"ce_sequence": b"?"})
            (row,) = await parked(noter)
            await noter.send_raw(
                key=str(key).encode(), value=declined(key).model_dump_json().encode(), sequence=4
            )
            while await noter.pool.fetchval("select count(*) from parked") < 2:
                await asyncio.sleep(0.02)
            assert await discard(noter.pool, row["id"], author="ops", reason="test record")
            (waiting,) = await noter.pool.fetch("select id from parked")
            done = await replay_one(noter.pool, waiting["id"], noter.handle)
            assert done is not None
            assert done.error is None
        assert await noter.seen() == [(key, 4)]
        (note,) = await noter.pool.fetch("select * from notes")
        assert (note["author"], note["text"]) == ("ops", "test record")


async def test_a_gap_waits_and_heals_itself(stack: TestStack, topic_prefix: str):
    """A missing sequence parks the key; when it comes, all is handled in order with nobody's help."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        key = new_id()
        body = declined(key).model_dump_json().encode()
        async with noter.messaging.running():
            await noter.send_raw(key=str(key).encode(), value=body, sequence=1)
            await noter.send_raw(key=str(key).encode(), value=body, sequence=3)
            (row,) = await parked(noter)
            assert row["error"] == "gap"
            await noter.send_raw(key=str(key).encode(), value=body, sequence=4)
            await noter.send_raw(key=str(key).encode(), value=body, sequence=2)
            assert await noter.until(4) == [(key, 1), (key, 2), (key, 3), (key, 4)]
        assert not await noter.pool.fetchval("select count(*) from parked")


async def test_a_key_that_was_left_waiting_goes_on_at_the_next_start(
    stack: TestStack, topic_prefix: str
):
    """A process that ended between two parked records of a key leaves the second to the next one."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        key = new_id()
        body = declined(key).model_dump_json().encode()
        async with noter.messaging.running():
            for sequence in (1, 3, 4):
                await noter.send_raw(key=str(key).encode(), value=body, sequence=sequence)
            await parked(noter)
            async with asyncio.timeout(20):
                while await noter.pool.fetchval("select count(*) from parked") < 2:
                    await asyncio.sleep(0.05)
        # The second was handled, and with it the third was about to be.
        await noter.pool.execute("update inbox set last_sequence = 2")
        await noter.pool.execute("update parked set error = null")
        async with noter.connect().running():
            assert await noter.until(3) == [(key, 1), (key, 3), (key, 4)]
        assert not await noter.pool.fetchval("select count(*) from parked")


async def test_a_repeat_changes_nothing(stack: TestStack, topic_prefix: str):
    """The same record a second time is skipped by its sequence."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        key, other = new_id(), new_id()
        body = declined(key).model_dump_json().encode()
        async with noter.messaging.running():
            for _ in range(3):
                await noter.send_raw(key=str(key).encode(), value=body, sequence=1)
            await noter.append([(other, 1)])
            assert await noter.until(2) == [(key, 1), (other, 1)]


async def test_dead_letters_topic_tells_of_what_is_parked(stack: TestStack, topic_prefix: str):
    """A parked record is announced on dead-letters.v1 by its place and its error, never its value."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        async with noter.messaging.running():
            await noter.send_raw(key=str(new_id()).encode(), value=b'{"secret": "Okafor"}')
            await parked(noter)
            while not await noter.pool.fetchval("select announced from parked"):
                await asyncio.sleep(0.05)
        letters: list[bytes] = []

        async def take(records):
            letters.extend(record.value for record in records)

        await read_to_end(stack.kafka_bootstrap, topic_prefix + "dead-letters.v1", take)
        assert len(letters) == 1
        assert b"unreadable:value" in letters[0]
        assert b"Okafor" not in letters[0]
