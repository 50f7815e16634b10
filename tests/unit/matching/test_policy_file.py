"""Policy documents: what is read, what is refused with its line, and what ships."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from services.matching.domain.codes import Urgency
from services.matching.domain.market import Provider
from services.matching.policy_document import DOCUMENT_MAX_BYTES
from services.matching.policy_file import InvalidPolicyError, check_policy, load_policy
from tests.unit.matching.world import Story, contract, market, provider, referral, wanted

POLICIES = Path(__file__).parents[3] / "deploy" / "policies"
GOOD = """\
name: good
targets_minutes: [90, 240]
confirmation_minutes: 120
telephone_grace_minutes: 30
prompt_decline_minutes: 15
lots:
  north:
    outcodes: [E4]
    neighbours: [south]
  south:
    outcodes: [E17]
tiers:
  - name: lot
    contract: framework
    scope: lot
    clause: {reference: "7.1", allows: {ranking: [hours, turns], strategies: [simultaneous], award_rules: [ranked]}}
    ranking: [turns]
    award_rule: ranked
    settling_minutes: 10
    strategy: simultaneous
    window_minutes: {urgent: 10, routine: 20}
    budget_minutes: {urgent: 10, routine: 20}
    cqc_ratings: [good]
  - name: spot
    contract: spot
    scope: any
    clause: {reference: "8", allows: {ranking: [], strategies: [waves], award_rules: [first]}}
    ranking: []
    award_rule: first
    strategy: waves(3)
    window_minutes: {urgent: 10, routine: 20}
    budget_minutes: {urgent: 30, routine: 60}
    cqc_ratings: [good, not_inspected]
    rate_limit_pence: 2000
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "policy.yaml"
        path.write_text(text)
        return path

    return write


def test_a_sound_document_becomes_a_policy(write):
    """Every field arrives where the rules look for it."""
    path = write(GOOD)
    assert check_policy(path) == check_policy(path, None)
    assert check_policy(path).errors == check_policy(path).warnings == ()
    policy = load_policy(path)
    lot, spot = policy.tiers
    assert (policy.name, policy.targets_minutes) == ("good", (90, 240))
    assert (policy.confirmation_minutes, policy.telephone_grace_minutes) == (120, 30)
    assert policy.prompt_decline_minutes == 15
    assert (policy.lots_of("E4"), policy.neighbours_of("E4")) == (("north",), ("south",))
    assert policy.lots_of("ZZ9") == policy.neighbours_of("ZZ9") == ()
    assert (lot.kind, lot.scope, lot.clause, lot.components) == (
        "framework",
        "lot",
        "7.1",
        ("turns",),
    )
    assert (lot.award_rule, lot.settling_minutes, lot.wave_size) == ("ranked", 10, 0)
    assert lot.window_minutes == {"urgent": 10, "routine": 20}
    assert (spot.award_rule, spot.settling_minutes, spot.wave_size) == ("first", 0, 3)
    assert (spot.rate_limit_pence, spot.accept_new) == (2000, True)
    assert spot.cqc_ratings == {"good", "not_inspected"}
    assert spot.budget_minutes == {"urgent": 30, "routine": 60}


NO_STRATEGY = (
    "not a strategy; give adaptive, sequential (one at a time), simultaneous (everybody at once) or"
    " waves(n) with n at once"
)
WRONG = [
    ("window_minutes: {urgent: 10, routine: 20}", "window_minutes: {urgent: 0, routine: 20}",
     "policy.yaml:21: tiers[0].window_minutes.urgent: too small; give a number greater than 0"),
    ("strategy: waves(3)", "strategy: waves(0)",
     "policy.yaml:30: tiers[1].strategy: " + NO_STRATEGY),
    ("strategy: waves(3)", "strategy: 3",
     "policy.yaml:30: tiers[1].strategy: " + NO_STRATEGY),
    ("strategy: waves(3)", "strategi: waves(3)",
     "policy.yaml:30: tiers[1].strategi: unknown key; remove it or correct its name"),
    ("strategy: waves(3)", "strategi: waves(3)",
     "policy.yaml:24: tiers[1].strategy: missing; add it"),
    ("outcodes: [E4]", "outcodes: []", "policy.yaml:8: lots.north.outcodes: empty; give at least one"),
    ("outcodes: [E4]", "outcodes: [e4]",
     "policy.yaml:8: lots.north.outcodes[0]: not of the right form; it must match"),
    ("neighbours: [south]", "neighbours: [west]",
     "policy.yaml:9: lots.north.neighbours[0]: no lot is called west; give the name of a lot"),
    ("neighbours: [south]", "neighbours: [north]",
     "policy.yaml:9: lots.north.neighbours[0]: a lot is not its own neighbour; remove it"),
    ("outcodes: [E17]", "outcodes: [E17, E4]",
     "policy.yaml:11: lots.south.outcodes[1]: E4 is in north already; an outcode lies in one lot"),
    ("targets_minutes: [90, 240]", "targets_minutes: [90, 90]",
     "policy.yaml:2: targets_minutes[1]: not later than the one before; give rising minutes"),
    ("targets_minutes: [90, 240]", "targets_minutes: []",
     "policy.yaml:2: targets_minutes: empty; give at least one"),
    ("name: spot", "name: lot",
     "policy.yaml:24: tiers[1].name: lot is taken; give each tier its own name"),
    ("    settling_minutes: 10\n", "",
     "policy.yaml:13: tiers[0].settling_minutes: missing; say for how many minutes"),
    ("award_rule: first", "award_rule: first\n    settling_minutes: 5",
     "policy.yaml:30: tiers[1].settling_minutes: the first acceptance wins at once"),
    ("ranking: [turns]", "ranking: [turns, turns]",
     "policy.yaml:17: tiers[0].ranking[1]: turns is there twice; keep one"),
    ("ranking: [turns]", "ranking: [price]",
     "policy.yaml:17: tiers[0].ranking[0]: not known; give 'continuity'"),
    ("scope: any", "scope: lot",
     "policy.yaml:26: tiers[1].scope: nobody can ever be in this tier: only framework"),
    ("    neighbours: [south]\n", "", None),
    ("  south:", "  South:", "policy.yaml:10: lots.South: not of the right form"),
    ("confirmation_minutes: 120", "confirmation_minutes: 1.5",
     "policy.yaml:3: confirmation_minutes: not minutes; give a whole number such as 60"),
    ("rate_limit_pence: 2000", "rate_limit_pence: 200000",
     "policy.yaml:34: tiers[1].rate_limit_pence: too large; give 100000 or less"),
    ("cqc_ratings: [good]", "cqc_ratings: []",
     "policy.yaml:23: tiers[0].cqc_ratings: empty; give at least one"),
    ("name: good", "name: good\nname: better", "policy.yaml:2: name: given twice; keep one of them"),
    ("name: good", "name: [", "policy.yaml:3: not readable as YAML"),
    (GOOD, "- a list\n", "policy.yaml:1: not a policy: give keys such as name, lots and tiers"),
    (GOOD, "", "policy.yaml:1: not a policy: give keys such as name, lots and tiers"),
    (GOOD, "\x00", "policy.yaml:1: not readable as YAML"),
    (GOOD[GOOD.index("tiers:"):], "tiers: []\n", "policy.yaml:12: tiers: empty; give at least one"),
    (GOOD, "#" * (DOCUMENT_MAX_BYTES + 1), "policy.yaml:1: larger than"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "line"), WRONG)
def test_a_mistake_is_told_with_file_line_and_path(write, right, wrong, line):
    """Each mistake by itself: where it is, what is wrong, what to do; the policy is not used."""
    path = write(GOOD.replace(right, wrong, 1))
    errors = check_policy(path).errors
    if line is None:
        assert errors == ()
        return
    assert any(error.startswith(line) for error in errors), errors
    with pytest.raises(InvalidPolicyError) as raised:
        load_policy(path)
    assert raised.value.errors == errors


def test_a_neighbours_tier_without_neighbours_is_a_mistake(write):
    """Nobody could ever be in it."""
    text = GOOD.replace("    neighbours: [south]\n", "").replace("scope: lot", "scope: neighbours")
    (error,) = check_policy(write(text)).errors
    assert error.startswith("policy.yaml:14: tiers[0].scope: nobody can ever be in this tier")


def test_all_mistakes_are_told_at_once(write):
    """A mistake of shape hides none of sense, nor the other way round; in the file's order."""
    text = GOOD.replace("strategy: simultaneous", "strategy: all").replace(
        "outcodes: [E17]", "outcodes: [E4]"
    )
    text = text.replace("award_rule: first", "award_rule: first\n    settling_minutes: 5")
    errors = check_policy(write(text.replace("[90, 240]", "[240, 90]") + "more: 1\n")).errors
    lines = [int(error.split(":")[1]) for error in errors]
    assert lines == sorted(lines)
    assert len(lines) == 5, errors


def test_an_oddity_is_a_warning(write):
    """A window longer than its tier, and budgets longer than the last target, are said, not refused."""
    text = GOOD.replace(
        "window_minutes: {urgent: 10, routine: 20}", "window_minutes: {urgent: 11, routine: 20}", 1
    )
    text = text.replace("routine: 60", "routine: 300")
    report = check_policy(write(text))
    assert report.errors == ()
    first, second = report.warnings
    assert first == "policy.yaml:12: tiers: the routine budgets add up to 320 minutes, more than the last target of 240"  # fmt: skip
    assert (
        second
        == "policy.yaml:21: tiers[0].window_minutes.urgent: 11 minutes are cut to the tier's 10"
    )
    assert load_policy(write(text)).name == "good"


def test_against_the_register_empty_tiers_and_lots_are_mistakes(write):
    """`policy check` with the register says who is missing."""
    report = check_policy(write(GOOD), [provider("A", contract(lot="north"))])
    lot, tier = report.errors
    assert lot.startswith("policy.yaml:10: lots.south: nobody serves this lot")
    assert tier.startswith("policy.yaml:24: tiers[1]: nobody in the register can be in this tier")
    report = check_policy(write(GOOD), [provider("A", contract(lot="elsewhere"), contract("spot"))])
    places = [error.split(":")[2].strip() for error in report.errors]
    assert places == ["lots.north", "lots.south", "tiers[0]"]


def test_the_version_is_the_contents(write):
    """Comments and layout do not change it; any value does."""
    version = load_policy(write(GOOD)).version
    assert len(version) == 16
    assert int(version, 16) >= 0
    assert load_policy(write("# a comment\n" + GOOD)).version == version
    assert load_policy(write(GOOD.replace("2000", "2001"))).version != version


def shipped(*extra: Provider):
    return [
        *[
            provider(lot, contract(lot=lot))
            for lot in ("chingford", "walthamstow", "leyton", "leytonstone", "borders")
        ],
        provider("dps", contract("dps")),
        provider("spot", contract("spot", rate_pence=1900)),
        *extra,
    ]


@pytest.mark.parametrize("name", ["three-tier", "waltham-forest"])
def test_the_shipped_policies_are_sound(name):
    """No mistake, no oddity, also against a register with somebody in every lot."""
    report = check_policy(POLICIES / f"{name}.yaml", shipped())
    assert report.errors == report.warnings == ()


@pytest.mark.parametrize("urgency", get_args(Urgency))
def test_the_demonstrations_budgets_leave_time_before_the_last_target(urgency):
    """A typical package can be filled in 4 hours: the tiers' budgets add up to less."""
    policy = load_policy(POLICIES / "three-tier.yaml")
    assert sum(tier.budget_minutes[urgency] or 0 for tier in policy.tiers) < 240
    assert len(policy.lots) == 5


def test_the_published_policy_passes_over_each_dps_provider_with_its_reason():
    """The DPS takes no new packages: its tier opens with nobody, and everybody has a reason."""
    policy = load_policy(POLICIES / "waltham-forest.yaml")
    told = Story(policy=policy, market=market(*[p for p in shipped() if p.name in {"dps", "spot"}]))
    told.when(referral(wanted("E4")))
    assert told.passed_over() == {"dps": "not_accepting_new"}
    assert told.asked() == ["spot"]
