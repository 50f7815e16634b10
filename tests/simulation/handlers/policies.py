"""The policies that schedules are run under: two lots, one to three tiers, everything else drawn."""

from functools import cache
from itertools import chain
from random import Random
from typing import Any

from services.matching.policy_document import Document
from services.matching.policy_file import to_policy

LOTS: dict[str, Any] = {
    "north": {"outcodes": ["E4"], "neighbours": ["south"]},
    "south": {"outcodes": ["E17"], "neighbours": ["north"]},
}
STRATEGIES = ("sequential", "waves(2)", "simultaneous", "simultaneous", "adaptive")
HOW_MANY = 48
_TIERS = (
    ("lot", "framework", "lot"),
    ("near", "framework", "neighbours"),
    ("dps", "dps", "any"),
    ("spot", "spot", "any"),
)
_RANKING = ["continuity", "choice", "contract_rank", "turns", "cqc_rating"]
_MEASURED = {"distance": 30, "rotation": 20, "quality": 20, "responsiveness": 20, "capacity": 10}


@cache
def documents() -> tuple[Document, ...]:
    """The same policies whenever they are asked for; each strategy and award rule is among them."""
    return tuple(_document(Random(number), number) for number in range(HOW_MANY))


def _document(rng: Random, number: int) -> Document:
    chosen = sorted(rng.sample(range(len(_TIERS)), rng.randint(1, 3)))
    adaptive = number % 3 == 0
    targets = rng.choice(([60], [90, 240]))
    document = Document.model_validate(
        {
            "name": f"policy-{number}",
            "targets_minutes": targets,
            "prices": {target: rng.choice((0, 5, 80)) for target in targets if adaptive},
            "confirmation_minutes": rng.choice((30, 120)),
            "telephone_grace_minutes": 30,
            "prompt_decline_minutes": 15,
            "most_live_offers": 2 if number % 4 == 1 else None,
            "lots": LOTS,
            "tiers": [
                _tier(rng, *_TIERS[index], adaptive=adaptive, measured=number % 5 == 2)
                for index in chosen
            ],
        }
    )
    to_policy(document)
    return document


def _tier(
    rng: Random, name: str, contract: str, scope: str, *, adaptive: bool, measured: bool
) -> dict[str, Any]:
    strategy = "adaptive" if adaptive else rng.choice(STRATEGIES[:-1])
    window: int = rng.choice((10, 45))
    budget: int = rng.choice((window, 2 * window, 6 * window))
    ranked = rng.random() < 0.7
    tier: dict[str, Any] = {
        "name": name,
        "contract": contract,
        "scope": scope,
        "clause": "invented",
        "ranking": _MEASURED if measured else _RANKING,
        "award_rule": "ranked" if ranked else "first",
        "strategy": strategy,
        "window_minutes": {"urgent": window // 2, "routine": window},
        "budget_minutes": {"urgent": budget // 2, "routine": budget},
        "cqc_ratings": ["outstanding", "good", "not_inspected"],
    }
    if contract == "spot":
        tier |= {
            "rate_limit_pence": 2000,
            "rate_approver": rng.choice((None, "manager", "manager")),
        }
    if ranked:
        tier["settling_minutes"] = rng.choice((5, 20))
    return tier


def strategies_in(document: Document) -> frozenset[str]:
    """The strategies and award rules of a policy, for the count of what schedules have met."""
    return frozenset(chain(*((tier.strategy, tier.award_rule) for tier in document.tiers)))
