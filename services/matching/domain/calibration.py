"""What is said of a search's end, corrected by what came of what was said before.

Forecasts are scored when their time has passed: for each horizon and each tenth of chance how many
there were, what they said and what happened. A chance is moved to what happened to such chances, by
as much as there is to go by.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import Self

from services.matching.domain.tally import weight

TENTHS = 10
THOUSANDTHS = 1000
"""Chances are added up in thousandths."""
STANDING, AGAIN = " standing", " again"
"""End the horizon of what is said while a yes stands, and of a search that was begun again: what may
go wrong then is another thing, so it is scored apart."""
TRUST = 10.0
"""Forecasts that what is said counts as, against those that were scored. Source: assumed."""
SCORED_AFTER = timedelta(hours=4)
"""How long after its instant a forecast is scored: an award may be given back. Source: assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Forecasts of one horizon within one tenth, an old one counting less: how many, the sum of
    what they said, and how many came true."""

    forecasts: float
    said: float
    happened: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """By horizon, where a chance is moved to: points between which it goes evenly."""

    _points: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, scores: Mapping[tuple[str, int], Score]) -> Self:
        """What these scores say, by horizon and tenth."""
        horizons = {horizon for horizon, _ in scores}
        return cls({horizon: _points_of(horizon, scores) for horizon in horizons})

    def corrected(self, horizon: str, chance: float) -> float:
        """The chance as it comes true; 0 and 1 stay, and a higher one is never moved below."""
        points = self._points.get(horizon)
        if points is None:
            return chance
        place = max(1, bisect_left(points, (chance, 0.0)))
        (x, y), (next_x, next_y) = points[place - 1 : place + 1]
        return y + (chance - x) / (next_x - x) * (next_y - y)

    def corrected_all(
        self, horizons: Sequence[str], instants: Sequence[datetime], chances: Sequence[float]
    ) -> list[float]:
        """Chances of being filled by each instant; a later one is never less likely."""
        found = list(map(self.corrected, horizons, chances))
        order = sorted(range(len(found)), key=lambda n: instants[n])
        for before, after in pairwise(order):
            found[after] = max(found[before], found[after])
        return found


AS_SAID = Calibration()


def tenth_of(chance: float) -> int:
    """The tenth that a chance lies in: 0 to 9."""
    return min(int(chance * TENTHS), TENTHS - 1)


def score_of(amounts: tuple[int, int, int], now: datetime) -> Score:
    """What weighted sums of forecasts, thousandths said, and happened come to now."""
    forecasts, said, happened = amounts
    present = weight(now)
    return Score(
        forecasts=forecasts / present,
        said=said / present / THOUSANDTHS,
        happened=happened / present,
    )


def _points_of(
    horizon: str, scores: Mapping[tuple[str, int], Score]
) -> tuple[tuple[float, float], ...]:
    said, moved = [0.0], [0.0]
    for tenth in range(TENTHS):
        score = scores.get((horizon, tenth))
        if score is not None and score.forecasts > 0:
            mean = score.said / score.forecasts
            if not said[-1] < mean < 1.0:
                continue  # All at 0 or at 1, which stay.
            apart = (score.happened - score.said) / (score.forecasts + TRUST)
            said.append(mean)
            moved.append(min(1.0, max(0.0, mean + apart)))
    said.append(1.0)
    moved.append(1.0)
    return tuple(zip(said, accumulate(moved, max), strict=True))
