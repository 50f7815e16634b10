"""Where a consumer reads on: at what our own database says, never at what Kafka remembers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition

from shared.messaging.failures import code_of
from shared.messaging.reader import Place
from shared.messaging.store import QUERIES
from shared.postgres.connection import Pool

RETRY_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Positions(ConsumerRebalanceListener):  # type: ignore[misc]
    """Seeks, whenever partitions come, to the next offset of the log that this cluster has."""

    def __init__(
        self,
        *,
        consumer: Callable[[], AIOKafkaConsumer | None],
        service: str,
        pool: Pool,
        log_id: Callable[[], Awaitable[str]],
        name: Callable[[str], str],
        first: Callable[[Mapping[TopicPartition, int]], Awaitable[Mapping[TopicPartition, int]]],
        found: Callable[[str, str | None], None],
    ) -> None:
        """`log_id` asks Kafka which log it has; `name` gives a topic's name without prefix.

        `first` asks Kafka for the first offset that it has at or after each of these. `found` is
        told the log's id and the code of what is waited for, None for nothing.
        """
        self.consumer = consumer
        self.service = service
        self.pool = pool
        self.log_id = log_id
        self.name = name
        self.first = first
        self.found = found

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to do: what is at hand ends under the offset rows' lock."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seeks in these partitions; waits for Postgres and Kafka for as long as it takes."""
        consumer = self.consumer()
        if not assigned or consumer is None:
            return
        while True:
            try:
                reached = await self._reached(assigned)
                break
            except Exception as error:
                self.found("", code_of(error))
                log.warning("reader.waits-for-offsets", error=code_of(error))
                await asyncio.sleep(RETRY_SECONDS)
        for partition, offset in reached.items():
            if partition in consumer.assignment():
                consumer.seek(partition, offset)

    async def _reached(self, assigned: set[TopicPartition]) -> dict[TopicPartition, int]:
        """The next offset of each partition, whose row is made if there is none."""
        log_id = await self.log_id()
        partitions = {(self.name(tp.topic), tp.partition): tp for tp in assigned}
        arguments = {
            "log_id": log_id,
            "consumer": self.service,
            "topics": [topic for topic, _ in partitions],
            "partitions": [partition for _, partition in partitions],
        }
        async with self.pool.acquire() as connection, connection.transaction():
            await QUERIES.ensure_offsets(connection, **arguments)
            rows = await QUERIES.lock_offsets(connection, **arguments)
        self.found(log_id, None)
        return {partitions[row["topic"], row["partition"]]: row["next_offset"] for row in rows}

    async def read_again(
        self, records: Sequence[ConsumerRecord], expected: Mapping[Place, int]
    ) -> dict[Place, range]:
        """Goes back to before a batch of which nothing was handled, and to what is `expected`.

        Gives the offsets there that Kafka has no more. That another batch comes without them is no
        proof: the client may have begun once more where a group's memory says. Raises KafkaError.
        """
        consumer = self.consumer()
        if consumer is None:
            return {}
        begin: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            offset = expected.get((self.name(record.topic), record.partition), record.offset)
            begin.setdefault(partition, min(record.offset, offset))
        skipped = {
            partition: expected[place]
            for partition in begin
            if (place := (self.name(partition.topic), partition.partition)) in expected
        }
        first = await self.first(skipped)
        for partition, offset in begin.items():
            if partition in consumer.assignment():
                consumer.seek(partition, offset)
        return {
            (self.name(partition.topic), partition.partition): range(skipped[partition], offset)
            for partition, offset in first.items()
        }
