"""PostgreSQL as matching meets it, in memory: transactions, row locks, and the statements it sends.

**Real** in the simulation: everything above a connection. Handlers, store, projections, `RowTable`,
outbox, reader, parked keys, timers and relay run as they are in production, with their own SQL text;
no hook, no switch and no second implementation of theirs.

**Doubled**: what answers the SQL. A statement is known by its text, either a named query, for which
`statements.py` has a function of the same name, or one that `RowTable` wrote. What is kept of
PostgreSQL's behaviour (READ COMMITTED): a transaction is there wholly or not at all, and nobody
else sees it before; a row that it wrote or selected `for update` is locked until it ends, and
whoever waits then reads the row as it has become; a circle of waiting ends with
DeadlockDetectedError; identity columns count on although a transaction is rolled back, so that
positions commit out of order; a failed statement spoils its transaction up to the savepoint;
`events` and `one_live_award` refuse a double.

**Bound** by `test_transactions_contract.py` and `test_statements_contract.py`: the same tests run on
this and on PostgreSQL.

Left out: column types and check constraints, `notify`, locks given back by a savepoint's rollback.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from typing import Any

import asyncpg

from tests.simulation.handlers.row_tables import answer_row_table
from tests.simulation.handlers.transactions import Faults, Row, Work

Answer = Callable[..., Awaitable[list[Row]]]


class MemoryPostgres:
    """One database. Tables are made by the first row that is put into them."""

    def __init__(
        self,
        answers: dict[str, tuple[Answer, tuple[str, ...]]],
        *,
        now: datetime,
        rng: Random | None = None,
    ) -> None:
        """`answers`: by a statement's text what answers it, and the names of its parameters."""
        self.answers = answers
        self.now = now
        """What homeward_now() shows; whoever holds the database lets it pass."""
        self.rng = rng or Random(0)
        self.faults = Faults()
        self.tables: defaultdict[str, dict[Any, Row]] = defaultdict(dict)
        self.holders: dict[Any, Work] = {}
        self._identities: defaultdict[str, int] = defaultdict(int)
        self.put("register_version", True, {"version": 0})

    def put(self, table: str, key: Any, row: Row) -> None:
        """Puts a committed row there, as a migration would."""
        self.tables[table][key] = row

    def rows(self, table: str) -> list[Row]:
        """The committed rows, for whoever checks."""
        return list(self.tables[table].values())

    def next_identity(self, table: str) -> int:
        """The next number of an identity column: never given twice, whatever is rolled back."""
        self._identities[table] += 1
        return self._identities[table]

    def begin(self) -> "Work":
        """A transaction."""
        return Work(self)

    def pool(self) -> Any:
        """A process's pool, in the place of asyncpg's: what it holds is lost when the process is."""
        return MemoryPool(self)


class MemoryConnection:
    """What production code uses of an asyncpg connection."""

    def __init__(self, pool: "MemoryPool") -> None:
        self.pool = pool
        self.database = pool.database
        self.work: Work | None = None
        self.dead = False

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """The rows of a statement."""
        await self._pause()
        if self.work is not None:
            return await self._answer(self.work, sql, values)
        work = self.database.begin()
        try:
            rows = await self._answer(work, sql, values)
        except BaseException:
            work.end(commit=False)
            raise
        work.end(commit=True)
        return rows

    async def fetchrow(self, sql: str, *values: Any) -> Row | None:
        """The first row."""
        rows = await self.fetch(sql, *values)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first column of the first row."""
        rows = await self.fetch(sql, *values)
        return next(iter(rows[0].values())) if rows else None

    async def execute(self, sql: str, *values: Any) -> str:
        """Nobody reads the tag."""
        await self.fetch(sql, *values)
        return ""

    async def _pause(self) -> None:
        database, faults = self.database, self.database.faults
        if faults.pause and database.rng.random() < faults.pause:
            await asyncio.sleep(0)
        if faults.lost and not self.dead and database.rng.random() < faults.lost:
            self.lose()
        if self.dead:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")

    async def _answer(self, work: Work, sql: str, values: tuple[Any, ...]) -> list[Row]:
        if work.spoiled:
            raise asyncpg.InFailedSQLTransactionError("current transaction is aborted")
        try:
            known = self.database.answers.get(sql)
            if known is not None:
                answer, names = known
                return await answer(work, **dict(zip(names, values, strict=True)))
            return await answer_row_table(work, sql, values)
        except asyncpg.PostgresError:
            work.spoiled = True
            raise

    @asynccontextmanager
    async def transaction(self):
        """A transaction, or within one a savepoint."""
        if self.work is not None:
            async with self._savepoint(self.work):
                yield
            return
        self.work = work = self.database.begin()
        try:
            yield
            await self._pause()
            assert not work.spoiled, "a spoiled transaction is never committed"
            work.end(commit=True)
            faults = self.database.faults
            if faults.lost_after_commit and self.database.rng.random() < faults.lost_after_commit:
                self.lose()
            # Who is killed here has committed and told nobody.
            await self._pause()
        finally:
            work.end(commit=False)
            self.work = None

    @asynccontextmanager
    async def _savepoint(self, work: Work):
        before = {table: dict(written) for table, written in work.writes.items()}
        try:
            yield
        except BaseException:
            work.writes, work.spoiled = before, False
            raise

    def lose(self) -> None:
        """The connection is gone; the server rolls back what was not committed."""
        self.dead = True
        if self.work is not None:
            self.work.end(commit=False)


class MemoryPool:
    """What production code uses of an asyncpg pool."""

    def __init__(self, database: MemoryPostgres) -> None:
        self.database = database
        self.dead = False
        self._open: dict[MemoryConnection, None] = {}

    @asynccontextmanager
    async def acquire(self):
        """A connection for a while."""
        connection = MemoryConnection(self)
        connection.dead = self.dead
        self._open[connection] = None
        try:
            yield connection
        finally:
            del self._open[connection]

    def kill(self) -> None:
        """The process is gone, and with it every connection."""
        self.dead = True
        for connection in list(self._open):
            connection.lose()
