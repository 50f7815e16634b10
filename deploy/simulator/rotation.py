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
_Counts = tuple[float, float, float]
"""Offers, weekly minutes and awards."""


class Rotation:
    """Turns and awarded hours by lot and provider, as a market reads them on a day."""

    def __init__(self) -> None:
        self.turns: dict[_Key, float] = {}
        self.awarded_hours: dict[_Key, float] = {}
        self.awards: dict[_Key, float] = {}
        self._faded: dict[_Key, _Counts] = {}
        self._weeks: dict[_Key, dict[date, tuple[int, int, int]]] = {}
        self._today = self._week = date.min

    def new_day(self, today: date) -> None:
        """Let counts fade; nothing happens on a day that has begun already."""
        if today == self._today:
            return
        week = today - timedelta(days=today.weekday())
        if week == self._week:
            fades = 0.5 ** ((today - self._today).days / _HALVED_DAYS)
            for key, (turns, minutes, awards) in self._faded.items():
                self._write(key, (turns * fades, minutes * fades, awards * fades))
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
            turns = minutes = awards = 0.0
            for week, (week_offers, week_minutes, week_awards) in weeks.items():
                weight = self._weight(week)
                turns += week_offers * weight
                minutes += week_minutes * weight
                awards += week_awards * weight
            self._write(key, (turns, minutes, awards))

    def add(self, events: Iterable[Event]) -> None:
        """Count what was decided today."""
        for event in events:
            for lot, who, offers, minutes in turns_of(event):
                key = (lot, who)
                weeks = self._weeks.setdefault(key, {})
                award = 1 if minutes else 0
                had_offers, had_minutes, had_awards = weeks.get(self._week, (0, 0, 0))
                weeks[self._week] = (had_offers + offers, had_minutes + minutes, had_awards + award)
                turns, faded, awards = self._faded.get(key, (0.0, 0.0, 0.0))
                weight = self._weight(self._week)
                now = (turns + offers * weight, faded + minutes * weight, awards + award * weight)
                self._write(key, now)

    def _weight(self, week: date) -> float:
        return float(0.5 ** ((self._today - week).days / _HALVED_DAYS))

    def _write(self, key: _Key, counts: _Counts) -> None:
        self._faded[key] = turns, minutes, awards = counts
        self.turns[key] = round(turns, 3)
        self.awarded_hours[key] = round(minutes / 60, 3)
        self.awards[key] = round(awards, 3)
