"""Figures in the units that people write: on a terminal and in a report the same."""

from collections.abc import Mapping

from deploy.simulator.intervals import Interval
from deploy.simulator.measure import Measure, Unit

_TOLD: Mapping[Unit, str] = {
    "percent": "{:.1f}%",
    "minutes": "{:.0f} min",
    "number": "{:.2f}",
    "pence": "£{:.2f}",
    "per_hundred": "{:.1f} in 100",
}
_DIFFERENT: Mapping[Unit, str] = {
    "percent": "{} points",
    "minutes": "{} min",
    "number": "{}",
    "pence": "{} an hour",
    "per_hundred": "{} in 100",
}


_HOURS = "{:.1f} h"
MANY_MINUTES = 600
"""From here on a time is told in hours."""


def figure_told(measure: Measure, interval: Interval | None) -> str:
    """The mean, and the ends of its interval where there are any; a dash for no figure."""
    if interval is None:
        return "–"
    scale, digits, hours = _scale(measure, interval)
    told = (_HOURS if hours else _TOLD[measure.unit]).format(interval.mean / scale)
    if interval.low is None or interval.high is None:
        return told
    digits = 1 if measure.unit == "number" else digits
    low, high = (f"{end / scale:.{digits}f}" for end in (interval.low, interval.high))
    return f"{told} ({low}–{high})"


def difference_told(measure: Measure, interval: Interval | None) -> str:
    """How much more (+) or less (−) one policy has than another; percentages differ by points."""
    if interval is None:
        return "–"
    scale, digits, hours = _scale(measure, interval)
    unit = "{} h" if hours else _DIFFERENT[measure.unit]
    pounds = "£" if measure.unit == "pence" else ""
    told = unit.format(_signed(interval.mean / scale, digits, pounds))
    if interval.low is None or interval.high is None:
        return told
    low, high = (_signed(end / scale, digits) for end in (interval.low, interval.high))
    return f"{told} ({low} to {high})"


def _scale(measure: Measure, interval: Interval) -> tuple[int, int, bool]:
    """By what a figure is divided, its digits, and whether minutes are told in hours."""
    if measure.unit == "pence":
        return 100, 2, False
    if measure.unit != "minutes":
        return 1, 2 if measure.unit == "number" else 1, False
    hours = abs(interval.mean) >= MANY_MINUTES
    return (60, 1, True) if hours else (1, 0, False)


def _signed(value: float, digits: int, mark: str = "") -> str:
    """A number with its sign, a true minus, and none for what rounds to nothing."""
    told = f"{abs(value):.{digits}f}"
    sign = "" if float(told) == 0 else "+" if value > 0 else "−"
    return f"{sign}{mark}{told}"
