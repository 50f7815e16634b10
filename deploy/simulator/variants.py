"""The same policy asked otherwise: whom it may ask, and in which order, stays; how fast is varied.

A comparison is fair when nothing but the strategy differs. Windows and budgets are minutes, the same
for both urgencies unless the policy itself tells them apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from services.matching.domain.codes import Urgency
from services.matching.domain.policy import ALL_AT_ONCE, Policy, Tier

URGENCIES: tuple[Urgency, ...] = ("urgent", "routine")
FIRST_BUDGETS = (20, 30, 45, 60, 90)
LATER_BUDGETS = (15, 30, 45, 60)
WAVE_SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 15)
WAVE_WINDOWS = (15, 20, 30, 45, 60)


def broadcast(policy: Policy, first: int, later: int) -> Policy:
    """Everybody of a tier at once; a tier's offers last as long as the tier."""
    budgets = [first] + [later] * (len(policy.tiers) - 1)
    tiers = [
        _with(tier, wave_size=ALL_AT_ONCE, window=budget, budget=budget)
        for tier, budget in zip(policy.tiers, budgets, strict=True)
    ]
    return _named(policy, f"broadcast {first}/{later}", tiers)


def waves(policy: Policy, size: int, window: int, budgets: Sequence[int | None]) -> Policy:
    """So many at once, the next when all of them have answered or the window is over."""
    tiers = [
        _with(tier, wave_size=size, window=window, budget=budget)
        for tier, budget in zip(policy.tiers, budgets, strict=True)
    ]
    return _named(policy, f"waves({size}) of {window}", tiers)


def adaptive(
    policy: Policy, prices: Mapping[int, float], window: int, budgets: Sequence[int | None]
) -> Policy:
    """At the pace that the prices ask for."""
    tiers = [
        replace(_with(tier, wave_size=ALL_AT_ONCE, window=window, budget=budget), adaptive=True)
        for tier, budget in zip(policy.tiers, budgets, strict=True)
    ]
    told = "/".join(f"{price:g}" for price in prices.values())
    return replace(_named(policy, f"adaptive {told}", tiers), prices=dict(prices))


def broadcasts(policy: Policy) -> Iterator[Policy]:
    """The grid of broadcasts."""
    for first, later in product(FIRST_BUDGETS, LATER_BUDGETS):
        yield broadcast(policy, first, later)


def families_of_waves(
    policy: Policy, budgets: Sequence[int | None]
) -> Iterator[tuple[int, list[Policy]]]:
    """The grid of waves: for each window, all sizes from the smallest to the largest."""
    for window in WAVE_WINDOWS:
        yield window, [waves(policy, size, window, budgets) for size in WAVE_SIZES]


def _with(tier: Tier, *, wave_size: int, window: int, budget: int | None) -> Tier:
    return replace(
        tier,
        adaptive=False,
        wave_size=wave_size,
        window_minutes=dict.fromkeys(URGENCIES, window),
        budget_minutes=dict.fromkeys(URGENCIES, budget),
    )


def _named(policy: Policy, how: str, tiers: Sequence[Tier]) -> Policy:
    return replace(policy, name=f"{policy.name}, {how}", tiers=tuple(tiers))
