"""Which outcodes cannot be filled, and who says no there, and why."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.matching.reporting.asking import Ask, percent
from services.matching.reporting.fill_figures import Timed, figures, timed
from services.matching.reporting.offers import names_of
from services.matching.reporting.searches import searches
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import Report, Table, columns

YES = ("awarded", "accepted", "lost", "conditional", "refused")
"""What became of offers that were answered yes."""

_OUTCODES = columns(
    ("outcode", "outcode", "The postcode district; - while it is not known."),
    ("lot", "lot", "The lot that holds it by the policy in force."),
    ("referrals", "referrals", "Referrals received in the period."),
    ("filled", "filled", "Filled, and not undone before the start."),
    ("unfilled_now", "unfilled", "Neither filled nor withdrawn."),
    ("nobody_left", "nobody left", "Of these, nobody is left to ask."),
    ("never_filled", "never filled", "Withdrawn without having been filled."),
    ("missed_percent", "missed last target %", "Not filled by the policy's last target, of those due."),
    ("median_minutes", "median min", "Half of those filled took at most so many minutes."),
    ("offers", "offers", "Offers made for packages there."),
    ("offers_a_package", "offers each", "Offers made, by referral."),
    ("yes_percent", "yes %", "Answered yes, of the offers."),
)  # fmt: skip
_WHO = columns(
    ("outcode", "outcode", ("Outcodes where a package was not filled by the last target, the worst"
     " first.")),
    ("provider", "provider", "Who said no, or nothing."),
    ("offers", "offers", "Offers to it for packages there."),
    ("reason", "reason", "Its reason; `no answer` where its time passed."),
    ("count", "count", "How often."),
)  # fmt: skip


async def unfilled(connection: Connection, ask: Ask) -> Report:
    """Outcodes by how often the last target was missed there, and who declines there and why."""
    period = {"from_at": ask.period.start, "to_at": ask.period.end}
    names = await names_of(connection, ask)
    groups: dict[str, list[Timed]] = defaultdict(list)
    for one in timed(searches(await QUERIES.searches(connection, **period)).first, ask.now):
        groups[one.search.outcode or "-"].append(one)
    made: dict[str, list[Any]] = defaultdict(list)
    for row in await QUERIES.offers_by_outcode(connection, **period):
        made[row["outcode"]].append(row)
    rows = [_outcode(ask, outcode, groups[outcode], made[outcode]) for outcode in groups]
    rows.sort(key=lambda row: (-(row[7] or 0), -row[4], row[0]))
    worst = [row[0] for row in rows if row[7]]
    who = [line for outcode in worst for line in _who(outcode, made[outcode], names)]
    return Report(
        name="unfilled",
        title="Outcodes that cannot be filled",
        about="Referrals received and offers made in the period, the outcodes first where the last"
        " target is missed most.",
        facts=ask.facts(target_minutes=ask.policy.targets_minutes[-1]),
        tables=(
            Table(name="outcodes", title="By outcode", columns=_OUTCODES, rows=rows),
            Table(name="declines", title="Who says no there, and why", columns=_WHO, rows=who),
        ),
    )


def _outcode(ask: Ask, outcode: str, found: list[Timed], made: list[Any]) -> list[Any]:
    told = figures(outcode, found, ask.policy.targets_minutes)
    last = told["targets"][-1]
    offers = sum(row["offers"] for row in made)
    return [
        outcode,
        min(ask.policy.lots_of(outcode), default="-"),
        told["count"],
        told["filled"],
        told["unfilled_now"],
        told["escalated_now"],
        told["never_filled"],
        percent(last["due"] - last["met"], last["due"]),
        told["minutes_from_received"]["median"],
        offers,
        round(offers / told["count"], 1),
        percent(sum(row["offers"] for row in made if row["outcome"] in YES), offers),
    ]


def _who(outcode: str, made: list[Any], names: Mapping[UUID, str]) -> list[list[Any]]:
    """Who says no in an outcode and why, most often first."""
    offers: Counter[UUID] = Counter()
    reasons: Counter[tuple[UUID, str]] = Counter()
    for row in made:
        offers[row["provider_id"]] += row["offers"]
        if row["outcome"] in ("declined", "lapsed"):
            reason = "no answer" if row["outcome"] == "lapsed" else row["reason"] or "other"
            reasons[row["provider_id"], reason] += row["offers"]
    found = [
        [outcode, names.get(who, str(who)), offers[who], reason, count]
        for (who, reason), count in reasons.items()
    ]
    return sorted(found, key=lambda row: (-row[4], row[1], row[3]))
