"""Which cells of a published table must be hidden so that nobody can be recognised in it.

A cell under `FEWEST` is hidden, totals too. Rows and columns add up to totals that are shown, so
others are hidden with it until no hidden cell follows from what is shown, and no row or column says
that its hidden cells are together fewer than that.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

FEWEST = 5
"""Fewer people than that could be recognised. Source: the usual rule for published health figures."""

Cell = tuple[int, int]


def with_totals(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The counts with a total of each row at its end, and a row of totals below."""
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def hidden_cells(table: Sequence[Sequence[int]]) -> set[Cell]:
    """The cells to hide of a table with its totals, at least one row and one column besides them."""
    height, width = len(table), len(table[0])
    cells = [(r, c) for r in range(height) for c in range(width)]
    hidden = {(r, c) for r, c in cells if table[r][c] < FEWEST}
    while True:
        found = _unsafe_line(table, hidden) or _determined(table, hidden)
        if not found:
            return hidden
        shown = [cell for cell in found if cell not in hidden] or [
            cell for cell in cells if cell not in hidden
        ]
        if not shown:
            return hidden
        hidden.add(min(shown, key=lambda cell: _cost(table, hidden, cell)))


def _cost(table: Sequence[Sequence[int]], hidden: set[Cell], cell: Cell) -> tuple[int, int, Cell]:
    """What is lost by hiding a cell: little where its row and its column are not whole anyway."""
    r, c = cell
    crossed = any(row == r for row, _ in hidden) + any(column == c for _, column in hidden)
    return -crossed, table[r][c], cell


def _lines(table: Sequence[Sequence[int]]) -> Iterator[list[Cell]]:
    """Every row and every column, its total last."""
    height, width = len(table), len(table[0])
    for r in range(height):
        yield [(r, c) for c in range(width)]
    for c in range(width):
        yield [(r, c) for r in range(height)]


def _unsafe_line(table: Sequence[Sequence[int]], hidden: set[Cell]) -> list[Cell]:
    """A row or column that tells its hidden cell, or that its hidden cells are few; its shown
    cells are what may be hidden beside."""
    for line in _lines(table):
        *parts, total = line
        inside = [cell for cell in parts if cell in hidden]
        if not inside and total not in hidden:
            continue
        unknown = len(inside) + (total in hidden)
        few = total not in hidden and sum(table[r][c] for r, c in inside) < FEWEST
        if unknown == 1 or (inside and few):
            shown = [cell for cell in parts if cell not in hidden]
            return shown or ([total] if total not in hidden else [])
    return []


def _determined(table: Sequence[Sequence[int]], hidden: set[Cell]) -> list[Cell]:
    """Where a hidden cell follows from all rows and columns together: the cells of its lines."""
    order = sorted(hidden)
    rows = []
    for line in _lines(table):
        signs = dict.fromkeys(line[:-1], Fraction(1)) | {line[-1]: Fraction(-1)}
        row = [signs.get(cell, Fraction(0)) for cell in order]
        if any(row):
            rows.append(row)
    for row in _reduced(rows):
        named = [n for n, value in enumerate(row) if value]
        if len(named) == 1:
            r, c = order[named[0]]
            return [cell for line in _lines(table) if (r, c) in line for cell in line]
    return []


def _reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The rows in reduced echelon form, in which a determined unknown stands alone."""
    done: list[list[Fraction]] = []
    width = len(rows[0]) if rows else 0
    for column in range(width):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [row for row in rows if row is not pivot]
        pivot = [value / pivot[column] for value in pivot]
        rows, done = (
            [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in some]
            for some in (rows, done)
        )
        done.append(pivot)
    return done
