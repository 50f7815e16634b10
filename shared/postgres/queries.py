"""Named queries: SQL stays in `.sql` files, each query with a name and one line of what it does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter

from shared.postgres.connection import Connection


class _ListAdapter(AsyncPGAdapter):
    """Gives rows as a list, and takes a connection as it is: never one of its own from a pool.

    aiosql would wrap an asynchronous driver's rows in a generator, so it takes this one for a
    synchronous one and hands our coroutines through.
    """

    is_aio_driver = False

    async def select(
        self, conn: Connection, name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> list[Any]:
        """All rows."""
        del record_class
        return await conn.fetch(sql, *self._in_order(name, parameters))

    async def select_one(
        self, conn: Connection, name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        """The first row, or None."""
        del record_class
        return await conn.fetchrow(sql, *self._in_order(name, parameters))

    async def select_value(self, conn: Connection, name: str, sql: str, parameters: Any) -> Any:
        """The first column of the first row, or None."""
        return await conn.fetchval(sql, *self._in_order(name, parameters))

    async def insert_update_delete(
        self, conn: Connection, name: str, sql: str, parameters: Any
    ) -> str:
        """The command's tag, for example `UPDATE 3`."""
        return await conn.execute(sql, *self._in_order(name, parameters))

    def _in_order(self, name: str, parameters: Any) -> Any:
        if isinstance(parameters, Mapping):
            return [parameters[wanted] for wanted in self.var_sorted[name]]
        return parameters


def load_queries(path: Path) -> Any:
    """The queries of a `.sql` file, or of all files in a folder, as async functions by name.

    `name` gives a list of rows, `name^` one row or None, `name$` one value, `name!` the tag.
    """
    adapter: Any = _ListAdapter  # its methods are coroutines, which aiosql's types do not foresee
    return aiosql.from_path(path, adapter, mandatory_parameters=False)
