"""What noes say of how hard a package is, held against packages whose hardness is known."""

from math import exp, log, sqrt
from random import Random
from statistics import fmean

import pytest

from services.matching.domain.hardness import VARIANCE, hardness_after, mean_of

DRAWN = 60_000


def chance(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))


def test_without_noes_the_mean_over_all_hardnesses_is_what_was_learned():
    """To within a hundredth, for any chance that a provider may have."""
    known = hardness_after([])
    for mean in (0.05, 0.2, 0.35, 0.5, 0.8):
        over_all = sum(weight * known.yes(mean, hardness) for hardness, weight in known.likely)
        assert over_all == pytest.approx(mean, abs=0.01)


@pytest.mark.parametrize("noes", [1, 3, 6])
def test_after_noes_a_yes_is_as_likely_as_among_packages_that_got_them(noes: int):
    """Packages are drawn, asked of equal providers, and those that got only noes are asked once more."""
    draw, middle = Random(noes), -0.9
    hard = [draw.gauss(0, sqrt(VARIANCE)) for _ in range(DRAWN)]
    mean = fmean(chance(middle + one) for one in hard)
    left = [one for one in hard if all(draw.random() >= chance(middle + one) for _ in range(noes))]
    true = fmean(chance(middle + one) for one in left)
    known = hardness_after([mean] * noes)
    told = sum(weight * known.yes(mean, hardness) for hardness, weight in known.likely)
    assert told == pytest.approx(true, abs=0.015)
    assert told < mean


@pytest.mark.parametrize("noes", [50, 500])
def test_many_noes_of_those_who_nearly_always_say_yes_leave_a_chance(noes: int):
    """Their product is less than a number can be; the hardest is still the likeliest, and all is 1."""
    likely = hardness_after([1.0 - 1e-9] * noes).likely
    assert sum(weight for _, weight in likely) == pytest.approx(1.0)
    assert max(likely, key=lambda one: one[1]) == likely[0]


def test_what_curves_were_worked_out_for_is_taken_out_again():
    known = hardness_after([0.3], believed=-0.4)
    moved = chance(log(0.3 / 0.7) - 0.4)
    assert known.unbelieved(moved) == pytest.approx(0.3)


def test_a_chance_at_no_hardness_and_its_mean():
    """The mean lies nearer to a half; equal packages have no spread."""
    assert 0.2 < mean_of(0.2, VARIANCE) < 0.25
    assert mean_of(0.2, 0.0) == pytest.approx(0.2)
