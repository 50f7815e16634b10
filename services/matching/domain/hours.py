"""Open minutes: time weighted by how much providers answer at that hour.

Nobody answers at three in the night. An offer's age, its window and the time to a target are
therefore counted on a clock that runs fast while providers are at work and hardly at all at night:
about 60 open minutes in an hour of the day.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate

from services.matching.domain.london import LONDON

SLOT_MINUTES = 30
SLOTS_A_DAY = 48
SLOTS = 7 * SLOTS_A_DAY
FIRST_OPEN_SLOT, LAST_OPEN_SLOT = 15, 39
NIGHT = 0.02
"""Not nothing, so that every wait has an end. Source: assumed."""
PRIOR_WEIGHTS = 7 * tuple(
    1.0 if FIRST_OPEN_SLOT <= slot <= LAST_OPEN_SLOT else NIGHT for slot in range(SLOTS_A_DAY)
)
"""07:30 to 20:00 on every day of the week, in London. Source: assumed."""

_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a local midnight from which local days are counted
_FIRST_DAY = _MONDAY.toordinal()
_SUMMER = timedelta(hours=1)
_SKIPPED = 6 * SLOTS_A_DAY + 2
"""The Sunday's slot 01:00, where the hour begins that spring leaves out and autumn repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """How much each half-hour of a week in London counts, Monday 00:00 first; weights above 0.

    Both changes of the clocks fall on a Sunday at 01:00 UTC, so the hour from 01:00 is counted once
    too often from spring to autumn and at no other time. Source: Summer Time Act 1972, section 1,
    as amended by the Summer Time Order 2002.
    """

    weights: tuple[float, ...] = PRIOR_WEIGHTS
    _before: tuple[float, ...] = field(init=False, repr=False, compare=False)
    """Open minutes of the week before each slot; at the end those of a whole week."""
    _skipped: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Add up the week once, so that every question takes the same short time."""
        assert len(self.weights) == SLOTS
        minutes = [SLOT_MINUTES * weight for weight in self.weights]
        object.__setattr__(self, "_before", tuple(accumulate(minutes, initial=0.0)))
        object.__setattr__(self, "_skipped", minutes[_SKIPPED] + minutes[_SKIPPED + 1])

    def between(self, start: datetime, end: datetime) -> float:
        """Open minutes from start to end; 0 if the end is not after the start."""
        if end <= start:
            return 0.0
        return max(0.0, self._reading(end) - self._reading(start))

    def after(self, start: datetime, open_minutes: float) -> datetime:
        """The first instant, in UTC to the millisecond, by which so many open minutes have passed."""
        if open_minutes <= 0:
            return start.astimezone(UTC)
        wanted = self._reading(start) + open_minutes
        instant = self._instant(wanted, timedelta(0))
        if instant.astimezone(LONDON).dst():
            in_summer = self._instant(wanted + self._skipped, _SUMMER)
            # In the hour around a change both readings may seem to lie on the other side of it.
            if in_summer.astimezone(LONDON).dst():
                instant = in_summer
        return max(start.astimezone(UTC), instant)

    def _reading(self, instant: datetime) -> float:
        """What a clock of open minutes shows: it runs with the instant and never jumps."""
        weeks, slot, into, summer = _in_london(instant.astimezone(UTC))
        shown = weeks * self._before[SLOTS] + self._before[slot] + into * self.weights[slot]
        return shown - self._skipped if summer else shown

    def _instant(self, reading: float, offset: timedelta) -> datetime:
        """When the clock shows the reading, if London is so far ahead of UTC then."""
        weeks, rest = divmod(reading, self._before[SLOTS])
        slot = min(bisect_right(self._before, rest) - 1, SLOTS - 1)
        minutes = slot * SLOT_MINUTES + (rest - self._before[slot]) / self.weights[slot]
        milliseconds = -(-minutes * 60_000 // 1)
        local = _MONDAY + timedelta(weeks=weeks, milliseconds=milliseconds)
        return (local - offset).replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _in_london(instant: datetime) -> tuple[int, int, float, bool]:
    """Weeks, slot of the week, minutes into it, and whether it is summer time.

    Remembered, since one decision asks about the same few instants again and again.
    """
    local = instant.astimezone(LONDON)
    weeks, weekday = divmod(local.toordinal() - _FIRST_DAY, 7)
    minute = local.hour * 60 + local.minute
    slot = weekday * SLOTS_A_DAY + minute // SLOT_MINUTES
    into = minute % SLOT_MINUTES + local.second / 60 + local.microsecond / 60_000_000
    return weeks, slot, into, bool(local.dst())
