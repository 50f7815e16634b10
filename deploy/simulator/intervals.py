"""How sure a figure is: 95% intervals over seeds, each seed one independent look at the market.

Two ways: `over_seeds` for a figure that every seed has by itself (a t-interval), `jackknife` for
one that needs all seeds at once, such as a ratio or an interpolation.
Source: W. S. Gosset, The probable error of a mean, 1908; M. H. Quenouille and J. W. Tukey for
leaving one out.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the ends of its 95% interval; no ends where fewer than two seeds tell."""

    mean: float
    low: float | None
    high: float | None

    def within(self, least: float, most: float) -> "Interval":
        """The same figure with ends that are possible: a percentage does not pass 100."""
        if self.low is None or self.high is None:
            return self
        return Interval(self.mean, max(self.low, least), min(self.high, most))

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is more than chance."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def over_seeds(values: Sequence[float | None]) -> Interval | None:
    """The mean over seeds and its t-interval; None where any seed has no such figure."""
    told = [value for value in values if value is not None]
    if not told or len(told) < len(values):
        return None
    mean = math.fsum(told) / len(told)
    spread = math.fsum((value - mean) ** 2 for value in told)
    return _interval(mean, spread / max(1, len(told) - 1) / len(told), len(told))


def jackknife(
    statistic: Callable[[Sequence[int]], float | None], seed_count: int
) -> Interval | None:
    """A statistic of all seeds, and its interval from leaving out each seed once.

    `statistic` is given the positions of the seeds to use; None where it is None for any of them.
    """
    everything = range(seed_count)
    whole = statistic(everything)
    if whole is None:
        return None
    if seed_count < 2:
        return Interval(whole, None, None)
    left_out = [statistic([one for one in everything if one != out]) for out in everything]
    told = [value for value in left_out if value is not None]
    if len(told) < seed_count:
        return None
    mean = math.fsum(told) / seed_count
    variance = (seed_count - 1) / seed_count * math.fsum((value - mean) ** 2 for value in told)
    return _interval(whole, variance, seed_count)


def _interval(mean: float, variance: float, count: int) -> Interval:
    if count < 2:
        return Interval(mean, None, None)
    half = t_quantile(count - 1) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half)


@cache
def t_quantile(freedom: int) -> float:
    """Student's t that |T| stays below with 95% chance, by bisection of its exact distribution."""
    low, high = 0.0, 1000.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if _between(middle, freedom) < CONFIDENCE else (low, middle)
    return high


def _between(t: float, freedom: int) -> float:
    """P(|T| < t). Source: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    cos_squared = math.cos(angle) ** 2
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(1 + odd, freedom, 2):
        total += term
        term *= cos_squared * step / (step + 1)
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total
