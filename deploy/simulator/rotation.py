"""Who was offered and awarded work lately, kept as matching's query `turns_lately` reads it.

Counted from the same events by the same function; a count halves in two weeks and is nothing after
eight. `tests` hold it against the query.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from services.matching.domain.events import Event
from services.matching.projections import turns_of, week_of

_FORGOTTEN_DAYS = 56
_HALVED_DAYS = 14.0
_Key = tuple[str | None, UUID]


class Rotation:
    """Turns and awarded hours by lot and provider, as a market reads them on a day."""

    def __init__(self) -> None:
        self.turns: dict[_Key, float] = {}
        self.awarded_hours: dict[_Key, float] = {}
        self._weeks: dict[_Key, dict[date, tuple[int, int]]] = {}
        self._today = date.min

    def new_day(self, today: date) -> None:
        """Let counts fade; nothing happens on a day that has begun already."""
        if today == self._today:
            return
        self._today = today
        oldest = today - timedelta(days=_FORGOTTEN_DAYS)
        for key, weeks in list(self._weeks.items()):
            for week in [one for one in weeks if one <= oldest]:
                del weeks[week]
            self._count(key)

    def add(self, events: Iterable[Event]) -> None:
        """Count what was decided today."""
        for event in events:
            for lot, who, offers, minutes in turns_of(event):
                weeks = self._weeks.setdefault((lot, who), {})
                week = week_of(event)
                had_offers, had_minutes = weeks.get(week, (0, 0))
                weeks[week] = (had_offers + offers, had_minutes + minutes)
                self._count((lot, who))

    def _count(self, key: _Key) -> None:
        turns = minutes = 0.0
        for week, (week_offers, week_minutes) in self._weeks[key].items():
            weight = 0.5 ** ((self._today - week).days / _HALVED_DAYS)
            turns += week_offers * weight
            minutes += week_minutes * weight
        self.turns[key] = round(turns, 3)
        self.awarded_hours[key] = round(minutes / 60, 3)
