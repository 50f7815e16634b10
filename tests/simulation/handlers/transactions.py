"""A transaction of the in-memory PostgreSQL: what it sees, what it locks, and how it ends."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Protocol

import asyncpg

Row = dict[str, Any]


@dataclass(slots=True)
class Faults:
    """How often what goes wrong, from 0 to 1, and which rows cannot be written."""

    pause: float = 1.0
    """Before a statement somebody else may go on."""
    lost: float = 0.0
    """The connection is lost at a statement: its transaction is rolled back."""
    lost_after_commit: float = 0.0
    """The connection is lost at a commit that was done."""
    unwritable: set[Any] = field(default_factory=set)
    """Keys of `placements` that PostgreSQL refuses to store."""


class Server(Protocol):
    """What transactions share."""

    now: datetime
    rng: Random
    faults: Faults
    tables: defaultdict[str, dict[Any, Row]]
    holders: "dict[Any, Work]"

    def put(self, table: str, key: Any, row: Row) -> None:
        """Puts a committed row there."""

    def next_identity(self, table: str) -> int:
        """The next number of an identity column: never given twice, whatever is rolled back."""


class Work:
    """One transaction on the server: what it has written and locked so far."""

    def __init__(self, database: Server) -> None:
        self.database = database
        self.writes: dict[str, dict[Any, Row | None]] = {}
        self.locks: list[Any] = []
        self.waits_for: Work | None = None
        self.waiters: list[asyncio.Future[None]] = []
        self.ended = False
        self.spoiled = False

    async def lock(self, *lock: Any) -> None:
        """Returns once nobody else holds this lock. Raises DeadlockDetectedError for a circle."""
        holders = self.database.holders
        while (holder := holders.get(lock)) is not self:
            if holder is None:
                holders[lock] = self
                self.locks.append(lock)
                return
            ahead: Work | None = holder
            while ahead is not None:
                if ahead is self:
                    raise asyncpg.DeadlockDetectedError("deadlock detected")
                ahead = ahead.waits_for
            self.waits_for = holder
            waiter = asyncio.get_running_loop().create_future()
            holder.waiters.append(waiter)
            try:
                await waiter
            finally:
                self.waits_for = None

    def get(self, table: str, key: Any) -> Row | None:
        """A row as this transaction sees it now."""
        written = self.writes.get(table)
        if written is not None and key in written:
            return written[key]
        return self.database.tables[table].get(key)

    def scan(self, table: str) -> Iterable[Row]:
        """Every row of a table as this transaction sees it now."""
        committed, written = self.database.tables[table], self.writes.get(table)
        if not written:
            return list(committed.values())
        return [row for row in {**committed, **written}.values() if row is not None]

    async def put(self, table: str, key: Any, row: Row | None) -> None:
        """Writes a row (None deletes it) under its lock."""
        await self.lock(table, key)
        if table == "awards" and row is not None and row["state"] == "live":
            await self._one_live_award(row)
        if table == "placements" and key in self.database.faults.unwritable:
            raise asyncpg.DataError("this row cannot be written")
        self.writes.setdefault(table, {})[key] = row

    async def _one_live_award(self, award: Row) -> None:
        await self.lock("one_live_award", award["placement_id"])
        for other in self.scan("awards"):
            if (
                other["state"] == "live"
                and other["placement_id"] == award["placement_id"]
                and other["award_id"] != award["award_id"]
            ):
                raise taken("one_live_award")

    def end(self, *, commit: bool) -> None:
        """Makes all of it there for everybody, or none; whoever waits goes on."""
        if self.ended:
            return
        self.ended = True
        if commit:
            for table, written in self.writes.items():
                rows = self.database.tables[table]
                for key, row in written.items():
                    if row is None:
                        rows.pop(key, None)
                    else:
                        rows[key] = row
        for lock in self.locks:
            del self.database.holders[lock]
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)


def taken(constraint: str) -> asyncpg.UniqueViolationError:
    """What PostgreSQL says of a second row where there may be one."""
    error = asyncpg.UniqueViolationError("duplicate key value violates unique constraint")
    error.constraint_name = constraint
    return error
