"""Fill times on a terminal, beside the figures that they are compared with."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table


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
