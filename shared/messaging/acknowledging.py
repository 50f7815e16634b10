"""Tells Kafka how far this service has read, for Kafka's own tools: the lag that they show.

Where a service starts is decided by its own offsets table, committed with the effects; so Kafka
need not be told after each batch, which would be a round trip and a write of the broker for each.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.failures import code_of

ACKNOWLEDGE_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Acknowledging:
    """Notes what has been committed to Postgres, and tells Kafka of it within a second (real)."""

    def __init__(self) -> None:
        self._reached: dict[TopicPartition, int] = {}

    def note(self, records: Sequence[ConsumerRecord]) -> None:
        """These records have been dealt with, and their transaction is committed."""
        for record in records:
            self._reached[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def run(self, consumer: Callable[[], AIOKafkaConsumer | None]) -> None:
        """Tells Kafka what is new each second, for as long as it runs."""
        while True:
            await asyncio.sleep(ACKNOWLEDGE_SECONDS)
            current = consumer()
            if current is None or not self._reached:
                continue
            reached, self._reached = self._reached, {}
            try:
                await current.commit(reached)
            except KafkaError as error:
                # Partitions that went to another process, or Kafka is away: its reader tells it.
                log.info("offsets.not-committed", error=code_of(error))
