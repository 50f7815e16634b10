"""A market of a few days, small enough to be lived through on the real stack, and its policies.

Everything that can befall a package is in it: first answers that wait for better ones, answers that
come too late, windows that end, providers without hours, awards given back, nobody left to ask.
"""

from dataclasses import replace
from pathlib import Path

from deploy.simulator.drawing import Draws
from deploy.simulator.market_file import load_market

MARKET = """\
name: a-week
arrivals:
  per_week: 12
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
  - &usual
    id: north-1
    contracts: [{kind: framework, lot: north, rank: 1, rate: 17.90}]
    outcodes: [E4, E17]
    cqc: good
    capabilities: [personal_care, reablement, medication, hoist]
    hours_a_week: 900
    habits: &habits {answers: 0.9, accepts: 0.35, answer_minutes: {median: 20, sigma: 0.9}, hours: "07:30-20:00", releases: 0.25, starts_late: 0.2}
  - <<: *usual
    id: north-2
    contracts: [{kind: framework, lot: north, rank: 2, rate: 17.50}]
    hours_a_week: 40
    habits: {<<: *habits, accepts: 0.6, releases: 0.1}
  - <<: *usual
    id: north-3
    contracts: [{kind: framework, lot: north, rank: 2, rate: 18.10}]
    habits: {<<: *habits, answers: 0.5, answer_minutes: [{share: 0.6, median: 5, sigma: 0.5}, {share: 0.4, median: 90, sigma: 0.5}]}
  - <<: *usual
    id: south-1
    contracts: [{kind: framework, lot: south, rank: 1, rate: 18.00}]
    habits: {<<: *habits, accepts: 0.3, accepts_by_outcode: {E4: 0.1}, accepts_double_handed: 0.15}
  - <<: *usual
    id: south-2
    contracts: [{kind: framework, lot: south, rank: 2, rate: 18.30}]
    capabilities: [personal_care, medication]
    habits: {<<: *habits, accepts: 0.5, answer_minutes: {median: 45, sigma: 0.8}}
  - <<: *usual
    id: spot-1
    contracts: [{kind: spot, rate: 19.5}]
    habits: {<<: *habits, accepts: 0.5, hours: "09:00-17:00"}
  - <<: *usual
    id: spot-2
    contracts: [{kind: spot, rate: 20}]
    habits: {<<: *habits, accepts: 0.6, answer_minutes: {median: 10, sigma: 0.8}}
"""

POLICY = """\
name: a-week
targets_minutes: [90, 240]
prices: {90: 8, 240: 80}
confirmation_minutes: 60
start_overdue_hours: 30
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
    ranking: [contract_rank, turns]
    award_rule: ranked
    settling_minutes: 10
    strategy: STRATEGY
    window_minutes: {urgent: 30, routine: WINDOW}
    budget_minutes: {urgent: 45, routine: 75}
    cqc_ratings: [good]
  - {<<: *tier, name: neighbours, scope: neighbours, ranking: [turns]}
  - {<<: *tier, name: spot, scope: any, contract: spot, ranking: [turns], award_rule: first, settling_minutes: null}
"""


def written_policy(folder: Path, strategy: str, window_minutes: int) -> Path:
    """The policy's file with every tier asking in this way."""
    path = folder / "policy.yaml"
    text = POLICY.replace("STRATEGY", strategy).replace("WINDOW", str(window_minutes))
    path.write_text(text, encoding="utf-8")
    return path


def drawn_week(folder: Path, seed: int) -> Draws:
    """The luck of a week. Every third referral is complete when it comes."""
    path = folder / "market.yaml"
    path.write_text(MARKET, encoding="utf-8")
    draws = Draws(load_market(path), seed, weeks=1)
    draws.packages = tuple(
        replace(one, complete_at=one.complete_at if one.number % 3 else one.received_at)
        for one in draws.packages
    )
    return draws
