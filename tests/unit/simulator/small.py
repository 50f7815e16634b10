"""A small market as a file, to be changed line by line."""

from pathlib import Path

from deploy.simulator.drawing import Draws, Luck, Package
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.market_file import load_market
from services.matching.domain.policy import Policy
from services.matching.policy_file import load_policy

SMALL = """\
name: small
arrivals:
  per_week: 20
  hours: "08:00-18:00"
  weekdays: 1.0
  weekends: 0.4
  by_outcode: {E4: 0.6, E17: 0.4}
  sources: {hospital: 0.7, community: 0.3}
packages:
  weekly_hours: {median: 12, sigma: 0.6}
  difficulty: 0.7
  urgent: 0.2
  complete_after_minutes: {median: 10, sigma: 0.8}
  double_handed: 0.15
  needs: {medication: 0.5, hoist: 0.1}
  weeks: {median: 20, sigma: 1.0}
  reablement: 0.2
providers:
  - id: first
    name: First Care
    contracts: [{kind: framework, lot: north, rank: 1, rate: 17.90}]
    outcodes: [E4, E17]
    cqc: good
    capabilities: [personal_care, reablement, medication, hoist]
    hours_a_week: 900
    habits: &usual {answers: 0.9, accepts: 0.4, answer_minutes: {median: 20, sigma: 0.8}, hours: "07:30-20:00", releases: 0.05, starts_late: 0.1}
  - id: second
    contracts: [{kind: framework, lot: south, rank: 1, rate: 18.00}]
    outcodes: [E4, E17]
    cqc: good
    capabilities: [personal_care, reablement, medication, hoist]
    hours_a_week: 900
    habits: {<<: *usual, accepts: 0.3, accepts_by_outcode: {E4: 0.1}, accepts_double_handed: 0.15}
  - id: third
    contracts: [{kind: spot, rate: 19.5}]
    outcodes: [E4, E17]
    cqc: good
    capabilities: [personal_care, reablement, medication, hoist]
    hours_a_week: 500
    habits:
      - *usual
      - {from_week: 10, answers: 0.5, accepts: 0.9, hours: "09:00-17:00", answer_minutes: [{share: 0.6, median: 5, sigma: 0.5}, {share: 0.4, median: 60, sigma: 0.5}]}
outages:
  - {lot: south, from_week: 4, days: 7, answers: 0.0}
"""

POLICY = """\
name: small
targets_minutes: [90, 240]
confirmation_minutes: 120
telephone_grace_minutes: 30
prompt_decline_minutes: 15
lots:
  north: {outcodes: [E4], neighbours: [south]}
  south: {outcodes: [E17], neighbours: [north]}
tiers:
  - &tier
    name: lot
    contract: framework
    scope: lot
    clause: "1"
    ranking: [turns]
    award_rule: ranked
    settling_minutes: 10
    strategy: simultaneous
    window_minutes: {urgent: 45, routine: 45}
    budget_minutes: {urgent: 45, routine: 45}
    cqc_ratings: [good]
  - {<<: *tier, name: neighbours, scope: neighbours}
  - {<<: *tier, name: spot, scope: any, contract: spot}
"""

FICKLE = (
    "releases: 0.05, starts_late: 0.1}",
    (
        "releases: 0.05, starts_late: 0.1, takes_changes: 0.6, takes_restarts: 0.7,"
        " hands_back: {a_week: 0.03, notice_days: {median: 14, sigma: 0.6}}}"
    ),
)
LIFE = (
    "outages:",
    (
        "life:\n"
        "  pauses: {a_week: 0.05, days: {median: 9, sigma: 0.8}, returns: 0.8, held_days: 10}\n"
        "  changes: {a_week: 0.03, factor: {median: 1.2, sigma: 0.3}}\n"
        "  long_term_after_reablement: 0.5\n"
        "outages:"
    ),
)
"""Of the small market: providers who hand back and refuse, and people to whom things happen."""


def small(folder: Path, *changes: tuple[str, str]) -> SimulatedMarket:
    """The small market with pieces of its text changed; each must be there."""
    return load_market(written(folder, SMALL, *changes))


def policy(folder: Path, *changes: tuple[str, str]) -> Policy:
    """The small policy with pieces of its text changed; each must be there."""
    return load_policy(written(folder, POLICY, *changes, name="policy.yaml"))


def written(folder: Path, text: str, *changes: tuple[str, str], name: str = "market.yaml") -> Path:
    """A file with that text, pieces of it changed."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def a_package(market: SimulatedMarket, *, outcode: str, double_handed: bool = False) -> Package:
    """Any package of the market from there."""
    return next(
        one
        for one in Draws(market, 1, 30).packages
        if one.wanted.outcode == outcode and one.double_handed == double_handed
    )


def luck(**given: float) -> Luck:
    """Middling luck, but for what is given: everything that can be left out is left out."""
    usual = dict.fromkeys(("answers", "accepts", "mixture", "releases", "starts_late"), 0.5)
    return Luck(**{**usual, "speed": 0.0, "confirming": 0.0, **given})
