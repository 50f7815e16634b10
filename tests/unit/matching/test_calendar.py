"""Working hours over nights, weekends, bank holidays and both changes of the clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain import events
from services.matching.domain.calendar import (
    Calendar,
    add_working_days,
    add_working_minutes,
    working_minutes_between,
)
from services.matching.domain.london import LONDON
from tests.unit.matching.world import (
    EIGHT,
    Story,
    answers,
    market,
    policy,
    ranks,
    referral,
    tier,
    yes,
)

EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
OFFICE = Calendar(
    weekdays=frozenset(range(5)), opens_minute=9 * 60, closes_minute=17 * 60, holidays=EASTER
)
EVERY_DAY = Calendar(weekdays=frozenset(range(7)), opens_minute=0, closes_minute=24 * 60)
NIGHTS = Calendar(weekdays=frozenset(range(7)), opens_minute=30, closes_minute=3 * 60)


def local(text: str) -> datetime:
    """An instant written as London's clocks show it."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


TABLE = [
    ("within a day", OFFICE, "2026-04-01 09:30", 60, "2026-04-01 10:30"),
    ("to closing time and no further", OFFICE, "2026-04-01 16:00", 60, "2026-04-01 17:00"),
    ("over a night", OFFICE, "2026-04-01 16:30", 60, "2026-04-02 09:30"),
    ("before opening", OFFICE, "2026-04-01 06:00", 60, "2026-04-01 10:00"),
    ("after closing", OFFICE, "2026-04-01 22:00", 60, "2026-04-02 10:00"),
    ("over a weekend", OFFICE, "2026-03-20 16:30", 60, "2026-03-23 09:30"),
    ("from Maundy Thursday over Easter", OFFICE, "2026-04-02 16:30", 60, "2026-04-07 09:30"),
    ("from Good Friday", OFFICE, "2026-04-03 11:00", 60, "2026-04-07 10:00"),
    ("over Easter and a working day", OFFICE, "2026-04-02 16:00", 10 * 60, "2026-04-08 10:00"),
    ("over the weekend that clocks go forward", OFFICE, "2026-03-27 16:30", 60,
     "2026-03-30 09:30"),
    ("over the weekend that clocks go back", OFFICE, "2026-10-23 16:30", 60, "2026-10-26 09:30"),
    ("through the hour that spring leaves out", EVERY_DAY, "2026-03-29 00:30", 60,
     "2026-03-29 02:30"),
    ("a whole day of 23 hours", EVERY_DAY, "2026-03-29 00:00", 23 * 60, "2026-03-30 00:00"),
    ("a whole day of 25 hours", EVERY_DAY, "2026-10-25 00:00", 25 * 60, "2026-10-26 00:00"),
    ("hours of which spring leaves one out", NIGHTS, "2026-03-29 00:30", 91, "2026-03-30 00:31"),
    ("hours of which autumn repeats one", NIGHTS, "2026-10-25 00:30", 211, "2026-10-26 00:31"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "calendar", "start", "minutes", "end"), TABLE)
def test_working_minutes_pass_only_in_working_hours(what, calendar, start, minutes, end):
    """By the table: when so many working minutes have passed, and how many have by then."""
    assert add_working_minutes(local(start), minutes, calendar) == local(end), what
    assert working_minutes_between(local(start), local(end), calendar) == minutes, what


def test_no_minutes_end_at_once():
    """Also outside working hours; and nothing passes backwards."""
    night = local("2026-04-03 23:00")
    assert add_working_minutes(night, 0, OFFICE) == night
    assert working_minutes_between(night, night - timedelta(days=9), OFFICE) == 0


WORKING_DAYS = [
    (date(2026, 4, 1), 2, date(2026, 4, 7)),
    (date(2026, 4, 2), 5, date(2026, 4, 13)),
    (date(2026, 4, 4), 1, date(2026, 4, 7)),
    (date(2026, 3, 27), 1, date(2026, 3, 30)),
    (date(2026, 4, 3), 0, date(2026, 4, 3)),
]


@pytest.mark.parametrize(("day", "days", "last"), WORKING_DAYS)
def test_working_days_leave_out_weekends_and_holidays(day, days, last):
    """As a contract counts them: the day itself is none."""
    assert add_working_days(day, days, OFFICE) == last


@given(
    st.integers(0, 365 * 24 * 60).map(lambda n: local("2026-01-01 00:00") + timedelta(minutes=n)),
    st.integers(1, 4000),
    st.sampled_from([OFFICE, EVERY_DAY, NIGHTS]),
)
def test_adding_and_measuring_agree(start, minutes, calendar):
    """What was added is what has passed, and the end lies in or at the edge of working hours."""
    end = add_working_minutes(start, minutes, calendar)
    assert working_minutes_between(start, end, calendar) == pytest.approx(minutes)
    assert calendar.works_on((end - timedelta(microseconds=1)).astimezone(LONDON).date())
    further = add_working_minutes(start, minutes + 1, calendar)
    assert further - end >= timedelta(minutes=1)


def test_windows_budgets_and_confirmations_are_counted_as_their_urgency_says():
    """Working hours for routine packages, hours of the clock for urgent ones, in one policy."""
    rules = policy(
        tier(
            window_minutes={"routine": 60, "urgent": 60},
            budget_minutes={"routine": 120, "urgent": 120},
            working_windows=frozenset({"routine"}),
            working_budgets=frozenset({"routine"}),
        ),
        calendar=Calendar(
            weekdays=frozenset(range(5)), opens_minute=17 * 60, closes_minute=18 * 60
        ),
        urgent_confirmation_minutes=30,
        working_confirmation=frozenset({"routine"}),
    )
    ends = {}
    for urgency in ("routine", "urgent"):
        told = Story(policy=rules, market=market(*ranks("A", "B")))
        told.when(referral(urgency=urgency))
        (opened,), (made,) = told.of(events.TierOpened), told.of(events.OffersMade)
        told.when(answers(yes("A", 1)), 1)
        (awarded,) = told.of(events.Awarded)
        ends[urgency] = [made.expires_at, opened.closes_at, awarded.confirm_by]
    assert ends["routine"] == [
        local("2026-03-02 18:00"), local("2026-03-03 18:00"), local("2026-03-03 18:00"),
    ]  # fmt: skip
    assert ends["urgent"] == [
        local("2026-03-02 09:00"), local("2026-03-02 10:00"), local("2026-03-02 08:31"),
    ]  # fmt: skip


WEEKENDS = [
    # received, the window's end, to confirm by after a yes five minutes later: all in London
    ("before Easter", "2026-04-02 16:30", "2026-04-07 10:30", "2026-04-07 09:35"),
    ("on Easter Monday", "2026-04-06 11:00", "2026-04-07 11:00", "2026-04-07 10:00"),
    ("before clocks go forward", "2026-03-27 16:30", "2026-03-30 10:30", "2026-03-30 09:35"),
    ("as clocks go forward", "2026-03-29 00:59", "2026-03-30 11:00", "2026-03-30 10:00"),
    ("before clocks go back", "2026-10-23 16:30", "2026-10-26 10:30", "2026-10-26 09:35"),
    ("as clocks go back", "2026-10-25 00:59", "2026-10-26 11:00", "2026-10-26 10:00"),
]


@pytest.mark.parametrize(("what", "received", "expires", "confirm_by"), WEEKENDS)
def test_deadlines_over_weekends_of_which_something_is_odd(what, received, expires, confirm_by):
    """Two working hours to answer and one to confirm; a week of the clock has 168 hours in any case."""
    rules = policy(
        tier(
            window_minutes={"routine": 120, "urgent": 120},
            budget_minutes={"routine": 7 * 24 * 60, "urgent": 240},
            working_windows=frozenset({"routine"}),
        ),
        calendar=OFFICE,
        confirmation_minutes=60,
        working_confirmation=frozenset({"routine"}),
    )
    start = local(received).astimezone(UTC)
    minutes = (start - EIGHT).total_seconds() / 60
    told = Story(policy=rules, market=market(*ranks("A", "B")))
    told.when(referral(received_at=start, complete_at=start), minutes)
    (opened,), (made,) = told.of(events.TierOpened), told.of(events.OffersMade)
    told.when(answers(yes("A", minutes + 5)), minutes + 5)
    (awarded,) = told.of(events.Awarded)
    assert (made.expires_at, awarded.confirm_by) == (local(expires), local(confirm_by)), what
    assert opened.closes_at == start + timedelta(hours=7 * 24), "a budget in hours of the clock"
