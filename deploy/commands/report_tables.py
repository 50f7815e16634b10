"""A report on a terminal: its tables, and with `--explain` what each figure means."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from shared.report_tables import Report
from shared.report_tables import Table as Told

MOST_ROWS = 100
"""Of one table on a terminal; CSV and JSON have all."""


def shown(report: Report, *, explain: bool = False) -> RenderableType:
    """The report for people."""
    return Group(*_parts(report, explain))


def _parts(report: Report, explain: bool) -> Iterator[RenderableType]:
    yield f"[bold]{escape(report.title)}[/]"
    facts = [
        f"{name.replace('_', ' ')}: {_text(value)}"
        for name, value in report.facts.items()
        if value is not None and not isinstance(value, Mapping | list)
    ]
    yield f"[dim]{escape('; '.join(facts))}[/]"
    if explain:
        yield escape(report.about)
    for table in report.tables:
        yield _table(table)
        if explain:
            for column in table.columns:
                name = escape(column.title.replace("\n", " ") or column.name)
                yield f"  [bold]{name}[/]: {escape(column.definition)}"


def _table(told: Told) -> Table:
    table = Table(title=escape(told.title), box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for n, column in enumerate(told.columns):
        numeric = any(isinstance(row[n], int | float | Decimal) for row in told.rows)
        justify: Any = "right" if numeric else "left"
        table.add_column(column.title, justify=justify, overflow="fold")
    for row in told.rows[:MOST_ROWS]:
        table.add_row(*(escape(_text(value)) for value in row))
    if len(told.rows) > MOST_ROWS:
        table.caption = f"{len(told.rows) - MOST_ROWS} more rows: --format csv"
    return table


def _text(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case int() | Decimal():
            return f"{value:,}"
        case _:
            return str(value)
