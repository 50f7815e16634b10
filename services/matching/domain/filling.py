"""How likely a package is filled by then, from the offers that are out and those to come.

A package is filled by the first yes that lasts. One that is given back fills nothing and costs time:
it stands for a while, and then the search, begun again, goes once more through tiers and offers that
it had been through. How many of those come first is taken to be Poisson.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import exp, inf

from services.matching.domain.following import Attempt
from services.matching.domain.hardness import Hardness

STEP_MINUTES, COARSE_STEP_MINUTES, FINE_UNTIL_MINUTES = 15.0, 60.0, 240.0
"""Of the grid on which yeses are laid out; between two points they come evenly."""

_Span = tuple[float, float, float, float, float]
"""From, until, the chance that the first yes that lasts comes between, how many yeses that do not
last are expected before it, and the minutes that one of them costs on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """What a yes costs that is given back: it `stands` for so many minutes, and the round that follows
    needs as long to get as far as this one did, which is `age` minutes old; but no longer than until
    every tier is open in it again, `all_open_after` minutes from its beginning."""

    stands: float
    age: float = 0.0
    all_open_after: float = inf

    def costs(self, minutes: float) -> float:
        """The minutes lost by a yes that comes in so many minutes."""
        return self.stands + min(self.age + minutes, self.all_open_after)


class Filling:
    """The chance of being filled by each of the open minutes from now up to `until`.

    Providers' answers are taken to be independent once it is known how hard the package is; that is
    unknown, so the chance is the mean over how hard it may be. Without this many offers would look
    surer than they are. `settling` are the minutes that a yes stands while somebody asked before may
    still say yes.
    """

    def __init__(
        self,
        tried: Sequence[Attempt],
        until: float,
        *,
        hardness: Hardness,
        given_back: GivenBack,
        settling: float = 0.0,
    ) -> None:
        times = list(_grid(until))
        answered = list(accumulate([_counted(tried, time, settling) for time in times], _later))
        costs = [given_back.costs((start + end) / 2) for start, end in pairwise(times)]
        lasts = [one.curve.lasts for one in tried]
        means = [hardness.unbelieved(one.curve.yes) / one.curve.lasts for one in tried]
        self._spans = [
            (weight, span)
            for harder, weight in hardness.likely
            for span in _spans(
                [hardness.yes(mean, harder) for mean in means],
                lasts,
                times,
                answered,
                costs,
            )
        ]

    def by(self, minutes: float) -> float:
        """The chance by then; 0 if that is not ahead."""
        filled = 0.0
        for weight, (start, end, chance, before, cost) in self._spans:
            if start < minutes:
                share = min(1.0, (minutes - start) / (end - start))
                left = minutes - (start + min(end, minutes)) / 2
                filled += weight * share * chance * _at_most(int(left / cost), before)
        return min(1.0, filled)


def _counted(tried: Sequence[Attempt], time: float, settling: float) -> list[float]:
    """For each the chance of an answer so early that a yes would be awarded by then: it stands as
    long as anybody asked before may still say yes."""
    counted, nobody_before = [], 1.0
    for one in tried:
        counted.append(one.answered_by(time - settling * (1.0 - nobody_before)))
        nobody_before *= 1.0 - one.silent(time)
    return counted


def _later(before: Sequence[float], now: Sequence[float]) -> list[float]:
    """What counted once counts later on, though somebody better was asked meanwhile."""
    return list(map(max, before, now))


def _spans(
    yeses: Sequence[float],
    lasts: Sequence[float],
    times: Sequence[float],
    answered: Sequence[Sequence[float]],
    costs: Sequence[float],
) -> Iterator[_Span]:
    """The spans between points of the grid, given the chance of each yes and that it lasts, and what
    one costs that comes in that span and does not."""
    lasting = [yes * share for yes, share in zip(yeses, lasts, strict=True)]
    not_lasting = [yes - kept for yes, kept in zip(yeses, lasting, strict=True)]
    points = []
    for by_then in answered:
        unfilled = 1.0
        for yes, answers in zip(lasting, by_then, strict=True):
            unfilled *= 1.0 - yes * answers
        points.append((unfilled, sum([a * b for a, b in zip(not_lasting, by_then, strict=True)])))
    lost = 0.0
    for (start, end), (before, after), cost in zip(
        pairwise(times), pairwise(points), costs, strict=True
    ):
        half = (after[1] - before[1]) / 2
        expected, lost = before[1] + half, lost + half * cost
        yield start, end, before[0] - after[0], expected, lost / expected if expected else cost
        lost += half * cost


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
