"""Fill times against the targets, with the denominators of the domain page.

A target's denominator is every referral whose target instant has passed, unfilled and escalated
ones included; those withdrawn before that instant are outside. Source: domain glossary, *clocks*.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.matching.domain.policy import Policy
from services.matching.store import QUERIES
from shared.postgres.connection import Connection

By = Literal["tier", "lot", "source", "all"]
BENCHMARK: dict[str, Any] = {
    "source": "Devon Cares, King's Fund, New models of home care, 2018 (one self-reported claim)",
    "targets": [
        {"target_minutes": 90, "percent": 70},
        {"target_minutes": 240, "percent": 97},
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Referrals received from `start` up to and without `end`."""

    start: datetime
    end: datetime


async def fill_times(
    connection: Connection, *, policy: Policy, period: Period, by: By, now: datetime
) -> list[dict[str, Any]]:
    """One row for each part (a tier, a lot, a source), in order of its name.

    Minutes are of the service's clock; percentages are of `due`, None where nothing is due yet.
    """
    lots = [(outcode, lot.name) for lot in policy.lots for outcode in sorted(lot.outcodes)]
    rows = await QUERIES.fill_times(
        connection,
        by=by,
        from_at=period.start,
        to_at=period.end,
        now=now,
        targets=list(policy.targets_minutes),
        outcodes=[outcode for outcode, _ in lots],
        lot_names=[lot for _, lot in lots],
    )
    return [_told(row) for row in rows]


def _told(row: Any) -> dict[str, Any]:
    return {
        "part": row["part"],
        "count": row["count"],
        "filled": row["filled"],
        "confirmed": row["confirmed"],
        "started": row["started"],
        "withdrawn": row["withdrawn"],
        "unfilled_now": row["unfilled_now"],
        "incomplete_now": row["incomplete_now"],
        "escalated_now": row["escalated_now"],
        "offers_made": int(row["offers_made"] or 0),
        "targets": [_target(entry) for entry in json.loads(row["targets"])],
        "minutes_from_received": _quantiles(row["from_received"]),
        "minutes_from_complete": _quantiles(row["from_complete"]),
    }


def _target(entry: dict[str, int]) -> dict[str, Any]:
    return {
        **entry,
        "percent": _percent(entry["met"], entry["due"]),
        "percent_from_complete": _percent(entry["met_from_complete"], entry["due_from_complete"]),
    }


def _percent(met: int, due: int) -> float | None:
    return round(100 * met / due, 1) if due else None


def _quantiles(minutes: list[float] | None) -> dict[str, float | None]:
    names = ("median", "p90", "p97")
    if minutes is None:
        return dict.fromkeys(names)
    return {name: round(float(value), 1) for name, value in zip(names, minutes, strict=True)}
