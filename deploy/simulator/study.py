"""Policies on a market, all on the same seeds: what is tried, and all that is told of each.

Runs are added up policy by policy, as soon as a policy's last seed is there, so that hundreds of
years need no more memory than one policy's. The same study gives the same values, whichever
processes ran it and in whatever order they were done; only `Effort` tells of time.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

from deploy.simulator.figures import Figures, figures_of
from deploy.simulator.figures_forecasts import ForecastFigures, forecast_figures
from deploy.simulator.figures_life import CauseFigures, later_by_cause
from deploy.simulator.figures_shares import Peers, hours_won, peers_of
from deploy.simulator.intervals import Interval, over_seeds
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.outcomes import PackageOutcome, RunOutcome
from deploy.simulator.running import Run, run_all
from services.matching.domain.policy import Policy

CURVE_MINUTES = tuple(range(0, 481, 10))
"""Where the fill curve is told: every ten minutes of eight hours."""
FORECAST_PACKAGES = 2000
"""Packages of each policy whose forecasts are looked at: some thousands of forecasts for each
horizon, in about the time that a dozen years without any take."""
WHERE_MINUTES = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is simulated: seeds of so many weeks each, after a warm-up."""

    first_seed: int = 1
    seeds: int
    weeks: int
    warm_up_weeks: int
    processes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFigures:
    """One outcode or lot: its share of packages, and the share of them filled within four hours."""

    place: str
    share: float
    filled: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What a policy's runs took: commands that committed an event, and processor seconds."""

    decisions: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """One policy and what came of it.

    `curve` has the percentage of all referrals filled by each of `CURVE_MINUTES`, `hours_a_week`
    the weekly hours that each provider won in a week.
    """

    policy: Policy
    figures: Figures
    curve: tuple[Interval, ...]
    hours_a_week: dict[str, float]
    places: tuple[PlaceFigures, ...]
    lots: tuple[PlaceFigures, ...]
    forecasts: tuple[ForecastFigures, ...]
    later: tuple[CauseFigures, ...]
    effort: Effort = field(compare=False)


def study(
    market: SimulatedMarket,
    policies: Sequence[Policy],
    size: Size,
    *,
    forecasts: bool = False,
    on_run: Callable[[Policy], None] | None = None,
) -> tuple[Studied, ...]:
    """Every policy on every seed; `on_run` hears of each run as it is done."""
    peers = peers_of(market)
    runs = [
        Run(
            market=market,
            policy=policy,
            seed=size.first_seed + n,
            weeks=size.weeks,
            warm_up_weeks=size.warm_up_weeks,
            forecasts=forecasts,
            forecast_every=forecast_every(market, size),
        )
        for policy in policies
        for n in range(size.seeds)
    ]
    waiting: list[dict[int, RunOutcome]] = [{} for _ in policies]
    found: dict[int, Studied] = {}
    for place, outcome in run_all(runs, size.processes):
        which, seed = divmod(place, size.seeds)
        waiting[which][seed] = outcome
        if on_run is not None:
            on_run(policies[which])
        if len(waiting[which]) == size.seeds:
            in_order = [waiting[which].pop(n) for n in range(size.seeds)]
            found[which] = _studied(policies[which], in_order, peers)
    return tuple(found[n] for n in range(len(policies)))


def forecast_every(market: SimulatedMarket, size: Size) -> int:
    """Of how many packages one is forecast, so that each policy has `FORECAST_PACKAGES` of them."""
    weeks = (size.weeks + size.warm_up_weeks) * size.seeds
    return max(1, ceil(market.arrivals.per_week * weeks / FORECAST_PACKAGES))


def _studied(policy: Policy, runs: Sequence[RunOutcome], peers: Peers) -> Studied:
    won = [hours_won(run) for run in runs]
    return Studied(
        policy=policy,
        figures=figures_of(runs, peers),
        curve=tuple(_curve(runs)),
        hours_a_week={
            peer.name: sum(one.get(peer.name, 0.0) for one in won) / len(won) for peer in peers
        },
        places=tuple(_places(runs, lambda one: one.outcode)),
        lots=tuple(_places(runs, lambda one: one.lot or "none")),
        forecasts=forecast_figures(runs),
        later=later_by_cause(runs),
        effort=Effort(
            decisions=sum(run.decisions for run in runs), seconds=sum(run.seconds for run in runs)
        ),
    )


def _curve(runs: Sequence[RunOutcome]) -> list[Interval]:
    by_minute: list[list[float | None]] = [[] for _ in CURVE_MINUTES]
    for run in runs:
        filled = sorted(
            one.filled_minutes for one in run.packages if one.filled_minutes is not None
        )
        before = 0
        for values, minutes in zip(by_minute, CURVE_MINUTES, strict=True):
            while before < len(filled) and filled[before] <= minutes:
                before += 1
            values.append(100 * before / len(run.packages) if run.packages else 0.0)
    intervals = (over_seeds(values) for values in by_minute)
    return [one.within(0, 100) for one in intervals if one is not None]


def _places(
    runs: Sequence[RunOutcome], place_of: Callable[[PackageOutcome], str]
) -> list[PlaceFigures]:
    """The places from where most packages come first."""
    by_run = [_by_place(run, place_of) for run in runs]
    counts = Counter(place_of(one) for run in runs for one in run.packages)
    return [
        PlaceFigures(
            place=place,
            share=100 * count / counts.total(),
            filled=_filled_from([found.get(place, []) for found in by_run]),
        )
        for place, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def _by_place(
    run: RunOutcome, place_of: Callable[[PackageOutcome], str]
) -> dict[str, list[PackageOutcome]]:
    found: dict[str, list[PackageOutcome]] = {}
    for one in run.packages:
        found.setdefault(place_of(one), []).append(one)
    return found


def _filled_from(there: Sequence[Sequence[PackageOutcome]]) -> Interval | None:
    interval = over_seeds(
        [100 * sum(map(_in_time, some)) / len(some) if some else None for some in there]
    )
    return None if interval is None else interval.within(0, 100)


def _in_time(package: PackageOutcome) -> bool:
    return package.filled_minutes is not None and package.filled_minutes <= WHERE_MINUTES
