"""What a week of a package costs by a contract's rate card, exactly.

Rates are whole pence an hour; a week's cost is in sixtieths of a penny, so that nothing is rounded
before it is shown. Source: domain page, contract (rates by area, visit length, day or night).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from services.matching.domain.codes import RateDay, RateTime
from services.matching.domain.requirement import VisitsAlike

SIXTIETHS = 60
"""Of a penny: pence an hour times minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaBand:
    """Outcodes that cost the same."""

    name: str
    outcodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """A rate and the visits that it is for; what it does not name makes no difference to it."""

    area: str | None = None
    up_to_minutes: int | None = None
    time: RateTime | None = None
    day: RateDay | None = None
    rate_pence: int

    def fits(self, visit: VisitsAlike, *, area: str | None, night: bool, holiday: bool) -> bool:
        """Whether it is for such visits; one on a bank holiday is also on its day of the week."""
        return (
            (self.area is None or self.area == area)
            and (self.up_to_minutes is None or visit.minutes <= self.up_to_minutes)
            and (self.time is None or (self.time == "night") == night)
            and (
                self.day is None
                or (self.day == "bank_holiday" and holiday)
                or self.day == ("weekend" if visit.weekend else "weekday")
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """What a contract pays from a day on: the first line that fits a visit says its rate.

    A visit is by night in the band `night`, or in a window that begins from `night_from` until
    before `night_to`.
    """

    from_: date
    areas: tuple[AreaBand, ...] = ()
    night_from: time = time(22)
    night_to: time = time(7)
    lines: tuple[RateLine, ...]

    def area_of(self, outcode: str) -> str | None:
        """The band of an outcode, None outside all of them."""
        return next((band.name for band in self.areas if outcode in band.outcodes), None)

    def by_night(self, visit: VisitsAlike) -> bool:
        """Whether such visits are paid as by night."""
        begins = visit.begins
        if begins is None:
            return visit.night
        if self.night_from <= self.night_to:
            return self.night_from <= begins < self.night_to
        return begins >= self.night_from or begins < self.night_to

    def rate_of(self, visit: VisitsAlike, outcode: str, *, holiday: bool = False) -> int | None:
        """Pence an hour of such visits; None if no line fits them."""
        area, night = self.area_of(outcode), self.by_night(visit)
        for line in self.lines:
            if line.fits(visit, area=area, night=night, holiday=holiday):
                return line.rate_pence
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A week of a package: its cost, and the minutes of care that it buys."""

    weekly_cost_sixtieths: int
    weekly_minutes: int

    @property
    def rate_pence(self) -> int:
        """The average of an hour, rounded once, a half penny upwards."""
        twice = 2 * self.weekly_minutes
        return (2 * self.weekly_cost_sixtieths + self.weekly_minutes) // twice

    def above(self, limit_pence: int) -> bool:
        """Whether the exact average of an hour lies above a limit."""
        return self.weekly_cost_sixtieths > limit_pence * self.weekly_minutes


def price_of(
    card: RateCard,
    outcode: str,
    visits: Iterable[VisitsAlike],
    *,
    otherwise: int | None = None,
    holiday: bool = False,
) -> Price | None:
    """A week of these visits, or their day if it is a bank holiday; None if one has no rate.

    `otherwise` is the contract's plain rate: for visits that no line of the card fits.
    """
    cost = minutes = 0
    for visit in visits:
        rate = card.rate_of(visit, outcode, holiday=holiday)
        if rate is None:
            rate = otherwise
        if rate is None:
            return None
        minutes += visit.weekly_minutes
        cost += rate * visit.weekly_minutes
    return Price(weekly_cost_sixtieths=cost, weekly_minutes=minutes) if minutes else None
