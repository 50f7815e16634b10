"""Why packages are declined, released, handed back and withdrawn; discharges that fail."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.matching.domain.london import LONDON
from services.matching.reporting.asking import Ask, percent
from services.matching.reporting.offers import names_of
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.report_tables import Report, Table, columns

BY = ("all", "provider", "lot", "outcode")
_SHORT_NOTICE = timedelta(hours=24)
"""A provider cannot give a round's hours to anybody else in less. Source: assumed."""

_REASONS = columns(
    ("part", "part", "What it is grouped by."),
    ("kind", "what", ("Declined: a no to an offer, or no answer at all. Released: an award given back"
     " before it was confirmed. Handed back: care given up. Ended: for another reason.")),
    ("reason", "reason", "The code that was given."),
    ("count", "count", "How many."),
    ("percent", "%", "Of the same kind in the same part."),
    ("breach", "short notice", "Hand-backs whose notice was shorter than the contract's."),
)  # fmt: skip
_WITHDRAWN = columns(
    ("reason", "reason", "Why the referral was withdrawn."),
    ("count", "referrals", "Referrals received in the period and withdrawn."),
    ("after_start", "after the start", "Those whose care had started."),
)


async def reasons(connection: Connection, ask: Ask) -> Report:
    """The codes that providers and wards gave, counted."""
    period = {"from_at": ask.period.start, "to_at": ask.period.end}
    names = await names_of(connection, ask)
    part = _part_of(ask.by or BY[0], names)
    counts: Counter[tuple[str, str, str]] = Counter()
    breaches: Counter[tuple[str, str, str]] = Counter()
    for row in await QUERIES.declines(connection, **period):
        counts[part(row), "declined", row["reason"] or "other"] += row["count"]
    for row in await QUERIES.awards_given_up(connection, **period):
        if (what := _what(row)) is not None:
            counts[part(row), *what] += 1
            breaches[part(row), *what] += row["breach"]
    withdrawn = await QUERIES.withdrawals(connection, **period)
    return Report(
        name="reasons",
        title="Why packages are declined, given back and withdrawn",
        about="Offers made, awards given up, and referrals received in the period.",
        facts=ask.facts(),
        tables=(
            Table(name="reasons", title=f"Reasons by {ask.by}", columns=_REASONS,
                  rows=_reason_rows(counts, breaches)),
            Table(
                name="withdrawals",
                title="Referrals withdrawn",
                columns=_WITHDRAWN,
                rows=[[row["reason"] or "not known", row["count"], row["after_start"]]
                      for row in withdrawn],
            ),
        ),
    )  # fmt: skip


def _reason_rows(
    counts: Mapping[tuple[str, str, str], int], breaches: Mapping[tuple[str, str, str], int]
) -> list[list[Any]]:
    """By part and kind, the commonest reason first."""
    sums: Counter[tuple[str, str]] = Counter()
    for (part, kind, _), count in counts.items():
        sums[part, kind] += count
    order = sorted(counts, key=lambda key: (key[0], key[1], -counts[key], key[2]))
    return [[*key, counts[key], percent(counts[key], sums[key[:2]]), breaches[key]]
            for key in order]  # fmt: skip


def _part_of(by: str, names: Mapping[UUID, str]) -> Callable[[Any], str]:
    if by == "provider":
        return lambda row: names.get(row["provider_id"], str(row["provider_id"]))
    return (lambda _row: "all") if by == "all" else lambda row: str(row[by])


def _what(row: Any) -> tuple[str, str] | None:
    """The kind and the reason of an award given up; None where somebody else took it away."""
    if row["state"] == "released":
        return "released", row["reason"] or "other"
    if row["state"] == "cancelled":
        return None
    if row["ended_because"] == "handed_back":
        return "handed back", row["reason"] or "other"
    return "ended", row["ended_because"] or "other"


_CANCELLED = columns(
    ("provider", "provider", "Whose hours were cancelled."),
    ("awards", "awards", "Awards that somebody else than the provider ended before care started."),
    ("hours", "hours a week", "Their weekly hours of care: planned for, and not worked."),
    ("failed_discharges", "failed discharges", ("Those of patients in hospital whose referral was"
     " withdrawn after the award: the discharge did not come about.")),
    ("failed_hours", "their hours", "Weekly hours of failed discharges."),
    ("short_notice", "short notice", ("Cancelled less than 24 hours before care was to start, or"
     " later.")),
)  # fmt: skip
_FAILED = columns(
    ("month", "month", "Of the cancellation, in London."),
    ("reason", "reason", "Why the referral was withdrawn."),
    ("count", "failed discharges", "As above."),
    ("hours", "hours a week", "Their weekly hours."),
)


async def failed_discharges(connection: Connection, ask: Ask) -> Report:
    """Hours cancelled on providers, and the discharges that did not come about."""
    rows = await QUERIES.awards_given_up(connection, from_at=ask.period.start, to_at=ask.period.end)
    (slipped,) = await QUERIES.starts_slipped(
        connection, from_at=ask.period.start, to_at=ask.period.end
    )
    names = await names_of(connection, ask)
    cancelled = [row for row in rows if row["state"] == "cancelled" and row["started_at"] is None]
    overdue = timedelta(hours=ask.policy.start_overdue_hours)
    failed = [row for row in cancelled if _failed(row)]
    return Report(
        name="failed-discharges",
        title="Failed discharges, and hours cancelled on providers",
        about="Awards cancelled in the period before care started, by a withdrawal, by a person, or"
        " for another award. The planned start is reckoned from when the start would be overdue"
        " by today's policy. A discharge slips where a hospital's date moves to a later one while a"
        " provider has the package; the last move lies in the period.",
        facts=ask.facts(
            failed_discharges=len(failed),
            failed_hours=_hours(failed),
            cancelled=len(cancelled),
            cancelled_hours=_hours(cancelled),
            slipped_discharges=slipped["packages"],
            slips=slipped["slips"],
            slipped_beyond_tolerance=slipped["beyond"],
        ),
        tables=_cancelled_tables(cancelled, names, overdue),
    )


def _cancelled_tables(
    cancelled: Sequence[Any], names: Mapping[UUID, str], overdue: timedelta
) -> tuple[Table, ...]:
    by_provider: dict[str, list[Any]] = defaultdict(list)
    by_month: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in cancelled:
        by_provider[names.get(row["provider_id"], str(row["provider_id"]))].append(row)
        if _failed(row):
            month = f"{row['given_up_at'].astimezone(LONDON):%Y-%m}"
            by_month[month, row["withdrawn_because"] or "not known"].append(row)
    providers = [_of_provider(name, found, overdue) for name, found in sorted(by_provider.items())]
    months = [[*key, len(found), _hours(found)] for key, found in sorted(by_month.items())]
    return (
        Table(name="providers", title="By provider", columns=_CANCELLED, rows=providers),
        Table(name="months", title="Failed discharges by month", columns=_FAILED, rows=months),
    )


def _failed(row: Any) -> bool:
    return (row["source_kind"], row["reason"]) == ("hospital", "referral_withdrawn")


def _of_provider(name: str, rows: Sequence[Any], overdue: timedelta) -> list[Any]:
    failed = [row for row in rows if _failed(row)]
    short = sum(
        row["start_by"] is not None
        and row["given_up_at"] > row["start_by"] - overdue - _SHORT_NOTICE
        for row in rows
    )
    return [name, len(rows), _hours(rows), len(failed), _hours(failed), short]


def _hours(rows: Sequence[Any]) -> float:
    return round(sum(row["weekly_minutes"] or 0 for row in rows) / 60, 2)
