"""Draws the statuses of a placement from the table of transitions into this service's README.

`python -m services.matching.diagram` writes it between two marker comments, `--check` fails when
what is there differs, so that the picture is always the table's.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from services.matching.domain.events import Event
from services.matching.domain.placement import Absent, Placement, Withdrawn
from services.matching.domain.transitions import TRANSITIONS, moves

README = Path(__file__).with_name("README.md")
BEGIN = "<!-- states: begin (drawn by services.matching.diagram) -->"
END = "<!-- states: end -->"


class MarkersMissingError(Exception):
    """The README has no place for the diagram: both marker lines, once each, in order."""


def mermaid() -> str:
    """The diagram as Mermaid: an arrow for every change of status, a note for what stays."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for before, after, facts in moves():
        start = "[*]" if before is Absent else before.__name__
        lines.append(f"    {start} --> {after.__name__}: {_names(facts)}")
    lines.append(f"    {Withdrawn.__name__} --> [*]")
    lines.append("```")
    return "\n".join(lines)


def table() -> str:
    """What may happen in each status without leaving it, as a table."""
    lines = ["| status | stays in it after |", "|---|---|"]
    for status, facts in _staying().items():
        lines.append(f"| {status.__name__} | {_names(facts)} |")
    return "\n".join(lines)


def _staying() -> dict[type[Placement], list[type[Event]]]:
    found: dict[type[Placement], list[type[Event]]] = {}
    for (before, fact), after in TRANSITIONS.items():
        if before is after:
            found.setdefault(before, []).append(fact)
    return found


def _names(facts: Sequence[type[Event]]) -> str:
    return ", ".join(fact.__name__ for fact in facts)


def drawn_into(text: str) -> str:
    """The text with the diagram between its markers. Raises MarkersMissingError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarkersMissingError(f"put the lines {BEGIN} and {END} where the diagram belongs")
    return f"{before}{BEGIN}\n\n{mermaid()}\n\n{table()}\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the diagram, or with `--check` say whether it is up to date. 0 = all well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the diagram has drifted")
    parser.add_argument("--readme", type=Path, default=README, help="the file to draw into")
    options = parser.parse_args(arguments)
    text = options.readme.read_text(encoding="utf-8")
    drawn = drawn_into(text)
    if drawn == text:
        return 0
    if options.check:
        sys.stderr.write(
            f"{options.readme}: the diagram differs from the transitions;"
            " run python -m services.matching.diagram\n"
        )
        return 1
    options.readme.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
