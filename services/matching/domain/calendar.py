"""Working hours: the clock that stands still at night, at weekends and on bank holidays.

A calendar has its holidays as dates, so that what a deadline is never depends on which version of a
list of holidays is installed. Days and times are London's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

from services.matching.domain.london import LONDON, day_of

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a council and its providers work.

    `weekdays` has at least one, 0 for Monday; `opens_minute` and `closes_minute` are minutes of the
    day, the second later and at most 1440; `holidays` are days on which nobody works.
    """

    weekdays: frozenset[int]
    opens_minute: int
    closes_minute: int
    holidays: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Whether anybody works on that day."""
        return day.weekday() in self.weekdays and day not in self.holidays


def add_working_minutes(start: datetime, minutes: float, calendar: Calendar) -> datetime:
    """The first instant, in UTC, by which so many working minutes have passed since the start.

    Minutes are minutes that pass: a working day on which the clocks change is an hour longer or
    shorter only if the change falls into its hours. What ends at closing time ends there and not
    at the next opening.
    """
    assert calendar.weekdays, "a calendar has at least one working day"
    # Between two instants of one time zone Python counts what its clocks show, not what passes.
    start, left = start.astimezone(UTC), timedelta(minutes=minutes)
    if left <= timedelta(0):
        return start
    for opens, closes in working_days(start, calendar):
        begins = max(opens, start)
        if begins < closes:
            if left <= closes - begins:
                return begins + left
            left -= closes - begins
    raise AssertionError("working days never end")


def working_minutes_between(start: datetime, end: datetime, calendar: Calendar) -> float:
    """Working minutes from start to end; 0 if the end is not after the start."""
    start, end, passed = start.astimezone(UTC), end.astimezone(UTC), timedelta(0)
    for opens, closes in working_days(start, calendar):
        if opens >= end:
            break
        passed += max(timedelta(0), min(closes, end) - max(opens, start))
    return passed / _MINUTE


def add_working_days(day: date, days: int, calendar: Calendar) -> date:
    """The last of so many working days after a day; the day itself counts as none of them."""
    assert calendar.weekdays, "a calendar has at least one working day"
    while days > 0:
        day += _DAY
        days -= calendar.works_on(day)
    return day


def working_days(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Opening and closing of each working day from that of the start on, as instants in UTC."""
    first = day_of(start)
    for days in count():
        day = first + days * _DAY
        if calendar.works_on(day):
            opens, closes = calendar.opens_minute, calendar.closes_minute
            yield _instant(day, opens, fold=0), _instant(day, closes, fold=1)


def _instant(day: date, minute_of_day: int, fold: int) -> datetime:
    """A time of day in London as an instant; of a time that comes twice, the first or the second."""
    local = datetime(day.year, day.month, day.day, tzinfo=LONDON) + minute_of_day * _MINUTE
    return local.replace(fold=fold).astimezone(UTC)
