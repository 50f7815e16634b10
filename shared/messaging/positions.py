"""Where a consumer reads on: at what our own database says, never at what Kafka remembers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition

from shared.messaging.failures import code_of
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
        found: Callable[[str, str | None], None],
    ) -> None:
        """`log_id` asks Kafka which log it has; `name` gives a topic's name without prefix.

        `found` is told the log's id and the code of what is waited for, None for nothing.
        """
        self.consumer = consumer
        self.service = service
        self.pool = pool
        self.log_id = log_id
        self.name = name
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

    def read_again(
        self, records: Sequence[ConsumerRecord], expected: Mapping[tuple[str, int], int]
    ) -> None:
        """Goes back to before a batch of which nothing was handled, and to what is `expected`.

        `expected` is (topic without prefix, partition) → offset.
        """
        consumer = self.consumer()
        if consumer is None:
            return
        first: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            place = (self.name(record.topic), record.partition)
            first.setdefault(partition, min(record.offset, expected.get(place, record.offset)))
        for partition, offset in first.items():
            if partition in consumer.assignment():
                consumer.seek(partition, offset)
