"""What a council has printed about its market, beside what its register comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.errors import StackError
from services.matching.reporting.market import COLUMNS as MARKET_COLUMNS
from shared.report_tables import Column, Report, Table

FOLDER = Path(__file__).parent
_AVERAGES = ("average_by_hour", "average_by_package", "average_by_provider")
_ADDED = ("packages", "hours", "cost")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Printed(_Strict):
    """One line of a page; what it does not print is None."""

    providers: int | None = None
    packages: int | None = None
    hours: Decimal | None = None
    cost: Decimal | None = None
    average: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class Published(_Strict):
    """One page."""

    name: str
    source: str
    day: date
    providers: int | None = None
    groups: Mapping[str, Printed]


def read_published(name: str) -> Published:
    """What a file says, given as a path or by the name of one that ships. Raises StackError."""
    path = Path(name)
    if not path.is_file():
        path = FOLDER / f"{name}.published.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.name.split(".")[0] for p in FOLDER.glob("*.published.yaml")))
        raise StackError(f"nothing published is known as {name}; there are: {known}.")
    try:
        return Published.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise StackError(f"{path.name} does not say what was published: {error}") from error


@dataclass(frozen=True, slots=True)
class _Compared:
    group: str
    figure: str
    printed: Any
    computed: Any
    added: Any = None


_COLUMNS = (
    Column(name="group", title="", definition="As in the market table."),
    Column(name="figure", title="figure", definition="Which of its figures."),
    Column(name="printed", title="as published", definition="What the page prints."),
    Column(name="added", title="printed, added up", definition="For a total: its printed groups,"
           " added up here."),
    Column(name="computed", title="as computed", definition="What the register comes to."),
    Column(name="same", title="", definition="Whether the two are equal to the last digit printed;"
           " of averages, the weightings under which they are."),
)  # fmt: skip


def beside(report: Report, published: Published) -> Table:
    """Every figure that the page prints, beside the register's."""
    market = next(table for table in report.tables if table.name == "market")
    computed = {record["group"]: record for record in market.records()}
    found = [
        _Compared("", "providers", published.providers, report.facts["providers"])
    ] if published.providers is not None else []  # fmt: skip
    for group, printed in published.groups.items():
        line = computed[group]
        for figure, value in printed.model_dump(exclude_none=True).items():
            if figure == "average":
                found.append(_Compared(group, figure, value, {n: line[n] for n in _AVERAGES}))
            else:
                added = _added(published, figure) if group == "total" else None
                found.append(_Compared(group, figure, value, line[figure], added))
    return Table(
        name="published",
        title=f"As published and as computed ({published.source})",
        columns=_COLUMNS,
        rows=[
            [one.group, one.figure, one.printed, one.added, _told(one.computed), _same(one)]
            for one in found
        ],
    )


def _added(published: Published, figure: str) -> Any:
    """The printed groups of a total, added up; None where the page lacks one or none can be."""
    if figure not in _ADDED:
        return None
    parts = [getattr(published.groups.get(name), figure, None) for name in ("framework", "outside")]
    return None if None in parts else sum(part for part in parts if part is not None)


def _told(computed: Any) -> Any:
    if not isinstance(computed, Mapping):
        return computed
    titles = {column.name: column.title.removeprefix("average ") for column in MARKET_COLUMNS}
    return "; ".join(f"{value} {titles[name]}" for name, value in computed.items())


def _same(one: _Compared) -> str:
    if isinstance(one.computed, Mapping):
        titles = {column.name: column.title.removeprefix("average ") for column in MARKET_COLUMNS}
        same = [titles[name] for name, value in one.computed.items() if value == one.printed]
        return f"if weighted {' or '.join(same)}" if same else "differs"
    if one.computed == one.printed:
        return "same"
    return "the page differs from itself" if one.added not in (None, one.printed) else "differs"
