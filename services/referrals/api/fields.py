"""Fields whose values are checked beyond their type. What is wrong is said without the value."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from services.referrals.domain import nhs_number, postcode
from shared.contracts.model import Code
from shared.web.text import one_line

MOST_DIGITS_OF_A_PLACE = 6


def _place(code: str) -> str:
    # It is published. A hub's scope may be every ward, so that nothing else stops an NHS number,
    # a telephone or a date of birth that was typed into the wrong field.
    if sum(character.isdigit() for character in code) > MOST_DIGITS_OF_A_PLACE:
        raise PydanticCustomError(
            "place_code", "is the code of an organisation or a ward, with six digits at most"
        )
    return code


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


Place = Annotated[Code, AfterValidator(_place)]
"""The council's code of an organisation or a ward: not a number that names a person."""

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
