"""What providers do by their habits: when they answer, what they say, what they do with an award."""

from dataclasses import replace

import pytest

from deploy.simulator.drawing import WEEK_MINUTES, Draws
from deploy.simulator.load import Load
from deploy.simulator.replying import accepting, carry, log_odds, open_after, reply
from tests.unit.simulator.small import a_package, luck, small

HOURS = (450, 1200)
"""07:30 to 20:00."""


@pytest.mark.parametrize(
    ("asked", "takes", "answers"),
    [
        (600, 20, 620),
        (1195, 20, 1440 + 450 + 15),
        (1300, 20, 1440 + 450 + 20),
        (100, 20, 470),
        (600, 750, 1440 + 600),
        (1440 + 600, 2 * 750 + 1, 3 * 1440 + 601),
    ],
    ids=["by day", "before closing", "at night", "before opening", "a day long", "days long"],
)
def test_only_a_providers_own_hours_count(asked, takes, answers):
    """An offer at 19:55 to somebody open until 20:00 is answered the next morning."""
    assert open_after(asked, takes, HOURS) == answers


def test_whoever_never_answers_does_not(tmp_path):
    """The chance of an answer is held against luck, and nothing comes above it."""
    market = small(tmp_path)
    package = a_package(market, outcode="E17")
    assert reply(market, 0, package, luck(answers=0.91), 600) is None
    said = reply(market, 0, package, luck(answers=0.89), 600)
    assert said is not None
    assert said.minute == 620


def test_an_outage_keeps_a_lot_silent_for_its_days(tmp_path):
    """South does not answer in week 4, answers before and after, and north answers throughout."""
    market = small(tmp_path)
    package = a_package(market, outcode="E17")
    week = [n * WEEK_MINUTES + 600 for n in (3, 4, 5)]
    assert [reply(market, 1, package, luck(), at) is None for at in week] == [False, True, False]
    assert reply(market, 0, package, luck(), week[1]) is not None


def test_habits_change_in_their_week(tmp_path):
    """From week 10 the third answers out of a mixture, in other hours, and mostly yes."""
    market = small(tmp_path)
    package = replace(a_package(market, outcode="E17"), hardness=0.0)
    asked = [n * WEEK_MINUTES + 8 * 60 for n in (9, 10)]
    before, after = (reply(market, 2, package, luck(answers=0.4), at) for at in asked)
    assert before is not None
    assert after is not None
    assert (before.minute - asked[0], before.accepts) == (20, False)
    assert (after.minute - asked[1], after.accepts) == (60 + 5, True)
    slow = reply(market, 2, package, luck(answers=0.4, mixture=0.7), asked[1])
    assert slow is not None
    assert slow.minute - asked[1] == 60 + 60


def test_a_yes_weighs_outcode_carers_and_hardness_in_log_odds(tmp_path):
    """What is said of an outcode and of two carers add up, and a hard package is taken less."""
    market = small(tmp_path)
    habits = market.providers[1].habits[0]
    usual = replace(a_package(market, outcode="E17"), hardness=0.0)
    assert accepting(habits, usual) == pytest.approx(0.3)
    there = replace(a_package(market, outcode="E4"), hardness=0.0)
    assert accepting(habits, there) == pytest.approx(0.1)
    assert accepting(habits, replace(usual, double_handed=True)) == pytest.approx(0.15)
    both = log_odds(0.1) + log_odds(0.15) - log_odds(0.3)
    assert log_odds(accepting(habits, replace(there, double_handed=True))) == pytest.approx(both)
    assert log_odds(accepting(habits, replace(usual, hardness=-1.5))) == pytest.approx(
        log_odds(0.3) - 1.5
    )


def test_an_award_is_confirmed_or_given_back_in_the_providers_hours(tmp_path):
    """A release and a late start happen as often as told, some time after the award."""
    market = small(tmp_path)
    kept = carry(market, 0, luck(), 600)
    assert (kept.minute, kept.releases, kept.days_late) == (630, False, 0)
    assert carry(market, 0, luck(releases=0.04), 600).releases
    assert carry(market, 0, luck(starts_late=0.09), 600).days_late > 0


def test_hours_are_taken_and_come_back(tmp_path):
    """A provider has room until its hours are taken, and again once a package ends or goes back."""
    load = Load(Draws(small(tmp_path), 1, 1))
    most = 900 * 60
    assert load.has_room(0, most, 0)
    load.take(0, 1, most - 60, until=1000)
    assert load.has_room(0, 60, 999)
    assert not load.has_room(0, 61, 999)
    assert load.has_room(1, most, 999)
    load.take(0, 2, 60, until=2000)
    load.give_back(0, 2, 60)
    assert load.has_room(0, 60, 999)
    assert load.has_room(0, most, 1000)
    assert load.has_room(0, most, 3000)
    assert not load.has_room(0, most + 1, 3000)
