"""Kafka or Postgres away, processes that come and go: nothing is lost, nothing happens twice."""

import asyncio

import pytest

from shared.ids import new_id
from shared.messaging.parked import ParkedRecord
from shared.messaging.reader import SkippedRecordsError
from tests.integration.messaging.service import service
from tests.stack import TestStack


async def test_kafka_away_at_the_start(stack: TestStack, topic_prefix: str):
    """What is appended while Kafka is away is sent and read when it is back."""
    async with service(stack, topic_prefix) as noter:
        await asyncio.to_thread(stack.kill_kafka)
        async with noter.messaging.running():
            keys = [new_id() for _ in range(20)]
            await noter.append([(key, 1) for key in keys])
            await asyncio.sleep(1)
            assert noter.messaging.readiness()["ready"] is False
            await asyncio.to_thread(stack.restart_kafka)
            await noter.until(20, seconds=60)


async def test_kafka_killed_while_records_flow(stack: TestStack, topic_prefix: str):
    """kill -9 of the broker in the middle: every event arrives once, in its key's order."""
    async with service(stack, topic_prefix) as noter, noter.messaging.running():
        keys = [new_id() for _ in range(30)]
        await noter.append([(key, 1) for key in keys])
        await noter.until(30)
        for sequence in range(2, 12):
            await noter.append([(key, sequence) for key in keys])
            if sequence == 5:
                await asyncio.to_thread(stack.kill_kafka)
                await asyncio.to_thread(stack.restart_kafka)
        seen = await noter.until(330, seconds=90)
        assert len(seen) == 330
        for key in keys:
            assert [s for k, s in seen if k == key] == list(range(1, 12))


async def test_postgres_killed_while_records_flow(stack: TestStack, topic_prefix: str):
    """kill -9 of Postgres in the middle: the batch at hand is retried, and nothing comes twice."""
    async with service(stack, topic_prefix) as noter, noter.messaging.running():
        keys = [new_id() for _ in range(50)]
        await noter.append([(key, 1) for key in keys])
        await noter.append([(key, 2) for key in keys])
        await asyncio.to_thread(stack.kill_postgres)
        await asyncio.to_thread(stack.restart_postgres)
        async with asyncio.timeout(60):
            while True:
                try:
                    await noter.append([(key, 3) for key in keys])
                    break
                except OSError:
                    await asyncio.sleep(0.1)
        seen = await noter.until(150, seconds=60)
        assert sorted(seen) == sorted((key, s) for key in keys for s in (1, 2, 3))


async def test_a_wiped_broker_is_filled_again(stack: TestStack, topic_prefix: str):
    """After the log is lost and sent again with the same sequences, readers skip what they know."""
    async with service(stack, topic_prefix) as noter, noter.messaging.running():
        key = new_id()
        await noter.append([(key, 1), (key, 2)])
        await noter.until(2)
        await asyncio.to_thread(stack.wipe_kafka)
        await noter.pool.execute(
            "insert into outbox (position, key) select position, key from events"
        )
        await noter.append([(key, 3)])
        assert await noter.until(3, seconds=90) == [(key, 1), (key, 2), (key, 3)]
        assert not await noter.pool.fetchval("select count(*) from parked")


async def test_a_consumer_joins_and_leaves_under_load(stack: TestStack, topic_prefix: str):
    """Partitions that move between two processes lose nothing and repeat nothing."""
    async with service(stack, topic_prefix, partitions=6) as noter, noter.messaging.running():
        second = noter.connect()
        keys = [new_id() for _ in range(60)]
        for sequence in range(1, 21):
            await noter.append([(key, sequence) for key in keys])
            if sequence == 5:
                joined = second.running()
                await joined.__aenter__()
            if sequence == 15:
                await joined.__aexit__(None, None, None)
            await asyncio.sleep(0.1)
        seen = await noter.until(1200, seconds=90)
        assert len(seen) == 1200
        for key in keys:
            assert [s for k, s in seen if k == key] == list(range(1, 21))
        assert not await noter.pool.fetchval("select count(*) from parked")


async def test_kafka_remembers_more_than_a_new_database(stack: TestStack, topic_prefix: str):
    """A group whose offsets are ahead of the database reads from where the database is."""
    async with service(stack, topic_prefix) as before, before.messaging.running():
        keys = [new_id() for _ in range(50)]
        await before.append([(key, 1) for key in keys])
        await before.until(50)
        await asyncio.sleep(2)  # Kafka is told of the progress each second
    async with service(stack, topic_prefix) as noter:
        noter.messaging.writes = ()  # what the log holds was written by another
        async with noter.messaging.running():
            await noter.until(50)


async def test_records_that_are_gone_are_told_and_gone_on_after(
    stack: TestStack, topic_prefix: str
):
    """A jump is read again once; what retention has deleted does not stop the reading for ever."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        key = new_id()
        async with noter.messaging.running():
            await noter.append([(key, 1)])
            await noter.until(1)
        await noter.pool.execute("update offsets set next_offset = 0")
        record = ParkedRecord(topic="responses.v1", partition=0, offset=9, timestamp=0, key=None,
                              value=None, headers=[])  # fmt: skip
        log_id = await noter.pool.fetchval("select log_id from offsets")
        with pytest.raises(SkippedRecordsError):
            await noter.messaging.reader.take([record], log_id, str)
        await noter.messaging.reader.take([record], log_id, str)
        assert await noter.pool.fetchval("select next_offset from offsets") == 10
