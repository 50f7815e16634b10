"""What a report is made of."""

from dataclasses import dataclass

from deploy.simulator.figures import Figures
from deploy.simulator.grid import Grid
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.study import Size, Studied
from deploy.simulator.verdict import Verdict, verdict_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Policies on a market; `worse` are the same on worse habits, `grid` other settings of the
    first policy, each None where nobody asked.
    """

    market: SimulatedMarket
    size: Size
    studied: tuple[Studied, ...]
    worse: tuple[Studied, ...] | None = None
    grid: Grid | None = None

    @property
    def figures(self) -> tuple[Figures, ...]:
        """Of each policy, in the order in which they were named."""
        return tuple(one.figures for one in self.studied)

    @property
    def verdict(self) -> Verdict:
        """What to choose of them."""
        return verdict_on(self.figures)
