"""The simulator's figures on a terminal: a row for each figure, a column for each policy."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from deploy.simulator.figures import Figures
from deploy.simulator.figures_told import figure_told
from deploy.simulator.measure import Measure


def figure_table(
    title: str,
    figures: Sequence[Figures],
    *,
    measures: Sequence[Measure] | None = None,
    published: Mapping[str, float] | None = None,
) -> Table:
    """Each measure's mean over seeds with its 95% interval, which one seed does not have.

    `published`: Devon Cares' figures by measure, in a column of their own.
    """
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("")
    for one in figures:
        table.add_column(one.policy, justify="right", no_wrap=True)
    if published is not None:
        table.add_column("Devon Cares", justify="right", style="dim")
    for measure in measures or figures[0].measures:
        cells = [figure_told(measure, one.intervals[measure.key]) for one in figures]
        if published is not None:
            value = published.get(measure.key)
            cells.append("–" if value is None else f"{value:g}%")
        table.add_row(measure.title, *cells)
    return table
