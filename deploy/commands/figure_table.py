"""The simulator's figures on a terminal: a row for each figure, a column for each policy."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from deploy.simulator.figures import MEASURES, Figures, Measure, Unit
from deploy.simulator.intervals import Interval

_TOLD: Mapping[Unit, str] = {
    "percent": "{:.1f}%",
    "minutes": "{:.0f} min",
    "number": "{:.2f}",
    "pence": "£{:.2f}",
    "per_hundred": "{:.1f} in 100",
}


def figure_table(
    title: str,
    figures: Sequence[Figures],
    *,
    measures: Sequence[Measure] = MEASURES,
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
    for measure in measures:
        cells = [figure_told(measure, one.intervals[measure.key]) for one in figures]
        if published is not None:
            value = published.get(measure.key)
            cells.append("–" if value is None else f"{value:g}%")
        table.add_row(measure.title, *cells)
    return table


def figure_told(measure: Measure, interval: Interval | None) -> str:
    """The mean, and the ends of its interval where there are any; a dash for no figure."""
    if interval is None:
        return "–"
    scale = 100 if measure.unit == "pence" else 1
    told = _TOLD[measure.unit].format(interval.mean / scale)
    if interval.low is None or interval.high is None:
        return told
    number = f"{{:.{0 if measure.unit == 'minutes' else 1 + (scale == 100)}f}}"
    low, high = (number.format(end / scale) for end in (interval.low, interval.high))
    return f"{told} ({low}–{high})"
