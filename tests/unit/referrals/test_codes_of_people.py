"""NHS numbers and postcodes: what is one, and what of a postcode may leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.domain import nhs_number, postcode


@pytest.mark.parametrize("text", ["943 476 5919", "9434765919", "943-476-5919", " 943 4765919 "])
def test_nhs_number_however_written(text: str) -> None:
    """Spaces and hyphens do not matter."""
    assert nhs_number.normalised(text) == "9434765919"


@pytest.mark.parametrize(
    "text",
    ["9434765918", "943476591", "94347659190", "", "943476591X", "٩٤٣٤٧٦٥٩١٩", "0000000000"]
    + [str(digit) * 10 for digit in range(1, 10)],
)
def test_not_an_nhs_number(text: str) -> None:
    """A wrong check digit, another length, other digits and fillers are refused."""
    assert nhs_number.normalised(text) is None


@given(st.integers(min_value=10**8, max_value=10**9 - 1))
def test_one_check_digit_at_most(stem: int) -> None:
    """For each nine digits at most one last digit fits."""
    fitting = [d for d in range(10) if nhs_number.normalised(f"{stem}{d}")]
    assert len(fitting) <= 1


@given(st.integers(min_value=0, max_value=9), st.integers(min_value=0, max_value=8))
def test_a_mistyped_digit_is_seen(digit: int, position: int) -> None:
    """Any one wrong digit makes the number invalid."""
    right = "9434765919"
    typed = right[:position] + str(digit) + right[position + 1 :]
    assert (nhs_number.normalised(typed) is not None) == (typed == right)


@pytest.mark.parametrize(
    ("text", "outcode"),
    [
        ("E17 9ZZ", "E17"),
        ("e179zz", "E17"),
        (" E 1 7 9 Z Z ", "E17"),
        ("E1 7AA", "E1"),
        ("e17aa", "E1"),
        ("M1 1AE", "M1"),
        ("B33 8TH", "B33"),
        ("CR2 6XH", "CR2"),
        ("DN55 1PT", "DN55"),
        ("W1A 0AX", "W1A"),
        ("EC1A 1BB", "EC1A"),
        ("E20 1JN", "E20"),
        ("\tIG8\u00a00AA\n", "IG8"),
    ],
)
def test_outcode(text: str, outcode: str) -> None:
    """The outcode is what stands before the last three characters."""
    parts = postcode.normalised(text)
    assert parts is not None
    assert parts[0] == outcode


@pytest.mark.parametrize(
    "text",
    [
        "GIR 0AA", "BFPO 801", "BF1 3AA", "BX1 1LT", "E17", "9ZZ", "", "E17 9Z", "E17 9ZZZ",
        "Q1 1AA", "E17 9CZ", "EI7 9ZZ", "E179 9ZZ", "AAA1 1AA", "W1I 0AX", "E17-9ZZ", "Ｅ17 9ZZ",
    ],
)  # fmt: skip
def test_not_a_place(text: str) -> None:
    """What has another form, or is no place to visit, has no outcode."""
    assert postcode.normalised(text) is None
