"""Market files: what is read, what is refused by name with its line, and what ships."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.simulator.market import SENSITIVITY, Factors, changed
from deploy.simulator.market_file import (
    MARKET_MAX_BYTES,
    InvalidMarketError,
    load_market,
    unmatched,
)
from services.matching.policy_file import load_policy
from tests.unit.simulator.small import POLICY, SMALL, policy, small, written

DEPLOY = Path(__file__).parents[3] / "deploy"
MARKETS = sorted((DEPLOY / "markets").glob("*.yaml"))
SHIPPED = {
    "waltham-forest": "three-tier",
    "devon": "devon-cares",
    "rural-thin": "devon-cares",
    "winter-surge": "waltham-forest",
    "hostile": "devon-cares",
    "essex": "essex-ranked",
}
NOT_FROZEN = {"essex": "No adaptive policy was tuned on it"}


def test_a_sound_file_becomes_a_market(tmp_path):
    """What is written once stands for a list of one, and what is merged in is there."""
    market = small(tmp_path)
    first, second, third = market.providers
    assert first.habits[0].hours == (450, 1200)
    assert (second.habits[0].answers, second.habits[0].accepts) == (0.9, 0.3)
    assert [one.from_week for one in third.habits] == [0, 10]
    assert third.habits_in(9).accepts == 0.4
    assert third.habits_in(10).accepts == 0.9
    assert sum(part.share for part in third.habits[1].answer_minutes) == 1
    assert first.contracts[0].rate_pence == 1790


WRONG = [
    ("per_week: 20", "per_weak: 20", "3: arrivals.per_weak: unknown key; remove it or correct"),
    ("per_week: 20", "per_weak: 20", "2: arrivals.per_week: missing; add it"),
    ("per_week: 20", "per_week: -3", "3: arrivals.per_week: too small; give a number greater"),
    ("per_week: 20", "per_week: many", "3: arrivals.per_week: not a number; give one"),
    ("per_week: 20", "per_week: .nan", "3: arrivals.per_week: "),
    ('hours: "08:00-18:00"', 'hours: "18:00-08:00"', "4: arrivals.hours: not hours of a day;"),
    ('hours: "08:00-18:00"', 'hours: "8-18"', "4: arrivals.hours: not hours of a day; give them"),
    ('hours: "08:00-18:00"', 'hours: "08:60-18:00"', "4: arrivals.hours: not hours of a day;"),
    ("weekdays: 1.0\n  weekends: 0.4", "weekdays: 0\n  weekends: 0", "5: arrivals.weekdays: no day"),
    ("{E4: 0.6, E17: 0.4}", "{E4: 0.6, E17: 0.3}",
     "7: arrivals.by_outcode: shares that add up to 0.9; make them add up to 1"),
    ("{E4: 0.6, E17: 0.4}", "{E4: 0.6, e17: 0.4}", "7: arrivals.by_outcode.e17: not of the right"),
    ("{E4: 0.6, E17: 0.4}", "{E4: 0.6, E10: 0.4}",
     "7: arrivals.by_outcode.E10: nobody works in E10; add it to a provider's outcodes"),
    ("hospital: 0.7", "hospice: 0.7", "8: arrivals.sources.hospice: not known; give 'hospital'"),
    ("hospital: 0.7", "hospital: 0.8", "8: arrivals.sources: shares that add up to 1.1;"),
    ("urgent: 0.2", "urgent: 1.2", "12: packages.urgent: too large; give 1 or less"),
    ("urgent: 0.2", "urgent: yes", "12: packages.urgent: not a number; give one"),
    ("{median: 10, sigma: 0.8}", "{median: -10, sigma: 0.8}",
     "13: packages.complete_after_minutes.median: too small; give a number greater than 0"),
    ("difficulty: 0.7", "difficulty: -1", "11: packages.difficulty: too small; give 0 or more"),
    ("medication: 0.5, ", "medicine: 0.5, ", "15: packages.needs.medicine: not known; give"),
    ("hoist: 0.1}", "stoma: 0.1}", "15: packages.needs.stoma: nobody is capable of stoma; add it"),
    ("kind: framework, lot: north", "kind: frame, lot: north",
     "21: providers[0].contracts[0].kind: not known; give 'framework', 'dps' or 'spot'"),
    ("lot: north, ", "", "21: providers[0].contracts[0].lot: missing; a framework contract is in"),
    ("{kind: spot, rate", "{kind: spot, rank: 2, rate",
     "35: providers[2].contracts[0].rank: only framework contracts have one; remove it"),
    ("[{kind: spot, rate: 19.5}]", "[{kind: spot, rate: 19.5}, {kind: spot, rate: 20.0}]",
     "35: providers[2].contracts[1]: the same kind and lot twice; keep one of them"),
    ("rate: 17.90", "rate: 0", "21: providers[0].contracts[0].rate: too small; give a number"),
    ("outcodes: [E4, E17]", "outcodes: []", "22: providers[0].outcodes: empty; give at least one"),
    ("cqc: good", "cqc: excellent", "23: providers[0].cqc: not known; give 'outstanding', 'good'"),
    ("medication, hoist]", "medication, lifting]", "24: providers[0].capabilities[3]: "),
    ("hours_a_week: 900", "hours_a_week: 0", "25: providers[0].hours_a_week: too small; give a"),
    ("- id: second", "- id: first", "27: providers[1].id: first is taken; give each provider its"),
    ("answers: 0.9", "answers: 1.9", "26: providers[0].habits.answers: too large; give 1 or less"),
    ("accepts: 0.4", "accepts: -0.4", "26: providers[0].habits.accepts: too small; give 0 or more"),
    ("releases: 0.05", "released: 0.05", "26: providers[0].habits.released: unknown key; remove"),
    ("accepts_by_outcode: {E4: 0.1}", "accepts_by_outcode: {E4: 11}",
     "33: providers[1].habits.accepts_by_outcode.E4: too large; give 1 or less"),
    ("{median: 20, sigma: 0.8}", "{median: 20, sigma: -0.8}",
     "26: providers[0].habits.answer_minutes.sigma: too small; give 0 or more"),
    ("share: 0.6", "share: 0.7",
     "42: providers[2].habits[1].answer_minutes: shares that add up to 1.1; make them add up to 1"),
    ("median: 5,", "median: 0,",
     "42: providers[2].habits[1].answer_minutes[0].median: too small; give a number greater"),
    ("from_week: 10", "from_week: 0", "42: providers[2].habits[1].from_week: not later than"),
    ("      - *usual\n", "", "41: providers[2].habits[0].from_week: the first habits hold from"),
    ("lot: south, from_week: 4", "lot: west, from_week: 4",
     "44: outages[0].lot: nobody has a contract in lot west; give one of north, south"),
    ("days: 7", "days: -7", "44: outages[0].days: too small; give a number greater than 0"),
    ("releases: 0.05", "hands_back: {a_week: 1.0, notice_days: {median: 20, sigma: 0.5}}",
     "26: providers[0].habits.hands_back.a_week: too large; give"),
    ("releases: 0.05", "hands_back: {a_week: 0.1}",
     "26: providers[0].habits.hands_back.notice_days: missing; add it"),
    ("releases: 0.05", "hands_back: {a_week: 0.1, notice_days: {median: 0, sigma: 0.5}}",
     "26: providers[0].habits.hands_back.notice_days.median: too small; give"),
    ("releases: 0.05", "takes_changes: 0.5", ("26: providers[0].habits[0].takes_changes: nobody is asked"
     " that in this market; add life.changes or remove it")),
    ("releases: 0.05", "takes_restarts: 0.5", ("26: providers[0].habits[0].takes_restarts: nobody is"
     " asked that in this market; add life.pauses or remove it")),
    ("outages:", "life: {}\noutages:", "43: life: nothing happens in it; give pauses, changes or"),
    ("outages:", "life: {pause: {}}\noutages:", "43: life.pause: unknown key; remove it or"),
    ("outages:", "life: {changes: {a_week: -0.1, factor: {median: 1.0, sigma: 0.1}}}\noutages:",
     "43: life.changes.a_week: too small; give 0 or more"),
    ("outages:", "life: {pauses: {a_week: 0.1, days: {median: 5, sigma: 1.0}, returns: 2}}\noutages:",
     "43: life.pauses.returns: too large; give 1 or less"),
    ("  reablement: 0.2\n", "life: {long_term_after_reablement: 0.5}\n",
     "17: life.long_term_after_reablement: no package is reablement; give packages.reablement"),
    ("outages:", "outage:", "43: outage: unknown key; remove it or correct its name"),
    ("name: small", "name: small\nname: other", "2: name: given twice; keep one of them"),
    ("name: small", "name: [small", "market.yaml:"),
    (SMALL, "- a list\n", "1: not a market: give keys such as name, arrivals and providers"),
    (SMALL, "", "1: not a market: give keys"),
    (SMALL, "{}\n", "1: providers: missing; add it"),
    (SMALL, "#" * (MARKET_MAX_BYTES + 1), "1: larger than"),
    (SMALL, "name: other\nlike: nowhere.yaml\n", "2: like: no market nowhere.yaml is beside it"),
    (SMALL, "name: other\nlike: market.yaml\n", "2: like: market.yaml is like another; name one"),
    (SMALL, "name: other\nlike: ../market.yaml\n", "2: like: not of the right form"),
    (SMALL, "name: other\nlike: base.yaml\ndemnd: 2\n", "3: demnd: unknown key; remove it or"),
    (SMALL, "name: other\nlike: base.yaml\ndemand: 0\n", "3: demand: too small; give a number"),
]  # fmt: skip


def test_a_list_with_a_wrong_entry_is_not_called_empty(tmp_path):
    """Only what is wrong is told."""
    with pytest.raises(InvalidMarketError) as refused:
        small(tmp_path, ("rate: 17.90", "rate: 0"))
    assert not [line for line in refused.value.errors if "empty" in line]
    assert len(refused.value.errors) == 1


@pytest.mark.parametrize(("before", "after", "expected"), WRONG)
def test_what_is_wrong_is_refused_by_name(tmp_path, before, after, expected):
    """Each mistake is told with file, line, place and remedy, and none gets through."""
    written(tmp_path, SMALL, name="base.yaml")
    path = written(tmp_path, SMALL, (before, after))
    with pytest.raises(InvalidMarketError) as refused:
        load_market(path)
    wanted = expected if expected.startswith("market.yaml") else f"market.yaml:{expected}"
    assert any(line.startswith(wanted) for line in refused.value.errors), refused.value.errors


def test_every_mistake_is_told_at_once(tmp_path):
    """Two mistakes in one file are two lines, in the file's order."""
    path = written(tmp_path, SMALL, ("cqc: good", "cqc: fine"), ("urgent: 0.2", "urgent: 2"))
    with pytest.raises(InvalidMarketError) as refused:
        load_market(path)
    assert [line.split(":")[1] for line in refused.value.errors] == ["12", "23"]


def test_a_market_like_another_has_its_factors(tmp_path):
    """The other market is read from the same folder, multiplied, and named anew."""
    base = load_market(written(tmp_path, SMALL, name="base.yaml"))
    path = written(tmp_path, "name: harsh\nlike: base.yaml\ndemand: 2\nacceptance: 0.5\n")
    harsh = load_market(path)
    assert harsh == changed(base, Factors(demand=2, acceptance=0.5), "harsh")
    assert harsh.arrivals.per_week == 40
    second = harsh.providers[1].habits[0]
    assert (second.accepts, second.accepts_by_outcode, second.accepts_double_handed) == (
        0.15, {"E4": 0.05}, 0.075,
    )  # fmt: skip


def test_factors_leave_chances_chances(tmp_path):
    """A chance never passes 1, and what is not multiplied stays as it is."""
    market = small(tmp_path)
    eager = changed(market, Factors(acceptance=10))
    assert eager.providers[2].habits[1].accepts == 1
    assert eager.providers[0].habits[0].answers == 0.9
    worse = changed(market, SENSITIVITY)
    assert worse.providers[0].habits[0].answer_minutes[0].median == 40
    assert worse.providers[0].habits[0].accepts == pytest.approx(0.28)
    assert changed(market, Factors()) == market


UNMATCHED = [
    ("south: {outcodes: [E17], neighbours: [north]}", "west: {outcodes: [E17], neighbours: [north]}",
     "no framework provider is in lot west; give the policy the market's lots (north, south)"),
    ("south: {outcodes: [E17], neighbours: [north]}", "west: {outcodes: [E17], neighbours: [north]}",
     "no lot of the policy is called south, where providers are"),
    ("{outcodes: [E17], ", "{outcodes: [E10], ",
     "E17, where packages come from, lies in no lot of the policy; add it to one"),
    ("contract: spot}", "contract: dps}",
     "nobody has a dps contract, so that tier spot is empty; remove the tier or add providers"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), UNMATCHED)
def test_a_policy_and_a_market_must_know_each_other(tmp_path, before, after, expected):
    """Lots that nobody serves, outcodes in no lot and tiers without anybody are named."""
    fits = policy(tmp_path)
    assert unmatched(small(tmp_path), fits) == ()
    text = (
        POLICY.replace("neighbours: [south]", "neighbours: [west]") if "west" in after else POLICY
    )
    other = load_policy(written(tmp_path, text, (before, after), name="other.yaml"))
    told = unmatched(small(tmp_path), other)
    assert any(line.startswith("policy small on market small: " + expected) for line in told), told


@pytest.mark.parametrize("path", MARKETS, ids=lambda path: path.stem)
def test_what_ships_is_sound_and_matched(path):
    """Every market that ships can be read, is named after its file, and has its policy."""
    market = load_market(path)
    assert market.name == path.stem
    policies = {SHIPPED[path.stem], "waltham-forest" if path.stem == "waltham-forest" else ""}
    for name in policies - {""}:
        assert unmatched(market, load_policy(DEPLOY / "policies" / f"{name}.yaml")) == ()


def test_these_markets_ship():
    """The markets of the guide are there, and no other."""
    assert {path.stem for path in MARKETS} == set(SHIPPED)


@pytest.mark.parametrize("path", MARKETS, ids=lambda path: path.stem)
def test_every_habit_has_a_source_or_is_assumed(path):
    """Each line with habits says where they come from, and each file that it is frozen or why not."""
    text = path.read_text(encoding="utf-8")
    assert NOT_FROZEN.get(path.stem, "FROZEN before the adaptive rule was tuned") in text
    lives = [
        line for line in text.splitlines() if re.match(r"\s+(a_week|days|factor|held_days):", line)
    ]
    assert all("# assumed" in line for line in lives)
    assert bool(lives) == load_market(path).lives
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines()
    said = [line for line in lines if re.match(r"\s+habits:", line)]
    assert all(re.search(r"# .*(assumed|Source:)", line) for line in said)
    assert isinstance(node, yaml.MappingNode)
    keys = {key.value: value for key, value in node.value}
    if "providers" in keys:
        assert len(said) == len(keys["providers"].value)
    else:
        assert "Both factors are assumed" in text
