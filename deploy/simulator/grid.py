"""A policy against other settings of itself: the grids of broadcasts and of waves.

The broadcast to hold it against is chosen on tuning seeds and reported on others; waves are reported
at every setting and met half way between neighbours. Whom a policy may ask, and in which order, is
the same for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deploy.simulator.comparing import best_filling, cheapest_reaching, offers_against_family
from deploy.simulator.figures import Figures
from deploy.simulator.intervals import Interval
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.study import Size, study
from deploy.simulator.tuning import FIRST_TUNING_SEED
from deploy.simulator.variants import broadcasts, families_of_waves
from services.matching.domain.policy import Policy

BUDGETS = (45, 30, 45, 90)
"""Of waves, by tier: when the next tier joins in. Later tiers have the last one's."""
OnRun = Callable[[Policy], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestBroadcast:
    """Of the broadcasts `tried`: the cheapest that reaches both goals or, where none `reaches`, the
    one that fills most in four hours. `tuned` are its figures on tuning seeds.
    """

    policy: Policy
    tuned: Figures
    tried: int
    reaches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What other settings of a policy come to.

    `broadcast`: of all, the cheapest that reaches both goals or, where none `reaches`, the one that
    fills most in four hours. `waves` has every size by window. `shares` is the policy's offers as a
    share of what the best wave size of a window needs to fill as much in four hours; a window in
    which no size fills as much is left out.
    """

    policy: Figures
    broadcasts: int
    reaches: bool
    broadcast: Figures
    waves: dict[int, tuple[Figures, ...]]
    shares: dict[int, Interval]

    @property
    def hardest(self) -> tuple[int, Interval] | None:
        """The window whose best wave size needs fewest offers at equal fill, and the share."""
        if not self.shares:
            return None
        return max(self.shares.items(), key=lambda item: item[1].mean)


def budgets_of(policy: Policy) -> list[int]:
    """The budgets of waves for a policy's tiers."""
    return [BUDGETS[min(n, len(BUDGETS) - 1)] for n in range(len(policy.tiers))]


def runs_in(size: Size, policy: Policy) -> int:
    """How many runs a grid is."""
    settings = len(list(broadcasts(policy)))
    settings += sum(len(family) for _, family in families_of_waves(policy, budgets_of(policy)))
    return size.seeds * (settings + 1)


def against_grid(
    market: SimulatedMarket,
    policy: Policy,
    figures: Figures,
    size: Size,
    on_run: OnRun | None = None,
) -> Grid:
    """The grid of a policy whose figures on these seeds are known; `on_run` hears of each run."""
    best = best_broadcast(market, policy, size, on_run)
    return held_against(market, policy, figures, best, size, on_run=on_run)


def best_broadcast(
    market: SimulatedMarket, policy: Policy, size: Size, on_run: OnRun | None = None
) -> BestBroadcast:
    """The broadcast to hold a policy against, found on as many tuning seeds as are reported on."""
    settings = list(broadcasts(policy))
    tuning = replace(size, first_seed=FIRST_TUNING_SEED)
    tuned = figures_on(market, settings, tuning, on_run)
    reaching = cheapest_reaching(tuned)
    best = reaching or best_filling(tuned)
    return BestBroadcast(
        policy=named(settings, best),
        tuned=best,
        tried=len(settings),
        reaches=reaching is not None,
    )


def held_against(
    market: SimulatedMarket,
    policy: Policy,
    figures: Figures,
    best: BestBroadcast,
    size: Size,
    *,
    on_run: OnRun | None = None,
) -> Grid:
    """The figures beside those of the broadcast and of all waves, on the same seeds."""
    (broadcast,) = figures_on(market, [best.policy], size, on_run)
    waves = {
        window: figures_on(market, family, size, on_run)
        for window, family in families_of_waves(policy, budgets_of(policy))
    }
    against = {window: offers_against_family(figures, family) for window, family in waves.items()}
    return Grid(
        policy=figures,
        broadcasts=best.tried,
        reaches=best.reaches,
        broadcast=broadcast,
        waves=waves,
        shares={window: share for window, share in against.items() if share is not None},
    )


def figures_on(
    market: SimulatedMarket, policies: Sequence[Policy], size: Size, on_run: OnRun | None = None
) -> tuple[Figures, ...]:
    """The figures of each policy, all on the same seeds."""
    return tuple(one.figures for one in study(market, policies, size, on_run=on_run))


def named(policies: Sequence[Policy], figures: Figures) -> Policy:
    """The policy that these figures are of."""
    return next(policy for policy in policies if policy.name == figures.policy)
