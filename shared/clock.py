"""The one clock: Postgres's, scaled where a demo or a test asks for it.

Deadlines, windows, reports and pages run on this clock. HTTP waits, back-off, polls, tokens and
idempotency run on real time. Nothing else in Homeward reads a clock (the linter bans it).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.postgres.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSetting:
    """How a database's clock runs: at `real_epoch` it showed `epoch`, and it runs `scale` times as fast."""

    real_epoch: datetime
    epoch: datetime
    scale: float


REAL_TIME = ClockSetting(
    real_epoch=datetime(1970, 1, 1, tzinfo=UTC), epoch=datetime(1970, 1, 1, tzinfo=UTC), scale=1.0
)


class ClockMismatchError(Exception):
    """This database already runs on another clock; its deadlines would lose their meaning."""


async def now(connection: Connection) -> datetime:
    """The instant on this database's clock. Read it once in a transaction, after its locks."""
    instant: datetime = await connection.fetchval("select homeward_now()")
    return instant


async def read_setting(connection: Connection) -> ClockSetting:
    """How this database's clock runs."""
    row = await connection.fetchrow("select real_epoch, epoch, scale from clock")
    if row is None:
        raise ClockMismatchError("the clock's row is missing: run `homeward migrate`")
    return ClockSetting(real_epoch=row["real_epoch"], epoch=row["epoch"], scale=row["scale"])


async def write_setting(connection: Connection, setting: ClockSetting) -> None:
    """Sets the clock of a database that has no history yet.

    Raises ClockMismatchError if it has history under another setting.
    """
    current = await read_setting(connection)
    if current == setting:
        return
    if await connection.fetchval("select exists (select from events)"):
        raise ClockMismatchError(
            f"this state runs at scale {current.scale:g} and cannot change to {setting.scale:g}: "
            "keep the scale, or erase the state with `homeward reset`"
        )
    await connection.execute(
        "update clock set real_epoch = $1, epoch = $2, scale = $3",
        setting.real_epoch,
        setting.epoch,
        setting.scale,
    )


async def real_seconds_until(connection: Connection, instant: datetime) -> float:
    """Real seconds until this database's clock shows `instant`; negative if it has passed."""
    seconds: float = await connection.fetchval(
        "select extract(epoch from $1 - homeward_now())::float8 / scale from clock", instant
    )
    return seconds


__all__ = [
    "REAL_TIME",
    "ClockMismatchError",
    "ClockSetting",
    "now",
    "read_setting",
    "real_seconds_until",
    "write_setting",
]
