"""Kafka or Postgres away, processes that come and go: nothing is lost, nothing happens twice."""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import RequestTimedOutError

from shared.ids import new_id
from shared.messaging.broker import new_broker
from shared.messaging.history import read_to_end
from shared.messaging.kafka_topics import ensure_topics
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


async def test_a_producer_of_a_wiped_cluster_costs_nobody_a_record(
    stack: TestStack, topic_prefix: str
):
    """It runs on into the new cluster, which may give its identity to another one: each record
    that is acknowledged is in the log."""
    topic, servers = f"{topic_prefix}responses.v1", stack.kafka_bootstrap
    await asyncio.to_thread(stack.wipe_kafka)  # identities are given out from the first again
    async with new_broker(servers, "old") as old:
        await ensure_topics(servers, prefix=topic_prefix, partitions=1)
        await old.publish(b"before", topic=f"{topic_prefix}referrals.v1")
        await asyncio.to_thread(stack.wipe_kafka)
        await ensure_topics(servers, prefix=topic_prefix, partitions=1)
        await old.publish(b"old", topic=topic)
    await asyncio.to_thread(stack.kill_kafka)
    await asyncio.to_thread(stack.restart_kafka)
    for number in range(3):
        async with new_broker(servers, "new") as new:
            await new.publish(b"new %d" % number, topic=topic)
    found: list[bytes] = []

    async def take(records: Sequence[Any]) -> None:
        found.extend(record.value for record in records)

    await read_to_end(servers, topic, take)
    assert found == [b"old", b"new 0", b"new 1", b"new 2"]


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
    stack: TestStack, topic_prefix: str, capsys: pytest.CaptureFixture[str]
):
    """What retention has deleted does not stop the reading for ever."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        keys = [new_id() for _ in range(9)]
        await noter.append([(key, 1) for key in keys])
        async with noter.messaging.running():
            await noter.until(9)
        await noter.pool.execute(
            "truncate seen; update offsets set next_offset = 1; delete from inbox"
        )
        await _delete_up_to(stack, f"{topic_prefix}responses.v1", 4)
        async with noter.messaging.running():
            assert await noter.until(5) == [(key, 1) for key in keys[4:]]
    (told,) = [line for line in capsys.readouterr().out.splitlines() if "records.gone" in line]
    assert "expected=1" in told
    assert "found=4" in told


async def test_records_that_came_without_those_before_them_are_no_proof(
    stack: TestStack, topic_prefix: str
):
    """However often a client begins too late: Kafka has them, so they are waited for."""
    async with service(stack, topic_prefix, partitions=1) as noter:
        async with noter.messaging.running():
            await noter.append([(new_id(), 1)])
            await noter.until(1)
        record = ParkedRecord(topic="responses.v1", partition=0, offset=9, timestamp=0, key=None,
                              value=None, headers=[])  # fmt: skip
        log_id = await noter.pool.fetchval("select log_id from offsets")
        for _ in range(3):
            with pytest.raises(SkippedRecordsError) as raised:
                await noter.messaging.reader.take([record], log_id, str)
            assert raised.value.expected == {("responses.v1", 0): 1}
        assert await noter.pool.fetchval("select next_offset from offsets") == 1


async def test_a_request_that_kafkas_client_leaves_behind_is_no_error(
    stack: TestStack,
    topic_prefix: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    """Whoever connects anew was told why; anything else that nobody awaits is told as it was."""

    async def fails(error: Exception) -> None:
        raise error

    async with service(stack, topic_prefix) as noter, noter.messaging.running():
        for error in (RequestTimedOutError(), ZeroDivisionError()):
            left = asyncio.create_task(fails(error))
            await asyncio.wait([left])
            del left
            gc.collect()
    told = capsys.readouterr().out
    assert "kafka.request-left-behind" in told
    (error,) = [record for record in caplog.records if record.name == "asyncio"]
    assert error.exc_info is not None
    assert error.exc_info[0] is ZeroDivisionError


async def _delete_up_to(stack: TestStack, topic: str, offset: int) -> None:
    """As retention does: the records before `offset` are no longer in the log."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    try:
        await admin.delete_records(
            {TopicPartition(topic, 0): RecordsToDelete(before_offset=offset)}
        )
    finally:
        await admin.close()
