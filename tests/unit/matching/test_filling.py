"""The chance of being filled by a time, where some yeses are given back."""

import pytest

from services.matching.domain.curve import BINS, Curve
from services.matching.domain.filling import GIVEN_BACK_AFTER_MINUTES, Filling
from services.matching.domain.following import Attempt

AT_ONCE = (1.0, *[0.0] * BINS)


def attempt(yes: float, *, lasts: float = 1.0, start: float = 0.0) -> Attempt:
    """An offer that is answered within five minutes; `yes` is the chance of one that lasts."""
    return Attempt(
        curve=Curve(yes=yes, silent=AT_ONCE, lasts=lasts), start=start, end=start + 240.0
    )


def test_nothing_to_come_fills_nothing():
    assert Filling([], 240.0).by(240.0) == 0.0


def test_it_is_as_likely_as_the_yes_where_one_is_asked_and_every_yes_lasts():
    """Nearly: how hard the package is, is not known, which evens the chance out a little."""
    filling = Filling([attempt(0.3)], 240.0)
    assert filling.by(0.0) == 0.0
    assert filling.by(15.0) == filling.by(240.0) == pytest.approx(0.3, abs=0.02)


def test_the_chance_never_falls_and_never_passes_one():
    filling = Filling([attempt(0.9, start=20.0 * n, lasts=0.95) for n in range(9)], 400.0)
    chances = [filling.by(float(minutes)) for minutes in range(0, 420, 7)]
    assert chances == sorted(chances)
    assert chances[-1] <= 1.0


def test_a_yes_that_is_given_back_costs_the_time_until_it_is():
    """One who says yes for sure and gives it back nine times in ten: until the first is given back
    one in ten is filled, and each new round adds a tenth of what is left."""
    filling = Filling([attempt(0.099, lasts=0.1)], 240.0)
    assert filling.by(GIVEN_BACK_AFTER_MINUTES) == pytest.approx(0.1, abs=0.01)
    assert filling.by(2 * GIVEN_BACK_AFTER_MINUTES) == pytest.approx(0.19, abs=0.02)


def test_who_gives_back_stands_in_the_way_of_who_does_not():
    """Beside one whose yes rarely lasts, the same honest provider fills less in time."""
    alone = Filling([attempt(0.3, start=15.0)], 60.0).by(35.0)
    behind = Filling([attempt(0.09, lasts=0.1), attempt(0.3, start=15.0)], 60.0).by(35.0)
    assert behind < alone
