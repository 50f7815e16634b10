"""Tables made from events alone, so that they can be thrown away and made again.

`project` is pure and sees the events of one key of one topic in order; between topics any order
may come, and must give the same row. Rebuilding and checking live in `rebuild.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from shared.postgres.connection import Connection
from shared.postgres.rows import RowTable

_TAKE_TURNS = "select pg_advisory_xact_lock(hashtext('projection ' || $1))"


class MadeOfEvents(Protocol):
    """A table that events alone make, as a rebuild sees it."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def topics(self) -> tuple[str, ...]:
        """What it is made from."""

    @property
    def rows(self) -> RowTable[Any]:
        """The live table, its columns, and the key by which a differing row is named."""

    @property
    def whole_streams(self) -> bool:
        """Whether all events of a key must come together, and come from the service's own log."""

    async def apply(
        self, connection: Connection, events: Sequence[Any], *, table: str = ""
    ) -> None:
        """Brings `table`, or the live one, up to date with these events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One table, the topics it is made from, and how an event changes a row of it."""

    name: str
    rows: RowTable[Any]
    topics: tuple[str, ...]
    keys: Callable[[Any], Sequence[UUID]]
    """Which rows an event touches; none for an event that does not matter here."""
    project: Callable[[Any, Any, UUID], Any]
    """(row or None, event, key) → the row afterwards; None leaves no row."""

    shared: bool = False
    """Whether a row belongs to several streams, so that transactions must take turns at the table."""
    whole_streams: bool = False

    async def apply(
        self, connection: Connection, events: Sequence[Any], *, table: str = ""
    ) -> None:
        """Brings the table up to date with `events`: one load and one save for all of them."""
        touched = [(key, event) for event in events for key in self.keys(event)]
        keys = list(dict.fromkeys(key for key, _ in touched))
        if self.shared and keys:
            await connection.execute(_TAKE_TURNS, self.name)
        rows = await self.rows.load(connection, keys, table=table)
        changed: dict[UUID, Any] = {}
        for key, event in touched:
            row = self.project(rows.get(key), event, key)
            if row is not None:
                rows[key] = changed[key] = row
        await self.rows.save(connection, changed.values(), table=table)
