"""Who was offered and awarded work lately, kept as matching's query `turns_lately` reads it.

Counted from the same events by the same function; a count halves in two weeks and is nothing after
eight. A test holds it against the query on Postgres.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from services.matching.domain.events import Event
from services.matching.projections import turns_of

_FORGOTTEN_DAYS = 56
_HALVED_DAYS = 14.0
_Key = tuple[str | None, UUID]


class Rotation:
    """Turns and awarded hours by lot and provider, as a market reads them on a day."""

    def __init__(self) -> None:
        self.turns: dict[_Key, float] = {}
        self.awarded_hours: dict[_Key, float] = {}
        self._faded: dict[_Key, tuple[float, float]] = {}
        self._weeks: dict[_Key, dict[date, tuple[int, int]]] = {}
        self._today = self._week = date.min

    def new_day(self, today: date) -> None:
        """Let counts fade; nothing happens on a day that has begun already."""
        if today == self._today:
            return
        week = today - timedelta(days=today.weekday())
        if week == self._week:
            fades = 0.5 ** ((today - self._today).days / _HALVED_DAYS)
            for key, (turns, minutes) in self._faded.items():
                self._write(key, turns * fades, minutes * fades)
        self._today = today
        if week != self._week:
            self._week = week
            self._forget()

    def _forget(self) -> None:
        """Drop the weeks that count no more, and add up the others afresh."""
        oldest = self._today - timedelta(days=_FORGOTTEN_DAYS)
        for key, weeks in self._weeks.items():
            for week in [one for one in weeks if one <= oldest]:
                del weeks[week]
            turns = minutes = 0.0
            for week, (week_offers, week_minutes) in weeks.items():
                weight = self._weight(week)
                turns += week_offers * weight
                minutes += week_minutes * weight
            self._write(key, turns, minutes)

    def add(self, events: Iterable[Event]) -> None:
        """Count what was decided today."""
        for event in events:
            for lot, who, offers, minutes in turns_of(event):
                key = (lot, who)
                weeks = self._weeks.setdefault(key, {})
                had_offers, had_minutes = weeks.get(self._week, (0, 0))
                weeks[self._week] = (had_offers + offers, had_minutes + minutes)
                turns, faded_minutes = self._faded.get(key, (0.0, 0.0))
                weight = self._weight(self._week)
                self._write(key, turns + offers * weight, faded_minutes + minutes * weight)

    def _weight(self, week: date) -> float:
        return float(0.5 ** ((self._today - week).days / _HALVED_DAYS))

    def _write(self, key: _Key, turns: float, minutes: float) -> None:
        self._faded[key] = (turns, minutes)
        self.turns[key] = round(turns, 3)
        self.awarded_hours[key] = round(minutes / 60, 3)
