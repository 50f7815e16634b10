"""A pool of connections to one service's own database."""

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

STATEMENT_TIMEOUT_SECONDS = 30
LOCK_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
ACQUIRE_TIMEOUT_SECONDS = 5

TRANSIENT_ERRORS: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # A connection that dies just as a statement begins: the client's own state is lost with it.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.CannotConnectNowError,
)
"""What passes by itself: the database is away, starting, full, or two transactions met."""


async def open_pool(url: str, *, most: int = 10) -> Pool:
    """A pool that connects when first used, so that a service starts while Postgres is away.

    A statement ends after 30 s and a wait for a lock after 10 s, as TRANSIENT_ERRORS.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=most,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=STATEMENT_TIMEOUT_SECONDS + 5,
        server_settings={
            "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s",
            "lock_timeout": f"{LOCK_TIMEOUT_SECONDS}s",
            "idle_in_transaction_session_timeout": "60s",
            "timezone": "UTC",
            "jit": "off",
        },
        reset=_leave_as_it_is,
    )


async def _leave_as_it_is(_connection: Connection) -> None:
    """Nothing of a session is ever changed (locks end with their transaction), so the pool need not
    reset one: that would be a round trip for each use of a connection."""
