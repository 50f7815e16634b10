"""A policy's tiers in sentences: who is asked, how many at once, and for how long."""

from collections.abc import Collection, Mapping

from services.matching.domain.codes import Urgency
from services.matching.domain.policy import ALL_AT_ONCE, Policy, Tier

_URGENCIES: tuple[Urgency, ...] = ("urgent", "routine")
_SCOPES = {"lot": "of the lot", "neighbours": "of neighbouring lots", "any": "wherever they are"}
_WHERE = {"lot": " of the lot", "neighbours": " of neighbouring lots", "any": ""}
_KINDS = {"framework": "framework providers", "dps": "DPS providers", "spot": "spot providers"}


def in_short(policy: Policy) -> str:
    """The whole policy in one sentence."""
    asked = [tier for tier in policy.tiers if tier.accept_new]
    steps = [f"{_KINDS[tier.kind]}{_WHERE[tier.scope]}" for tier in asked]
    paces = list(dict.fromkeys(_pace(tier) for tier in asked))
    closed = [_KINDS[tier.kind] for tier in policy.tiers if not tier.accept_new]
    return f"{policy.name}: first {', then '.join(steps)}; {' or '.join(paces)}." + (
        f" {' and '.join(closed)} get no new packages." if closed else ""
    )


def tiers_told(policy: Policy) -> list[str]:
    """One sentence a tier, in the order of asking."""
    return [_told(tier, last=tier is policy.tiers[-1]) for tier in policy.tiers]


def prices_told(policy: Policy) -> str | None:
    """What a miss is worth, where the policy says so and a tier goes by it."""
    if not policy.prices or not any(tier.adaptive for tier in policy.tiers):
        return None
    worth = " and ".join(
        f"{price:g} offers not to miss {target / 60:g} hours"
        for target, price in policy.prices.items()
    )
    return f"It is worth {worth} with one package."


def _told(tier: Tier, *, last: bool) -> str:
    if not tier.accept_new:
        return f"{tier.name}: closed to new packages"
    after = "it ends" if last else "the next tier joins in" if tier.adaptive else "the next follows"
    ends = (
        f"{after} after {_minutes(tier.budget_minutes, tier.working_budgets)}"
        if any(minutes is not None for minutes in tier.budget_minutes.values())
        else "it ends when all have been asked"
    )
    return (
        f"{tier.name}: {_KINDS[tier.kind]} {_SCOPES[tier.scope]}, {_pace(tier)}; an offer lasts "
        f"{_minutes(tier.window_minutes, tier.working_windows)}, {ends}"
    )


def _pace(tier: Tier) -> str:
    if tier.adaptive:
        return "as many at once as it is worth to be in time (adaptive)"
    if tier.wave_size == ALL_AT_ONCE:
        return "everybody at once"
    return "one at a time" if tier.wave_size == 1 else f"{tier.wave_size} at once"


def _minutes(by_urgency: Mapping[Urgency, int | None], working: Collection[Urgency]) -> str:
    urgent, routine = (_told_minutes(by_urgency[one], one in working) for one in _URGENCIES)
    return (
        routine if urgent == routine else f"{routine} ({urgent.removesuffix(' minutes')} if urgent)"
    )


def _told_minutes(minutes: int | None, working: bool) -> str:
    if minutes is None:
        return "no set time"
    return f"{minutes} {'working ' if working else ''}minutes"
