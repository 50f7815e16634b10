"""How the in-memory PostgreSQL understands the statements that `RowTable` writes."""

import re
from functools import lru_cache
from typing import Any

from tests.simulation.handlers.transactions import Row, Work

_LOAD = re.compile(
    r"select .+ from (\w+) where (\w+) = any\(\$1::uuid\[\]\)( order by \w+ for update)?"
)
_SAVE = re.compile(
    r"insert into (\w+) \((.+?)\) select \* from unnest\(.+\) on conflict \((\w+)\) do update set .+"
)


class UnknownStatementError(LookupError):
    """The services send a statement that the in-memory PostgreSQL has no answer to."""

    def __init__(self, sql: str) -> None:
        super().__init__(f"give tests/simulation/handlers/statements.py an answer to: {sql}")


@lru_cache(maxsize=256)
def _parsed(sql: str) -> tuple[str, str, tuple[str, ...] | None, bool] | None:
    """(table, key, columns of a save or None for a load, lock) of a statement of `RowTable`."""
    if load := _LOAD.fullmatch(sql):
        return load[1], load[2], None, load[3] is not None
    if save := _SAVE.fullmatch(sql):
        return save[1], save[3], tuple(save[2].split(", ")), False
    return None


async def answer_row_table(work: Work, sql: str, values: tuple[Any, ...]) -> list[Row]:
    parsed = _parsed(sql)
    if parsed is None:
        raise UnknownStatementError(sql)
    table, key, columns, lock = parsed
    if columns is not None:
        position = columns.index(key)
        for found in zip(*values, strict=True):
            await work.put(table, found[position], dict(zip(columns, found, strict=True)))
        return []
    keys = dict.fromkeys(values[0])
    if lock:
        # A row that is not there cannot be locked.
        keys = dict.fromkeys(one for one in sorted(keys) if work.get(table, one) is not None)
        for one in keys:
            await work.lock(table, one)
    return [row for one in keys if (row := work.get(table, one)) is not None]
