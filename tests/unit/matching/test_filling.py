"""The chance of being filled by a time, where some yeses are given back."""

from math import exp

import pytest

from services.matching.domain.curve import BINS, Curve
from services.matching.domain.filling import Filling, GivenBack
from services.matching.domain.following import Attempt
from services.matching.domain.hardness import hardness_after

STANDS = 40.0
AT_FIRST = GivenBack(stands=STANDS)
AT_ONCE = (1.0, *[0.0] * BINS)


def attempt(yes: float, *, lasts: float = 1.0, start: float = 0.0) -> Attempt:
    """An offer that is answered within five minutes; `yes` is the chance of one that lasts."""
    return Attempt(
        curve=Curve(yes=yes, silent=AT_ONCE, lasts=lasts), start=start, end=start + 240.0
    )


def by(minutes: float, *tried: Attempt, given_back: GivenBack = AT_FIRST) -> float:
    return Filling(tried, 400.0, hardness=hardness_after([]), given_back=given_back).by(minutes)


def test_nothing_to_come_fills_nothing():
    assert by(240.0) == 0.0


def test_it_is_as_likely_as_the_yes_where_one_is_asked_and_every_yes_lasts():
    """Nearly: how hard the package is, is not known, which evens the chance out a little."""
    one = attempt(0.3)
    assert by(0.0, one) == 0.0
    assert by(15.0, one) == by(240.0, one) == pytest.approx(0.3, abs=0.02)


def test_the_chance_never_falls_and_never_passes_one():
    many = [attempt(0.9, start=20.0 * n, lasts=0.95) for n in range(9)]
    chances = [by(float(minutes), *many) for minutes in range(0, 420, 7)]
    assert chances == sorted(chances)
    assert chances[-1] <= 1.0


def test_a_yes_that_is_given_back_costs_the_time_until_it_is():
    """One who all but never keeps a yes delays the honest one behind, and does not keep it away."""
    fickle, honest = attempt(0.009, lasts=0.01), attempt(0.3, start=15.0)
    alone, behind = by(35.0, honest), by(35.0, fickle, honest)
    assert behind == pytest.approx(exp(-0.9) * alone, abs=0.02)
    assert by(35.0 + 3 * (STANDS + 15.0), fickle, honest) == pytest.approx(alone, abs=0.02)


@pytest.mark.parametrize(
    ("age", "again"), [(0.0, 7.5), (60.0, 67.5), (120.0, 105.0)], ids=["new", "an hour", "all open"]
)
def test_a_round_that_follows_needs_as_long_to_get_as_far_at_most_until_all_is_open(
    age: float, again: float
):
    """The later in its round somebody gives back, the later whoever comes behind is asked again."""
    given_back = GivenBack(stands=STANDS, age=age, all_open_after=105.0)
    fickle, honest = attempt(0.009, lasts=0.01), attempt(0.3, start=15.0)
    alone, asked_again = by(240.0, honest), 22.5 + STANDS + again

    def behind(minutes: float) -> float:
        return by(minutes, fickle, honest, given_back=given_back)

    assert behind(asked_again - 1.0) == pytest.approx(exp(-0.9) * alone, abs=0.02)
    assert behind(asked_again + 1.0) == pytest.approx((1.0 + 0.9) * exp(-0.9) * alone, abs=0.02)


def test_a_yes_stands_only_while_somebody_asked_before_may_still_answer():
    """Alone it is awarded at once; beside a better one that is out it comes so much later."""
    slow = Curve(yes=0.3, silent=(1.0,) * (BINS + 1), lasts=1.0)
    better = Attempt(curve=slow, start=0.0, end=240.0)
    worse = attempt(0.3, start=30.0)

    def settled_by(minutes: float, *tried: Attempt) -> float:
        found = Filling(
            tried, 400.0, hardness=hardness_after([]), given_back=AT_FIRST, settling=15.0
        )
        return found.by(minutes)

    assert settled_by(45.0, worse) == by(45.0, worse) == pytest.approx(0.3, abs=0.02)
    assert settled_by(45.0, better, worse) == 0.0
    assert settled_by(60.0, better, worse) == pytest.approx(0.3, abs=0.02)
