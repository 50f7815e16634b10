"""Reports for people who look at figures, beside the figures that they are compared with."""

import asyncio
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from deploy.commands.fill_time_table import fill_time_table
from deploy.commands.place import (
    DEFAULT_POLICY,
    OUT,
    AsJson,
    Demo,
    State,
    database,
    given_instant,
    installation,
    policy_file,
    stack_of,
    state_folder,
)
from deploy.commands.registers import lines_of
from deploy.commands.report_tables import shown
from deploy.local.errors import StackError
from deploy.registers.published import beside, read_published
from services.matching.domain.london import midnight
from services.matching.policies import Policies
from services.matching.policy_file import InvalidPolicyError
from services.matching.reporting.catalogue import REPORTS, BadAskError, make_report
from services.matching.reporting.register import register_of
from services.matching.reporting.register_reports import market_report
from services.referrals.equity import NoQuarterError, equity
from services.referrals.person_room import PersonRoom
from shared import clock
from shared.report_tables import Report, to_csv, to_json
from shared.secrets import read_hmac_key, read_person_keys

Format = Literal["table", "csv", "json"]
EQUITY = "equity"
_NAMES = "; ".join(
    [
        *(f"`{name}`: {kind.question}" for name, kind in REPORTS.items()),
        f"`{EQUITY}`: How fast by age band, in a quarter?",
    ]
)


def report(
    *,
    name: Annotated[str, typer.Argument(help=f"Which report. {_NAMES}", show_default=False)],
    start: Annotated[
        str | None,
        typer.Option("--from", help="First instant, RFC 3339; 28 days back if not said."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="The instant after the last, RFC 3339; now if not said."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help=f"What to group by; fill-times: {', '.join(REPORTS['fill-times'].by)}."),
    ] = None,
    format: Annotated[Format, typer.Option(help="For people, spreadsheets or programs.")] = "table",
    table: Annotated[str | None, typer.Option(help="Of CSV, this table alone.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what each figure means.")] = False,
    register: Annotated[
        Path | None, typer.Option(help="market: of this register's file, without a database.")
    ] = None,
    published: Annotated[
        str | None, typer.Option(help="market: beside what was published, as in waltham-forest.")
    ] = None,
    quarter: Annotated[
        str | None,
        typer.Option(help="equity: as in 2024-Q1; the last that is settled if not said."),
    ] = None,
    as_json: AsJson = False,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Print figures that can be checked, each with its definition, of a period."""
    if name not in (*REPORTS, EQUITY):
        raise StackError(f"there is no report {name}; there are {', '.join((*REPORTS, EQUITY))}.")
    if name == EQUITY and (start or end or by):
        raise StackError("equity is told for a whole quarter: --quarter 2024-Q1.")
    if name != "market" and (register or published):
        raise StackError("--register and --published belong to `homeward report market`.")
    instants = given_instant(start, "--from"), given_instant(end, "--to")
    if name == EQUITY:
        told = asyncio.run(_equity(quarter, demo=demo, state=state))
    elif register is not None:
        told = _of_file(register, instants[1], published)
    else:
        told = asyncio.run(_made(name, instants, by, demo=demo, state=state))
    if published is not None:
        told = replace(told, tables=(*told.tables, beside(told, read_published(published))))
    _print(told, "json" if as_json else format, table, explain=explain)


def _print(told: Report, format: Format, table: str | None, *, explain: bool) -> None:
    if format == "json":
        OUT.print_json(json.dumps(to_json(told)))
    elif format == "csv":
        try:
            typer.echo(to_csv(told, table), nl=False)
        except LookupError as error:
            raise StackError(f"{told.name}: {error}.") from error
    elif told.name == "fill-times":
        OUT.print(fill_time_table(to_json(told)))
        OUT.print(shown(replace(told, tables=told.tables[1:]), explain=explain))
    else:
        OUT.print(shown(told, explain=explain))


async def _equity(quarter: str | None, *, demo: bool, state: Path | None) -> Report:
    """By age band: dates of birth are opened with the council's keys, and only counts are told."""
    where = installation(demo=demo, state=state)
    folder = state_folder(demo=demo, state=state) / "secrets"
    keys = Path(os.environ.get("HOMEWARD_SECRETS", folder))
    room = PersonRoom(person_keys=read_person_keys(keys), hmac_key=read_hmac_key(keys))
    async with (
        database(where, "referrals") as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        try:
            return await equity(connection, room, quarter)
        except NoQuarterError as error:
            raise StackError(f"{error}.") from error


def _of_file(path: Path, at: datetime | None, published: str | None) -> Report:
    """The market of a register's file at an instant: that given, or of what was published."""
    lines = lines_of(path)
    if at is None and published is None:
        raise StackError("say of which instant: --to 2024-01-01T00:00Z, or --published NAME.")
    instant = at or midnight(read_published(published or "").day)
    return market_report(register_of(lines), instant, file=path.name)


async def _made(
    name: str,
    period: tuple[datetime | None, datetime | None],
    by: str | None,
    *,
    demo: bool,
    state: Path | None,
) -> Report:
    where = installation(demo=demo, state=state)
    run = stack_of(demo=demo, state=state).running()
    try:
        policies = Policies.from_file(policy_file((run.policy if run else None) or DEFAULT_POLICY))
    except InvalidPolicyError as error:
        raise StackError(f"the policy cannot be used: {error}") from error
    async with (
        database(where, "matching") as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        policy = await policies.in_force(connection, await clock.now(connection))
        try:
            return await make_report(
                connection, name, policy=policy, start=period[0], end=period[1], by=by
            )
        except BadAskError as error:
            raise StackError(f"{error}.") from error
