"""Instants and dates at the door: written out, with an offset, and near enough to be meant."""

import re
from datetime import UTC, datetime
from datetime import date as day
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_out(value: object) -> object:
    # Else any number is a count of seconds since 1970: a wrong date of birth, and no error.
    if isinstance(value, day) or (isinstance(value, str) and _WRITTEN.match(value)):
        return value
    raise PydanticCustomError("not_written_out", "must be written out, beginning as in 2026-01-05")


def _within_reason(instant: datetime) -> datetime:
    # Not only for sense: an instant at the edge of the calendar has no equal in UTC.
    if not _FIRST <= instant < _LAST:
        raise PydanticCustomError("instant_range", "must lie between the years 2000 and 2100")
    return instant


When = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_within_reason)]
"""An instant with an offset, in this century. Source: RFC 3339."""

Day = Annotated[day, BeforeValidator(_written_out)]
"""A date."""
