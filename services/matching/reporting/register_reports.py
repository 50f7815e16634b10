"""The register as reports: the market at an instant, and every package through time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.matching.domain.london import day_of, midnight
from services.matching.reporting.asking import Ask, Period
from services.matching.reporting.held import MOMENT, UNITS, Held
from services.matching.reporting.market import (
    market_lines,
    market_table,
    providers_table,
)
from services.matching.reporting.register import Register, read_held
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import Column, Report, Table


def market_report(register: Register, at: datetime, **facts: Any) -> Report:
    """The market table at an instant, and the same by provider."""
    packages = register.at(at)
    with_packages = {package.provider for package in packages}
    known = register.providers | with_packages
    return Report(
        name="market",
        title="Providers, packages, hours and cost a week",
        about="Packages in care at one instant, under awards and from the council's own register."
        " Sums are exact and rounded once. An average says how it is weighted.",
        facts={
            "at": at,
            "providers": len(known),
            "providers_with_packages": len(with_packages),
            **facts,
        },
        tables=(
            market_table(market_lines(packages)),
            providers_table(packages, sorted(known - with_packages)),
        ),
    )


async def market(connection: Connection, ask: Ask) -> Report:
    """The market at the end of the period."""
    at = min(ask.period.end, ask.now)
    register = await read_held(connection, Period(start=at, end=at + MOMENT))
    load = await QUERIES.last_register_load(connection)
    loaded = None if load is None else {"number": load["number"], "lines": load["lines"]}
    return market_report(register, at, as_of=ask.now, loaded=loaded)


_SPANS = (
    Column(name="package", title="package", definition="The placement's id, or the council's own"
           " reference of a loaded package."),
    Column(name="provider", title="provider", definition="Who has it."),
    Column(name="contract", title="contract", definition="The contract it was bought under."),
    Column(name="care_type", title="care", definition="The kind of care."),
    Column(name="outcode", title="outcode", definition="The postcode district."),
    Column(name="weekly_hours", title="hours a week", definition="Hours of care a week in this span."),
    Column(name="rate", title="rate", definition="Pounds an hour in this span; by a rate card the"
           " average of its ordinary week, rounded here and nowhere else."),
    Column(name="start", title="from", definition="From when hours and rate were so; the first span"
           " begins with the first visit."),
    Column(name="end", title="until", definition="Until when; empty while it goes on."),
    Column(name="loaded", title="loaded", definition="Whether the council loaded it from its file."),
    Column(name="weekly_cost", title="cost a week", definition="Pounds of an ordinary week."),
    Column(name="bank_holidays", title="bank holidays", definition="Pounds that the bank holidays of"
           " the span and the period cost beyond ordinary days; empty without a rate card."),
)  # fmt: skip
_MONTHS = (
    Column(name="on", title="on", definition="The first instant of a month in London, and the end of"
           " the period."),
    Column(name="packages", title="packages", definition="Packages held at that instant."),
    Column(name="hours", title="hours a week", definition="Their hours of care a week."),
    Column(name="cost", title="cost a week", definition="Hours times rate, pounds a week."),
)  # fmt: skip


async def package_register(connection: Connection, ask: Ask) -> Report:
    """Every span of care in the period, and the register's size month by month."""
    period = Period(start=ask.period.start, end=min(ask.period.end, ask.now))
    held = (await read_held(connection, period)).held
    return Report(
        name="register",
        title="The package register through time",
        about="Packages whose care has started. A package has a row for each span in which hours and"
        " rate stay as they are.",
        facts=ask.facts(),
        tables=(
            Table(name="months", title="Month by month", columns=_MONTHS,
                  rows=_by_month(held, period)),
            Table(
                name="packages",
                title="Packages",
                columns=_SPANS,
                rows=[
                    [
                        one.package, one.provider, one.contract, one.care_type, one.outcode,
                        _hours(one.weekly_units), _pennies(one.rate_pence), one.start, one.end,
                        one.loaded, _cost(one), _pennies(one.holiday_pence),
                    ]
                    for one in held
                ],
            ),
        ),
    )  # fmt: skip


def _hundredths(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(-2)


def _pennies(pence: int | Fraction | None) -> Decimal | None:
    """Pounds, a half penny upwards."""
    return None if pence is None else _hundredths(int((2 * pence + 1) // 2))


def _cost(one: Held) -> Decimal | None:
    if one.weekly_units is None or one.rate_pence is None:
        return None
    return _pounds(one.weekly_units * one.rate_pence)


def _hours(units: int | None) -> Decimal | None:
    """Hours to two decimals, a half upwards."""
    return None if units is None else _hundredths((200 * units + UNITS) // (2 * UNITS))


def _pounds(unit_pence: int | Fraction) -> Decimal | None:
    """Pounds of units times pence an hour, a half penny upwards."""
    return _hundredths(int((2 * unit_pence + UNITS) // (2 * UNITS)))


def _by_month(held: Sequence[Held], period: Period) -> list[list[Any]]:
    """Sizes at the first of each month and at the end, in one pass over what begins and ends."""
    changes: list[tuple[datetime, int, int, int | Fraction]] = []
    for one in held:
        units = one.weekly_units or 0
        cost = units * (one.rate_pence or 0)
        changes.append((one.start or period.start, 1, units, cost))
        if one.end is not None:
            changes.append((one.end, -1, -units, -cost))
    changes.sort(key=lambda change: change[0])
    rows, n = [], 0
    packages = hours = 0
    pence: int | Fraction = 0
    for at in _instants(period):
        while n < len(changes) and changes[n][0] <= at:
            packages += changes[n][1]
            hours += changes[n][2]
            pence += changes[n][3]
            n += 1
        rows.append([at, packages, _hours(hours), _pounds(pence)])
    return rows


def _instants(period: Period) -> list[datetime]:
    day = day_of(period.start).replace(day=1)
    found = []
    while (at := midnight(day)) < period.end:
        if at >= period.start:
            found.append(at)
        day = (day + timedelta(days=32)).replace(day=1)
    return [*found, period.end]
