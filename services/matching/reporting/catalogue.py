"""Every report by its name, and how one is asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.matching.domain.policy import Policy
from services.matching.reporting.asking import DEFAULT_DAYS, Ask, Period
from services.matching.reporting.fill_report import BY, fill_times
from services.matching.reporting.giving_up import BY as REASONS_BY
from services.matching.reporting.giving_up import failed_discharges, reasons
from services.matching.reporting.kpis import kpis
from services.matching.reporting.offers import fairness, offers
from services.matching.reporting.places import unfilled
from services.matching.reporting.register_reports import market, package_register
from services.matching.reporting.waiting import FRAMEWORK_BY, framework, waiting
from shared import clock
from shared.postgres.connection import Connection
from shared.report_tables import Report

Make = Callable[[Connection, Ask], Awaitable[Report]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One report that may be asked for."""

    make: Make
    question: str
    """What it answers, for a list of reports."""
    by: tuple[str, ...] = ()
    """What it can be grouped by, the first unless said otherwise."""


REPORTS: Mapping[str, Kind] = {
    "fill-times": Kind(make=fill_times, question="How fast were packages filled?", by=BY),
    "kpis": Kind(make=kpis, question="Are the contract's measures and the policy's goals reached?"),
    "offers": Kind(
        make=offers,
        question="How many offers does a package take, and what becomes of them?",
        by=("provider", "lot", "tier", "contract"),
    ),
    "fairness": Kind(make=fairness, question="Does each provider get its share of a lot?"),
    "reasons": Kind(
        make=reasons,
        question="Why is care declined, released, handed back, withdrawn?",
        by=REASONS_BY,
    ),
    "failed-discharges": Kind(
        make=failed_discharges, question="Which discharges fail, and what hours does it cost whom?"
    ),
    "unfilled": Kind(
        make=unfilled, question="Which outcodes cannot be filled, who says no and why?"
    ),
    "waiting": Kind(make=waiting, question="What waits for a broker, and for how long?"),
    "framework": Kind(
        make=framework,
        question="How much is bought from the framework, at what cost?",
        by=FRAMEWORK_BY,
    ),
    "market": Kind(make=market, question="Who has how many packages, hours and pounds a week?"),
    "register": Kind(
        make=package_register, question="Which packages are there, through time, at which rates?"
    ),
}


class BadAskError(Exception):
    """A report cannot be asked for like this; `field` is what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


async def make_report(
    connection: Connection,
    name: str,
    *,
    policy: Policy,
    start: datetime | None = None,
    end: datetime | None = None,
    by: str | None = None,
) -> Report:
    """The report of that name for a period, the last 28 days if not said. Raises BadAskError."""
    kind = REPORTS[name]
    now = await clock.now(connection)
    until = end or now
    period = Period(start=start or until - timedelta(days=DEFAULT_DAYS), end=until)
    if period.start >= period.end:
        raise BadAskError("from", "`from` must be before `to`")
    if by is not None and by not in kind.by:
        grouped = f"by {', '.join(kind.by)}" if kind.by else "by nothing"
        raise BadAskError("by", f"{name} is grouped {grouped}")
    chosen = by or (kind.by[0] if kind.by else None)
    return await kind.make(connection, Ask(policy=policy, period=period, now=now, by=chosen))
