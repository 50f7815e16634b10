"""What the policy's contract measures its providers by, beside the policy's goals.

Source for Devon's: Devon Cares' sub-contract: accepted within 4 hours 80/85/90% by year, within two
days all; started within 2 working days of the planned start 80/85/90%, never later than 5; refusals
and hand-backs none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.matching.domain.calendar import Calendar, add_working_days
from services.matching.domain.london import day_of
from services.matching.domain.policy import Kpi
from services.matching.reporting.asking import Ask, percent
from services.matching.reporting.fill_figures import figures, timed
from services.matching.reporting.searches import searches
from services.matching.reporting.working import calendar_of
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import Report, Table, columns

_KPIS = columns(
    ("measure", "measure", ("Accepted: filled, of all referrals whose time has passed. Started: the"
     " first visit, of confirmed awards whose latest day has passed. Refused: declines, of offers"
     " that had their time. Handed back: hand-backs with shorter notice than the contract's, of"
     " awards of the period.")),
    ("within", "within", ("Hours of the clock from received, or working days after the planned"
     " start.")),
    ("count", "of", "What the percentage is of."),
    ("met", "met", "How many."),
    ("percent", "%", "As it is."),
    ("wanted", "wanted by year", "What the contract wants in its first year, its second, and on."),
    ("reached_in", "reached", "The contract years whose figure is reached."),
)  # fmt: skip
_GOALS = columns(
    ("target_minutes", "target min", "One of the policy's targets, in minutes from received."),
    ("due", "due", "Referrals whose target instant has passed."),
    ("met", "met", "Filled by it."),
    ("percent", "%", "Met of due."),
    ("goal", "goal %", "What the policy is to reach; empty: no goal."),
)


async def kpis(connection: Connection, ask: Ask) -> Report:
    """The policy's measures and goals, with what was reached."""
    period = {"from_at": ask.period.start, "to_at": ask.period.end}
    policy = ask.policy
    found = timed(searches(await QUERIES.searches(connection, **period)).first, ask.now)
    hours = sorted({kpi.within_hours for kpi in policy.kpis if kpi.within_hours})
    told = figures("all", found, (*(60 * one for one in hours), *policy.targets_minutes))["targets"]
    accepted = {target["target_minutes"]: (target["due"], target["met"]) for target in told}
    rows = await _measured(connection, ask, accepted)
    goals = [
        [target["target_minutes"], target["due"], target["met"], target["percent"],
         policy.goals_percent.get(target["target_minutes"])]
        for target in told[len(hours):]
    ]  # fmt: skip
    return Report(
        name="kpis",
        title="The contract's measures, beside the policy's goals",
        about="Referrals received, awards and offers of the period, all of the council's providers"
        " together. The planned start is reckoned from when the start would be overdue by today's"
        " policy; a weekday is worked unless it is a bank holiday.",
        facts=ask.facts(policy={"name": policy.name, "version": policy.version}),
        tables=(
            Table(name="measures", title="The contract's measures", columns=_KPIS, rows=rows),
            Table(name="goals", title="The policy's goals", columns=_GOALS, rows=goals),
        ),
    )


async def _measured(
    connection: Connection, ask: Ask, accepted: Mapping[int, tuple[int, int]]
) -> list[list[Any]]:
    """A row for each measure; `accepted` has (due, met) by minutes."""
    period = {"from_at": ask.period.start, "to_at": ask.period.end}
    awards = await QUERIES.starts(connection, **period)
    (made,) = await QUERIES.offers_answered(connection, **period)
    breaches = await QUERIES.breaches(connection, **period)
    overdue = timedelta(hours=ask.policy.start_overdue_hours)
    rows = []
    for kpi in ask.policy.kpis:
        match kpi.measure:
            case "accepted":
                count, met = accepted[60 * (kpi.within_hours or 0)]
            case "started":
                count, met = started(awards, kpi, calendar_of(ask.policy), overdue, ask.now)
            case "refused":
                count, met = made["had_time"], made["declined"]
            case "handed_back":
                count, met = len(awards), breaches
        rows.append(_row(kpi, count, met))
    return rows


def started(
    awards: Sequence[Any], kpi: Kpi, calendar: Calendar, overdue: timedelta, now: datetime
) -> tuple[int, int]:
    """Of confirmed awards whose latest day has passed, or that have started: how many in time."""
    count = met = 0
    for row in awards:
        lasts = row["state"] in ("live", "ending", "ended") and row["confirmed_at"] is not None
        if not lasts or row["start_by"] is None:
            continue
        planned = day_of(row["start_by"] - overdue)
        latest = add_working_days(planned, kpi.within_working_days or 0, calendar)
        if row["started_at"] is not None:
            count += 1
            met += day_of(row["started_at"]) <= latest
        elif day_of(now) > latest:
            count += 1
    return count, met


def _row(kpi: Kpi, count: int, met: int) -> list[Any]:
    reached = percent(met, count)
    most = bool(kpi.at_most_percent)
    wanted = kpi.at_most_percent or kpi.at_least_percent
    years = [
        str(year)
        for year, figure in enumerate(wanted, 1)
        if reached is not None and (reached <= figure if most else reached >= figure)
    ]
    within = (
        f"{kpi.within_hours} h" if kpi.within_hours
        else f"{kpi.within_working_days} working days" if kpi.within_working_days else None
    )  # fmt: skip
    told = "/".join(f"{figure:g}" for figure in wanted)
    return [
        kpi.measure, within, count, met, reached,
        f"{'at most' if most else 'at least'} {told}%",
        "no figures" if reached is None else f"year {', '.join(years)}" if years else "not reached",
    ]  # fmt: skip
