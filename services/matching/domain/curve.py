"""What is believed of one provider about one package: will it say yes, and how soon.

Times are open minutes: minutes weighted by how much providers answer at that hour of the day.
"""

from dataclasses import dataclass

BIN_MINUTES = 5
"""The grid on which silence is kept. Assumed: finer than any window or target needs."""
BINS = 96
"""Eight open hours; after them a provider that was silent stays so. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The chance of a yes, and of silence so far, by the minutes since a provider was asked.

    `yes` is the chance that an answer is a yes that lasts (not released), `lasts` the chance that a
    yes does. `silent[k]` is the chance that no answer has come by `k * BIN_MINUTES` open minutes,
    for k = 0..BINS: it begins at 1, never rises, and stays what it is after the end.
    """

    yes: float
    silent: tuple[float, ...]
    lasts: float = 1.0

    def silent_for(self, minutes: float) -> float:
        """The chance that no answer has come by then, linear between the bins."""
        place = minutes / BIN_MINUTES
        if place <= 0:
            return 1.0
        if place >= BINS:
            return self.silent[BINS]
        before = int(place)
        start = self.silent[before]
        return start + (place - before) * (self.silent[before + 1] - start)

    def answered_by(self, minutes: float) -> float:
        """The chance that an answer has come by then, whatever it says."""
        return 1.0 - self.silent_for(minutes)

    def accepted_by(self, minutes: float) -> float:
        """The chance that a yes has come by then."""
        return self.yes * (1.0 - self.silent_for(minutes))
