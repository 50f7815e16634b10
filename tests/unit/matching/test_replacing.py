"""`replace` gives what the standard library's gives, and refuses what it could not copy whole."""

import dataclasses
from dataclasses import dataclass

import pytest

from services.matching.domain.codes import Outlook
from services.matching.domain.replacing import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    name: str
    outlook: Outlook | None = None
    offers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLater(Known):
    left: int = 0


_KNOWN = KnownLater(name="a", outlook="uncertain", offers=(1, 2), left=3)


@pytest.mark.parametrize("changes", [
    {}, {"name": "b"}, {"outlook": None, "offers": ()}, {"left": 0, "name": ""},
])  # fmt: skip
def test_it_is_the_same_value_as_the_standard_one(changes):
    """Also for fields of the class that this one extends; the value itself stays as it was."""
    after = replace(_KNOWN, **changes)
    assert after == dataclasses.replace(_KNOWN, **changes)
    assert type(after) is KnownLater
    assert (_KNOWN.name, _KNOWN.outlook, _KNOWN.offers, _KNOWN.left) == (
        "a",
        "uncertain",
        (1, 2),
        3,
    )


def test_a_field_that_there_is_not_is_named():
    with pytest.raises(TypeError, match=r"Known has no field nam$"):
        replace(Known(name="a"), nam="b")  # type: ignore[call-arg]


def test_what_would_not_be_copied_whole_is_refused():
    """Values with attributes beside their slots, and those that work something out when made."""

    @dataclass(frozen=True, kw_only=True)
    class Open:
        name: str

    @dataclass(frozen=True, slots=True, kw_only=True)
    class WorkedOut:
        name: str

        def __post_init__(self) -> None:
            assert self.name

    for value in (Open(name="a"), WorkedOut(name="a")):
        with pytest.raises(TypeError, match=r"use dataclasses\.replace"):
            replace(value, name="b")
