"""What waits for a broker, and what is bought under which contract at which cost."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.matching.escalation_rows import TO_DO
from services.matching.reporting.asking import Ask, percent
from services.matching.reporting.offers import names_of
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import Report, Table, columns

FRAMEWORK_BY = ("month", "lot", "outcode", "provider", "all")

_ITEMS = columns(
    ("kind", "kind", "What a person is asked to look at."),
    ("severity", "severity", "How much it hurts if nobody acts, 100 at most."),
    ("open", "open now", "Items open at the instant of the report, whenever they were opened."),
    ("urgent", "urgent", "Those of urgent packages."),
    ("oldest_minutes", "oldest min", "For how long the oldest has been open."),
    ("closed", "closed", "Items opened in the period and closed since."),
    ("median_minutes", "median min", "Half of those closed were open for at most so long."),
    ("p90_minutes", "p90 min", "Nine in ten were."),
    ("to_do", "what to do", "What a broker can do."),
)


async def waiting(connection: Connection, ask: Ask) -> Report:
    """Open items by kind, what hurts most first, and how long those of the period took."""
    rows = await QUERIES.escalations_in(
        connection, from_at=ask.period.start, to_at=ask.period.end, now=ask.now
    )
    to_do = {str(kind): words for kind, words in TO_DO.items()}
    told = [
        [row["kind"], row["severity"], row["open"], row["urgent"], _minutes(row["oldest"]),
         row["closed"], *(map(_minutes, row["minutes"] or (None, None))),
         to_do.get(row["kind"], "")]
        for row in rows
    ]  # fmt: skip
    return Report(
        name="waiting",
        title="What waits for a broker",
        about="Items that a person must look at; minutes are of the clock, nights too.",
        facts=ask.facts(open=sum(row["open"] for row in rows)),
        tables=(Table(name="items", title="By kind", columns=_ITEMS, rows=told),),
    )


def _minutes(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)


_SHARES = columns(
    ("part", "part", "What it is grouped by; months are London's, of the award."),
    ("contract", "contract", "The contract that the package was bought under."),
    ("packages", "packages", "Awards of the period that were not undone."),
    ("percent", "% packages", "Of the part's packages."),
    ("hours", "hours a week", "Weekly hours of care, as awarded."),
    ("hours_percent", "% hours", "Of the part's hours."),
    ("cost", "cost a week", "Pounds a week: hours times the rate at the award."),
    ("average", "average by hour", ("Pounds an hour: cost divided by the hours that have a rate on"
     " record as a whole.")),
    ("unpriced", "not priced", "Awards without hours or a rate on record: not in the cost."),
)  # fmt: skip


async def framework(connection: Connection, ask: Ask) -> Report:
    """How much is bought from the framework and how much elsewhere, and what it costs."""
    rows = await QUERIES.awards_with_cost(
        connection, by=ask.by, from_at=ask.period.start, to_at=ask.period.end
    )
    names = {str(key): name for key, name in (await names_of(connection, ask)).items()}
    parts: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        parts[names.get(row["part"], row["part"])].append(row)
    of_framework = sum(row["packages"] for row in rows if row["contract"] == "framework")
    every = sum(row["packages"] for row in rows)
    return Report(
        name="framework",
        title="Share and cost of the framework",
        about="Awards of the period that were not undone, at the hours and rate of the award.",
        facts=ask.facts(packages=every, framework_percent=percent(of_framework, every)),
        tables=(
            Table(
                name="contracts",
                title=f"By {ask.by} and contract",
                columns=_SHARES,
                rows=[line for part in sorted(parts) for line in _contracts(part, parts[part])],
            ),
        ),
    )


def _contracts(part: str, rows: Sequence[Any]) -> list[list[Any]]:
    packages = sum(row["packages"] for row in rows)
    minutes = sum(row["minutes"] or 0 for row in rows)
    return [
        [
            part, row["contract"], row["packages"], percent(row["packages"], packages),
            _hundredths(row["minutes"] or 0, 60),
            percent(float(row["minutes"] or 0), float(minutes)),
            _hundredths(row["minute_pence"] or 0, 6000),
            None if row["unpriced"] or not row["minutes"]
            else _hundredths(row["minute_pence"], 100 * row["minutes"]),
            row["unpriced"],
        ]
        for row in rows
    ]  # fmt: skip


def _hundredths(value: Any, by: Any) -> Decimal:
    return (Decimal(value) / Decimal(by)).quantize(Decimal("0.01"), ROUND_HALF_UP)
