"""England's bank holidays as dates, from the package `holidays`."""

from datetime import date
from functools import cache

FIRST_YEAR, LAST_YEAR = 2020, 2045
"""A policy is replaced long before; years to come are reckoned by today's rules."""


@cache
def bank_holidays() -> tuple[date, ...]:
    """Every bank holiday from FIRST_YEAR to LAST_YEAR, days in lieu included, in order.

    Source: Banking and Financial Dealings Act 1971 and royal proclamations, as the package has them.
    """
    # Only a policy with working hours needs the package, which is large.
    from holidays import country_holidays  # noqa: PLC0415

    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return tuple(sorted(country_holidays("GB", subdiv="ENG", years=years)))
