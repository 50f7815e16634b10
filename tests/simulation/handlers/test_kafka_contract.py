"""What the in-memory Kafka must do as the real one does: each test runs on both."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Protocol
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError
from faststream.kafka import KafkaBroker

from services.matching.consumers import READS
from shared.contracts.envelope import headers_for
from shared.contracts.responses import OfferDeclined
from shared.ids import event_id
from shared.messaging.broker import new_broker
from shared.messaging.history import consumer_of
from shared.messaging.kafka_topics import ensure_topics
from shared.messaging.partitioning import partition_of
from shared.messaging.records import read
from tests.integration.messaging.service import AT, declined
from tests.simulation.handlers.kafka import MemoryBroker, MemoryConsumer, MemoryKafka
from tests.simulation.handlers.process import share
from tests.stack import TestStack

TOPIC = "responses.v1"
PARTITIONS = 3
KEYS = [UUID(int=n) for n in range(1, 7)]
TOO_LARGE = 40_000


class Cluster(Protocol):
    """What both can do; `prefix` is before each topic's name."""

    prefix: str
    broker: Any

    async def write_raw(self, key: bytes | None, value: bytes | None, headers: Any) -> None:
        """A record of a stranger."""

    async def read(self, begin: Mapping[int, int], count: int) -> list[Any]:
        """So many records of these partitions from these offsets on, by one consumer."""

    async def members(self) -> list[set[TopicPartition]]:
        """What each of a group's two members has of the topics that matching reads."""


class Memory:
    """The double."""

    prefix = ""

    def __init__(self) -> None:
        self.kafka = MemoryKafka(partitions=PARTITIONS)
        self.kafka.too_large.add(str(KEYS[0]).encode())
        self.broker = MemoryBroker(self.kafka)

    async def write_raw(self, key: bytes | None, value: bytes | None, headers: Any) -> None:
        self.kafka.write(TOPIC, key, value, dict(headers))

    async def read(self, begin: Mapping[int, int], count: int) -> list[Any]:
        consumer = MemoryConsumer(self.kafka)
        places = {TopicPartition(TOPIC, partition): at for partition, at in begin.items()}
        consumer.assign(places)
        for place, at in places.items():
            consumer.seek(place, at)
        found: list[Any] = []
        while len(found) < count:
            found += consumer.poll(2)
        return found

    async def members(self) -> list[set[TopicPartition]]:
        shares = share(["one", "two"], PARTITIONS, Random(1))  # type: ignore[list-item]
        return [set(partitions) for _, partitions in shares]


class Real:
    """Kafka, with the clients and settings of production."""

    def __init__(self, stack: TestStack, prefix: str, broker: KafkaBroker) -> None:
        self.servers = stack.kafka_bootstrap
        self.prefix = prefix
        self.broker = broker

    async def write_raw(self, key: bytes | None, value: bytes | None, headers: Any) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, partitioner=partition_of)
        await producer.start()
        await producer.send_and_wait(self.prefix + TOPIC, value, key=key, headers=headers)
        await producer.stop()

    async def read(self, begin: Mapping[int, int], count: int) -> list[Any]:
        found: list[Any] = []
        async with consumer_of(self.servers, self.prefix + TOPIC) as consumer, asyncio.timeout(30):
            places = {TopicPartition(self.prefix + TOPIC, p): at for p, at in begin.items()}
            consumer.assign(list(places))
            for place, at in places.items():
                consumer.seek(place, at)
            while len(found) < count:
                some = await consumer.getmany(timeout_ms=200, max_records=2)
                found += [record for records in some.values() for record in records]
        return found

    async def members(self) -> list[set[TopicPartition]]:
        topics = [self.prefix + topic for topic in READS]
        group = {"bootstrap_servers": self.servers, "group_id": self.prefix + "group"}
        both = [AIOKafkaConsumer(*topics, **group) for _ in range(2)]
        wanted = len(topics) * PARTITIONS
        try:
            for consumer in both:
                await consumer.start()
            async with asyncio.timeout(30):
                while sum(len(one.assignment()) for one in both) != wanted or not all(
                    one.assignment() for one in both
                ):
                    await asyncio.sleep(0.1)
            return [
                {TopicPartition(tp.topic.removeprefix(self.prefix), tp.partition)
                 for tp in one.assignment()} for one in both
            ]  # fmt: skip
        finally:
            for consumer in both:
                await consumer.stop()


@asynccontextmanager
async def real(stack: TestStack, prefix: str) -> AsyncIterator[Real]:
    """Production's topics with few partitions, whose broker takes no more than a few kilobytes."""
    await ensure_topics(stack.kafka_bootstrap, prefix=prefix, partitions=PARTITIONS)
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    small = ConfigResource(ConfigResourceType.TOPIC, prefix + TOPIC, {"max.message.bytes": "20000"})
    await admin.alter_configs([small])
    while "20000" not in str(await admin.describe_configs([small])):
        await asyncio.sleep(0.1)
    await admin.close()
    broker = new_broker(stack.kafka_bootstrap, "contract")
    await broker.connect()
    try:
        yield Real(stack, prefix, broker)
    finally:
        await broker.stop()


@pytest.fixture(params=["memory", "kafka"])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Matching's topics, empty, in memory and in Kafka."""
    if request.param == "memory":
        yield Memory()
        return
    stack, prefix = request.getfixturevalue("stack"), request.getfixturevalue("topic_prefix")
    async with real(stack, prefix) as made:
        yield made


async def send(cluster: Cluster, key: UUID, sequence: int, body: bytes | None = None) -> Any:
    """As the relay sends: the acknowledgement to come."""
    return await cluster.broker.publish(
        declined(key).model_dump_json().encode() if body is None else body,
        topic=cluster.prefix + TOPIC,
        key=str(key).encode(),
        headers=headers_for(
            id=event_id(TOPIC, key, sequence), source="providers", type=OfferDeclined.TYPE, at=AT,
            key=key, sequence=sequence, correlation_id=key, causation_id=None,
        ),
        correlation_id=str(key),
        no_confirm=True,
    )  # fmt: skip


async def filled(cluster: Cluster) -> list[Any]:
    """Three records of each of five keys, read from the beginning."""
    acknowledged = [await send(cluster, key, n) for n in (1, 2, 3) for key in KEYS[1:]]
    await asyncio.gather(*acknowledged)
    return await cluster.read(dict.fromkeys(range(PARTITIONS), 0), len(acknowledged))


def places(records: Sequence[Any]) -> list[tuple[int, int]]:
    return sorted((record.partition, record.offset) for record in records)


async def test_a_key_keeps_its_order_in_one_partition(cluster: Cluster):
    """Offsets count from 0 without a gap, and production reads what production wrote."""
    records = await filled(cluster)
    by_key: dict[UUID, list[int]] = {}
    for record in records:
        found = read(record, TOPIC)
        assert found.error is None
        assert found.received is not None
        assert found.received.id == event_id(TOPIC, found.received.key, found.received.sequence)
        wanted = partition_of(record.key, range(PARTITIONS), range(PARTITIONS))
        assert record.partition == wanted
        by_key.setdefault(found.received.key, []).append(found.received.sequence)
    assert by_key == {key: [1, 2, 3] for key in KEYS[1:]}
    for partition in range(PARTITIONS):
        offsets = [record.offset for record in records if record.partition == partition]
        assert offsets == list(range(len(offsets)))


async def test_a_reader_may_go_back(cluster: Cluster):
    """From the same offsets on the same records come again; from later ones the rest."""
    records = await filled(cluster)
    again = await cluster.read(dict.fromkeys(range(PARTITIONS), 0), len(records))
    assert {(r.partition, r.offset, r.key, r.value, tuple(r.headers)) for r in again} == {
        (r.partition, r.offset, r.key, r.value, tuple(r.headers)) for r in records
    }
    rest = [place for place in places(records) if place[1] >= 1]
    assert places(await cluster.read(dict.fromkeys(range(PARTITIONS), 1), len(rest))) == rest


async def test_whatever_a_stranger_writes_comes_as_it_is(cluster: Cluster):
    """No value, no key, bytes that are no text: nothing is changed and nothing is lost."""
    await cluster.write_raw(b"\xff", None, [("odd", b"\xfe")])
    await cluster.write_raw(None, b"{", [])
    records = await cluster.read(dict.fromkeys(range(PARTITIONS), 0), 2)
    assert {(r.key, r.value, tuple(r.headers)) for r in records} == {
        (b"\xff", None, (("odd", b"\xfe"),)), (None, b"{", ()),
    }  # fmt: skip
    assert sorted(read(r, TOPIC).error or "" for r in records) == [
        "unreadable:key:missing", "unreadable:key:not-a-uuid",
    ]  # fmt: skip


async def test_what_is_too_large_is_refused_alone(cluster: Cluster):
    """The producer is told which record it is, and what comes after it is taken."""
    refused = await send(cluster, KEYS[0], 1, b'"' + b"x" * TOO_LARGE + b'"')
    with pytest.raises(MessageSizeTooLargeError):
        await refused
    await (await send(cluster, KEYS[1], 1))
    (record,) = await cluster.read(dict.fromkeys(range(PARTITIONS), 0), 1)
    assert record.key == str(KEYS[1]).encode()


async def test_a_group_shares_its_partitions(cluster: Cluster):
    """Each partition of each topic is with one of the members, and no other."""
    one, two = await cluster.members()
    assert not one & two
    assert one | two == {TopicPartition(t, p) for t in READS for p in range(PARTITIONS)}
