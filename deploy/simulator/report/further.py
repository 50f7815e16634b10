"""What else a report says in sentences: worse habits, other settings, and what was simulated."""

from collections import Counter
from collections.abc import Iterator

from deploy.simulator.comparing import best_filling, difference, ratio
from deploy.simulator.figures import BY_KEY, Figures
from deploy.simulator.figures_told import difference_told, figure_told
from deploy.simulator.grid import Grid
from deploy.simulator.intervals import Interval
from deploy.simulator.market import SENSITIVITY, SimulatedMarket
from deploy.simulator.report.material import Material
from deploy.simulator.report.words import goals_of, listed
from deploy.simulator.study import Size
from deploy.simulator.verdict import verdict_on
from services.matching.domain.policy import Policy

FEWER = 0.95
"""A share of offers below it is told as a gain; above 1 / FEWER as a loss. Source: assumed."""
_FACTOR = {2.0: "twice as long"}
_UNTUNED = (
    "nobody has to tune it: an n that is right for one market is wrong for another, for a winter or "
    "for a thin area"
)


def worse_habits(material: Material) -> Iterator[str]:
    """How the policies fare, and whether the choice would be another one."""
    if material.worse is None:
        return
    figures = [one.figures for one in material.worse]
    less = 100 * (1 - SENSITIVITY.acceptance)
    yield (
        f"Every habit is assumed, so the same was run with {less:.0f}% fewer yeses and answers that "
        f"take {_FACTOR.get(SENSITIVITY.answer_minutes, 'longer')}."
    )
    found = verdict_on(figures)
    before = material.verdict.chosen.policy
    reached = "reaches both goals" if found.reaching else "no policy reaches both goals"
    if len(figures) > 1 and found.chosen.policy == before:
        yield (
            f"The choice stays {before}; there it {reached}."
            if found.reaching
            else (f"The choice stays {before}, though {reached} then.")
        )
    elif len(figures) > 1:
        yield (
            f"The choice would then be {found.chosen.policy} instead of {before}"
            + ("." if found.reaching else f", though {reached}.")
        )
    for one in figures:
        yield goals_of(one)


def other_settings(grid: Grid, policy: Policy) -> Iterator[str]:
    """The policy beside the best broadcast and the best waves(n)."""
    yield (
        f"{policy.name} was held against other settings of itself: the same providers in the same "
        f"order, asked otherwise. Settings were chosen on other seeds than those reported here."
    )
    yield from _broadcasts(grid)
    yield from _waves(grid, adaptive=any(tier.adaptive for tier in policy.tiers))


def _broadcasts(grid: Grid) -> Iterator[str]:
    best, ours = grid.broadcast, grid.policy
    if grid.reaches:
        yield (
            f"Of {grid.broadcasts} broadcasts (everybody of a tier at once, with other times for "
            f"each tier) the cheapest that reaches both goals is {_setting(best)}."
        )
    else:
        yield (
            f"None of {grid.broadcasts} broadcasts (everybody of a tier at once, with other times "
            f"for each tier) reaches both goals. The best possible, the one that fills most within "
            f"4 hours, is {_setting(best)}."
        )
    yield f"On these seeds: {goals_of(best)} It puts each package to {_offers(best)} providers."
    share = ratio(ours, best, "offers")
    fill = difference_told(BY_KEY["filled_240"], difference(ours, best, "filled_240"))
    yield (
        f"{ours.policy} makes {_percent(share)} of its offers; filled within 4 hours: {fill}; to "
        "the framework: "
        + difference_told(BY_KEY["framework_share"], difference(ours, best, "framework_share"))
        + "."
    )


def _waves(grid: Grid, *, adaptive: bool) -> Iterator[str]:
    ours, hardest = grid.policy, grid.hardest
    if hardest is None:
        best = best_filling([one for family in grid.waves.values() for one in family])
        yield (
            f"No size of wave, waves(n), fills exactly as much within 4 hours as {ours.policy}, so "
            f"that offers cannot be compared at equal speed. The one that fills most, "
            f"{_setting(best)}, fills {_filled(best)} and puts each package to {_offers(best)} "
            f"providers; {ours.policy} fills {_filled(ours)} and makes "
            f"{_percent(ratio(ours, best, 'offers'))} of its offers."
        )
        if adaptive:
            yield f"A size of wave has to be found by trying; with {ours.policy} {_UNTUNED}."
        return
    window, share = hardest
    ends = " and ".join(
        f"{_offers(one)} offers for {_filled(one)}"
        for one in (grid.waves[window][0], grid.waves[window][-1])
    )
    yield (
        f"Of waves(n), the best n at equal speed has offers that last {window} minutes; "
        f"{ours.policy} makes {_percent(share)} of the offers that it needs to fill as much within "
        f"4 hours. An n that is chosen badly costs more: the smallest and the largest make {ends}."
    )
    if adaptive:
        yield _gain(ours.policy, share)


def _gain(ours: str, share: Interval) -> str:
    if share.mean <= FEWER:
        fewer = 100 * (1 - share.mean)
        return f"So {ours} needs {fewer:.0f}% fewer offers than a well-tuned n, and {_UNTUNED}."
    if share.mean > 1 / FEWER:
        return (
            f"So a well-tuned n would need fewer offers than {ours} does on this market; its prices "
            "should be tuned (homeward policy tune)."
        )
    return (
        f"So in offers {ours} gains little or nothing over a well-tuned n; the gain is that "
        f"{_UNTUNED}."
    )


def simulated(market: SimulatedMarket, size: Size) -> list[str]:
    """What was run."""
    kinds = Counter(one.contracts[0].kind for one in market.providers)
    told = [f"{count} {'DPS' if kind == 'dps' else kind}" for kind, count in sorted(kinds.items())]
    seeds = f"{size.first_seed} to {size.first_seed + size.seeds - 1}"
    packages = market.arrivals.per_week * size.weeks * size.seeds
    return [
        (
            f"Market {market.name}: {market.arrivals.per_week:g} packages a week, "
            f"{len(market.providers)} providers ({listed(told)})."
        ),
        (
            f"{size.seeds} runs of {size.weeks} weeks for each policy (seeds {seeds}), each after "
            f"{size.warm_up_weeks} weeks that are left out of the figures: about {packages:,.0f} "
            "packages a policy."
        ),
        (
            "The same seed draws the same packages and the same answers for every policy, so that "
            "policies are compared on the same luck."
        ),
        (
            "Offers and awards are decided by the rules that run in production; who answers, when, "
            "and with what is drawn from habits that are assumed. No person acts in a run: nobody "
            "telephones, overrules or awards by hand."
        ),
        *_life(market),
        "The figures show how policies compare on such a market. They are no promise for a real one.",
    ]


def _life(market: SimulatedMarket) -> Iterator[str]:
    """What happens to packages after the award, as the market's file assumes."""
    if not market.lives:
        return
    life, told = market.life, []
    weekly = [
        habits.hands_back.a_week
        for provider in market.providers
        for habits in provider.habits
        if habits.hands_back
    ]
    if weekly:
        told.append(f"{_of_a_thousand(min(weekly), max(weekly))} are handed back")
    if life and life.pauses:
        told.append(f"{_of_a_thousand(life.pauses.a_week)} see the person go to hospital")
    if life and life.changes:
        told.append(f"{_of_a_thousand(life.changes.a_week)} see needs change")
    if told:
        yield f"After the start, of 1,000 packages in a week {listed(told)}. All of it is assumed."
    if life and life.long_term_after_reablement:
        yield (
            f"{100 * life.long_term_after_reablement:.0f}% of reablement goes on as long-term care."
        )


def _of_a_thousand(low: float, high: float | None = None) -> str:
    if high is None or high == low:
        return f"{1000 * low:g}"
    return f"{1000 * low:g} to {1000 * high:g}"


def _setting(figures: Figures) -> str:
    return f"“{figures.policy}”"


def _offers(figures: Figures) -> str:
    return figure_told(BY_KEY["offers"], figures.intervals["offers"])


def _filled(figures: Figures) -> str:
    return f"{figures.mean('filled_240'):.1f}%"


def _percent(share: Interval | None) -> str:
    if share is None:
        return "an unknown share"
    told = f"{100 * share.mean:.0f}%"
    if share.low is None or share.high is None:
        return told
    return f"{told} ({100 * share.low:.0f}–{100 * share.high:.0f})"
