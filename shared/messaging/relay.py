"""Sends what the outbox holds to Kafka: in order of each key, at least once, by one process at a time.

It reads the rows that are unsent, never those after the last one seen: positions commit out of
order. A crash between the acknowledgement and the deletion sends a record twice, with the same id
and sequence; readers skip the second. What was acknowledged while an earlier one of its key was not
is sent again after it, so that whoever reads the log from its beginning finds each key in order.
"""

import asyncio
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg
import structlog
from faststream.kafka import KafkaBroker

from shared.contracts.dead_letters import RecordParked
from shared.contracts.envelope import UnreadableError, headers_for, read_key
from shared.ids import event_id, new_id
from shared.messaging.failures import REFUSED_FOR_GOOD, code_of
from shared.messaging.store import QUERIES
from shared.postgres.connection import CONNECT_TIMEOUT_SECONDS
from shared.postgres.wakeups import Wakeups

_LOCK = 7_110_226
_STANDBY_SECONDS = 1.0
MOST_IN_FLIGHT = 1000
SEND_TIMEOUT_SECONDS = 30.0

log = structlog.get_logger(__name__)


class Relay:
    """One service's sender. `run` returns never; it raises when the connection or producer is lost."""

    def __init__(
        self, *, service: str, url: str, broker: KafkaBroker, prefix: str, wakeups: Wakeups
    ) -> None:
        self.service = service
        self.url = url
        self.broker = broker
        self.prefix = prefix
        self.wakeups = wakeups
        self.active = False
        """Whether this process is the one that sends."""

    async def run(self) -> None:
        """Sends for as long as this process holds the lock, and stands by while another does.

        Raises asyncpg's or Kafka's error: the caller connects anew and calls again.
        """
        connection = await asyncpg.connect(self.url, timeout=CONNECT_TIMEOUT_SECONDS)
        try:
            # Sending twice is harmless, so forgetting a sent row need not wait for the disk.
            await connection.execute("set synchronous_commit = off")
            while not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
                await asyncio.sleep(_STANDBY_SECONDS)
            self.active = True
            while True:
                change = self.wakeups.next_change()
                if not await self.send_some(connection):
                    await self.wakeups.wait(change=change)
        finally:
            self.active = False
            connection.terminate()

    async def send_some(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        """Sends what is unsent now, up to a limit; whether there was anything.

        Raises KafkaError if Kafka is away. What it refuses for good is noted and its key waits.
        """
        rows = await QUERIES.unsent(connection, most=MOST_IN_FLIGHT)
        outcomes = await self._send(rows)
        sent: list[int] = []
        failed: dict[UUID, tuple[asyncpg.Record, BaseException]] = {}
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                failed.setdefault(row["key"], (row, outcome))
            elif row["key"] not in failed:
                sent.append(row["position"])
        if sent:
            await QUERIES.mark_sent(connection, positions=sent)
        if failed:
            await self._sort_out(connection, failed.values())
        # Parked records are told of when nothing else is to be sent: that may be every moment.
        return bool(rows) or await self._announce(connection)

    async def _send(self, rows: Sequence[asyncpg.Record]) -> list[object]:
        """Hands all rows to the producer, then waits for their acknowledgements together."""
        futures = [
            await self.broker.publish(
                row["body"].encode(),
                topic=self.prefix + row["topic"],
                key=str(row["key"]).encode(),
                headers=headers_for(
                    id=row["id"],
                    source=self.service,
                    type=row["type"],
                    at=row["recorded_at"],
                    key=row["key"],
                    sequence=row["sequence"],
                    correlation_id=row["correlation_id"],
                    causation_id=row["causation_id"],
                ),
                correlation_id=str(row["correlation_id"]),
                no_confirm=True,
            )
            for row in rows
        ]
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            outcomes: list[object] = await asyncio.gather(*futures, return_exceptions=True)
        return outcomes

    async def _sort_out(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        failed: Iterable[tuple[asyncpg.Record, BaseException]],
    ) -> None:
        """Sends each key's first failed one alone, to tell a guilty record from its neighbours."""
        for row, first_error in failed:
            if not isinstance(first_error, REFUSED_FOR_GOOD):
                raise first_error
            (outcome,) = await self._send([row])
            if isinstance(outcome, REFUSED_FOR_GOOD):
                await QUERIES.refuse(connection, position=row["position"], error=code_of(outcome))
                log.error("record.refused", error=code_of(outcome), topic=row["topic"])
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                await QUERIES.mark_sent(connection, positions=[row["position"]])

    async def _announce(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        """Tells dead-letters.v1 of parked records that it does not know of yet."""
        rows = await QUERIES.unannounced(connection, most=MOST_IN_FLIGHT)
        for row in rows:
            letter = RecordParked(
                at=row["parked_at"],
                consumer=row["consumer"],
                topic=row["topic"],
                partition=row["partition"],
                record_offset=row["record_offset"],
                log_id=row["log_id"],
                error=row["error"],
            )
            about = new_id()
            await self.broker.publish(
                letter.model_dump_json().encode(),
                topic=self.prefix + RecordParked.TOPIC,
                key=_opaque(row["key"]),
                headers=headers_for(
                    id=event_id(RecordParked.TOPIC, about, 1),
                    source=self.service,
                    type=RecordParked.TYPE,
                    at=row["parked_at"],
                    key=about,
                    sequence=1,
                    correlation_id=about,
                    causation_id=None,
                ),
            )
        if rows:
            await QUERIES.mark_announced(connection, ids=[row["id"] for row in rows])
        return bool(rows)


def _opaque(key: bytes | None) -> bytes | None:
    """A parked record's key, if it is an id: what else a stranger put there is not told on."""
    try:
        read_key(key)
    except UnreadableError:
        return None
    return key
