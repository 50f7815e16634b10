"""Fields whose values are checked beyond their type. What is wrong is said without the value."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from services.referrals.domain import nhs_number, postcode
from shared.contracts.model import Instant
from shared.web.text import one_line

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)


def _within_reason(instant: datetime) -> datetime:
    if not _FIRST <= instant < _LAST:
        raise PydanticCustomError("instant_range", "must lie between the years 2000 and 2100")
    return instant


def _nhs_number(text: str) -> str:
    digits = nhs_number.normalised(text)
    if digits is None:
        raise PydanticCustomError(
            "nhs_number", "is not an NHS number: ten digits whose last one checks the others"
        )
    return digits


def _postcode(text: str) -> str:
    parts = postcode.normalised(text)
    if parts is None:
        raise PydanticCustomError(
            "postcode", "is not the postcode of a place in the UK, such as E17 9ZZ in its form"
        )
    return " ".join(parts)


When = Annotated[Instant, AfterValidator(_within_reason)]
"""An instant with an offset, in this century."""

NhsNumber = Annotated[str, StringConstraints(max_length=20), AfterValidator(_nhs_number)]
"""Ten digits, spaces and hyphens allowed on the way in."""

Postcode = Annotated[str, StringConstraints(max_length=20), AfterValidator(_postcode)]
"""A full postcode, in any case and spacing; kept as `E17 9AA`."""

Telephone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=40),
    AfterValidator(one_line),
]
"""Up to 40 characters, as a person writes it."""
