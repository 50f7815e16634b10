"""Recognising a personal value wherever it is and however it is written."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import quote, quote_plus

from deploy.demo.people import Person

_SEPARATORS = r"[\s.\-]{0,2}"
_SHORTEST_IN_BASE64 = 8


class Scanner:
    """Finds any of many values in a text, in any of the ways in which software rewrites them."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = sorted(set(values))
        patterns = {pattern: value for value in self._values for pattern in _patterns(value)}
        self._all = re.compile("|".join(patterns), re.IGNORECASE)
        self.read_characters = 0

    def found(self, text: str) -> list[str]:
        """What was found, as it stands there."""
        self.read_characters += len(text)
        return [match.group() for match in self._all.finditer(text)]


def _patterns(value: str) -> Iterator[str]:
    """Regular expressions for a value: plain, respaced, quoted, escaped, in hex and in base64."""
    compact = re.sub(r"[\s.\-]", "", value)
    if any(character.isdigit() for character in compact):
        yield _SEPARATORS.join(map(re.escape, compact))
    for written in (
        value,
        json.dumps(value)[1:-1],
        value.encode("unicode_escape").decode(),
        value.encode().decode("latin-1"),
        quote(value),
        quote_plus(value),
        value.encode().hex(),
    ):
        yield re.escape(written)
    if len(value.encode()) >= _SHORTEST_IN_BASE64:
        yield from map(re.escape, _in_base64(value.encode()))


def _in_base64(value: bytes) -> Iterator[str]:
    """The part of a value's base64 that does not depend on what stands before and after it."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + value).decode()
        first = (before * 8 + 5) // 6
        yield whole[first : (before + len(value)) * 8 // 6]


def dates(born: date) -> tuple[str, ...]:
    """A date of birth as people and programs write it."""
    return (
        born.isoformat(), f"{born:%d/%m/%Y}", f"{born:%d.%m.%Y}", f"{born:%Y%m%d}T",
        f"{born.day} {born:%B %Y}", f"{born:%d %b %Y}", repr(born),
    )  # fmt: skip


def marks_of(person: Person) -> tuple[str, ...]:
    """Everything by which somebody is recognised."""
    telephone = person.phone.replace(" ", "")
    return (
        *(mark for mark in person.marks if mark != person.date_of_birth.isoformat()),
        *dates(person.date_of_birth),
        f"{person.given_name} {person.family_name}",
        f"+44{telephone[1:]}",
    )
