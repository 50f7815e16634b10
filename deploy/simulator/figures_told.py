"""Figures in the units that people write: on a terminal and in a report the same."""

from collections.abc import Mapping

from deploy.simulator.figures import Measure, Unit
from deploy.simulator.intervals import Interval

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


def difference_told(measure: Measure, interval: Interval | None) -> str:
    """How much more (+) or less (−) one policy has than another; percentages differ by points."""
    if interval is None:
        return "–"
    scale = 100 if measure.unit == "pence" else 1
    digits = {"minutes": 0, "pence": 2, "number": 2}.get(measure.unit, 1)
    unit = _DIFFERENT[measure.unit]
    pounds = "£" if measure.unit == "pence" else ""
    told = unit.format(_signed(interval.mean / scale, digits, pounds))
    if interval.low is None or interval.high is None:
        return told
    low, high = (_signed(end / scale, digits) for end in (interval.low, interval.high))
    return f"{told} ({low} to {high})"


def _signed(value: float, digits: int, mark: str = "") -> str:
    """A number with its sign, a true minus, and none for what rounds to nothing."""
    told = f"{abs(value):.{digits}f}"
    sign = "" if float(told) == 0 else "+" if value > 0 else "−"
    return f"{sign}{mark}{told}"
