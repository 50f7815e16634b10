"""Instants at the door: with an offset, and near enough to be meant."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)


def _within_reason(instant: datetime) -> datetime:
    # Not only for sense: an instant at the edge of the calendar has no equal in UTC.
    if not _FIRST <= instant < _LAST:
        raise PydanticCustomError("instant_range", "must lie between the years 2000 and 2100")
    return instant


When = Annotated[AwareDatetime, AfterValidator(_within_reason)]
"""An instant with an offset, in this century."""
