"""A service's messaging: FastStream's broker, the relay, the reader, connected in the background.

HTTP does not wait for any of it. When Kafka or Postgres is away it connects anew, for as long as it
takes, and readiness says so.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import (
    AIOKafkaConsumer,
    ConsumerRecord,
)
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.specification.asyncapi import AsyncAPI

from shared.contracts.registry import EVENTS
from shared.messaging.acknowledging import Acknowledging
from shared.messaging.broker import new_broker
from shared.messaging.failures import code_of
from shared.messaging.history import LostHistoryError, check_own_log, first_offsets, read_to_end
from shared.messaging.kafka_topics import cluster_id, ensure_topics, watch_cluster
from shared.messaging.positions import Positions
from shared.messaging.reader import Reader, SkippedRecordsError
from shared.messaging.received import Handler
from shared.messaging.relay import Relay
from shared.messaging.store import QUERIES
from shared.postgres.connection import Pool
from shared.postgres.wakeups import Wakeups
from shared.settings import ServiceSettings

BATCH_RECORDS = 500
BATCH_TIMEOUT_MS = 10
_BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 3.0)

log = structlog.get_logger(__name__)


class Messaging:
    """Everything between one service and Kafka."""

    def __init__(
        self,
        *,
        service: str,
        settings: ServiceSettings,
        pool: Pool,
        wakeups: Wakeups,
        reads: Sequence[str],
        writes: Sequence[str],
        handle: Handler,
        first: Sequence[str] = (),
    ) -> None:
        """`first`: topics read to their end before any other, each time the service starts."""
        self.service = service
        self.settings = settings
        self.pool = pool
        self.wakeups = wakeups
        self.reads = tuple(reads)
        self.writes = tuple(writes)
        self.first = tuple(first)
        self.reader = Reader(consumer=service, pool=pool, handle=handle)
        self._state = "starting"
        self._trouble: str | None = None
        self.up_to_date = asyncio.Event()
        """Set once this database is known to hold all that the service ever published."""
        self._log_id = ""
        self._relay: Relay | None = None

    def short_name(self, topic: str) -> str:
        """A topic's name without this installation's prefix."""
        return topic.removeprefix(self.settings.homeward_topic_prefix)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Relay and reader run while the block does; leaving it lets the batch at hand finish."""
        asyncio.get_running_loop().set_exception_handler(_of_a_task_left_behind)
        task = asyncio.create_task(self._run(), name="messaging")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def readiness(self) -> dict[str, object]:
        """How messaging is: `ready`, and in codes what it waits for."""
        return {
            "ready": self._state == "connected" and self.reader.failing is None,
            "kafka": self._state,
            "trouble": self._trouble or self.reader.failing,
            "relay": "sending" if self._relay is not None and self._relay.active else "standing by",
        }

    async def blocked_keys(self) -> int:
        """How many keys wait behind a parked or refused record."""
        async with self.pool.acquire() as connection:
            count: int = await QUERIES.count_blocked(connection)
            return count

    def asyncapi(self) -> dict[str, Any]:
        """The AsyncAPI 3 document of what this service reads and writes."""
        broker = self._new_broker()
        self._subscribe(broker, None, Acknowledging())
        specification = AsyncAPI(
            broker,
            title=f"Homeward {self.service}",
            version="1",
            schema_version="3.0.0",
        ).to_specification()
        document: dict[str, Any] = specification.to_jsonable()
        return document

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                await self._connected()
            except Exception as error:
                # Whatever it was, the answer is the same: connect anew, and say so.
                failures += 1
                self._state, self._trouble = "connecting", _told(error)
                if isinstance(error, LostHistoryError):
                    self.up_to_date.clear()
                log.warning("messaging.reconnecting", error=code_of(error), failures=failures,
                            exc_info=None if isinstance(error, KafkaError | OSError) else error)  # fmt: skip
                await asyncio.sleep(_BACK_OFF_SECONDS[min(failures, len(_BACK_OFF_SECONDS)) - 1])

    async def _connected(self) -> None:
        """One connection's life: topics, relay, what must be read first, then the subscriber."""
        settings = self.settings
        self._state = "connecting"
        await ensure_topics(
            settings.kafka_bootstrap_servers,
            prefix=settings.homeward_topic_prefix,
            partitions=settings.homeward_partitions,
        )
        self._log_id = await cluster_id(settings.kafka_bootstrap_servers)
        await check_own_log(
            self.pool,
            settings.kafka_bootstrap_servers,
            self.writes,
            settings.homeward_topic_prefix,
        )
        self.up_to_date.set()
        broker = self._new_broker()
        lost: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        acknowledging = Acknowledging()
        consumer = self._subscribe(broker, lost, acknowledging)
        await broker.connect()
        try:
            self._relay = Relay(
                service=self.service,
                url=settings.database_url,
                broker=broker,
                prefix=settings.homeward_topic_prefix,
                wakeups=self.wakeups,
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._relay.run(), name="relay")
                tasks.create_task(self._read(broker), name="reader")
                tasks.create_task(acknowledging.run(consumer), name="acknowledging")
                tasks.create_task(_raise_when(lost), name="reader-lost")
                tasks.create_task(
                    watch_cluster(settings.kafka_bootstrap_servers, self._log_id), name="cluster"
                )
        finally:
            self._relay = None
            await broker.stop()

    async def _read(self, broker: KafkaBroker) -> None:
        for topic in self.first:
            await read_to_end(
                self.settings.kafka_bootstrap_servers,
                self.settings.homeward_topic_prefix + topic,
                lambda records: self.reader.take(records, self._log_id, self.short_name),
            )
        await self.reader.heal()
        await broker.start()
        self._state, self._trouble = "connected", None
        log.info("messaging.connected")

    def _found(self, log_id: str, trouble: str | None) -> None:
        """What the positions found out: which log this is, and what they wait for."""
        self._log_id, self._trouble = log_id or self._log_id, trouble

    def _new_broker(self) -> KafkaBroker:
        broker = new_broker(self.settings.kafka_bootstrap_servers, f"homeward-{self.service}")
        for topic in self.writes:
            broker.publisher(
                self.settings.homeward_topic_prefix + topic, schema=_any_event_of(topic)
            )
        return broker

    def _subscribe(
        self,
        broker: KafkaBroker,
        lost: "asyncio.Future[BaseException] | None",
        acknowledging: Acknowledging,
    ) -> Callable[[], AIOKafkaConsumer | None]:
        """Declares the one batch subscriber, and gives its consumer once there is one.

        `lost` tells of an error that ended it.
        """
        if not self.reads:
            return lambda: None
        positions = Positions(
            consumer=lambda: subscriber.consumer,
            service=self.service,
            pool=self.pool,
            log_id=lambda: cluster_id(self.settings.kafka_bootstrap_servers),
            name=self.short_name,
            first=lambda wanted: first_offsets(self.settings.kafka_bootstrap_servers, wanted),
            found=self._found,
        )
        subscriber = broker.subscriber(
            *[self.settings.homeward_topic_prefix + topic for topic in self.reads],
            batch=True,
            group_id=f"{self.settings.homeward_topic_prefix}{self.service}",
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            batch_timeout_ms=BATCH_TIMEOUT_MS,
            max_records=BATCH_RECORDS,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            fetch_max_wait_ms=500,
            listener=positions,
            parser=_as_they_are,
            decoder=_nothing_to_decode,
        )
        assert subscriber.ack_policy is AckPolicy.MANUAL, "a batch is acknowledged by its commit"

        async def take(records: Any) -> None:
            try:
                try:
                    await self.reader.take(records, self._log_id, self.short_name)
                    acknowledging.note(records)
                except SkippedRecordsError as error:
                    log.warning("records.skipped", partitions=len(error.expected))
                    self.reader.note_gone(await positions.read_again(records, error.expected))
            except Exception as error:
                # Nothing may leave a handler: FastStream would go on to the next batch.
                if lost is not None and not lost.done():
                    lost.set_result(error)
                await asyncio.Future()

        take.__annotations__["records"] = list[_any_event_of(*self.reads)]  # type: ignore[misc]
        subscriber(take)
        return lambda: subscriber.consumer


async def _as_they_are(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """The records themselves: FastStream's own batch parser decodes headers and hides missing values."""
    return KafkaMessage(body=b"", raw_message=records, headers={}, consumer=FAKE_CONSUMER)


async def _nothing_to_decode(message: KafkaMessage) -> Any:
    return message.raw_message


def _of_a_task_left_behind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody awaits. aiokafka shields a commit's request from being cancelled and leaves it
    behind when we connect anew; that it fails then is no news, since why we did was told."""
    error = context.get("exception")
    if isinstance(error, KafkaError):
        log.info("kafka.request-left-behind", error=code_of(error))
    else:
        loop.default_exception_handler(context)


def _told(error: Exception) -> str:
    """An error for readiness: a code, or for lost history the sentence that says what to do."""
    return str(error) if isinstance(error, LostHistoryError) else code_of(error)


async def _raise_when(lost: "Awaitable[BaseException]") -> None:
    raise await lost


def _any_event_of(*topics: str) -> Any:
    """The union of the events that these topics carry, for the AsyncAPI document."""
    union: Any = None
    for event in EVENTS.values():
        if event.TOPIC in topics:
            union = event if union is None else union | event
    return union
