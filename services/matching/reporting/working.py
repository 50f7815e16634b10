"""Working minutes between many instants, without counting days anew for each."""

from bisect import bisect_right
from datetime import datetime, timedelta

from services.matching.bank_holidays import bank_holidays
from services.matching.domain.calendar import Calendar, working_minutes_between
from services.matching.domain.policy import Policy

_DAY = timedelta(days=1)


def calendar_of(policy: Policy) -> Calendar:
    """The policy's working hours; else weekdays from 9 to 17 without England's bank holidays."""
    return policy.calendar or Calendar(
        weekdays=frozenset(range(5)),
        opens_minute=9 * 60,
        closes_minute=17 * 60,
        holidays=frozenset(bank_holidays()),
    )


class WorkingClock:
    """Working minutes between two instants from `first` to `last`, each in a time that does not
    grow with the distance."""

    def __init__(self, calendar: Calendar, first: datetime, last: datetime) -> None:
        self._calendar = calendar
        self._days = [first + n * _DAY for n in range((last - first).days + 2)]
        passed, self._passed = 0.0, [0.0]
        for day, after in zip(self._days, self._days[1:], strict=False):
            passed += working_minutes_between(day, after, calendar)
            self._passed.append(passed)

    def minutes(self, start: datetime, end: datetime) -> float:
        """Working minutes from start to end; 0 if the end is not after the start."""
        return max(0.0, self._until(end) - self._until(start))

    def _until(self, at: datetime) -> float:
        day = max(0, bisect_right(self._days, at) - 1)
        return self._passed[day] + working_minutes_between(self._days[day], at, self._calendar)
