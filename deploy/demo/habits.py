"""What a simulated provider does with an offer and with an award: assumed, seeded, never tuned to rules.

Each choice is drawn from the seed, the provider and the offer's own codes, so that the same seed
gives the same choice whatever ids the run happened to give.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from deploy.demo.market import DemoProvider, assumed

NOTE_MARK = "provider-note-mark"
"""In every note that a simulated provider writes, so that a test can look for it elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is done with an offer, `after_minutes` (simulated) from the moment it was made."""

    does: Literal["accept", "decline", "nothing"]
    after_minutes: float
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """What is done with an award, in simulated minutes from it."""

    releases: bool
    after_minutes: float
    starts_after_minutes: float | None
    note: str


def choose(seed: int, provider: DemoProvider, offer: Mapping[str, Any]) -> Choice:
    """What this provider does with this offer."""
    needed, habit = offer["needed"], provider.habit
    rng = _rng(seed, provider, offer, "answer")
    after = provider.speed * rng.lognormvariate(math.log(habit.median_minutes), habit.sigma)
    if rng.random() >= habit.answers:
        return Choice(does="nothing", after_minutes=after)
    says_yes = rng.random() < habit.says_yes * _willing(needed)
    if says_yes:
        return Choice(does="accept", after_minutes=after)
    reasons = dict(assumed().reasons)
    if not _is_double_handed(needed):
        reasons.pop("double_handed")
    reason = rng.choices(list(reasons), weights=list(reasons.values()))[0]
    wants_note = reason == "other" or rng.random() < 0.3
    note = f"{NOTE_MARK} {provider.subject}: no carer on that round" if wants_note else None
    return Choice(does="decline", after_minutes=after, reason=reason, note=note)


def carry(seed: int, provider: DemoProvider, package: Mapping[str, Any]) -> Carrying:
    """What this provider does with this award."""
    rng, habit = _rng(seed, provider, package, "award"), provider.habit
    after = provider.speed * rng.lognormvariate(math.log(habit.confirm_minutes), 0.5)
    starts = rng.random() < assumed().starts
    return Carrying(
        releases=rng.random() < habit.releases,
        after_minutes=after,
        starts_after_minutes=after + rng.uniform(60, 240) if starts else None,
        note=f"{NOTE_MARK} {provider.subject}: the plan asks for more than was said",
    )


def _willing(needed: Mapping[str, Any]) -> float:
    factor = assumed().yes_by_outcode.get(needed["outcode"], 1.0)
    if _is_double_handed(needed):
        factor *= assumed().yes_double_handed
    if needed["urgency"] == "urgent":
        factor *= assumed().yes_urgent
    return factor


def _is_double_handed(needed: Mapping[str, Any]) -> bool:
    return any(visit["carers"] == 2 for visit in needed["visits"])


def _rng(seed: int, provider: DemoProvider, of: Mapping[str, Any], what: str) -> Random:
    # `ready_at` is different for each referral of a day, and the same in each run of a seed.
    parts = (seed, what, provider.provider_id, of["needed"]["ready_at"], of.get("tier_name"))
    return Random("/".join(str(part) for part in parts))
