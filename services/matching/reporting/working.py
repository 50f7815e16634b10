"""Working minutes between many instants, without counting days anew for each."""

from bisect import bisect_right
from datetime import datetime

from services.matching.bank_holidays import bank_holidays
from services.matching.domain.calendar import Calendar, working_days
from services.matching.domain.policy import Policy


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
        self._opens: list[float] = []
        self._closes: list[float] = []
        self._passed = [0.0]
        """Working seconds before each working day."""
        for opens, closes in working_days(first, calendar):
            if opens > last:
                break
            self._opens.append(opens.timestamp())
            self._closes.append(closes.timestamp())
            self._passed.append(self._passed[-1] + self._closes[-1] - self._opens[-1])

    def minutes(self, start: datetime, end: datetime) -> float:
        """Working minutes from start to end; 0 if the end is not after the start."""
        return max(0.0, self._until(end.timestamp()) - self._until(start.timestamp())) / 60

    def _until(self, at: float) -> float:
        day = bisect_right(self._opens, at) - 1
        if day < 0:
            return 0.0
        return self._passed[day] + min(at, self._closes[day]) - self._opens[day]
