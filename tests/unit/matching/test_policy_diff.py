"""What changes for whom between two policies, as a commissioner would write it."""

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.matching.domain.calendar import Calendar
from services.matching.domain.policy import Kpi, Lot, Policy, Tier
from services.matching.policy_diff import NOTHING, differences
from services.matching.policy_file import load_policy
from tests.unit.matching.world import policy, tier

POLICIES = Path("deploy/policies")


def test_waltham_forest_to_three_tier():
    """Every sentence of it: nothing is left out, and nothing is said of what stays."""
    was, now = (load_policy(POLICIES / f"{name}.yaml") for name in ("waltham-forest", "three-tier"))
    assert differences(was, now) == tuple(
        """\
In step dps, DPS providers are offered new packages again. They are asked as many at a time as the goals call for and ranked by whoever had the package before, then whom the person named, then fewest offers lately, then CQC rating; each has 4 hours to answer, and the best-ranked of the providers that say yes gets the package.
In steps framework-lot, framework-neighbours and spot, providers are asked as many at a time as the goals call for; before, all at once.
In steps framework-lot and framework-neighbours, a provider has 4 hours to answer; before, 20 minutes for an urgent package and 1 hour for a routine one.
In steps framework-lot and framework-neighbours, a yes waits up to 15 minutes for better-ranked providers; before, 20 minutes.
In step dps, the call-off rests on “Dynamic purchasing system, request to all that qualify (invented wording)”; before, “Dynamic purchasing system, closed to new packages since October 2022”.
In step spot, a provider has 4 hours to answer; before, 30 minutes for an urgent package and 1 hour for a routine one.
In step spot, the call-off rests on “Spot purchase below threshold at the provider's fixed rate (invented wording)”; before, “Spot purchase, only when the framework lacks capacity”.
Step framework-neighbours joins in after 30 minutes for an urgent package and 45 minutes for a routine one, beside the live offers of framework-lot; before, it took over from framework-lot after 20 minutes for an urgent package and 1 hour for a routine one.
Step dps joins in after 20 minutes for an urgent package and 30 minutes for a routine one, beside the live offers of framework-neighbours; before, it took over from framework-neighbours after 20 minutes for an urgent package and 1 hour for a routine one.
Step spot joins in after 30 minutes for an urgent package and 45 minutes for a routine one, beside the live offers of dps; before, dps asked nobody.
A person takes over from spot when nobody is left to ask; before, a person took over from spot after 30 minutes for an urgent package and 1 hour for a routine one.
The goals are 70% within 90 minutes and 97% within 4 hours; before, not set.
To fill one more package in time is worth 8 extra offers within 90 minutes and 80 extra offers within 4 hours; before, no extra offers.""".splitlines()
    )


def test_nothing_changes_between_a_policy_and_itself():
    """It says so."""
    assert differences(policy(), policy(name="renamed", version="1" * 16)) == (NOTHING,)


def test_three_tier_to_waltham_forest():
    """The other way round: what closes, and who comes to it next."""
    was, now = (load_policy(POLICIES / f"{name}.yaml") for name in ("three-tier", "waltham-forest"))
    said = differences(was, now)
    assert said[0] == (
        "In step dps, DPS providers keep their packages and are offered no new ones."
    )
    assert (
        "A person takes over from spot after 30 minutes for an urgent package and 1 hour for a"
        " routine one; before, a person took over from spot when nobody was left to ask."
    ) in said


BEFORE = policy(tier(), tier("spot", "spot", "any"))
STEPS = [
    ({"lots": (Lot(name="north", outcodes=frozenset({"E4", "E17"})),)},
     [("Packages in E17 are offered to the providers of lot north first; before, to those of lot"
      " south.")]),
    ({"lots": (Lot(name="north", outcodes=frozenset({"E4"})),)},
     [("Packages in E17 lie in no lot any more: only steps that ask all providers of a kind reach"
      " them.")]),
    ({"tiers": (tier(),)}, ["Step spot is gone: all spot providers are no longer asked by it."]),
    ({"tiers": (tier(), tier("dps", "dps", "any"), tier("spot", "spot", "any"))},
     [("Step dps is new: after lot, all DPS providers are asked all at once, and each has 15 minutes"
      " for an urgent package and 30 minutes for a routine one to answer.")]),
    ({"tiers": (tier("spot", "spot", "any"), tier())},
     ["The steps come in another order: spot and lot; before, lot and spot."]),
    ({"tiers": (tier(accept_new=False, wave_size=1), tier("spot", "spot", "any"))},
     ["In step lot, framework providers keep their packages and are offered no new ones."]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentences"), STEPS)
def test_lots_and_steps(changes, sentences):
    """Where packages go, and in which order who is asked."""
    assert list(differences(BEFORE, replace(BEFORE, **changes))) == sentences


def test_neighbours_are_told_where_a_step_asks_them():
    """By lot: who is asked next."""
    was = policy(tier(), tier("near", scope="neighbours"))
    lots = (was.lots[0], replace(was.lots[1], neighbours=()))
    assert differences(was, replace(was, lots=lots)) == (
        "When nobody of lot south takes a package, its neighbours are nobody; before, lot north.",
    )


OTHER_OF_TIER: dict[str, Any] = {
    "kind": "dps", "scope": "any", "clause": "7.2", "components": ("distance",),
    "weights": {"continuity": 1.0, "choice": 2.0, "contract_rank": 3.0, "turns": 4.0,
                "cqc_rating": 5.0},
    "award_rule": "first", "settling_minutes": 5, "wave_size": 2, "adaptive": True,
    "window_minutes": {"routine": 31, "urgent": 15}, "budget_minutes": {"routine": 61, "urgent": 9},
    "working_windows": frozenset({"routine"}), "working_budgets": frozenset({"routine"}),
    "cqc_ratings": frozenset({"good"}), "capacity": "strict", "insurance": "required",
    "data_protection": "ignored", "continuity_passes": frozenset({"closed"}),
    "most_live_offers": 3, "rate_limit_pence": 2100, "accept_new": False,
}  # fmt: skip
OTHER_OF_POLICY: dict[str, Any] = {
    "lots": (Lot(name="north", outcodes=frozenset({"E4"})),), "tiers": (tier("other"),),
    "targets_minutes": (60,), "goals_percent": {90: 70.0}, "prices": {90: 8.0},
    "confirmation_minutes": 60, "urgent_confirmation_minutes": 30,
    "working_confirmation": frozenset({"routine"}), "telephone_grace_minutes": 5,
    "prompt_decline_minutes": 5, "date_tolerance_days": 1, "small_change_percent": 5,
    "calendar": Calendar(weekdays=frozenset({0}), opens_minute=540, closes_minute=1020,
                         holidays=frozenset({date(2026, 4, 3)})),
    "hold_days": 1, "pause_days": 1, "start_overdue_hours": 1, "care_gap_hours": 1,
    "pause_warning_hours": 1, "care_answer_hours": 1,
    "reablement_weeks": 1, "reablement_review_days": 1,
    "needed_person_view": frozenset({"agrees"}), "withdraw_on_suspension": False,
    "kpis": (Kpi(measure="refused", at_most_percent=(0.0,)),),
}  # fmt: skip
UNTOLD = {"name", "version", "measured", "rate_approver"}
"""`rate_approver` is told with the limit that it is for."""


def _values(kind: type) -> set[str]:
    return {one.name for one in fields(kind) if one.init} - UNTOLD


@pytest.mark.parametrize("field", sorted(_values(Tier)))
def test_every_value_of_a_step_is_told_when_it_changes(field):
    """A value that the rules go by and no sentence tells would change behind people's backs."""
    was = policy(tier())
    now = policy(replace(tier(), **{field: OTHER_OF_TIER[field]}))
    assert differences(was, now) != (NOTHING,)


@pytest.mark.parametrize("field", sorted(_values(Policy)))
def test_every_value_of_a_policy_is_told_when_it_changes(field):
    """The same for what holds for every step."""
    now = replace(policy(), **{field: OTHER_OF_POLICY[field]})
    said = differences(policy(), now)
    assert said != (NOTHING,)
    assert all(sentence.endswith(".") for sentence in said)


def test_who_approves_a_rate_is_told_with_the_limit():
    """As a commissioner would ask for it."""
    was, now = (policy(tier(rate_limit_pence=2100, rate_approver=who)) for who in (None, "ada"))
    assert differences(was, now) == (
        (
            "In step lot, the most that is paid is £21.00 an hour unless ada approves; before, £21.00"
            " an hour."
        ),
    )
