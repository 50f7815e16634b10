"""A Kafka record on its way in: read once, into an event or into the reason why it cannot be."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from shared.contracts.envelope import UnreadableError, read_event, read_headers, read_key
from shared.messaging.received import Received


class KafkaRecord(Protocol):
    """What aiokafka's record and a parked row both offer. `timestamp`: milliseconds since 1970."""

    topic: Any
    partition: Any
    offset: Any
    timestamp: Any
    key: Any
    value: Any
    headers: Any


@dataclass(slots=True, kw_only=True)
class Incoming:
    """One record with its topic's short name, and what it says, or why it says nothing."""

    record: KafkaRecord
    topic: str
    received: Received | None
    error: str | None
    sequence: int | None
    """What its header says, where that much can be read."""

    @property
    def place(self) -> tuple[str, int]:
        """Topic (without prefix) and partition."""
        return self.topic, self.record.partition

    @property
    def block(self) -> tuple[str, bytes] | None:
        """What a failure of this record blocks: its topic and key. A null key blocks nothing."""
        return None if self.record.key is None else (self.topic, self.record.key)

    @property
    def recorded_at(self) -> datetime:
        """When the record came to be in Kafka (real time)."""
        return datetime.fromtimestamp(max(self.record.timestamp, 0) / 1000, UTC)


def read(record: KafkaRecord, topic: str) -> Incoming:
    """The record as an event of `topic`, or the code of what is unreadable in it. Never raises."""
    sequence = None
    try:
        key = read_key(record.key)
        envelope = read_headers(record.headers)
        sequence = envelope.sequence
        event = read_event(envelope.type, record.value)
        if topic != event.TOPIC:
            raise UnreadableError("unreadable:type:of-another-topic")
    except UnreadableError as error:
        return Incoming(
            record=record, topic=topic, received=None, error=error.code, sequence=sequence
        )
    received = Received(topic, key, sequence, envelope.id, envelope.correlation_id, event)
    return Incoming(record=record, topic=topic, received=received, error=None, sequence=sequence)


def headers_to_json(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Headers as JSON text that keeps every byte."""
    return json.dumps(
        [[name, None if v is None else base64.b64encode(v).decode()] for name, v in headers]
    )


def headers_from_json(text: str) -> list[tuple[str, Any]]:
    """The opposite of `headers_to_json`."""
    return [
        (name, None if value is None else base64.b64decode(value))
        for name, value in json.loads(text)
    ]
