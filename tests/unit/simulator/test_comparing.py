"""Policies against each other on the same luck."""

import pytest

from deploy.simulator.comparing import (
    best_filling,
    best_filling_for,
    cheapest_near,
    cheapest_reaching,
    difference,
    fill_against_family,
    offers_against_family,
    ratio,
)
from deploy.simulator.figures import figures_of
from tests.unit.simulator.synthetic import package, run

PACKAGES = 200


def policy(name, *, fill, offers, seeds=4):
    """A policy that fills this percentage within an hour and makes so many offers for each."""
    return figures_of(
        [
            run(
                *(
                    package(
                        n,
                        filled=60.0 if n < PACKAGES * fill / 100 + seed - 1 else None,
                        offers=offers + seed,
                    )
                    for n in range(PACKAGES)
                ),
                policy=name,
                seed=seed,
            )
            for seed in range(seeds)
        ]
    )


def test_differences_are_paired_by_seed():
    """Luck that both shared is no doubt about which is better."""
    one, other = policy("one", fill=90, offers=5), policy("other", fill=80, offers=3)
    told = difference(one, other, "offers")
    assert told is not None
    assert (told.mean, told.low, told.high) == (2, 2, 2)
    assert told.excludes_zero
    assert difference(one, other, "speed_share") is None
    share = ratio(one, other, "offers")
    assert share is not None
    assert share.mean == pytest.approx(6.5 / 4.5)


def test_other_seeds_are_other_luck():
    """Runs on different seeds are not compared."""
    one, other = policy("one", fill=90, offers=5), policy("two", fill=90, offers=5, seeds=3)
    for compare in (difference, ratio):
        with pytest.raises(ValueError, match="not run on the same seeds"):
            compare(one, other, "offers")


def test_the_cheapest_that_reaches_both_goals():
    """Goals first, then offers; nothing where none reaches them."""
    grid = [
        policy("too-slow", fill=95, offers=2),
        policy("dear", fill=100, offers=9),
        policy("right", fill=99, offers=5),
    ]
    assert cheapest_reaching(grid) is grid[2]
    assert cheapest_reaching(grid[:1]) is None


def test_the_best_possible_and_the_cheapest_near_it():
    """Most filled; and whoever fills no more than a point less with the fewest offers."""
    grid = [
        policy("broadcast", fill=90, offers=12),
        policy("near", fill=89.5, offers=7),
        policy("far", fill=88, offers=3),
    ]
    assert best_filling(grid) is grid[0]
    assert cheapest_near(grid) is grid[1]
    assert best_filling_for(grid, 9.0) is grid[1]
    assert best_filling_for(grid, 1.0) is None


def test_a_family_is_interpolated_at_equal_fill():
    """Half way between two settings costs half way between their offers."""
    family = [policy("waves(2)", fill=80, offers=4), policy("waves(4)", fill=90, offers=8)]
    told = offers_against_family(policy("adaptive", fill=85, offers=5), family)
    assert told is not None
    assert told.mean == pytest.approx((5 + 1.5) / (6 + 1.5))
    told = fill_against_family(policy("adaptive", fill=88, offers=6), family)
    assert told is not None
    assert told.mean == pytest.approx(88.25 / 85.25)


def test_a_family_is_not_stretched_beyond_its_ends():
    """A fill that no setting comes to has no price; an exact setting has its own."""
    family = [policy("waves(2)", fill=80, offers=4), policy("waves(4)", fill=90, offers=8)]
    assert offers_against_family(policy("adaptive", fill=95, offers=5), family) is None
    told = offers_against_family(policy("adaptive", fill=90, offers=5), family)
    assert told is not None
    assert told.mean == pytest.approx(6.5 / 9.5)
