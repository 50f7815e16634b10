"""Makes an installation ready for its services: schemas, keys, one clock, the services' own token.

Everything here repeats safely: what is there already stays as it is.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from deploy.installation import SERVICES, Installation
from deploy.local.errors import StackError
from deploy.local.runfile import RunFile, write_private
from shared import clock
from shared.clock import REAL_TIME, ClockMismatchError, ClockSetting
from shared.postgres.connection import TRANSIENT_ERRORS, Connection
from shared.postgres.migrations import ChangedMigrationError, migrate
from shared.secrets import create_keys
from shared.web import tokens
from shared.web.tokens import Scope

SERVICE_TOKEN = "service.token"  # noqa: S105 - the name of a file
SERVICE_TOKEN_DAYS = 3650
"""Ten years: it is renewed by deleting its file, and it opens one route of one service."""
SERVICE_SUBJECT = "providers-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWish:
    """How the clock of a new installation shall run. `epoch` None: it begins at the real instant."""

    scale: float
    epoch: datetime | None = None


def installation_of(run: RunFile) -> Installation:
    """The addresses of a running stack."""
    return Installation(database_urls=run.postgres_urls, kafka=run.kafka_bootstrap)


def prepare(run: RunFile, wish: ClockWish | None) -> Mapping[str, Mapping[str, str]]:
    """Everything that services need before they start; gives more environment, by service.

    Without a wish the clock stays as it is.

    Raises:
        StackError: a database cannot be reached or migrated, or its clock runs otherwise.
    """
    secrets = run.state / "secrets"
    create_keys(secrets)
    return asyncio.run(_prepare(installation_of(run), secrets, wish))


async def _prepare(
    where: Installation, secrets: Path, wish: ClockWish | None
) -> Mapping[str, Mapping[str, str]]:
    await migrate_all(where)
    if wish is not None:
        await set_clock(where, wish)
    return {"providers": {"HOMEWARD_SERVICE_TOKEN": await service_token(where, secrets)}}


async def migrate_all(where: Installation) -> dict[str, tuple[str, ...]]:
    """Brings every database to the newest schema; the migrations that ran, by service.

    Raises StackError with what to do.
    """
    done = {}
    for service in SERVICES:
        try:
            done[service] = await migrate(where.database_urls[service], service)
        except ChangedMigrationError as error:
            raise StackError(
                f"the database of {service} was made by other code: {error}. On a development "
                "machine `homeward reset` starts afresh."
            ) from error
        except TRANSIENT_ERRORS as error:
            raise StackError(
                f"the database of {service} cannot be reached ({type(error).__name__}). "
                "Is PostgreSQL running, and is the address right?"
            ) from error
        except asyncpg.PostgresError as error:
            raise StackError(
                f"the database of {service} refused a migration ({type(error).__name__}: {error})."
            ) from error
    return done


async def set_clock(where: Installation, wish: ClockWish) -> ClockSetting:
    """One clock in all three databases; what is set already is kept, and given back.

    Raises StackError if the data there runs at another scale.
    """
    settings = [await _read_clock(where, service) for service in SERVICES]
    known = next((setting for setting in settings if setting != REAL_TIME), None)
    setting = known or await _new_setting(where, wish)
    if known is not None and known.scale != wish.scale:
        raise StackError(
            f"the data here runs on a clock of scale {known.scale:g}, and {wish.scale:g} was "
            f"asked for: use --scale {known.scale:g}, or erase the data with `homeward reset`."
        )
    for service in SERVICES:
        async with where.connection(service) as connection:
            await _write_clock(connection, setting, service)
    return setting


async def _write_clock(connection: Connection, setting: ClockSetting, service: str) -> None:
    try:
        await clock.write_setting(connection, setting)
    except ClockMismatchError as error:
        raise StackError(f"the database of {service} keeps its clock: {error}.") from error


async def _read_clock(where: Installation, service: str) -> ClockSetting:
    async with where.connection(service) as connection:
        return await clock.read_setting(connection)


async def _new_setting(where: Installation, wish: ClockWish) -> ClockSetting:
    if wish.scale == 1 and wish.epoch is None:
        return REAL_TIME
    async with where.connection(SERVICES[0]) as connection:
        real_now: datetime = await connection.fetchval("select clock_timestamp()")
    return ClockSetting(real_epoch=real_now, epoch=wish.epoch or real_now, scale=wish.scale)


async def service_token(where: Installation, secrets: Path) -> str:
    """The secret with which the providers service asks for personal details, made when missing.

    Its file holds the token's id and secret; the referrals database holds the hash.
    """
    path = secrets / SERVICE_TOKEN
    async with where.connection("referrals") as connection:
        if path.exists():
            token_id, _, secret = path.read_text(encoding="ascii").strip().partition(" ")
            known = await tokens.list_all(connection)
            if any(str(token.id) == token_id and token.state == "valid" for token in known):
                return secret
        token = tokens.new_token(
            "service", SERVICE_SUBJECT, Scope(), timedelta(days=SERVICE_TOKEN_DAYS)
        )
        # Written first: a crash between the two leaves a secret that opens nothing, and is replaced.
        write_private(path, f"{token.id} {token.secret}\n")
        await tokens.create(connection, token)
    return token.secret


def remembered_scale(state: Path) -> float | None:
    """The scale that this state was started with, None before its first start."""
    path = state / "scale"
    return float(path.read_text(encoding="ascii")) if path.exists() else None


def remember_scale(state: Path, scale: float) -> None:
    """Notes the scale, so that the next start need not be told."""
    write_private(state / "scale", f"{scale!r}\n")
