"""One process of matching, wired as `app.py` and `runtime.py` wire it, on the two doubles.

Its memory ends with it: a new `Process` knows what the database and the log know.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.matching import handlers, outlooks
from services.matching.consumers import READS, SERVICE
from services.matching.domain.events import Event
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.refusal import Refusal
from services.matching.handlers import Matching
from services.matching.outlooks import Outlooks
from services.matching.policies import Policies, publish
from services.matching.policy_document import Document
from services.matching.policy_file import version_of
from services.matching.timers import Timers
from shared.messaging.parked import discard, replay_one
from shared.messaging.positions import Positions
from shared.messaging.reader import Reader, SkippedRecordsError
from shared.messaging.received import Received
from shared.messaging.relay import Relay
from shared.postgres.connection import TRANSIENT_ERRORS
from shared.postgres.wakeups import Wakeups
from tests.simulation.handlers.kafka import LOG_ID, MemoryBroker, MemoryConsumer, MemoryKafka
from tests.simulation.handlers.postgres import MemoryPostgres

BATCH_RECORDS = 20


def _same_name(topic: str) -> str:
    return topic


async def _log_id() -> str:
    """Kafka takes its time to say which log it has, and others go on meanwhile."""
    for _ in range(6):
        await asyncio.sleep(0)
    return LOG_ID


@contextmanager
def small_pages() -> Iterator[None]:
    """A few placements are many: what is done page by page is done in several."""
    paged: tuple[Any, ...] = (handlers, outlooks)
    before = {module: module.MOST_AT_ONCE for module in paged}
    try:
        for module in before:
            module.MOST_AT_ONCE = 1
        yield
    finally:
        for module, most in before.items():
            module.MOST_AT_ONCE = most


class Process:
    """What runs in one operating system process, and can be killed between any two statements."""

    def __init__(
        self, name: str, database: MemoryPostgres, kafka: MemoryKafka, document: Document
    ) -> None:
        self.name = name
        self.database = database
        self.kafka = kafka
        self.pool: Any = database.pool()
        self.document = document
        self.matching = Matching(Policies(document))
        self.reader = Reader(consumer=SERVICE, pool=self.pool, handle=self._take)
        self.timers = Timers(pool=self.pool, matching=self.matching)
        self.outlooks = Outlooks(pool=self.pool, matching=self.matching)
        self.consumer: Any = MemoryConsumer(kafka)
        self.positions = Positions(
            consumer=lambda: self.consumer,
            service=SERVICE,
            pool=self.pool,
            log_id=_log_id,
            name=_same_name,
            first=kafka.first_offsets,
            found=lambda _log, _trouble: None,
        )
        self.dead = False
        self.ready = False
        self.pause = 0.0
        """How often somebody else goes on between two records that are sent."""
        self._broker = MemoryBroker(kafka)
        self._relay = self._new_relay()
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    # -- what it does, each at most once at a time -------------------------------------------------

    def begin(self, what: str, work: Coroutine[Any, Any, Any]) -> None:
        """Lets a piece of work run beside the others, unless the same is still running."""
        if self.dead or self.busy(what):
            work.close()
            return
        self._tasks[what] = asyncio.get_running_loop().create_task(work)

    def busy(self, what: str | None = None) -> bool:
        """Whether that work is still running, or any."""
        running = self._tasks.values() if what is None else filter(None, [self._tasks.get(what)])
        return any(not task.done() for task in running)

    def failures(self) -> list[BaseException]:
        """What left a piece of work as an error since it was asked last."""
        done = {what: task for what, task in self._tasks.items() if task.done()}
        for what in done:
            del self._tasks[what]
        return [
            error
            for task in done.values()
            if not task.cancelled() and (error := task.exception()) is not None
        ]

    def kill(self) -> None:
        """Ends it with no warning: its connections are gone before its tasks can do anything."""
        self.dead = self._broker.dead = True
        self.pool.kill()
        for task in self._tasks.values():
            task.cancel()

    async def start(self) -> None:
        """Reads the policies in use, then the register to its end, then what was left waiting.

        A process that comes with another policy than the one in force publishes it.
        """
        while not self.ready:
            try:
                async with self.pool.acquire() as connection:
                    policies = self.matching.policies
                    await policies.keep(connection)
                    if policies.current.version != version_of(self.document):
                        async with connection.transaction():
                            await publish(
                                connection, self.document, author="somebody", reason="a change"
                            )
                self.ready = True
            except TRANSIENT_ERRORS:
                await asyncio.sleep(0.25)
        records = list(self.kafka.records("providers.v1"))
        if records:
            await self.reader.take(records, LOG_ID, _same_name)
        await self.heal()

    async def heal(self) -> None:
        """What a connection begins with; one that is lost meanwhile is made anew."""
        while True:
            try:
                return await self.reader.heal()
            except TRANSIENT_ERRORS:
                await asyncio.sleep(0.25)

    async def own(self, partitions: Iterable[TopicPartition]) -> None:
        """Its share of the group has changed: it reads on where the database says."""
        wanted: Any = tuple(partitions)
        self.consumer.assign(wanted)
        self.consumer.begin_anywhere()
        await self.positions.on_partitions_assigned(wanted)

    async def read(self, rng: Random | None = None) -> None:
        """One batch, of whatever partitions happen to come."""
        records = self.consumer.poll(BATCH_RECORDS, rng)
        if not records:
            return
        try:
            await self.reader.take(records, LOG_ID, _same_name)
        except SkippedRecordsError as error:
            self.reader.note_gone(await self.positions.read_again(records, error.expected))
        except TRANSIENT_ERRORS:
            await self.heal()  # It connects anew.
            await self.own(sorted(self.consumer.assignment()))

    async def fire(self) -> None:
        """What the timers' loop does once: an error leaves what is due as it is."""
        try:
            await self.timers.fire_due()
        except TRANSIENT_ERRORS:
            return

    async def review_all(self) -> None:
        """The review of outlooks, once round."""
        await self.outlooks.review_page()
        while self.outlooks.is_under_way:
            await self.outlooks.review_page()
        await self.outlooks.look_again()

    async def review(self) -> None:
        """What the review of outlooks does once."""
        try:
            await self.outlooks.review_page()
            if not self.outlooks.is_under_way:
                await self.outlooks.look_again()
        except TRANSIENT_ERRORS:
            return

    async def send(self) -> None:
        """What the relay does once; after an error it begins anew with another producer."""
        self._broker.pause = self.pause
        try:
            async with self.pool.acquire() as connection:
                while await self._relay.send_some(connection):
                    pass
        except (KafkaError, *TRANSIENT_ERRORS):
            self._broker = MemoryBroker(self.kafka)
            self._broker.dead = self.dead
            self._relay = self._new_relay()

    async def obey(
        self, referral_id: UUID, command: PackageCommand, about: UUID | None = None
    ) -> tuple[Event, ...] | Refusal | None:
        """A person's command; None if nobody can say what became of it."""
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                return await self.matching.command(connection, referral_id, command, about=about)
        except TRANSIENT_ERRORS:
            return None

    async def replay_all(self) -> None:
        """An operator gives up what nobody can read, and replays what else is parked.

        After what the log lost was sent again: until then the one may be taken for the other.
        """
        for row in self.database.rows("parked"):
            if (row["error"] or "").startswith("unreadable"):
                await discard(self.pool, row["id"], author="operator", reason="nobody can read it")
        await self._replay()

    async def _replay(self) -> None:
        for row in self.database.rows("parked"):
            await replay_one(self.pool, row["id"], self._take)

    async def mend(self) -> None:
        """An operator replays while all goes on, and again where the connection was lost."""
        while True:
            try:
                return await self._replay()
            except TRANSIENT_ERRORS:
                await asyncio.sleep(0.25)

    async def _take(self, connection: Any, batch: Sequence[Received]) -> None:
        """Production's handler; beside it the same transaction notes what took effect, for I6."""
        await self.matching.take(connection, batch)
        for received in batch:
            place = (received.topic, received.key)
            before = connection.work.get("handled", place) or {"sequences": ()}
            sequences = (*before["sequences"], received.sequence)
            await connection.work.put("handled", place, {"place": place, "sequences": sequences})

    def _new_relay(self) -> Relay:
        return Relay(service=SERVICE, url="", broker=self._broker, prefix="", wakeups=Wakeups())  # type: ignore[arg-type]


def share(
    processes: list[Process], partitions: int, rng: Random
) -> list[tuple[Process, list[TopicPartition]]]:
    """A group's partitions, each with one of its members."""
    shares: list[tuple[Process, list[TopicPartition]]] = [(one, []) for one in processes]
    for topic in READS:
        for partition in range(partitions):
            rng.choice(shares)[1].append(TopicPartition(topic, partition))
    return shares
