"""Equal providers of different speed get equal hours in the long run. Source: domain rule 14."""

import math
from collections import defaultdict

import pytest

from deploy.simulator.market import SimulatedMarket
from deploy.simulator.running import Run, run
from services.matching.domain.codes import Urgency
from services.matching.domain.policy import Lot, Policy, Tier

SPEEDS = {"at-once": 2.0, "quick": 8.0, "steady": 20.0, "slow": 40.0}
"""Name → median minutes until it answers; in everything else the four are the same."""
SIGMA = 0.4
SETTLING_MINUTES = math.ceil(max(SPEEDS.values()) * math.exp(1.2816 * SIGMA))
"""The slowest one's 90th percentile: 67 minutes."""
YEARS = 2
BOTH: tuple[Urgency, ...] = ("urgent", "routine")


def market() -> SimulatedMarket:
    return SimulatedMarket.model_validate(
        {
            "name": "four-alike",
            "arrivals": {
                "per_week": 30,
                "hours": "08:00-16:00",
                "by_outcode": {"E4": 1.0},
                "sources": {"hospital": 1.0},
            },
            "packages": {
                "weekly_hours": {"median": 12, "sigma": 0.5},
                "weeks": {"median": 4, "sigma": 0.5},
                "difficulty": 0.5,
            },
            "providers": [
                {
                    "id": name,
                    "contracts": [{"kind": "framework", "lot": "north", "rate": 17.9}],
                    "outcodes": ["E4"],
                    "cqc": "good",
                    "capabilities": ["personal_care"],
                    "hours_a_week": 10_000,
                    "habits": {
                        "answers": 0.95,
                        "accepts": 0.6,
                        "answer_minutes": {"median": minutes, "sigma": SIGMA},
                        "hours": "06:00-23:00",
                    },
                }
                for name, minutes in SPEEDS.items()
            ],
        }
    )


def policy(award_rule: str, settling_minutes: int) -> Policy:
    return Policy(
        name="one-lot",
        version="0" * 16,
        lots=(Lot(name="north", outcodes=frozenset({"E4"})),),
        tiers=(
            Tier(
                name="lot",
                kind="framework",
                scope="lot",
                clause="7.1",
                components=("hours",),
                award_rule="ranked" if award_rule == "ranked" else "first",
                settling_minutes=settling_minutes if award_rule == "ranked" else 0,
                window_minutes=dict.fromkeys(BOTH, 120),
                budget_minutes=dict.fromkeys(BOTH, 120),
                cqc_ratings=frozenset({"good"}),
            ),
        ),
        targets_minutes=(90, 240),
        confirmation_minutes=120,
        telephone_grace_minutes=30,
        prompt_decline_minutes=15,
    )


def shares(
    award_rule: str, seed: int, *, years: int = YEARS, settling_minutes: int = SETTLING_MINUTES
) -> dict[str, float]:
    """Each provider's share of the weekly hours awarded in the long run."""
    wanted = Run(
        market=market(),
        policy=policy(award_rule, settling_minutes),
        seed=seed,
        weeks=52 * years,
        warm_up_weeks=8,
    )
    minutes: dict[str, int] = defaultdict(int)
    for package in run(wanted).packages:
        if package.provider is not None:
            minutes[package.provider] += package.weekly_minutes
    return {name: minutes[name] / sum(minutes.values()) for name in SPEEDS}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equal_providers_of_different_speed_get_equal_hours(seed: int) -> None:
    """Ranked by hours and settled after the slowest could answer: a quarter each, within 5%."""
    found = shares("ranked", seed)
    assert all(share == pytest.approx(0.25, rel=0.05) for share in found.values()), found


def test_a_short_settling_time_leaves_the_slow_behind() -> None:
    """Ranked by the same hours, but settled before the slowest has answered."""
    found = shares("ranked", 1, years=1, settling_minutes=5)
    assert found["slow"] < 0.25 * 0.95, found


def test_where_the_first_yes_wins_the_fastest_gets_most() -> None:
    """The same providers under `first`: what the settling time is there for."""
    found = shares("first", 1, years=1)
    assert found["at-once"] > 2 * found["slow"], found
