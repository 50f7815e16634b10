"""The policy of the end-to-end tests: many small lots, so that every test has a place of its own.

At the tests' clock a minute takes a second. Routine windows outlast a test on a slow machine;
urgent ones lapse while it watches.
"""

from pathlib import Path

import yaml

SCALE = 60.0
"""How fast the tests' clock runs: its minutes are real seconds."""

TARGETS = [4, 12]
CONFIRMATION_MINUTES = 6
TELEPHONE_GRACE_MINUTES = 8
SETTLING_MINUTES = 4
URGENT_MINUTES = 6
ROUTINE_MINUTES = 90

OUTCODES = tuple(f"{area}{number}" for area in ("N", "SE", "SW", "NW") for number in range(1, 61))
"""In pairs: a lot and its neighbour."""


def lot_of(outcode: str) -> str:
    """The lot that an outcode is all of."""
    return f"lot-{outcode.lower()}"


def write_policy(path: Path) -> Path:
    """Framework lot and neighbours by rank, DPS and spot to the first who says yes."""
    minutes = {"urgent": URGENT_MINUTES, "routine": ROUTINE_MINUTES}
    every = {
        "strategy": "simultaneous",
        "window_minutes": minutes,
        "budget_minutes": minutes,
        "cqc_ratings": ["outstanding", "good"],
        "clause": "Invented for tests",
    }
    ranked = {"award_rule": "ranked", "settling_minutes": SETTLING_MINUTES, **every}
    first = {"award_rule": "first", "ranking": ["turns"], **every}
    framework = {"contract": "framework", "ranking": ["contract_rank", "turns"], **ranked}
    document = {
        "name": "end-to-end",
        "targets_minutes": TARGETS,
        "confirmation_minutes": CONFIRMATION_MINUTES,
        "telephone_grace_minutes": TELEPHONE_GRACE_MINUTES,
        "prompt_decline_minutes": 1,
        "lots": {
            lot_of(one): {"outcodes": [one], "neighbours": [lot_of(other)]}
            for pair in zip(OUTCODES[::2], OUTCODES[1::2], strict=True)
            for one, other in (pair, pair[::-1])
        },
        "tiers": [
            {"name": "framework-lot", "scope": "lot", **framework},
            {"name": "neighbours", "scope": "neighbours", **framework},
            {"name": "dps", "contract": "dps", "scope": "any", **first},
            {
                "name": "spot",
                "contract": "spot",
                "scope": "any",
                "rate_limit_pence": 2100,
                "rate_approver": "head-of-brokerage",
                **first,
            },
        ],
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path
