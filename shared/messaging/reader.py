"""Handles batches of records so that each takes effect once, in order, and none is lost.

One transaction locks the partitions' offset rows, skips what has been seen, calls the handler, and
notes inbox and offsets. The lock makes a second process with the same partition wait its turn. A
record that fails for good is parked with its key, and later records of that key wait behind it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog

from shared.contracts.topics import topics
from shared.messaging.failures import Failure, classify, code_of
from shared.messaging.parked import replay_key
from shared.messaging.received import Handler, Received
from shared.messaging.records import Incoming, KafkaRecord, headers_to_json, read
from shared.messaging.store import QUERIES
from shared.messaging.taking_turns import SEEN, judge, lock_offsets
from shared.postgres.connection import Connection, Pool

UNKNOWN_TRIES = 3
UNKNOWN_PAUSE_SECONDS = 0.6
BACK_OFF_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)

log = structlog.get_logger(__name__)

Place = tuple[str, int]
"""A topic without prefix, and a partition."""


class SkippedRecordsError(Exception):
    """Records lie between what was handled and what came: `expected` says where to read again.

    Kafka's memory of a consumer group can be ahead of our database, for example of one that was
    restored or is new, and its client may begin there before it is told better.
    """

    def __init__(self, expected: dict[Place, int]) -> None:
        super().__init__("records were skipped")
        self.expected = expected
        """The offset that is next in each partition."""


class Reader:
    """One consumer's hands: `take` returns when every record was handled, seen before, or parked."""

    def __init__(self, *, consumer: str, pool: Pool, handle: Handler) -> None:
        self.consumer = consumer
        self.pool = pool
        self.handle = handle
        self.failing: str | None = None
        """The code of the passing failure that is being waited out now, for readiness."""
        self._met_blocked = False
        self._gone: dict[Place, range] = {}

    async def take(
        self, records: Sequence[KafkaRecord], log_id: str, name: Callable[[str], str]
    ) -> None:
        """Handles `records`; retries for as long as a failure may pass.

        Raises CancelledError, and SkippedRecordsError before anything of the batch was handled.

        `name` gives a topic's name without the installation's prefix.
        """
        batch = [read(record, name(record.topic)) for record in records]
        parts: deque[tuple[list[Incoming], int]] = deque([(batch, UNKNOWN_TRIES)])
        while parts:
            part, tries = parts.popleft()
            error = await self._attempt_patiently(part, log_id, tries)
            if error is None:
                continue
            if len(part) == 1:
                part[0].error = error
                log.error("record.parked", error=error, topic=part[0].topic,
                          partition=part[0].record.partition, offset=part[0].record.offset)  # fmt: skip
                parts.appendleft((part, UNKNOWN_TRIES))
            else:
                middle = len(part) // 2
                parts.appendleft((part[middle:], 1))
                parts.appendleft((part[:middle], 1))
        if self._met_blocked:
            self._met_blocked = False
            await self._go_on({item.block for item in batch if item.block is not None})

    async def _attempt_patiently(self, part: list[Incoming], log_id: str, tries: int) -> str | None:
        """None when the part is done; else the code of a failure that will not pass."""
        failures = 0
        while True:
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    await self._attempt(connection, part, log_id)
            except SkippedRecordsError:
                raise
            except Exception as error:
                kind, code = classify(error), code_of(error)
                if kind is Failure.PERMANENT:
                    return code
                failures += 1
                if kind is Failure.UNKNOWN and failures >= tries:
                    log.error("batch.failed", error=code, records=len(part), exc_info=error)
                    return code
                self.failing = code
                log.warning("batch.retried", error=code, records=len(part), failures=failures)
                pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1]
                await asyncio.sleep(UNKNOWN_PAUSE_SECONDS if kind is Failure.UNKNOWN else pause)
            else:
                self.failing = None
                return None

    async def _attempt(self, connection: Connection, part: list[Incoming], log_id: str) -> None:
        """One transaction's work on a part of a batch."""
        offsets = await lock_offsets(connection, self.consumer, log_id, part)
        self._check_for_jumps(part, offsets)
        fresh = [item for item in part if item.record.offset >= offsets[item.place]]
        if not fresh:
            return
        blocked, last = await self._where_keys_stand(connection, fresh)
        accepted: list[Received] = []
        for item in fresh:
            if item.block in blocked:
                self._met_blocked = True
                await self._park(connection, item, log_id, item.error)
            elif (error := item.error or judge(item.received, last)) is None:
                assert item.received is not None
                accepted.append(item.received)
                last[item.topic, item.received.key] = item.received.sequence
            elif error != SEEN:
                await self._park(connection, item, log_id, error)
                if item.block is not None:
                    blocked.add(item.block)
        if accepted:
            await self.handle(connection, accepted)
        handled = {(received.topic, received.key) for received in accepted}
        await self._advance(connection, log_id, fresh, {place: last[place] for place in handled})

    def note_gone(self, gone: Mapping[Place, range]) -> None:
        """Kafka itself was asked and has none of these offsets any more: they may be stepped over."""
        self._gone.update(gone)

    def _check_for_jumps(self, part: list[Incoming], offsets: dict[Place, int]) -> None:
        """Raises SkippedRecordsError if records lie between that Kafka may still have."""
        first: dict[Place, int] = {}
        for item in part:
            if topics()[item.topic].order == "contiguous":
                first.setdefault(item.place, item.record.offset)
        jumps = {
            place: range(offsets[place], offset)
            for place, offset in first.items()
            if offset > offsets[place]
        }
        skipped = {
            place: jump.start
            for place, jump in jumps.items()
            if (gone := self._gone.get(place, range(0))).start != jump.start
            or gone.stop < jump.stop
        }
        if skipped:
            raise SkippedRecordsError(skipped)
        for place, jump in jumps.items():
            log.error("records.gone", topic=place[0], partition=place[1], expected=jump.start,
                      found=jump.stop)  # fmt: skip

    async def _where_keys_stand(
        self, connection: Connection, items: list[Incoming]
    ) -> tuple[set[tuple[str, bytes]], dict[tuple[str, UUID], int]]:
        """Which of the items' keys are blocked, and the last sequence handled of each."""
        keys = {
            item.block: None if item.received is None else item.received.key
            for item in sorted(items, key=lambda item: item.received is not None)
            if item.block is not None
        }
        rows = await QUERIES.where_keys_stand(
            connection,
            consumer=self.consumer,
            topics=[topic for topic, _ in keys],
            keys=[key for _, key in keys],
            ids=list(keys.values()),
        )
        return (
            {(row["topic"], row["key"]) for row in rows if row["blocked"]},
            {
                (row["topic"], row["id"]): row["last_sequence"]
                for row in rows
                if row["last_sequence"] is not None
            },
        )

    async def _advance(
        self,
        connection: Connection,
        log_id: str,
        items: list[Incoming],
        sequences: dict[tuple[str, UUID], int],
    ) -> None:
        """Notes that everything up to the last of `items` in each partition has been dealt with."""
        reached = {item.place: item.record.offset + 1 for item in items}
        keys = sorted(sequences)
        await QUERIES.advance(
            connection,
            log_id=log_id,
            consumer=self.consumer,
            topics=[topic for topic, _ in reached],
            partitions=[partition for _, partition in reached],
            next_offsets=list(reached.values()),
            key_topics=[topic for topic, _ in keys],
            keys=[key for _, key in keys],
            sequences=[sequences[place] for place in keys],
        )

    async def _park(
        self, connection: Connection, item: Incoming, log_id: str, error: str | None
    ) -> None:
        record = item.record
        await QUERIES.park(
            connection,
            log_id=log_id,
            consumer=self.consumer,
            topic=item.topic,
            partition=record.partition,
            record_offset=record.offset,
            record_time=item.recorded_at,
            key=record.key,
            sequence=item.sequence,
            value=record.value,
            headers=headers_to_json(record.headers),
            error=error,
        )

    async def heal(self) -> None:
        """Goes on with every key whose records wait for nothing any more.

        For the start: a process that was cut off while it handled a key's parked records, or just
        before, leaves the others behind, and no further record of the key may ever come.
        """
        await self._go_on(None)

    async def _go_on(self, keys: set[tuple[str, bytes]] | None) -> None:
        """Where a missing record has come, handles it and what waited behind it; None: everywhere."""
        async with self.pool.acquire() as connection:
            rows = await QUERIES.waiting_keys(
                connection,
                consumer=self.consumer,
                topics=None if keys is None else [topic for topic, _ in keys],
                keys=None if keys is None else [key for _, key in keys],
            )
        for row in rows:
            await replay_key(self.pool, self.consumer, row["topic"], row["key"], self.handle)
