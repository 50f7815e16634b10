"""Free text at the door: bounded, without control characters. Never passed on to a topic."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

_LINES = frozenset("\n\t")


def one_line(text: str) -> str:
    """The text in composed form, refused if it holds a control or unassigned character."""
    composed = unicodedata.normalize("NFC", text)
    if any(_is_control(character) for character in composed):
        raise PydanticCustomError("control_character", "may hold no control characters")
    return composed


def many_lines(text: str) -> str:
    """The same, with line ends (as \\n) and tabs allowed."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if any(_is_control(character) for character in composed if character not in _LINES):
        raise PydanticCustomError("control_character", "may hold no control characters")
    return composed


def _is_control(character: str) -> bool:
    # Cf holds the joiners that some names need (ZWJ, ZWNJ), but also the marks that turn the
    # reading direction of what follows; those are left out.
    if unicodedata.category(character) == "Cf":
        return character not in "\u200c\u200d"
    return unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn")


ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(one_line),
]
"""One line of up to 120 characters: a name, a telephone number, who was told."""

LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(many_lines),
]
"""A note of up to 2,000 characters."""
