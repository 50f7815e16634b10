"""What `policy check` refuses: each with the line and the remedy."""

from pathlib import Path

import pytest

from services.matching.policy_file import check_policy, load_policy
from tests.unit.matching.world import contract, provider

SOUND = """\
name: sound
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
    neighbours: [north]
tiers:
  - name: lot
    contract: framework
    scope: lot
    clause:
      reference: "7.1"
      title: Call-off within the lot
      allows:
        ranking: [turns, distance, quality]
        strategies: [sequential, waves]
        award_rules: [ranked]
    ranking: [turns]
    award_rule: ranked
    settling_minutes: 10
    strategy: waves(2)
    window_minutes: {urgent: 10, routine: 20}
    budget_minutes: {urgent: 10, routine: 20}
    cqc_ratings: [good]
"""
SECOND = """\
  - name: second
    contract: framework
    scope: lot
    clause: {reference: "7.2", allows: {ranking: [], strategies: [sequential], award_rules: [first]}}
    ranking: []
    award_rule: first
    strategy: sequential
    window_minutes: 10
    budget_minutes: 20
    cqc_ratings: [good]
"""
WORKING = "window_minutes: {urgent: 10, routine: {minutes: 20, hours: working}}"
CALENDAR = 'calendar: {opens: "09:00", closes: 17:00, closed: [2026-12-24]}\n'


def findings(tmp_path: Path, text: str, registry=None) -> tuple[str, ...]:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return check_policy(path, registry).errors


def test_the_sound_one_is_sound(tmp_path):
    """No mistake and no oddity before anything is broken."""
    path = tmp_path / "policy.yaml"
    path.write_text(SOUND)
    registry = [provider("A", contract(lot="north")), provider("B", contract(lot="south"))]
    report = check_policy(path, registry)
    assert report.errors == report.warnings == ()
    assert load_policy(path).tiers[0].clause == "7.1 Call-off within the lot"


REFUSED = [
    ("a typo", "strategy: waves(2)", "strategie: waves(2)",
     "policy.yaml:27: tiers[0].strategie: unknown key; remove it or correct its name"),
    ("two lots claim an outcode", "outcodes: [E17]", "outcodes: [E17, E4]",
     "policy.yaml:11: lots.south.outcodes[1]: E4 is in north already; an outcode lies in one lot"),
    ("a window of zero", "window_minutes: {urgent: 10, routine: 20}",
     "window_minutes: {urgent: 0, routine: 20}",
     "policy.yaml:28: tiers[0].window_minutes.urgent: too small; give a number greater than 0"),
    ("a window of zero working minutes", "window_minutes: {urgent: 10, routine: 20}",
     "window_minutes: {urgent: 10, routine: {minutes: 0, hours: working}}",
     "policy.yaml:28: tiers[0].window_minutes.routine.minutes: too small; give a number greater"),
    ("a component beyond its clause", "ranking: [turns]", "ranking: [turns, cqc_rating]",
     ("policy.yaml:24: tiers[0].ranking[1]: clause 7.1 does not allow cqc_rating, only turns,"
      " distance, quality; use one of these, or rest the tier on a clause that allows it")),
    ("a weighted component beyond it", "ranking: [turns]", "ranking: {turns: 40, capacity: 60}",
     "policy.yaml:24: tiers[0].ranking.capacity: clause 7.1 does not allow capacity"),
    ("a strategy beyond it", "strategy: waves(2)", "strategy: simultaneous",
     ("policy.yaml:27: tiers[0].strategy: clause 7.1 does not allow simultaneous, only sequential,"
      " waves; use one of these")),
    ("an award rule beyond it", "award_rule: ranked\n    settling_minutes: 10",
     "award_rule: first",
     "policy.yaml:25: tiers[0].award_rule: clause 7.1 does not allow first, only ranked"),
    ("a tier that can never open", "cqc_ratings: [good]\n", "cqc_ratings: [good]\n" + SECOND,
     ("policy.yaml:31: tiers[1]: nobody can ever be asked in this tier: lot comes before it and asks"
      " the same providers under gates that are no stricter; remove it, or widen its gates")),
    ("a scope that nobody can be in", "contract: framework", "contract: spot",
     ("policy.yaml:16: tiers[0].scope: nobody can ever be in this tier: only framework contracts"
      " have lots; give any")),
    ("working hours without a calendar", "window_minutes: {urgent: 10, routine: 20}", WORKING,
     "policy.yaml:28: tiers[0].window_minutes: working hours, and no calendar says which; add"),
    ("working hours to confirm", "confirmation_minutes: 120",
     "confirmation_minutes: {minutes: 120, hours: working}",
     "policy.yaml:3: confirmation_minutes: working hours, and no calendar says which; add"),
    ("a day that ends before it begins", "lots:", CALENDAR.replace("17:00", "08:00") + "lots:",
     "policy.yaml:6: calendar.closes: not later than opens; give a later time of the day"),
    ("a time of day that is none", "lots:", CALENDAR.replace("17:00", "late") + "lots:",
     'policy.yaml:6: calendar.closes: not a time of day; give one such as "09:00"'),
    ("a weight of zero", "ranking: [turns]", "ranking: {turns: 0}",
     "policy.yaml:24: tiers[0].ranking.turns: too small; give a number greater than 0"),
    ("a measure nobody could compute", "lots:",
     "kpis: [{measure: accepted, at_least_percent: [80]}]\nlots:",
     "policy.yaml:6: kpis[0]: accepted needs within_hours, started needs within_working_days"),
    ("a measure without a figure", "lots:", "kpis: [{measure: refused}]\nlots:",
     "policy.yaml:6: kpis[0]: give at_least_percent or at_most_percent, one of them"),
    ("an unknown view", "lots:", "person_view_needed: [likes]\nlots:",
     "policy.yaml:6: person_view_needed[0]: not known; give 'not_asked'"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "right", "wrong", "line"), REFUSED, ids=lambda case: case[:34])
def test_a_mistake_is_refused_with_its_line_and_the_remedy(tmp_path, what, right, wrong, line):
    """Each mistake that a commissioner could make, by itself."""
    assert right in SOUND
    errors = findings(tmp_path, SOUND.replace(right, wrong, 1))
    assert any(error.startswith(line) for error in errors), (what, errors)


def test_a_lot_that_nobody_serves_is_refused(tmp_path):
    """Against the register, at the lot's line."""
    errors = findings(tmp_path, SOUND, [provider("A", contract(lot="north"))])
    (error,) = errors
    assert error == (
        "policy.yaml:10: lots.south: nobody serves this lot: no framework provider is in it;"
        " register one, or add its outcodes to another lot"
    )


def test_a_tier_that_nobody_of_the_register_can_be_in_is_refused(tmp_path):
    """Against the register, at the tier's line."""
    (first, *_) = reversed(findings(tmp_path, SOUND, [provider("A", contract("spot"))]))
    assert first.startswith("policy.yaml:14: tiers[0]: nobody in the register can be in this tier")


ACCEPTED = [
    ("gates that are wider", "cqc_ratings: [good]\n",
     "cqc_ratings: [good]\n" + SECOND.replace("[good]", "[good, not_inspected]")),
    ("a wider scope", "cqc_ratings: [good]\n",
     "cqc_ratings: [good]\n" + SECOND.replace("scope: lot", "scope: neighbours")),
    ("working hours with a calendar", "lots:", CALENDAR + "lots:"),
    ("weights", "ranking: [turns]", "ranking: {turns: 40, quality: 60}"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "right", "wrong"), ACCEPTED)
def test_what_makes_sense_is_not_refused(tmp_path, what, right, wrong):
    """The checks above refuse no more than they mean."""
    text = SOUND.replace(right, wrong, 1)
    text = text.replace("window_minutes: {urgent: 10, routine: 20}", WORKING) \
        if "calendar" in what else text  # fmt: skip
    assert findings(tmp_path, text) == ()


def test_a_clause_that_says_nothing_is_odd(tmp_path):
    """A plain name is read, and it is said that nobody can check the tier against it."""
    path = tmp_path / "policy.yaml"
    clause = SOUND[SOUND.index("    clause:") : SOUND.index("    ranking: [turns]")]
    path.write_text(SOUND.replace(clause, '    clause: "7.1"\n'))
    report = check_policy(path)
    assert report.errors == ()
    (odd,) = report.warnings
    assert odd.startswith("policy.yaml:17: tiers[0].clause: says nothing of what it allows")


def test_working_days_that_nobody_defines_are_odd(tmp_path):
    """A measure in working days wants a calendar; with one nothing is odd."""
    kpis = "kpis: [{measure: started, within_working_days: 2, at_least_percent: [80]}]\n"
    path = tmp_path / "policy.yaml"
    path.write_text(SOUND + kpis)
    report = check_policy(path)
    (odd,) = report.warnings
    assert report.errors == ()
    assert odd.startswith(
        "policy.yaml:31: kpis[0]: counts working days, and no calendar says which"
    )
    path.write_text(SOUND + kpis + CALENDAR)
    assert check_policy(path).warnings == ()
