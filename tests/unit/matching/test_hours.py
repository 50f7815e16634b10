"""Open minutes: the clock that a provider's answer is waited for on."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.hours import NIGHT, PRIOR_WEIGHTS, SLOTS, Hours
from services.matching.domain.london import LONDON
from services.matching.domain.opening import learned_hours
from services.matching.domain.tally import TENTHS

DRAW = Random(4)
STATED = Hours()
ODD = Hours(weights=tuple(DRAW.uniform(0.02, 2.0) for _ in range(SLOTS)))
"""No two half-hours alike, so that a wrong one shows."""

instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)
around_changes = st.sampled_from(
    [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
).flatmap(lambda at: st.integers(-10_800, 10_800).map(lambda s: at + timedelta(seconds=s)))


def minute_by_minute(hours: Hours, start: datetime, minutes: int) -> float:
    """The same by counting: each whole minute weighs as its half-hour on London's wall."""
    total = 0.0
    for n in range(minutes):
        local = (start + timedelta(minutes=n)).astimezone(LONDON)
        total += hours.weights[(local.weekday() * 24 + local.hour) * 2 + local.minute // 30]
    return total


@given(start=instants | around_changes, minutes=st.integers(0, 3000))
def test_it_is_the_sum_of_its_minutes(start, minutes):
    """Across midnight, weekends and both changes of the clocks, each minute counts once."""
    start = start.replace(second=0, microsecond=0)
    found = ODD.between(start, start + timedelta(minutes=minutes))
    assert found == pytest.approx(minute_by_minute(ODD, start, minutes), abs=1e-6)


@given(start=instants | around_changes, minutes=st.floats(0, 5000), hours=st.sampled_from([STATED, ODD]))  # fmt: skip
def test_after_is_the_way_back(start, minutes, hours):
    """At `after`, and at most a millisecond too late, so many open minutes have passed."""
    end = hours.after(start, minutes)
    assert end >= start
    assert -1e-6 <= hours.between(start, end) - minutes <= 0.001


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC), 60),
        (datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC), 30 + 30 * NIGHT),
        (datetime(2026, 7, 6, 6, tzinfo=UTC), datetime(2026, 7, 6, 7, tzinfo=UTC), 30 + 30 * NIGHT),
        (datetime(2026, 3, 2, 20, tzinfo=UTC), datetime(2026, 3, 3, 7, 30, tzinfo=UTC), 690 * NIGHT),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC), 0),
    ],
)  # fmt: skip
def test_the_day_is_london_s(start, end, minutes):
    """An hour of the day is 60 open minutes, half past seven is half past seven in summer too,
    a night hardly counts, and nothing counts backwards."""
    assert STATED.between(start, end) == pytest.approx(minutes)


def sums_of(answers: dict[tuple[str, int], int]) -> dict[str, int]:
    """A market in which 100 offers waited through each hour of the day, with these answers."""
    waits = {
        (day, hour): 100 * (60 if hour != 7 else 30)
        for day in ("weekday", "weekend")
        for hour in range(7, 20)
    }
    sums = {f"open {day} {hour} 1": TENTHS * n for (day, hour), n in waits.items()}
    return sums | {f"answered {day} {hour} 1": n for (day, hour), n in answers.items()}


def test_hours_without_answers_are_the_stated_ones():
    """Nothing was seen: 07:30 to 20:00."""
    assert learned_hours({}, 1).weights == PRIOR_WEIGHTS


def test_an_hour_in_which_few_answer_weighs_less():
    """Half as many answers over lunch: half the weight; and the day keeps its 60 minutes an hour."""
    usual = {("weekday", hour): 1000 if hour > 7 else 500 for hour in range(7, 20)}
    learned = learned_hours(sums_of(usual | {("weekday", 12): 500}), 1)
    assert learned.weights[24] == pytest.approx(learned.weights[20] / 2, rel=0.05)
    monday = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    assert learned.between(monday, monday + timedelta(hours=12.5)) == pytest.approx(750)


def test_few_answers_hardly_move_an_hour():
    """Two answers fewer than expected are luck."""
    few = {("weekday", hour): 4 if hour > 7 else 2 for hour in range(7, 20)}
    learned = learned_hours(sums_of(few | {("weekday", 12): 2}), 1)
    assert learned.weights[24] > 0.8


def test_a_weekend_on_which_few_answer_weighs_less():
    """A fifth of the answers on Saturdays and Sundays: about a fifth of the weight."""
    answers = {
        (day, hour): (200 if day == "weekend" else 1000) // (2 if hour == 7 else 1)
        for day in ("weekday", "weekend")
        for hour in range(7, 20)
    }
    learned = learned_hours(sums_of(answers), 1)
    saturday, monday = 5 * 48 + 20, 20
    assert learned.weights[saturday] / learned.weights[monday] == pytest.approx(0.2, abs=0.02)


def test_old_offers_do_not_make_an_hour_look_slow():
    """Early in the morning only those are out that nobody wants to answer: the hour is no slower."""
    sums: dict[str, int] = {}
    for hour in range(8, 20):
        young, old = (100, 900) if hour == 8 else (900, 100)
        sums |= {f"open weekday {hour} 0": TENTHS * 60 * young, f"open weekday {hour} 2": TENTHS * 60 * old,
                 f"answered weekday {hour} 0": 2 * young, f"answered weekday {hour} 2": old // 10}  # fmt: skip
    learned = learned_hours(sums, 1)
    assert learned.weights[16] == pytest.approx(learned.weights[24], rel=0.05)
