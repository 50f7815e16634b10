"""Numbers as people read them: medians of rounds, percentiles of waits."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Least, median and most of several rounds."""

    least: float
    median: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return Spread(least=min(values), median=statistics.median(values), most=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long something took, in milliseconds: half and 99 of 100 were no slower."""

    count: int
    p50_ms: float
    p99_ms: float
    worst_ms: float

    @staticmethod
    def of(seconds: Sequence[float]) -> "Waits":
        """The percentiles, by nearest rank, of at least one wait."""
        ordered = sorted(seconds)
        return Waits(
            count=len(ordered),
            p50_ms=1000 * ordered[math.ceil(0.50 * len(ordered)) - 1],
            p99_ms=1000 * ordered[math.ceil(0.99 * len(ordered)) - 1],
            worst_ms=1000 * ordered[-1],
        )
