"""The market as a council publishes it: who has how many packages, hours and pounds a week.

Source for the form: Waltham Forest, market position statement, 1 January 2024. Exact to the penny:
hours are fractions, and only what is shown is rounded.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from shared.report_tables import Column, Table

_PENNY = Decimal("0.01")
REABLEMENT = "reablement"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPackage:
    """One package that a provider has at an instant.

    `weekly_hours` and `rate_pence` (an hour) are None where nobody has recorded them: such a package
    is counted, and has no part in hours or cost.
    """

    provider: str
    framework: bool
    """Whether its provider is on the framework, whichever contract the package was bought under."""
    care_type: str | None
    weekly_hours: Fraction | None
    rate_pence: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketLine:
    """One line of the table. Hours and pounds are exact; averages and bounds are pounds an hour."""

    group: str
    providers: int
    """Those with a package."""
    packages: int
    hours: Fraction
    cost: Fraction
    by_hour: Fraction | None
    by_package: Fraction | None
    by_provider: Fraction | None
    least: Fraction | None
    most: Fraction | None
    unpriced: int
    """Packages without hours or a rate."""


GROUPS: tuple[tuple[str, Callable[[HeldPackage], bool]], ...] = (
    ("framework", lambda package: package.framework),
    ("outside", lambda package: not package.framework),
    ("total", lambda _package: True),
    (REABLEMENT, lambda package: package.care_type == REABLEMENT),
)
"""The lines of the table, in order; reablement is a part of the total, not added to it."""


def market_lines(packages: Sequence[HeldPackage]) -> tuple[MarketLine, ...]:
    """The table's lines, each counted from the packages alone."""
    return tuple(
        _line(group, [package for package in packages if belongs(package)])
        for group, belongs in GROUPS
    )


def _line(group: str, packages: Sequence[HeldPackage]) -> MarketLine:
    rates: dict[str, list[Fraction]] = defaultdict(list)
    hours = cost = Fraction(0)
    unpriced = 0
    for package in packages:
        hours += package.weekly_hours or 0
        if package.weekly_hours is None or package.rate_pence is None:
            unpriced += 1
            continue
        rate = package.rate_pence / 100
        cost += package.weekly_hours * rate
        rates[package.provider].append(rate)
    priced_hours = sum(
        (p.weekly_hours for p in packages if p.weekly_hours and p.rate_pence is not None),
        Fraction(0),
    )
    every = [rate for of_one in rates.values() for rate in of_one]
    return MarketLine(
        group=group,
        providers=len({package.provider for package in packages}),
        packages=len(packages),
        hours=hours,
        cost=cost,
        by_hour=cost / priced_hours if priced_hours else None,
        by_package=_mean(every),
        by_provider=_mean([mean for of_one in rates.values() if (mean := _mean(of_one))]),
        least=min(every, default=None),
        most=max(every, default=None),
        unpriced=unpriced,
    )


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def shown(value: Fraction | None) -> Decimal | None:
    """Hours or pounds to two decimals, a half upwards."""
    if value is None:
        return None
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(_PENNY, ROUND_HALF_UP)


COLUMNS = (
    Column(name="group", title="", definition="Framework: packages of providers that have a"
           " framework contract on the day, whichever contract each package was bought under."
           " Outside: all others. Reablement is a part of the total."),
    Column(name="providers", title="providers", definition="Providers with at least one package."),
    Column(name="packages", title="packages", definition="Packages whose care has started and whose"
           " last visit is not over; a package in two parts counts twice."),
    Column(name="hours", title="hours a week", definition="Hours of care a week, a visit by two"
           " carers counted once for each."),
    Column(name="cost", title="cost a week", definition="Pounds a week: each package's hours times"
           " its rate an hour, added up exactly and rounded once."),
    Column(name="average_by_hour", title="average by hour", definition="Pounds an hour: cost divided"
           " by hours, so that a large package counts more."),
    Column(name="average_by_package", title="by package", definition="Pounds an hour: the mean of the"
           " packages' rates, each package once."),
    Column(name="average_by_provider", title="by provider", definition="Pounds an hour: the mean over"
           " providers of each one's mean rate, each provider once, however many packages it has."),
    Column(name="minimum", title="min", definition="The lowest rate an hour of a package, pounds."),
    Column(name="maximum", title="max", definition="The highest rate an hour of a package, pounds."),
    Column(name="unpriced", title="not priced", definition="Packages without hours or a rate on"
           " record: counted, and left out of cost and averages."),
)  # fmt: skip


def market_table(lines: Iterable[MarketLine]) -> Table:
    """The lines as a report's table, rounded for people."""
    return Table(
        name="market",
        title="The market",
        columns=COLUMNS,
        rows=[
            [
                line.group, line.providers, line.packages, shown(line.hours), shown(line.cost),
                shown(line.by_hour), shown(line.by_package), shown(line.by_provider),
                shown(line.least), shown(line.most), line.unpriced,
            ]
            for line in lines
        ],
    )  # fmt: skip


def providers_table(packages: Sequence[HeldPackage], without: Iterable[str]) -> Table:
    """Each provider's packages, those without any at the end."""
    by_provider: dict[str, list[HeldPackage]] = defaultdict(list)
    for package in packages:
        by_provider[package.provider].append(package)
    rows: list[list[Any]] = []
    for name in sorted(by_provider):
        line = _line(name, by_provider[name])
        rows.append([
            name, "framework" if by_provider[name][0].framework else "outside", line.packages,
            shown(line.hours), shown(line.cost), shown(line.by_hour),
        ])  # fmt: skip
    rows += [[name, None, 0, shown(Fraction(0)), shown(Fraction(0)), None] for name in without]
    columns = (
        Column(name="provider", title="provider", definition="The provider's name."),
        Column(name="group", title="group", definition="As in the market table, if it has packages."),
        *(COLUMNS[n] for n in (2, 3, 4, 5)),
    )  # fmt: skip
    return Table(name="providers", title="By provider", columns=columns, rows=rows)
