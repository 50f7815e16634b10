"""Brings a service's database to the newest schema: the shared tables, then the service's own.

Files are `NNNN_pre_name.sql` (run before the new code starts; the old code must still work on the
result) and `NNNN_post_name.sql` (run when only the new code is left). Each runs once, in its own
transaction, in order; a file that changed after it ran is refused.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.postgres.connection import CONNECT_TIMEOUT_SECONDS, Connection

_SHARED = Path(__file__).parent / "migrations"
_ROOT = Path(__file__).parents[2]
_LOCK = 4_867_301


class ChangedMigrationError(Exception):
    """A migration that already ran has other contents now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file: its name (`shared/0001_pre_log`), its SQL and the hash of it."""

    name: str
    sql: str
    sha256: str


def migrations_of(service: str) -> tuple[Migration, ...]:
    """The service's migrations in the order in which they run: shared ones first."""
    folders = (
        ("shared", _SHARED),
        (service, _ROOT / "services" / service / "sql" / "migrations"),
    )
    return tuple(
        Migration(
            name=f"{prefix}/{path.stem}",
            sql=(text := path.read_text(encoding="utf-8")),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
        for prefix, folder in folders
        for path in sorted(folder.glob("*.sql"))
    )


async def migrate(url: str, service: str) -> tuple[str, ...]:
    """Runs what has not run yet, and gives the names of those. Safe to call from several processes.

    Raises ChangedMigrationError, or asyncpg's error if the SQL fails (that file leaves no trace).
    """
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "create table if not exists migrations (name text primary key, sha256 text not null,"
            " run_at timestamptz not null default clock_timestamp())"
        )
        done = {
            row["name"]: row["sha256"]
            for row in await connection.fetch("select name, sha256 from migrations")
        }
        return tuple(
            [
                migration.name
                for migration in migrations_of(service)
                if await _run(connection, migration, done.get(migration.name))
            ]
        )
    finally:
        await connection.close()


async def _run(connection: Connection, migration: Migration, done_sha256: str | None) -> bool:
    if done_sha256 == migration.sha256:
        return False
    if done_sha256 is not None:
        raise ChangedMigrationError(
            f"{migration.name} ran with other contents; add a new migration instead of editing it"
        )
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '4s'")
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into migrations (name, sha256) values ($1, $2)",
            migration.name,
            migration.sha256,
        )
    return True


async def is_current(connection: Connection, service: str) -> bool:
    """Whether every migration of the service has run here."""
    if not await connection.fetchval("select to_regclass('migrations') is not null"):
        return False
    done = {row["name"] for row in await connection.fetch("select name from migrations")}
    return all(migration.name in done for migration in migrations_of(service))
