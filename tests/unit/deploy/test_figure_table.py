"""The simulator's figures on a terminal: each in its unit, an interval only where there is one."""

from io import StringIO

import pytest
from rich.console import Console

from deploy.commands.figure_table import figure_table
from deploy.simulator.figures import BY_KEY, figures_of
from deploy.simulator.figures_told import difference_told, figure_told
from deploy.simulator.intervals import Interval
from deploy.simulator.outcomes import RunOutcome
from tests.unit.simulator.synthetic import package, run


@pytest.mark.parametrize(
    ("key", "interval", "told"),
    [
        ("filled_90", Interval(71.24, None, None), "71.2%"),
        ("filled_90", Interval(71.24, 70.0, 72.5), "71.2% (70.0–72.5)"),
        ("median_minutes", Interval(62.6, 60.2, 65.0), "63 min (60–65)"),
        ("p90_minutes", Interval(599.0, 540.0, 660.0), "599 min (540–660)"),
        ("p90_minutes", Interval(1926.0, 0.0, 4176.0), "32.1 h (0.0–69.6)"),
        ("mean_rate_pence", Interval(1693.0, 1690.0, 1696.0), "£16.93 (16.90–16.96)"),
        ("offers", Interval(6.414, None, None), "6.41"),
        ("lost_races", Interval(3.0, None, None), "3.0 in 100"),
        ("median_minutes", None, "–"),
    ],
)
def test_each_figure_has_its_unit(key, interval, told):
    """Percent, minutes, pounds and plain numbers, as people write them."""
    assert figure_told(BY_KEY[key], interval) == told


@pytest.mark.parametrize(
    ("key", "interval", "told"),
    [
        ("filled_90", Interval(-1.24, -2.0, 0.5), "−1.2 points (−2.0 to +0.5)"),
        ("mean_rate_pence", Interval(32.0, 30.0, 34.0), "+£0.32 an hour (+0.30 to +0.34)"),
        ("offers", Interval(0.001, None, None), "0.00"),
        ("p90_minutes", Interval(-784.0, -3027.0, 1459.0), "−13.1 h (−50.5 to +24.3)"),
        ("p90_minutes", Interval(-64.0, -72.0, -55.0), "−64 min (−72 to −55)"),
        ("median_minutes", None, "–"),
    ],
)
def test_each_difference_has_its_sign(key, interval, told):
    """Points for percentages, a true minus, and no sign for nothing."""
    assert difference_told(BY_KEY[key], interval) == told


def test_one_run_stands_beside_what_is_published():
    """A column for the policy and one for Devon Cares, with a dash where nothing is known."""
    one: RunOutcome = run(package(0, filled=30.0), package(1, filled=None))
    table = figure_table("A day", [figures_of([one])], published={"filled_90": 70.0})
    printed = StringIO()
    Console(file=printed, width=100).print(table)
    lines = {line.strip().split("  ")[0]: line for line in printed.getvalue().splitlines()}
    assert "50.0%" in lines["filled in 1.5 h"]
    assert "70%" in lines["filled in 1.5 h"]
    assert lines["never filled"].rstrip().endswith("–")
