"""How likely a package is filled by then, from the offers that are out and those to come.

A package is filled by the first yes that lasts. One that is given back fills nothing and stops the
asking for a while; how many of those come first is taken to be Poisson.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, log, sqrt

from services.matching.domain.following import Attempt

HARDNESS_SPREAD = 0.5
"""Standard deviation, in log-odds, of how much harder a package is than it looks. Source: assumed."""
STEP_MINUTES, COARSE_STEP_MINUTES, FINE_UNTIL_MINUTES = 15.0, 60.0, 240.0
"""Of the grid on which yeses are laid out; between two points they come evenly."""
_NODES = ((-sqrt(3.0), 1 / 6), (0.0, 2 / 3), (sqrt(3.0), 1 / 6))
"""Three points and weights that stand for a normal distribution (Gauss and Hermite's rule)."""
_TINY = 1e-9

_Span = tuple[float, float, float, float]
"""From, until, the chance that the first yes that lasts comes between, and how many yeses that do
not last are expected before it."""


class Filling:
    """The chance of being filled by each of the open minutes from now up to `until`.

    Providers' answers are taken to be independent once it is known how hard the package is; that is
    unknown, so the chance is the mean over how hard it may be. Without this many offers would look
    surer than they are. `lost` are the minutes that a yes costs that is given back.
    """

    def __init__(self, tried: Sequence[Attempt], until: float, *, lost: float) -> None:
        self._lost = lost
        times = list(_grid(until))
        answered = [[one.answered_by(time) for one in tried] for time in times]
        self._spans = [
            (weight, span)
            for shift, weight in _NODES
            for span in _spans(tried, times, answered, shift * HARDNESS_SPREAD)
        ]

    def by(self, minutes: float) -> float:
        """The chance by then; 0 if that is not ahead."""
        filled = 0.0
        for weight, (start, end, chance, given_back) in self._spans:
            if start < minutes:
                share = min(1.0, (minutes - start) / (end - start))
                left = minutes - (start + min(end, minutes)) / 2
                filled += weight * share * chance * _at_most(int(left / self._lost), given_back)
        return min(1.0, filled)


def _spans(
    tried: Sequence[Attempt],
    times: Sequence[float],
    answered: Sequence[Sequence[float]],
    harder: float,
) -> Iterator[_Span]:
    """The spans between points of the grid for a package that is so much harder than it looks."""
    yeses = [_shifted(one.curve.yes / one.curve.lasts, harder) for one in tried]
    lasting = [yes * one.curve.lasts for yes, one in zip(yeses, tried, strict=True)]
    given_back = [yes - lasts for yes, lasts in zip(yeses, lasting, strict=True)]
    points = []
    for by_then in answered:
        unfilled = 1.0
        for yes, answers in zip(lasting, by_then, strict=True):
            unfilled *= 1.0 - yes * answers
        lost = sum([yes * answers for yes, answers in zip(given_back, by_then, strict=True)])
        points.append((unfilled, lost))
    for (start, end), (before, after) in zip(pairwise(times), pairwise(points), strict=True):
        yield start, end, before[0] - after[0], (before[1] + after[1]) / 2


def _grid(until: float) -> Iterator[float]:
    """From 0 up to the first point that is not before `until`."""
    time = 0.0
    while time < until:
        yield time
        time += STEP_MINUTES if time < FINE_UNTIL_MINUTES else COARSE_STEP_MINUTES
    yield time


def _at_most(count: int, expected: float) -> float:
    """The chance that a Poisson number is at most `count`."""
    term = total = exp(-expected)
    for n in range(1, count + 1):
        term *= expected / n
        total += term
    return total


def _shifted(chance: float, log_odds: float) -> float:
    inside = min(1.0 - _TINY, max(_TINY, chance))
    return 1.0 / (1.0 + exp(-log(inside / (1.0 - inside)) - log_odds))
