"""What the in-memory PostgreSQL answers to matching's own named statements; see its neighbour."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any
from uuid import UUID

from services.matching.domain.placement import OPEN_OFFERS, offers_of
from services.matching.history import read_package
from tests.simulation.handlers.transactions import Row, Work


async def due_placements(work: Work, *, most: int) -> list[Row]:
    due = [row for row in work.scan("placements")
           if row["next_due_at"] is not None and row["next_due_at"] <= work.database.now]  # fmt: skip
    return sorted(due, key=lambda row: row["next_due_at"])[:most]


async def exhausted_placements(work: Work, *, after: Any, most: int) -> list[Row]:
    return _with_status(work, "exhausted", after)[:most]


async def placements_offered_to(
    work: Work, *, provider_ids: Any, after: Any, most: int
) -> list[Row]:
    def offered(row: Row) -> bool:
        return any(
            str(offer.provider_id) in provider_ids and offer.status in OPEN_OFFERS
            for placement in read_package(row["status"], row["state"]).placements
            for offer in offers_of(placement)
            if placement.status == "searching"
        )

    return [row for row in _with_status(work, "searching", after) if offered(row)][:most]


async def searching_placements(work: Work, *, after: Any, most: int) -> list[Row]:
    return _with_status(work, "searching", after)[:most]


def _with_status(work: Work, status: str, after: Any) -> list[Row]:
    rows = [row for row in work.scan("placements")
            if status in row["status"] and row["referral_id"] > after]  # fmt: skip
    return sorted(rows, key=lambda row: row["referral_id"])


async def origins(work: Work, *, referral_id: Any) -> list[Row]:
    kinds = (
        "homeward.placement.search-started.v1",
        "homeward.placement.change-asked.v1",
        "homeward.placement.requirement-amended.v1",
    )
    rows = [row for row in work.scan("events")
            if row["topic"] == "placements.v1" and row["key"] == referral_id and row["type"] in kinds]  # fmt: skip
    return sorted(rows, key=lambda row: row["sequence"])


async def register_version(work: Work) -> list[Row]:
    return [work.get("register_version", True) or {}]


async def bump_register_version(work: Work) -> list[Row]:
    await work.lock("register_version", True)
    version = work.database.next_identity("transactions")
    await work.put("register_version", True, {"version": version})
    return []


async def register_entries(work: Work) -> list[Row]:
    return list(work.scan("register"))


async def turns_lately(work: Work, *, today: Any) -> list[Row]:
    turns: Counter[Any] = Counter()
    minutes: Counter[Any] = Counter()
    awards: Counter[Any] = Counter()
    for row in work.scan("turns"):
        if row["week"] > today - timedelta(days=56):
            fading = _fading((today - row["week"]).days)
            place = (row["lot"], row["provider_id"])
            turns[place] += row["offers"] * fading
            minutes[place] += row["minutes"] * fading
            awards[place] += row["awards"] * fading
    return [
        {"lot": lot, "provider_id": provider_id, "turns": _rounded(turns[lot, provider_id]),
         "hours": _rounded(minutes[lot, provider_id] / Decimal(60)),
         "awards": _rounded(awards[lot, provider_id])}
        for lot, provider_id in turns
    ]  # fmt: skip


async def add_tallies(
    work: Work, table: str, *, subjects: Sequence[Any], measures: Sequence[str],
    amounts: Sequence[int],
) -> list[Row]:  # fmt: skip
    for subject, measure, amount in sorted(zip(subjects, measures, amounts, strict=True)):
        await work.lock(table, (subject, measure))
        row = work.get(table, (subject, measure))
        before = 0 if row is None else row["amount"]
        row = {"subject": subject, "measure": measure, "amount": before + amount}
        await work.put(table, (subject, measure), row)
    return []


async def live_offers(work: Work) -> list[Row]:
    counts: Counter[Any] = Counter()
    for row in work.scan("placements"):
        if "searching" in row["status"]:
            states = json.loads(row["state"])
            for state in states if isinstance(states, list) else [states]:
                counts.update(one["provider_id"] for one in state.get("offers", ())
                              if one["status"] == "live")  # fmt: skip
    return [{"provider_id": UUID(who), "offers": offers} for who, offers in counts.items()]


async def rounds(work: Work) -> list[Row]:
    minutes: Counter[Any] = Counter()
    for award in work.scan("awards"):
        if award["state"] in ("live", "ending"):
            summary = work.get("summaries", award["placement_id"]) or {}
            area = summary["sector"] or summary["outcode"]
            minutes[award["provider_id"], area] += award["weekly_minutes"] or 0
    return [{"provider_id": who, "area": area, "hours": amount / 60}
            for (who, area), amount in minutes.items()]  # fmt: skip


async def all_tallies(work: Work) -> list[Row]:
    return list(work.scan("tallies"))


async def all_scores(work: Work) -> list[Row]:
    return list(work.scan("scores"))


async def keep_policy(work: Work, **policy: Any) -> list[Row]:
    if work.get("policies", policy["version"]) is None:
        await work.put("policies", policy["version"], policy)
    return []


async def kept_policies(work: Work) -> list[Row]:
    return list(work.scan("policies"))


async def publish_first(work: Work, **published: Any) -> list[Row]:
    await work.lock("publications", 1)
    if not list(work.scan("publications")):
        await _published(work, 1, published | {"in_force_from": None})
    return []


async def publish(work: Work, **published: Any) -> list[Row]:
    number = 1 + max((row["number"] for row in work.scan("publications")), default=0)
    await _published(work, number, published)
    return [{"number": number}]


async def _published(work: Work, number: int, published: Row) -> None:
    await work.put("publications", number, {"number": number, **published})


async def version_in_force(work: Work, *, now: Any) -> list[Row]:
    rows = [row for row in work.scan("publications")
            if row["in_force_from"] is None or row["in_force_from"] <= now]  # fmt: skip
    since = datetime.min.replace(tzinfo=UTC)
    rows.sort(key=lambda row: (row["in_force_from"] or since, row["number"]))
    return [{"version": row["version"]} for row in rows[-1:]]


@cache
def _fading(days: int) -> Decimal:
    return Decimal("0.5") ** (Decimal(days) / 14)


def _rounded(value: Any) -> float:
    return float(Decimal(value).quantize(Decimal("0.001"), ROUND_HALF_UP))
