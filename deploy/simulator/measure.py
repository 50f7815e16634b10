"""What one figure of the simulator is: its words, its unit, and how a run gives it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from deploy.simulator.figures_shares import Peers
from deploy.simulator.intervals import Interval, over_seeds
from deploy.simulator.outcomes import RunOutcome

Unit = Literal["percent", "minutes", "number", "pence", "per_hundred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure: its name in JSON, its words, its unit, and which way is better (None: neither).

    `of` gives it for one run; None where that run has no such figure (a median never reached).
    """

    key: str
    title: str
    told: str
    unit: Unit
    better: Literal["more", "less"] | None
    most: float = math.inf
    """The most that it can be: an interval does not pass it."""
    of: Callable[[RunOutcome, Peers], float | None]

    def interval(self, by_seed: Sequence[float | None]) -> Interval | None:
        """The interval of values by seed, with ends that this measure can have."""
        interval = over_seeds(by_seed)
        return None if interval is None else interval.within(0, self.most)
