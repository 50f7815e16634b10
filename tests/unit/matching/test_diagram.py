"""The state diagram in the README is drawn from the transitions and cannot drift."""

import pytest

from services.matching.diagram import (
    BEGIN,
    END,
    MarkersMissingError,
    drawn_into,
    main,
    mermaid,
    table,
)
from services.matching.domain.transitions import TRANSITIONS


def test_the_diagram_is_written_between_the_markers_and_checked(tmp_path, capsys):
    """Check fails, write, check passes; what stands around the markers is left alone."""
    readme = tmp_path / "README.md"
    readme.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter\n")
    arguments = ["--readme", str(readme)]
    assert main([*arguments, "--check"]) == 1
    assert "run python -m services.matching.diagram" in capsys.readouterr().err
    assert "old" in readme.read_text()
    assert main(arguments) == 0
    assert main([*arguments, "--check"]) == 0
    text = readme.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\n\nAfter\n")
    assert "old" not in text


def test_without_markers_nothing_is_written():
    """A README that lost its markers is an error, not a silent pass."""
    for text in ("", BEGIN, END, f"{END}{BEGIN}"):
        with pytest.raises(MarkersMissingError):
            drawn_into(text)


def test_every_transition_is_in_the_picture_or_the_table():
    """Nothing that may happen is missing from what the README shows."""
    picture, rows = mermaid().splitlines(), table().splitlines()
    for (before, fact), after in TRANSITIONS.items():
        start = "[*]" if before.__name__ == "Absent" else before.__name__
        lines = (
            [row for row in rows if row.startswith(f"| {before.__name__} |")]
            if before is after
            else [line for line in picture if f"{start} --> {after.__name__}:" in line]
        )
        assert any(fact.__name__ in line for line in lines)
