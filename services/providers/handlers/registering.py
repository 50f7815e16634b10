"""The register: whole entries in, one event for each that differs, in the caller's transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.providers.handlers.words import Words, keep_words
from services.providers.projections import REGISTER
from services.providers.projections.recorded import ProviderRow
from services.providers.store import QUERIES, lock_streams, save_streams
from shared import clock
from shared.contracts.providers import ProviderRecorded, Suspension
from shared.messaging.outbox import NewEvent, append
from shared.postgres.connection import Connection

TOPIC = "providers.v1"
SUSPENSION_NOTE = "provider-suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A provider's whole state as the operator sent it: the event's fields without `at`."""

    provider_id: UUID
    fields: dict[str, Any]
    words: Words
    """About the suspension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What became of one entry."""

    provider_id: UUID
    sequence: int
    created: bool
    changed: bool


async def register(connection: Connection, entries: Sequence[Entry]) -> tuple[Registered, ...]:
    """Records all entries or none; one that says what the register already has publishes nothing.

    The entries are of different providers.
    """
    last = await lock_streams(connection, TOPIC, [entry.provider_id for entry in entries])
    rows = await REGISTER.rows.load(connection, list(last))
    now = await clock.now(connection)
    done: list[Registered] = []
    events: list[ProviderRecorded] = []
    for entry in entries:
        event = ProviderRecorded(at=now, provider_id=entry.provider_id, **entry.fields)
        changed = not _says(rows.get(entry.provider_id), event)
        if changed:
            last[entry.provider_id] += 1
            events.append(event)
        sequence = last[entry.provider_id]
        done.append(
            Registered(
                provider_id=entry.provider_id,
                sequence=sequence,
                created=changed and sequence == 1,
                changed=changed,
            )
        )
        await _keep_suspension_note(connection, entry, now)
    await append(connection, [_new_event(event, last[event.provider_id]) for event in events])
    await REGISTER.apply(connection, events)
    await save_streams(
        connection, TOPIC, {event.provider_id: last[event.provider_id] for event in events}
    )
    return tuple(done)


def _says(row: ProviderRow | None, event: ProviderRecorded) -> bool:
    if row is None:
        return False
    recorded = ProviderRecorded.model_validate_json(row.entry, extra="ignore")
    return recorded.model_copy(update={"at": event.at}) == event


def _new_event(event: ProviderRecorded, sequence: int) -> NewEvent:
    return NewEvent(
        topic=TOPIC,
        key=event.provider_id,
        sequence=sequence,
        type=event.TYPE,
        at=event.at,
        body=event.model_dump_json(),
        correlation_id=event.provider_id,
    )


async def _keep_suspension_note(connection: Connection, entry: Entry, now: datetime) -> None:
    """Keeps what was written of a suspension, unless the newest note says just that of it."""
    suspension: Suspension | None = entry.fields["suspension"]
    if suspension is None:
        return
    said = {"note": entry.words.note, "told": entry.words.told}
    if await suspension_words(connection, entry.provider_id, suspension.since) != said:
        await keep_words(
            connection,
            entry.provider_id,
            SUSPENSION_NOTE,
            entry.words,
            now,
            details={"since": _text(suspension.since)},
        )


async def suspension_words(
    connection: Connection, provider_id: UUID, since: datetime
) -> dict[str, str | None]:
    """The note, and who was told, of the suspension that began at `since`; None if not written."""
    newest = await QUERIES.last_note(connection, about_id=provider_id, kind=SUSPENSION_NOTE)
    details = {} if newest is None else json.loads(newest["details"])
    if details.get("since") != _text(since):
        return {"note": None, "told": None}
    return {"note": newest["text"] or None, "told": details.get("told")}


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
