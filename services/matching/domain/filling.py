"""How likely a package is filled by then, from the offers that are out and those to come.

Whoever says yes first ends the asking, but not every yes lasts: one that is given back costs the time
until it is, and the search begins again. A new round is taken to go as this one goes, which makes the
chance a renewal equation: P(t) = sum of the chances of a first yes at s, times the chance that it
lasts or, if it does not, P(t - s - the time that it takes to be given back).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, log, sqrt

from services.matching.domain.following import Attempt

HARDNESS_SPREAD = 0.5
"""Standard deviation, in log-odds, of how much harder a package is than it looks. Source: assumed."""
GIVEN_BACK_AFTER_MINUTES = 40.0
"""Open minutes from an award to its release, on average. Source: assumed."""
STEP_MINUTES, COARSE_STEP_MINUTES, FINE_UNTIL_MINUTES = 15.0, 60.0, 240.0
"""Of the grid on which the chance is worked out; between two points it is a straight line."""
_NODES = ((-sqrt(3.0), 1 / 6), (0.0, 2 / 3), (sqrt(3.0), 1 / 6))
"""Three points and weights that stand for a normal distribution (Gauss and Hermite's rule)."""
_TINY = 1e-9


class Filling:
    """The chance of being filled by each of the open minutes from now up to `until`.

    Providers' answers are taken to be independent once it is known how hard the package is; that is
    unknown, so the chance is the mean over how hard it may be. Without this many offers would look
    surer than they are.
    """

    def __init__(self, tried: Sequence[Attempt], until: float) -> None:
        self._times = list(_grid(until))
        answered = [[one.answered_by(time) for time in self._times] for one in tried]
        self._filled = [0.0] * len(self._times)
        for shift, weight in _NODES:
            chances = self._given(tried, answered, shift * HARDNESS_SPREAD)
            self._filled = [
                so_far + weight * chance
                for so_far, chance in zip(self._filled, chances, strict=True)
            ]

    def by(self, minutes: float) -> float:
        """The chance by then; 0 if that is not ahead."""
        return min(1.0, _between(self._times, self._filled, minutes))

    def _given(
        self, tried: Sequence[Attempt], answered: Sequence[Sequence[float]], harder: float
    ) -> list[float]:
        """The chance by each point of the grid for a package that is so much harder than it looks."""
        yeses = [_shifted(one.curve.yes / one.curve.lasts, harder) for one in tried]
        first, lasting = [0.0], [1.0]
        """At each point: the chance of a first yes since the last one, and that it lasts."""
        untaken = 1.0
        for before, now in pairwise(zip(*answered, strict=True)):
            left, come, good = 1.0, 0.0, 0.0
            for one, yes, was, answers in zip(tried, yeses, before, now, strict=True):
                left *= 1.0 - yes * answers
                come += yes * (answers - was)
                good += yes * (answers - was) * one.curve.lasts
            first.append(max(0.0, untaken - left))
            lasting.append(good / come if come > _TINY else 1.0)
            untaken = left
        return self._renewed(first, lasting) if tried else [0.0] * len(self._times)

    def _renewed(self, first: Sequence[float], lasting: Sequence[float]) -> list[float]:
        """The solution of the renewal equation, point by point."""
        times, filled = self._times, [0.0]
        for n in range(1, len(times)):
            chance = filled[0]
            for k in range(1, n + 1):
                left = times[n] - (times[k] + times[k - 1]) / 2 - GIVEN_BACK_AFTER_MINUTES
                again = _between(times[:n], filled, left) if left > 0 else 0.0
                chance += first[k] * (lasting[k] + (1.0 - lasting[k]) * again)
            filled.append(chance)
        return filled


def _grid(until: float) -> Iterator[float]:
    """From 0 up to the first point that is not before `until`."""
    time = 0.0
    while time < until:
        yield time
        time += STEP_MINUTES if time < FINE_UNTIL_MINUTES else COARSE_STEP_MINUTES
    yield time


def _between(times: Sequence[float], values: Sequence[float], time: float) -> float:
    """The value at a time, in a straight line between the points; 0 before them, the last after."""
    if time <= times[0]:
        return 0.0
    n = bisect_right(times, time)
    if n >= len(times):
        return values[-1]
    share = (time - times[n - 1]) / (times[n] - times[n - 1])
    return values[n - 1] + share * (values[n] - values[n - 1])


def _shifted(chance: float, log_odds: float) -> float:
    inside = min(1.0 - _TINY, max(_TINY, chance))
    return 1.0 / (1.0 + exp(-log(inside / (1.0 - inside)) - log_odds))
