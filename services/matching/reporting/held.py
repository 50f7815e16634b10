"""A package with a provider for a span of time, and London's days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

MOMENT = timedelta(microseconds=1)
"""The least span: the instant before an end is within."""
UNITS = 300
"""Parts of an hour that make both minutes and hundredths whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One package with one provider for one span in which neither hours nor rate change.

    Hours a week in `UNITS` of an hour, so that sums are exact; pence an hour, of a rate card the
    exact average of an ordinary week. `start` None: before anybody can say; `end` None: it goes on.
    `holiday_pence`: what bank holidays of the span and the period add, by a rate card.
    """

    package: str
    provider: str
    contract: str | None
    care_type: str | None
    outcode: str | None
    weekly_units: int | None
    rate_pence: int | Fraction | None
    start: datetime | None
    end: datetime | None
    loaded: bool
    holiday_pence: Fraction | None = None

    def on(self, at: datetime) -> bool:
        """Whether the package is held so at that instant."""
        return (self.start is None or self.start <= at) and (self.end is None or self.end > at)
