"""The report by age: who is counted where, and that nobody can be found in it."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.domain.small_cells import FEWEST, hidden_cells, with_totals
from services.referrals.equity import (
    NoQuarterError,
    band_of,
    outcome_of,
    quarter_of,
    told,
)
from shared.report_tables import HIDDEN

NOON = datetime(2024, 2, 1, 12, tzinfo=UTC)
COUNTS = st.lists(st.lists(st.integers(0, 25), min_size=3, max_size=3), min_size=1, max_size=6)


def follows(table: list[list[int]], hidden: set[tuple[int, int]]) -> bool:
    """Whether a hidden cell follows from the shown ones: its unit vector adds nothing to the rank."""
    order = sorted(hidden)
    height, width = len(table), len(table[0])
    lines = [[(r, c) for c in range(width)] for r in range(height)]
    lines += [[(r, c) for r in range(height)] for c in range(width)]
    rows = [
        [0 if cell not in line else -1 if cell == line[-1] else 1 for cell in order]
        for line in lines
    ]
    rank = np.linalg.matrix_rank(np.array(rows))
    return any(
        np.linalg.matrix_rank(np.array([*rows, np.eye(len(order))[n]])) == rank
        for n in range(len(order))
    )


@given(COUNTS)
def test_no_hidden_cell_follows_from_what_is_shown(counts):
    """By any sums of rows and columns; and no small cell is shown."""
    table = with_totals(counts)
    hidden = hidden_cells(table)
    cells = list(product(range(len(table)), range(len(table[0]))))
    assert all(table[r][c] >= FEWEST for r, c in cells if (r, c) not in hidden)
    if hidden and len(hidden) < len(cells):
        assert not follows(table, hidden)


@given(COUNTS)
def test_no_line_says_that_its_hidden_cells_are_few(counts):
    """Where a total is shown, what is hidden of it is five or more together."""
    table = with_totals(counts)
    hidden = hidden_cells(table)
    for lines in (
        [[(r, c) for c in range(len(table[0]))] for r in range(len(table))],
        [[(r, c) for r in range(len(table))] for c in range(len(table[0]))],
    ):
        for *parts, total in lines:
            inside = [table[r][c] for r, c in parts if (r, c) in hidden]
            if inside and total not in hidden:
                assert sum(inside) >= FEWEST


def test_a_table_without_small_cells_is_whole():
    """With its totals and percentages."""
    rows = told(["18-64", "65-74"], [[10, 20, 10], [5, 5, 30]])
    assert rows == [
        ["18-64", 10, 20, 10, 40, 75.0],
        ["65-74", 5, 5, 30, 40, 25.0],
        ["all", 15, 25, 40, 80, 50.0],
    ]


def test_one_small_cell_hides_a_rectangle():
    """Itself, one beside it, and those below: and the percentages that would tell them."""
    rows = told(["18-64", "65-74"], [[3, 20, 10], [15, 25, 30]])
    assert rows[0][1:] == [HIDDEN, 20, HIDDEN, 33, None]
    assert rows[1][1:] == [HIDDEN, 25, HIDDEN, 70, None]
    assert rows[2][1:] == [18, 45, 40, 103, 61.2]


def row(**values: Any) -> dict[str, Any]:
    return {"received_at": NOON, "filled_at": None, "withdrawn_at": None, "targets": "[90, 240]",
            **values}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"filled_at": NOON + timedelta(minutes=90)}, "first_target"),
        ({"filled_at": NOON + timedelta(minutes=91)}, "last_target"),
        ({"filled_at": NOON + timedelta(minutes=241)}, "later_or_not"),
        ({}, "later_or_not"),
        ({"withdrawn_at": NOON + timedelta(minutes=239)}, None),
        ({"withdrawn_at": NOON + timedelta(minutes=240)}, "later_or_not"),
    ],
)
def test_how_a_referral_fared(values, outcome):
    """With the denominator of all reports: withdrawn before the target's instant is outside."""
    assert outcome_of(row(**values)) == outcome


def test_an_age_is_that_of_the_day_of_receipt():
    """One is 65 on one's birthday and not the day before."""
    assert band_of(date(1959, 2, 1), NOON) == "65-74"
    assert band_of(date(1959, 2, 2), NOON) == "18-64"
    assert band_of(date(1920, 1, 1), NOON) == "95+"
    assert band_of(None, NOON) == "not known"


def test_only_a_quarter_that_is_settled_is_told():
    """So that two reports never differ by the few who came between them."""
    assert quarter_of(None, NOON).name == "2023-Q4"
    assert quarter_of(None, datetime(2024, 1, 7, tzinfo=UTC)).name == "2023-Q3"
    assert quarter_of("2024-Q1", NOON + timedelta(days=90)).end.isoformat() == (
        "2024-03-31T23:00:00+00:00"
    )
    for name in ("2024-Q1", "2024-Q5", "2024", "2024-02"):
        with pytest.raises(NoQuarterError):
            quarter_of(name, NOON)
