"""Which policy to choose, and how it is said: goals first, then offers, and chance is named."""

from deploy.simulator.figures import GOALS, figures_of
from deploy.simulator.verdict import apart, efficient, state_of, verdict_on
from tests.unit.simulator.synthetic import package, run

PACKAGES = 400


def policy(name, *, early, late, offers, framework=1.0, uneven=0):
    """A policy that fills these percentages in 1.5 and in 4 hours, on four seeds."""
    return figures_of(
        [
            run(
                *(
                    package(
                        n,
                        filled=_minutes(100 * n / PACKAGES, early, late, uneven * (seed % 2)),
                        offers=offers + uneven * (seed % 2) + seed,
                        kind="framework" if n % 10 < 10 * framework else "dps",
                    )
                    for n in range(PACKAGES)
                ),
                policy=name,
                seed=seed,
            )
            for seed in range(4)
        ]
    )


def _minutes(percent, early, late, less):
    return 60.0 if percent < early - less else 200.0 if percent < late - less else None


FAST = policy("fast", early=90, late=99, offers=9)
RIGHT = policy("right", early=75, late=98, offers=5)
SLOW = policy("slow", early=40, late=97.5, offers=3)


def test_the_cheapest_that_reaches_both_goals_is_chosen():
    """A policy that asks fewer but misses a goal is not."""
    found = verdict_on([FAST, RIGHT, SLOW])
    assert found.chosen is RIGHT
    assert found.reaching == (FAST, RIGHT)
    assert found.others == (FAST, SLOW)
    assert found.best is FAST


def test_where_none_reaches_the_cheapest_near_the_best_is_chosen():
    """A point of fill is not worth twice the offers."""
    most, near = (
        policy("most", early=60, late=93, offers=10),
        policy("near", early=60, late=92.5, offers=5),
    )
    found = verdict_on([most, near])
    assert (found.reaching, found.best, found.chosen) == ((), most, near)


def test_a_goal_within_the_interval_cannot_be_told():
    """Neither reached nor missed."""
    unsure = policy("unsure", early=71, late=99, offers=4, uneven=2)
    early = GOALS[0]
    assert state_of(unsure, early) == "unsure"
    assert state_of(RIGHT, early) == "reached"
    assert state_of(SLOW, early) == "missed"


def test_a_difference_that_may_be_chance_is_neither_better_nor_worse():
    """Only an interval that leaves out nothing counts."""
    swings = policy("swings", early=76, late=98, offers=5, uneven=2)
    told = {entry.measure.key: entry for entry in apart(swings, RIGHT)}
    assert (told["filled_90"].sure, told["filled_90"].better) == (False, None)
    told = {entry.measure.key: entry for entry in apart(FAST, RIGHT)}
    assert (told["filled_90"].better, told["offers"].better) == (True, False)
    assert told["mean_rate_pence"].better is None
    assert "speed_share" not in told


def test_a_policy_beaten_in_everything_is_not_efficient():
    """Speed, offers and the framework's share at once."""
    worse = policy("worse", early=75, late=98, offers=6, framework=0.9)
    assert efficient([FAST, RIGHT, SLOW, worse]) == [FAST, RIGHT, SLOW]
