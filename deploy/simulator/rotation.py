"""Who was offered and awarded work lately, kept as matching's query `turns_lately` reads it.

Counted from the same events by the same function; a count halves in two weeks and is nothing after
eight. `tests` hold it against the query.
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
        self._today, self._week = today, today - timedelta(days=today.weekday())
        oldest = today - timedelta(days=_FORGOTTEN_DAYS)
        for key, weeks in self._weeks.items():
            for week in [one for one in weeks if one <= oldest]:
                del weeks[week]
            self._faded[key] = (0.0, 0.0)
            self.turns[key] = self.awarded_hours[key] = 0.0
            for week, (offers, minutes) in weeks.items():
                self._count(key, offers, minutes, week)

    def add(self, events: Iterable[Event]) -> None:
        """Count what was decided today."""
        for event in events:
            for lot, who, offers, minutes in turns_of(event):
                key = (lot, who)
                weeks = self._weeks.setdefault(key, {})
                had_offers, had_minutes = weeks.get(self._week, (0, 0))
                weeks[self._week] = (had_offers + offers, had_minutes + minutes)
                self._count(key, offers, minutes, self._week)

    def _count(self, key: _Key, offers: int, minutes: int, week: date) -> None:
        weight = 0.5 ** ((self._today - week).days / _HALVED_DAYS)
        turns, awarded = self._faded.get(key, (0.0, 0.0))
        faded = turns + offers * weight, awarded + minutes * weight
        self._faded[key] = faded
        self.turns[key] = round(faded[0], 3)
        self.awarded_hours[key] = round(faded[1] / 60, 3)
