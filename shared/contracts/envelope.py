"""CloudEvents 1.0 in Kafka's binary mode: what an event is goes into headers, the event is the body.

Source: CloudEvents Kafka protocol binding 1.0.2.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.model import Event
from shared.contracts.registry import EVENTS, UPCASTERS

CONTENT_TYPE = "application/json"

T = TypeVar("T")


class UnreadableError(ValueError):
    """A record that no reader of this version can understand. `code` says which part, not what was in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Envelope(NamedTuple):
    """What the headers of a record say."""

    id: UUID
    type: str
    sequence: int
    correlation_id: UUID


def headers_for(
    *,
    id: UUID,
    source: str,
    type: str,
    at: datetime,
    key: UUID,
    sequence: int,
    correlation_id: UUID,
    causation_id: UUID | None,
) -> dict[str, str]:
    """The headers of a record of `source` (a service's name)."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(id),
        "ce_source": f"/homeward/{source}",
        "ce_type": type,
        "ce_time": at.isoformat(),
        "ce_subject": str(key),
        "ce_sequence": str(sequence),
        "ce_correlationid": str(correlation_id),
        "content-type": CONTENT_TYPE,
    }
    if causation_id is not None:
        headers["ce_causationid"] = str(causation_id)
    return headers


def read_key(key: bytes | None) -> UUID:
    """The id in a record's key. Raises UnreadableError."""
    if key is None:
        raise UnreadableError("unreadable:key:missing")
    try:
        return UUID(key.decode("ascii"))
    except ValueError as error:
        raise UnreadableError("unreadable:key:not-a-uuid") from error


def read_headers(headers: Sequence[tuple[str, bytes | None]]) -> Envelope:
    """What the headers say. Raises UnreadableError naming the header that is missing or odd."""
    by_name: Mapping[str, bytes | None] = dict(headers)
    return Envelope(
        id=_header(by_name, "ce_id", UUID),
        type=_header(by_name, "ce_type", str),
        sequence=_header(by_name, "ce_sequence", _positive),
        correlation_id=_header(by_name, "ce_correlationid", UUID),
    )


def read_event(type: str, value: bytes | None) -> Event:
    """The event in a record's value, lifted to the newest version. Raises UnreadableError."""
    if value is None:
        raise UnreadableError("unreadable:value:missing")
    model = EVENTS.get(type)
    if model is None and type not in UPCASTERS:
        raise UnreadableError("unreadable:type:unknown")
    try:
        if model is not None:
            return model.read(value)
        return _upcast(type, value)
    except UnreadableError:
        raise
    except ValueError as error:
        raise UnreadableError(f"unreadable:value:{_where(error)}") from error


def _upcast(type: str, value: bytes) -> Event:
    body = json.loads(value)
    while type in UPCASTERS:
        type, body = UPCASTERS[type](body)
    return EVENTS[type].model_validate_json(json.dumps(body), extra="ignore")


def _header(headers: Mapping[str, bytes | None], name: str, read: Callable[[str], T]) -> T:
    value = headers.get(name)
    if value is None:
        raise UnreadableError(f"unreadable:header:{name}:missing")
    try:
        return read(value.decode("utf-8"))
    except ValueError as error:
        raise UnreadableError(f"unreadable:header:{name}") from error


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("a sequence starts at 1")
    return number


def _where(error: ValueError) -> str:
    """Path and kind of the first thing wrong, without its value."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        return ".".join(str(step) for step in first["loc"]) + ":" + first["type"]
    return type_name(error)


def type_name(error: BaseException) -> str:
    """The name of an error's class: a code that quotes nothing."""
    return error.__class__.__name__
