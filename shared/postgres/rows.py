"""Tables whose rows are a frozen dataclass, loaded and saved a batch at a time.

State and projections are kept this way: one query loads all rows that a batch of records needs,
one statement writes back what changed. The SQL follows from the dataclass, so a column and its
field cannot drift apart unseen: a missing column fails the first load.
"""

import types
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from shared.postgres.connection import Connection


class Json(str):
    """JSON text, kept in a `json` column exactly as it is."""

    __slots__ = ()


_POSTGRES_TYPES: dict[type, str] = {
    UUID: "uuid",
    str: "text",
    int: "bigint",
    float: "float8",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
    Decimal: "numeric",
    bytes: "bytea",
    Json: "json",
}

R = TypeVar("R")


class RowTable(Generic[R]):
    """One table with a UUID primary key `key`, its columns named and typed as the fields of `row`."""

    def __init__(self, row: type[R], *, table: str, key: str) -> None:
        self.row = row
        self.table = table
        self.key = key
        hints = get_type_hints(row)
        self.columns = tuple(field.name for field in fields(row))  # type: ignore[arg-type]
        self._types = tuple(_postgres_type(hints[name]) for name in self.columns)
        self.key_of = attrgetter(key)
        self._values_of = attrgetter(*self.columns)

    async def load(
        self, connection: Connection, keys: Sequence[UUID], *, lock: bool = False, table: str = ""
    ) -> dict[UUID, R]:
        """The rows that exist among `keys`, by key; with `lock`, `for update` in order of key."""
        if not keys:
            return {}
        records = await connection.fetch(
            f"select {', '.join(self.columns)} from {table or self.table}"  # noqa: S608
            f" where {self.key} = any($1::uuid[])"
            + (f" order by {self.key} for update" if lock else ""),
            keys,
        )
        return {record[self.key]: self.from_record(record) for record in records}

    async def save(self, connection: Connection, rows: Iterable[R], *, table: str = "") -> None:
        """Inserts the rows, replacing those with the same key, in one statement."""
        values = [self._values_of(row) for row in rows]
        if not values:
            return
        await connection.execute(self._upsert(table or self.table), *zip(*values, strict=True))

    def from_record(self, record: Any) -> R:
        """The row in a record of a query that selects all of `columns`."""
        return self.row(**{name: record[name] for name in self.columns})

    def _upsert(self, table: str) -> str:
        arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(self._types, 1))
        changes = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c != self.key)
        return (
            f"insert into {table} ({', '.join(self.columns)}) select * from unnest({arrays})"  # noqa: S608
            f" on conflict ({self.key}) do update set {changes}"
        )


def _postgres_type(hint: Any) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (arm for arm in get_args(hint) if arm is not type(None))
    if get_origin(hint) is Literal:
        (hint,) = {type(value) for value in get_args(hint)}
    return _POSTGRES_TYPES[hint]
