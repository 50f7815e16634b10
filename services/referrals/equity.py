"""Fill times by age: the one report that dates of birth are opened for, in whole quarters only.

Quarters do not overlap and are over before they are told, so that nobody can be found by taking one
report from another.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from services.referrals.domain.small_cells import FEWEST, hidden_cells, with_totals
from services.referrals.person_room import PersonRoom
from services.referrals.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection
from shared.report_tables import HIDDEN, Report, Table, columns

log = structlog.get_logger(__name__)

BANDS = ((0, 17), (18, 64), (65, 74), (75, 84), (85, 94), (95, None))
UNKNOWN = "not known"
OUTCOMES = ("first_target", "last_target", "later_or_not")
SETTLED_AFTER = timedelta(days=7)
"""After a quarter's end; by then every target's instant has passed."""
_LONDON = ZoneInfo("Europe/London")
_QUARTER = re.compile(r"(20\d\d)-Q([1-4])")

_COLUMNS = columns(
    ("age", "age", "In whole years on the day the referral was received."),
    ("first_target", "by first target", "Filled by the first target of its policy, from received."),
    ("last_target", "by last target", "Filled after that, and by the last target."),
    ("later_or_not", "later or not", "Filled later, or not at all."),
    ("all", "all", ("Referrals received in the quarter, those withdrawn before the last target's"
     " instant left out.")),
    ("percent", "% by last", ("Filled by the last target, of all; empty where it would tell what is"
     " hidden.")),
)  # fmt: skip


class NoQuarterError(Exception):
    """What is asked for is no quarter, or one that is not settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """A quarter of a calendar year, in London."""

    name: str
    start: datetime
    end: datetime


def quarter_of(name: str | None, now: datetime) -> Quarter:
    """The quarter of that name (`2024-Q1`), or the last that is settled. Raises NoQuarterError."""
    if name is None:
        day = (now - SETTLED_AFTER).astimezone(_LONDON).date()
        ends = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        before = ends - timedelta(days=1)
        return quarter_of(f"{before.year}-Q{(before.month - 1) // 3 + 1}", now)
    match = _QUARTER.fullmatch(name)
    if match is None:
        raise NoQuarterError("give a quarter as in 2024-Q1")
    year, month = int(match[1]), 3 * int(match[2]) - 2
    start = _midnight(date(year, month, 1))
    end = _midnight(date(year + (month == 10), (month + 2) % 12 + 1, 1))
    if now < end + SETTLED_AFTER:
        raise NoQuarterError("this quarter is told a week after its end, and not before")
    return Quarter(name=name, start=start, end=end)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=_LONDON).astimezone(UTC)


async def equity(connection: Connection, room: PersonRoom, quarter: str | None) -> Report:
    """Fill times by age band in one quarter. Raises NoQuarterError."""
    asked = quarter_of(quarter, await clock.now(connection))
    rows = await QUERIES.outcomes_of(connection, from_at=asked.start, to_at=asked.end)
    details = await room.read(connection, [row["referral_id"] for row in rows])
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if (outcome := outcome_of(row)) is not None:
            known = details.get(row["referral_id"])
            born = None if known is None else known.person.date_of_birth
            counts[band_of(born, row["received_at"]), outcome] += 1
    log.info("equity.reported", quarter=asked.name, opened=len(details))
    bands = [band_name(*band) for band in BANDS] + [UNKNOWN]
    table = [[counts[band, outcome] for outcome in OUTCOMES] for band in bands]
    return Report(
        name="equity",
        title="Fill times by age",
        about=f"Cells of fewer than {FEWEST} people are hidden, and others where they could be"
        " reckoned from what is shown. Whole quarters alone, a week after their end.",
        facts={"quarter": asked.name, "from": asked.start, "to": asked.end},
        tables=(
            Table(name="ages", title="By age", columns=_COLUMNS, rows=told(bands, table)),
        ),
    )  # fmt: skip


def told(bands: Sequence[str], counts: Sequence[Sequence[int]]) -> list[list[Any]]:
    """The rows with totals, those that are hidden as such."""
    table = with_totals(counts)
    hidden = hidden_cells(table)
    rows = []
    for r, (name, row) in enumerate(zip((*bands, "all"), table, strict=True)):
        cells: list[Any] = [HIDDEN if (r, c) in hidden else count for c, count in enumerate(row)]
        whole = not any((r, c) in hidden for c in range(len(row)))
        share = round(100 * (row[0] + row[1]) / row[-1], 1) if whole and row[-1] else None
        rows.append([name, *cells, share])
    return rows


def outcome_of(row: Any) -> str | None:
    """How a referral fared; None for one withdrawn before its last target's instant."""
    targets = json.loads(row["targets"]) or [0]
    first, last = (row["received_at"] + timedelta(minutes=targets[n]) for n in (0, -1))
    if row["withdrawn_at"] is not None and row["withdrawn_at"] < last:
        return None
    filled = row["filled_at"]
    if filled is None or filled > last:
        return "later_or_not"
    return "first_target" if filled <= first else "last_target"


def band_of(born: date | None, received_at: datetime) -> str:
    """The age band on the day of receipt, in London."""
    if born is None:
        return UNKNOWN
    day = received_at.astimezone(_LONDON).date()
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return next((band_name(*band) for band in BANDS if band[0] <= age <= (band[1] or age)), UNKNOWN)


def band_name(least: int, most: int | None) -> str:
    """A band as it is told."""
    return f"{least}+" if most is None else f"{least}-{most}"
