"""What a report says in sentences, for every way in which a comparison can end."""

from dataclasses import replace

import pytest

from deploy.simulator.grid import Grid
from deploy.simulator.intervals import Interval
from deploy.simulator.report import further, words
from deploy.simulator.report.material import Material
from deploy.simulator.report.policies_told import in_short, prices_told, tiers_told
from deploy.simulator.study import Effort, Size, Studied
from deploy.simulator.variants import adaptive, broadcast, waves
from tests.unit.simulator.small import policy as small_policy
from tests.unit.simulator.small import small
from tests.unit.simulator.test_verdict import FAST, RIGHT, SLOW, policy

SIZE = Size(seeds=4, weeks=1, warm_up_weeks=0)
MOST = policy("most", early=60, late=93, offers=10)
NEAR = policy("near", early=60, late=92.5, offers=5)


@pytest.fixture
def material(tmp_path):
    """What a report of these figures is made of."""
    market, rules = small(tmp_path), small_policy(tmp_path)

    def of(*figures, worse=None, grid=None):
        def studied(one):
            return Studied(
                policy=replace(rules, name=one.policy), figures=one, curve=(), hours_a_week={},
                places=(), lots=(), forecasts=(), later=(), effort=Effort(decisions=1, seconds=1.0),
            )  # fmt: skip

        return Material(
            market=market, size=SIZE, studied=tuple(map(studied, figures)), grid=grid,
            worse=None if worse is None else tuple(map(studied, worse)),
        )  # fmt: skip

    return of


def test_the_only_one_that_reaches_both_goals_is_named_as_such(material):
    """With its figures, its cost, and no word about goals that nobody reaches."""
    told = " ".join(words.summary(material(RIGHT, SLOW)))
    assert told.startswith("Choose right. Of the two policies tried it is the only one")
    assert "75.0% (75.0–75.0) within 1.5 hours (goal 70%: reached)" in told
    assert "put to 6.50 (4.4–8.6) providers" in told
    assert "No policy" not in told


def test_of_several_that_reach_the_goals_the_cheapest_is_named(material):
    """And that the others reach them too; a lead that may be chance is called so."""
    assert "fast and right reach both goals" in words.why(material(FAST, RIGHT))
    assert "may be chance" not in words.why(material(FAST, RIGHT))
    swings = policy("swings", early=80, late=103, offers=4, uneven=2.5)
    assert "Its lead in that over" in words.why(material(swings, RIGHT))


def test_goals_that_nobody_reaches_are_said_to_be(material):
    """Plainly, with what was not looked for; and why this one is chosen all the same."""
    told = material(MOST, NEAR)
    assert words.headline(told) == "Choose near; but no policy tried here reaches both goals."
    assert "asks fewer providers" in words.why(told)
    assert words.not_reached(told) == (
        "No policy tried here reaches 70% within 1.5 hours or 97% within 4 hours on this market. "
        "What the best possible would be was not looked for; --against-grid does."
    )


def test_one_policy_alone_is_judged_and_not_chosen(material):
    """There is nothing to choose from."""
    assert words.headline(material(RIGHT)) == "right reaches both goals."
    assert words.headline(material(SLOW)) == "slow does not reach both goals."


def test_gains_and_losses_are_told_apart():
    """What is better on one side, what is worse on the other, chance on neither."""
    assert words.gained(RIGHT, FAST) == "Beside fast: 4.00 fewer offers a package."
    told = words.given_up(RIGHT, FAST)
    assert told is not None
    assert told.startswith("Beside fast: 15.0 points fewer filled in 1.5 h")
    assert words.given_up(RIGHT, replace(RIGHT, policy="twin")) is None
    assert "about as many offers" in words.gained(RIGHT, replace(RIGHT, policy="twin"))


def test_kinds_that_only_one_asks_are_named(tmp_path):
    """A closed tier is nobody asked."""
    rules = small_policy(tmp_path)
    *first, spot = rules.tiers
    shut = replace(rules, name="shut", tiers=(*first, replace(spot, accept_new=False)))
    assert words.kinds_apart(rules, shut) == "small asks spot providers, shut does not."
    assert words.kinds_apart(rules, rules) is None
    assert "spot providers get no new packages" in in_short(shut)
    assert "spot: closed to new packages" in tiers_told(shut)


def test_every_strategy_has_its_words(tmp_path):
    """One at a time, several, everybody, and as many as it is worth."""
    rules = small_policy(tmp_path)
    budgets = [45, 30, 60]
    for variant, pace in (
        (broadcast(rules, 45, 30), "everybody at once"),
        (waves(rules, 1, 20, budgets), "one at a time"),
        (waves(rules, 3, 20, [45, None, None]), "3 at once"),
        (adaptive(rules, {90: 2, 240: 20}, 240, budgets), "(adaptive)"),
    ):
        assert pace in in_short(variant)
        assert all(pace in told for told in tiers_told(variant))
    assert prices_told(rules) is None
    told = prices_told(adaptive(rules, {90: 2, 240: 20}, 240, budgets))
    assert told is not None
    assert "2 offers not to miss 1.5 hours and 20 offers not to miss 4 hours" in told


def test_a_choice_that_worse_habits_would_change_says_so(material):
    """Or that it would stay."""
    stays = list(further.worse_habits(material(RIGHT, SLOW, worse=[RIGHT, SLOW])))
    assert stays[0].endswith("30% fewer yeses and answers that take twice as long.")
    assert stays[1] == "The choice stays right; there it reaches both goals."
    slower = policy("right", early=40, late=90, offers=5)
    other = list(further.worse_habits(material(RIGHT, SLOW, worse=[slower, SLOW])))
    assert other[1].startswith("The choice would then be slow instead of right, though")
    assert list(further.worse_habits(material(RIGHT))) == []


def grid(*, reaches=True, share=1.0):
    """A grid on which the policy makes this share of the best waves' offers."""
    shares = {} if share is None else {30: Interval(share, share - 0.01, share + 0.01)}
    return Grid(
        policy=RIGHT, broadcasts=20, reaches=reaches, broadcast=FAST,
        waves={30: (SLOW, FAST)}, shares=shares,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (
            1.0,
            "gains little or nothing over a well-tuned n; the gain is that nobody has to tune it",
        ),
        (0.9, "needs 10% fewer offers than a well-tuned n, and nobody has to tune it"),
        (1.2, "should be tuned (homeward policy tune)"),
        (None, "No size of wave, waves(n), fills exactly as much"),
    ],
)
def test_the_gain_over_well_tuned_waves_is_said_plainly(tmp_path, share, told):
    """Little or nothing in offers, but nobody has to tune it; or more; or less."""
    rules = adaptive(small_policy(tmp_path), {90: 2, 240: 20}, 240, [45, 30, 60])
    said = " ".join(further.other_settings(grid(share=share), rules))
    assert told in said
    assert "nobody has to tune it" in said or share == 1.2
    fixed = " ".join(further.other_settings(grid(share=share), small_policy(tmp_path)))
    assert "nobody has to tune it" not in fixed


def test_the_best_possible_is_shown_where_no_broadcast_reaches_the_goals(tmp_path):
    """With the share of its offers that the policy makes."""
    said = " ".join(further.other_settings(grid(reaches=False), small_policy(tmp_path)))
    assert "None of 20 broadcasts" in said
    assert "The best possible, the one that fills most within 4 hours, is “fast”" in said
    assert "right makes 62%" in said
