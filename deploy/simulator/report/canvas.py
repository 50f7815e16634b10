"""One plot as inline SVG: deterministic, its names its own, with words for who cannot see it."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from html import escape
from io import StringIO
from types import TracebackType
from typing import Any, Self

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_STYLE: dict[str, Any] = {
    "svg.hashsalt": "homeward",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "legend.fontsize": 9,
}
_NAMED = re.compile(r'(\bid="|url\(#|href="#)')


class Canvas:
    """A figure of so many inches under a style of its own, whatever the machine's settings are.

    `name` goes before every name in it, since several plots stand in one page.
    """

    def __init__(self, name: str, *, width: float, height: float) -> None:
        self._name = name
        self._size = (width, height)
        self._style = ExitStack()

    def __enter__(self) -> Self:
        """Take on the style."""
        self._style.enter_context(rc_context())
        rcdefaults()
        for name, value in _STYLE.items():
            rcParams[name] = value  # type: ignore[index]  # names are listed as literals
        self.figure = Figure(figsize=self._size, layout="constrained")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the style back."""
        self._style.close()

    def axes(
        self, rows: int, *, columns: int = 1, sharex: bool = False, sharey: bool = False
    ) -> Sequence[Axes]:
        """Panels in reading order."""
        grid = self.figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
        return [axes for row in grid for axes in row]

    def legend(self) -> None:
        """One legend above all panels, each label once."""
        found = {
            label: handle
            for axes in self.figure.axes
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        if found:
            self.figure.legend(found.values(), found, loc="outside upper left", ncols=2)

    def svg(self, told: str) -> str:
        """The plot as an element for a page, with what it shows in words."""
        written = StringIO()
        self.figure.savefig(
            written,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
        text = written.getvalue()
        drawing = _NAMED.sub(rf"\g<1>{self._name}-", text[text.index("<svg") :])
        opening = f'<svg role="img" aria-label="{escape(told)}" '
        opened, rest = drawing.split(">", 1)
        opened = re.sub(r'\s(width|height)="[^"]*"', "", opened)
        return opened.replace("<svg ", opening, 1) + ">" + rest.strip()
