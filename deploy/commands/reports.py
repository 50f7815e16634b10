"""Reports for people who look at figures, beside the figures that they are compared with."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

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
)
from deploy.local.errors import StackError
from services.matching.policy_file import InvalidPolicyError, load_policy
from services.matching.reports import BENCHMARK, By, Period, fill_times
from shared import clock

DEFAULT_DAYS = 28

app = typer.Typer(no_args_is_help=True, help="Figures that can be checked.")


@app.callback()
def report() -> None:
    """Figures that can be checked."""


@app.command("fill-times")
def fill_times_command(
    *,
    start: Annotated[
        str | None, typer.Option("--from", help="First instant of receipt, RFC 3339.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="The instant after the last, RFC 3339.")
    ] = None,
    by: Annotated[By, typer.Option(help="What to group by.")] = "tier",
    as_json: AsJson = False,
    demo: Demo = False,
    state: State = None,
) -> None:
    """How fast packages were filled, of referrals received in a period (28 days by default)."""
    told = asyncio.run(
        _fill_times(
            given_instant(start, "--from"), given_instant(end, "--to"), by, demo=demo, state=state
        )
    )
    if as_json:
        OUT.print_json(json.dumps(told, default=str))
        return
    OUT.print(fill_time_table(told))


async def _fill_times(
    start: datetime | None, end: datetime | None, by: By, *, demo: bool, state: Path | None
) -> dict[str, Any]:
    where = installation(demo=demo, state=state)
    run = stack_of(demo=demo, state=state).running()
    try:
        policy = load_policy(policy_file((run.policy if run else None) or DEFAULT_POLICY))
    except InvalidPolicyError as error:
        raise StackError(f"the policy cannot be used: {error}") from error
    async with (
        database(where, "matching") as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        now = await clock.now(connection)
        until = end or now
        period = Period(start=start or until - timedelta(days=DEFAULT_DAYS), end=until)
        if period.start >= period.end:
            raise StackError("--from must lie before --to.")
        parts = await fill_times(connection, policy=policy, period=period, by=by, now=now)
        total = await fill_times(connection, policy=policy, period=period, by="all", now=now)
    return {
        "from": period.start,
        "to": period.end,
        "as_of": now,
        "by": by,
        "policy": {"name": policy.name, "version": policy.version},
        "total": total[0] if total else None,
        "parts": parts,
        "benchmark": BENCHMARK,
    }


def fill_time_table(told: Mapping[str, Any], *, mark: str = "") -> Table:
    """The fill-time report as a table, with Devon Cares' figures in a row of their own.

    A percentage is of the referrals whose target instant has passed, shown as met/due.
    """
    benchmark = told["benchmark"]["targets"]
    targets = [entry["target_minutes"] for entry in (told["total"] or {}).get("targets", benchmark)]
    table = Table(
        title=f"Fill times by {told['by']}",
        caption=_caption(told, mark),
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column(str(told["by"]), overflow="fold")
    for title in ("sent", "filled", "con-\nfirmed", "started", "un-\nfilled"):
        table.add_column(title, justify="right", no_wrap=True)
    for minutes in targets:
        title = f"in {minutes / 60:g} h\nof received\n[dim]of complete[/]"
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("minutes\nmedian/p90/p97", justify="right", no_wrap=True)
    for part in told["parts"]:
        table.add_row(*_cells(part, part["part"]))
    table.add_section()
    if told["total"]:
        table.add_row(*_cells(told["total"], "all"), style="bold")
    published = {entry["target_minutes"]: entry["percent"] for entry in benchmark}
    devon = [f"{published.get(minutes, '–')}%" for minutes in targets]
    table.add_row("Devon Cares", *["–"] * 5, *devon, "–", style="dim")
    return table


def _caption(told: Mapping[str, Any], mark: str) -> str:
    start, end = (str(told[name])[:16].replace("T", " ") for name in ("from", "to"))
    policy = told["policy"]
    lines = [
        f"Received from {start} to {end} UTC; policy {policy['name']} ({policy['version']}).",
        "A percentage is of the referrals whose target instant has passed: met/due.",
        f"Devon Cares' figures: {told['benchmark']['source']}.",
    ]
    return "\n".join([*([mark] if mark else []), *lines])


def _cells(part: Mapping[str, Any], name: str) -> list[str]:
    counts = ("count", "filled", "confirmed", "started", "unfilled_now")
    cells = [name, *(str(part[key]) for key in counts)]
    for target in part["targets"]:
        received = _percent(target["percent"], target["met"], target["due"])
        complete = _percent(
            target["percent_from_complete"],
            target["met_from_complete"],
            target["due_from_complete"],
        )
        cells.append(f"{received}\n[dim]{complete}[/]")
    for clock_name in ("received", "complete"):
        minutes = part[f"minutes_from_{clock_name}"]
        shown = [minutes[quantile] for quantile in ("median", "p90", "p97")]
        text = "/".join("–" if value is None else f"{value:.0f}" for value in shown)
        if clock_name == "received":
            cells.append(text)
        else:
            cells[-1] += f"\n[dim]{text}[/]"
    return cells


def _percent(percent: float | None, met: int, due: int) -> str:
    return "–" if percent is None else f"{percent:.0f}% ({met}/{due})"
