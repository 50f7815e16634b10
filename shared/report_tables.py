"""A report as tables whose every column says what it means, and the same as JSON and as CSV."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

HIDDEN = "hidden"
"""What stands where a figure is hidden because it could tell who somebody is: it is small, or would give away one that is."""
_AS_TEXT: dict[type, Callable[[Any], str]] = {
    datetime: datetime.isoformat,
    date: date.isoformat,
    Decimal: str,
}
"""By the exact type."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name in JSON and CSV, its title for people, and its definition."""

    name: str
    title: str
    definition: str


def columns(*told: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns from their names, titles and definitions."""
    return tuple(
        Column(name=name, title=title, definition=definition) for name, title, definition in told
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one shape. A value is text, a number, an instant, a day, or None: not known."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]

    def records(self) -> list[dict[str, Any]]:
        """Each row by the names of its columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Tables about one question, with what holds for all of them."""

    name: str
    title: str
    about: str
    """What is counted, and what is left out."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The period, the instant it was counted at, and the like; what is no plain value is for JSON."""
    tables: tuple[Table, ...]


def to_json(report: Report) -> dict[str, Any]:
    """The report as JSON's own types; numbers that must be exact are text."""
    return {
        "report": report.name,
        "title": report.title,
        "about": report.about,
        **{name: plain(value) for name, value in report.facts.items()},
        "tables": [
            {
                "name": table.name,
                "title": table.title,
                "definitions": {column.name: column.definition for column in table.columns},
                "rows": [_plain_values(record) for record in table.records()],
            }
            for table in report.tables
        ],
    }


def to_csv(report: Report, only: str | None = None) -> str:
    """Every table, or one: each begins with its header, with an empty line between two.

    Raises LookupError, naming those there are, for a table that is not there.
    """
    tables = [table for table in report.tables if only in (None, table.name)]
    if not tables:
        known = ", ".join(table.name for table in report.tables)
        raise LookupError(f"no such table; there are {known}")
    out = io.StringIO()
    writer = csv.writer(out)
    for n, table in enumerate(tables):
        if n:
            out.write("\r\n")
        writer.writerow([column.name for column in table.columns])
        writer.writerows([[_cell(value) for value in row] for row in table.rows])
    return out.getvalue()


def plain(value: Any) -> Any:
    """A value as JSON has it: instants and days in ISO 8601, exact decimals as text."""
    made = _AS_TEXT.get(type(value))
    return value if made is None else made(value)


def _plain_values(record: dict[str, Any]) -> dict[str, Any]:
    """The record itself, its values plain: most are, and a report has hundreds of thousands."""
    for name, value in record.items():
        if (made := _AS_TEXT.get(type(value))) is not None:
            record[name] = made(value)
    return record


def _cell(value: Any) -> Any:
    """A value in CSV. Text that a spreadsheet would run as a formula is kept from it."""
    value = plain(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
