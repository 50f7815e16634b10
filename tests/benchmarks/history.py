"""More history than was ever made: each row of a database again, under other ids.

What belongs to the market or to the work at hand (register, rotation, tokens, offsets) stays as it
is; only what grows with the years is multiplied.
"""

from tests.benchmarks.place import connected

_NOT_HISTORY = (
    "clock", "idempotency", "migrations", "offer_feed_end", "offsets", "outbox", "parked", "policies",
    "providers", "publications", "register", "register_version", "service_order_end", "tokens", "turns",
)  # fmt: skip
_COLUMNS = """
select c.table_name, c.column_name, c.data_type from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
  and c.table_name <> all($1::text[]) and c.is_identity = 'NO'
order by c.table_name, c.ordinal_position
"""
_FEED_STEP = 10_000_000
"""Older places of a provider's feed lie below the newest ones."""


async def multiply(url: str, times: int) -> int:
    """Makes the database `times` as large; how many events it then has.

    Once, since the other ids follow from those there are, and while nobody else uses it.
    """
    async with connected(url) as connection:
        tables: dict[str, dict[str, str]] = {}
        for row in await connection.fetch(_COLUMNS, list(_NOT_HISTORY)):
            tables.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
        # References and the refusal to copy into the log would otherwise stand in the way.
        await connection.execute("set session_replication_role = replica")
        for table, columns in tables.items():
            copied = ", ".join(_other(name, kind) for name, kind in columns.items())
            await connection.execute(
                f"insert into {table} ({', '.join(columns)})"
                f" select {copied} from {table}, generate_series(1, {times - 1}) as n"
            )
        await connection.execute("vacuum analyze")
        count: int = await connection.fetchval("select count(*) from events")
        return count


def _other(column: str, kind: str) -> str:
    if kind == "uuid" and column != "provider_id":
        return f"md5({column}::text || n)::uuid"
    if kind == "bytea" and column != "sealed":
        return f"sha256({column} || convert_to(n::text, 'UTF8'))"
    return f"{column} - n * {_FEED_STEP}" if column == "position" else column
