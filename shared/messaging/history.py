"""Reading a topic from outside the consumer group: to its end, or only its last records."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from shared.contracts.envelope import UnreadableError, read_headers, read_key
from shared.ids import event_id
from shared.messaging.store import QUERIES
from shared.postgres.connection import Pool

_POLL_MS = 200
_BATCH_RECORDS = 500


class LostHistoryError(Exception):
    """Kafka holds events that this service's own database does not: the database is not the newest."""


@asynccontextmanager
async def consumer_of(bootstrap_servers: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, with all partitions of `topic` assigned. Raises KafkaError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        await consumer._client.set_topics([topic])  # noqa: SLF001 - a group-less consumer has no other way
        partitions = consumer.partitions_for_topic(topic)
        if not partitions:
            raise UnknownTopicOrPartitionError(f"{topic} is not there")
        consumer.assign([TopicPartition(topic, partition) for partition in partitions])
        yield consumer
    finally:
        await consumer.stop()


async def records_between(
    consumer: AIOKafkaConsumer,
    begin: Mapping[TopicPartition, int],
    end: Mapping[TopicPartition, int],
) -> AsyncIterator[list[ConsumerRecord]]:
    """Batches of the records from `begin` up to and without `end`, in order of each partition."""
    for partition, offset in begin.items():
        consumer.seek(partition, offset)
    waiting = {partition for partition in end if end[partition] > begin[partition]}
    while waiting:
        found = await consumer.getmany(*waiting, timeout_ms=_POLL_MS, max_records=_BATCH_RECORDS)
        for partition, records in found.items():
            wanted = [record for record in records if record.offset < end[partition]]
            if wanted:
                yield wanted
        for partition in list(waiting):
            if await consumer.position(partition) >= end[partition]:
                waiting.discard(partition)


async def read_to_end(
    bootstrap_servers: str,
    topic: str,
    take: Callable[[Sequence[Any]], Awaitable[None]],
) -> int:
    """Hands every record that `topic` holds now to `take`, in batches; how many there were."""
    count = 0
    async with consumer_of(bootstrap_servers, topic) as consumer:
        partitions = consumer.assignment()
        begin = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        async for records in records_between(consumer, begin, end):
            await take(records)
            count += len(records)
    return count


async def first_offsets(
    bootstrap_servers: str, wanted: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """The offset of the first record that Kafka has at or after each of these, where there is any.

    Asked by a consumer that shares nothing with a group: its answer is how the log is.
    """
    found: dict[TopicPartition, int] = {}
    for topic in sorted({partition.topic for partition in wanted}):
        own = {
            partition: offset for partition, offset in wanted.items() if partition.topic == topic
        }
        async with consumer_of(bootstrap_servers, topic) as consumer:
            end = await consumer.end_offsets(list(own))
            async for records in records_between(consumer, own, end):
                for record in records:
                    found.setdefault(TopicPartition(topic, record.partition), record.offset)
                if own.keys() <= found.keys():
                    break
    return found


async def check_own_log(
    pool: Pool, bootstrap_servers: str, topics: Sequence[str], prefix: str
) -> None:
    """Makes sure that this database holds the last event of each partition of its own topics.

    Raises LostHistoryError if Kafka has gone further: deciding on an older state would contradict
    what others were told.
    """
    for topic in topics:
        ids: list[UUID] = []
        async with consumer_of(bootstrap_servers, prefix + topic) as consumer:
            partitions = consumer.assignment()
            begin = await consumer.beginning_offsets(partitions)
            end = await consumer.end_offsets(partitions)
            last = {tp: max(end[tp] - 1, begin[tp]) for tp in partitions if end[tp] > begin[tp]}
            bounds = {tp: end[tp] for tp in last}
            async for records in records_between(consumer, last, bounds):
                ids.extend(_ids_of(topic, records))
        async with pool.acquire() as connection:
            known = await QUERIES.known_events(connection, ids=ids)
        if len(known) < len(set(ids)):
            raise LostHistoryError(
                f"{topic} holds events that this database does not: restore the database"
            )


def _ids_of(topic: str, records: Sequence[ConsumerRecord]) -> list[UUID]:
    """Event ids of those records that can be ours: a stranger's record on our topic is not our history."""
    ids = []
    for record in records:
        with suppress(UnreadableError):
            envelope = read_headers(record.headers)
            if envelope.id == event_id(topic, read_key(record.key), envelope.sequence):
                ids.append(envelope.id)
    return ids
