"""Kafka as matching meets it, in memory: partitions of records, a producer, a consumer group.

**Real** in the simulation: the reader (what is new, what is parked, what heals), where a consumer
reads on (`Positions`), the relay, the envelope with its bytes, and the partitioner.

**Doubled**: the log itself, with what Kafka promises and no more. A partition keeps its records in
the order in which they came; a key lies in one partition; between partitions a reader may get them
in any order. What a producer was not told of may have been written all the same, or not, whatever
became of those before and after it. A group's
partitions go from one member to another at any moment, also while a batch is at hand. Every reader
may go back.

**Bound** by `test_kafka_contract.py`: the same tests run on this and on Kafka.

Left out: the group's own memory of offsets, which production only tells and never asks; retention
and compaction.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import MessageSizeTooLargeError, RequestTimedOutError

from shared.contracts.topics import topics
from shared.messaging.partitioning import partition_of

LOG_ID = "simulated"
FIRST_TIMESTAMP_MS = 1_767_225_600_000


class Record(NamedTuple):
    """A record as aiokafka's consumer gives it, so far as production reads it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class MemoryKafka:
    """One cluster. Topics are made by the first record that is written to them."""

    def __init__(self, *, partitions: int, rng: Random | None = None) -> None:
        self.partitions = partitions
        self.rng = rng or Random(0)
        self.unsure = 0.0
        """How often a producer is not told what became of a record, from 0 to 1."""
        self.misremembers = 0.0
        """How often it is wrong about how far a group has read."""
        self.too_large: set[bytes] = set()
        """Keys whose records the broker refuses for good."""
        self._log: dict[str, list[list[Record]]] = {}
        self._count = 0

    def topic(self, name: str) -> list[list[Record]]:
        """The records of each partition of a topic."""
        if name not in self._log:
            self._log[name] = [[] for _ in range(self.partitions)]
        return self._log[name]

    def records(self, topic: str) -> Iterable[Any]:
        """Every record of a topic, partition by partition."""
        return [record for partition in self.topic(topic) for record in partition]

    async def first_offsets(
        self, wanted: Mapping[TopicPartition, int]
    ) -> Mapping[TopicPartition, int]:
        """The first offset at or after each; Kafka takes its time, and others go on meanwhile."""
        for _ in range(4):
            await asyncio.sleep(0)
        return {
            tp: offset
            for tp, offset in wanted.items()
            if offset < len(self.topic(tp.topic)[tp.partition])
        }

    def write(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Mapping[str, str | bytes]
    ) -> Record:
        """Appends a record to its key's partition."""
        choices = range(self.partitions)
        partition = self.rng.choice(choices) if key is None else partition_of(key, choices, choices)
        log = self.topic(topic)[partition]
        self._count += 1
        coded = [(name, v if isinstance(v, bytes) else v.encode()) for name, v in headers.items()]
        record = Record(topic, partition, len(log), FIRST_TIMESTAMP_MS + self._count, key, value,
                        tuple(coded))  # fmt: skip
        log.append(record)
        return record


class MemoryBroker:
    """What the relay uses of FastStream's broker: one producer."""

    def __init__(self, kafka: MemoryKafka, *, pause: float = 0.0) -> None:
        self.kafka = kafka
        self.pause = pause
        self.dead = False

    async def publish(
        self, body: bytes, *, topic: str, key: bytes | None, headers: dict[str, str],
        correlation_id: str | None = None, no_confirm: bool = False,
    ) -> Any:  # fmt: skip
        """Sends one record; with `no_confirm` gives the future acknowledgement."""
        del correlation_id
        kafka = self.kafka
        if self.pause and kafka.rng.random() < self.pause:
            await asyncio.sleep(0)
        error, written = self._fate(key)
        acknowledged: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        record = kafka.write(topic, key, body, headers) if written and not self.dead else None
        if error is None:
            acknowledged.set_result(record)
        else:
            acknowledged.set_exception(error)
            acknowledged.exception()  # Whoever dies before reading it leaves no complaint.
        return acknowledged if no_confirm else await acknowledged

    def _fate(self, key: bytes | None) -> tuple[Exception | None, bool]:
        """What the producer is told of a record of this key, and whether it is written."""
        kafka = self.kafka
        if key in kafka.too_large:
            return MessageSizeTooLargeError(), False
        if kafka.unsure and kafka.rng.random() < kafka.unsure:
            return RequestTimedOutError(), kafka.rng.random() < 0.5
        return None, True


class MemoryConsumer:
    """One member of a group: what FastStream's subscriber and `Positions` use of aiokafka's."""

    def __init__(self, kafka: MemoryKafka) -> None:
        self.kafka = kafka
        self._positions: dict[TopicPartition, int | None] = {}

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Gives it these partitions and no others, each to be sought in before it is read."""
        self._positions = dict.fromkeys(partitions)

    def begin_anywhere(self) -> None:
        """Kafka's memory of the group may be wrong, and the client begin by it before it is told.

        Not of a topic whose newest record counts: a service reads it to its end before all else.
        """
        rng = self.kafka.rng
        for tp in self._positions:
            contiguous = topics()[tp.topic].order == "contiguous"
            if contiguous and rng.random() < self.kafka.misremembers:
                end = len(self.kafka.topic(tp.topic)[tp.partition])
                self._positions[tp] = rng.randint(max(0, end - 3), end)

    def assignment(self) -> set[TopicPartition]:
        """The partitions that it has."""
        return set(self._positions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Reads on from there."""
        assert partition in self._positions, "seeking in a partition of somebody else"
        self._positions[partition] = offset

    def waiting(self) -> int:
        """How many records of its partitions lie ahead."""
        return sum(
            max(0, len(self.kafka.topic(tp.topic)[tp.partition]) - position)
            for tp, position in self._positions.items()
            if position is not None
        )

    def poll(self, most: int, rng: Random | None = None) -> Sequence[Record]:
        """Records that lie ahead, in the order of each partition; with `rng` of some partitions."""
        ready = [(tp, at) for tp, at in self._positions.items() if at is not None]
        if rng is not None:
            rng.shuffle(ready)
        found: list[Record] = []
        for tp, position in ready:
            left = most - len(found)
            some = self.kafka.topic(tp.topic)[tp.partition][position : position + left]
            if rng is not None and some:
                some = some[: rng.randint(0, len(some))]
            found += some
            self._positions[tp] = position + len(some)
        return found
