"""How likely a package is filled by when, and the word that wards read."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from services.matching.domain import commands, events
from services.matching.domain.calibration import AGAIN, STANDING
from services.matching.domain.deadlines import next_due_at
from services.matching.domain.outlook import Forecast, ends_of_day, forecast, reckoned
from tests.unit.matching.test_responses import Habits, learned, offers
from tests.unit.matching.world import (
    TIME,
    answers,
    at,
    by_hand,
    contract,
    like,
    no,
    paced,
    provider,
    ranks,
    referral,
    release,
    searching,
    story,
    tier,
    yes,
)

PRIOR_LASTS = 0.95
"""What is believed of a yes of somebody who has not said one yet."""
DPS = tier("dps", kind="dps", scope="any")


def chances(told, minutes: float) -> Forecast:
    found = forecast(told.placement, at(minutes), told.policy, told.market)
    assert found is not None
    return found


def test_a_later_instant_is_never_less_likely():
    """By 4 hours at least as likely as by 1.5; by tomorrow at least as likely as by today."""
    found = chances(searching("A", "B", "C"), 1)
    (_, early), (_, late) = found.by_target
    assert 0 < early <= late <= found.today <= found.tomorrow <= 1


def test_more_offers_are_more_likely_and_never_certain():
    """Six providers are likelier than two; as they may all find it hard, none are sure."""
    two, six = chances(searching("A", "B"), 1), chances(searching(*"ABCDEF"), 1)
    assert two.today < six.today < 1


def test_offers_still_to_come_count():
    """A second tier that will open before the target makes it likelier."""
    alone = story(*ranks("A"), tiers=(tier(),)).when(referral())
    more = [provider(f"dps {n}", contract("dps")) for n in range(5)]
    followed = story(*ranks("A"), *more, tiers=(tier(), DPS)).when(referral())
    assert chances(followed, 1).by_target[1][1] > chances(alone, 1).by_target[1][1] + 0.2


def test_each_no_makes_it_less_likely():
    """A decline takes one chance away, and says that the package is hard for the others too."""
    told = searching("A", "B", "C")
    before = chances(told, 1)
    told.when(answers(no("A", 1)), 1)
    after = chances(told, 1)
    assert after.today < before.today
    assert after.today < chances(searching("B", "C"), 1).today


def test_a_standing_acceptance_is_nearly_sure():
    """It may still be released; nobody books transport on it."""
    told = searching("A", "B").when(answers(yes("B", 1)), 1)
    assert PRIOR_LASTS < chances(told, 2).today < 1


def test_a_standing_acceptance_is_less_sure_while_a_better_one_may_come_that_does_not_last():
    """A gives back whatever it takes; B's yes stands until A has had its time."""
    told = searching("A", "B").when(answers(yes("B", 1)), 1)
    fickle = Habits(answers=0.9, median_minutes=10, yes=0.9, releases=1.0)
    beside = [offers("B", Habits(answers=0.9, releases=0.0), 60, draw=Random(2))]
    sure, unsure = (
        reckoned(
            told.placement, at(2), told.policy, replace(told.market, responses=learned(*lessons))
        )
        for lessons in (beside, [*beside, offers("A", fickle, 60, draw=Random(3))])
    )
    assert sure is not None
    assert unsure is not None
    assert unsure[-2].chance < sure[-2].chance - 0.1


def test_what_is_said_while_a_yes_stands_is_scored_apart():
    """What may go wrong then is another thing."""
    told = searching("A", "B")
    before = reckoned(told.placement, at(1), told.policy, told.market)
    told.when(answers(yes("B", 1)), 1)
    after = reckoned(told.placement, at(2), told.policy, told.market)
    assert before is not None
    assert after is not None
    assert [one.horizon for one in before] == ["90", "240", "today", "tomorrow"]
    assert [one.horizon for one in after] == [one.horizon + STANDING for one in before]


def test_what_is_said_of_a_search_that_was_begun_again_is_scored_apart():
    """Also while a yes stands; a broker is told the same targets."""
    told = searching("A", "B", "C").when(answers(yes("A", 1)), 1).when(release("A"), 5)
    again = reckoned(told.placement, at(6), told.policy, told.market)
    told.when(answers(yes("C", 7, round_=2)), 7)
    standing = reckoned(told.placement, at(8), told.policy, told.market)
    assert again is not None
    assert standing is not None
    targets = ["90", "240", "today", "tomorrow"]
    assert [one.horizon for one in again] == [one + AGAIN for one in targets]
    assert [one.horizon for one in standing] == [one + AGAIN + STANDING for one in targets]
    assert [minutes for minutes, _ in chances(told, 8).by_target] == [90, 240]


def test_a_later_tier_does_not_ask_again_whom_an_earlier_one_had():
    """A tier of the same providers adds nothing to the chance."""
    again = tier("again", kind="framework", scope="any")
    once = story(*ranks("A", "B"), tiers=(tier(),)).when(referral())
    twice = story(*ranks("A", "B"), tiers=(tier(), again)).when(referral())
    assert chances(twice, 1).tomorrow == pytest.approx(chances(once, 1).tomorrow)


def test_targets_that_have_passed_are_left_out():
    """There is no chance any more to meet them."""
    told = paced("A", "B", "C")
    told.when(TIME, 100)
    assert [minutes for minutes, _ in chances(told, 100).by_target] == [240]


def test_nothing_is_forecast_of_what_is_not_searched():
    """Before it is complete and after it is filled there is no forecast."""
    filled = searching("A").when(by_hand("A"), 1)
    for told in (story(), filled):
        assert forecast(told.placement, at(1), told.policy, told.market) is None


@pytest.mark.parametrize(
    ("today", "tomorrow", "word"),
    [(0.8, 0.9, "likely_today"), (0.79, 0.8, "likely_tomorrow"), (0.1, 0.79, "uncertain")],
)
def test_wards_read_a_word(today, tomorrow, word):
    """From eight in ten on it is likely; else the next day; else nobody can say."""
    assert Forecast(by_target=(), today=today, tomorrow=tomorrow).outlook == word


@pytest.mark.parametrize(
    ("now", "today", "tomorrow"),
    [
        (datetime(2026, 3, 2, 8, tzinfo=UTC), (2, 20), (3, 10)),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), (28, 20), (29, 9)),  # clocks go forward
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), (1, 19), (2, 9)),  # 00:30 on 1 July in London
        (datetime(2026, 10, 24, 12, tzinfo=UTC), (24, 19), (25, 10)),  # clocks go back
    ],
)
def test_days_end_in_london(now, today, tomorrow):
    """20:00 and 10:00 are London's, in summer, in winter and across both changes of the clocks."""
    found = [end.astimezone(UTC) for end in ends_of_day(now)]
    assert [(one.day, one.hour) for one in found] == [today, tomorrow]


def test_today_is_over_after_eight_in_the_evening():
    """Then nobody is told that it is likely today."""
    told = searching(*"ABCDEF", tiers=(tier(window_minutes={"routine": 2000, "urgent": 2000},
                                            budget_minutes={"routine": 2000, "urgent": 2000}),))  # fmt: skip
    found = chances(told, 12 * 60 + 30)
    assert found.today == 0.0
    assert found.outlook != "likely_today"


def test_the_word_is_told_once_until_it_changes():
    """A review that finds the same word writes nothing."""
    names = [f"P{n:02}" for n in range(30)]
    told = searching(*names).when(commands.ReviewOutlook(), 1)
    (first,) = told.of(events.OutlookChanged)
    told.when(commands.ReviewOutlook(), 1 + 1 / 60).then_nothing()
    told.when(answers(*[no(name, 2) for name in names[1:]]), 2).when(commands.ReviewOutlook(), 3)
    told.then(like(events.OutlookChanged, outlook="uncertain"))
    assert first.outlook != "uncertain"


def test_a_word_for_wards_leaves_the_pace_as_it_was():
    """Whenever a review comes round, who is asked next and when it is thought of again is the same."""
    told = paced("A", "B", "C")
    planned = next_due_at(told.placement)
    told.when(commands.ReviewOutlook(), 1).then(events.OutlookChanged)
    told.when(answers(no("Z", 3)), 3).then(events.RequestRefused)
    assert next_due_at(told.placement) == planned


def test_looking_ahead_takes_a_bounded_time():
    """A market of hundreds and a window of days are looked at in a bounded number of steps."""
    many = [provider(f"dps {n}", contract("dps")) for n in range(300)]
    one_by_one = tier("dps", kind="dps", scope="any", wave_size=1,
                      window_minutes={"routine": 30, "urgent": 30},
                      budget_minutes={"routine": None, "urgent": None})  # fmt: skip
    told = story(*many, tiers=(one_by_one,)).when(referral())
    assert chances(told, 1).tomorrow > 0.5
