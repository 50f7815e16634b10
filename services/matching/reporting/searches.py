"""Referrals as reports count them: one search each, whatever parts it was placed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

FIRST_CAUSES = ("referral", "split", "merged")
"""Placements with one of these causes are the referral's own search, or parts of it."""
BRIDGING = "bridging"
_ARRANGED_GROUNDS = ("persons_choice", "continuity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search: a referral's own with all its parts, or a later one.

    `filled_at`: when the last non-bridging part was filled, None unless every one is; `covered_at`
    counts bridging care too. `arranged`: awarded by hand to whom the person chose or had before,
    with nobody asked.
    """

    referral_id: UUID
    cause: str
    source: str
    organisation: str
    ward: str
    urgency: str
    outcode: str | None
    tier: str | None
    received_at: datetime
    complete_at: datetime | None
    filled_at: datetime | None
    covered_at: datetime | None
    confirmed_at: datetime | None
    started_at: datetime | None
    withdrawn_at: datetime | None
    exhausted: bool
    offers_made: int
    care_type: str | None
    needs: frozenset[str]
    languages: frozenset[str]
    double_handed: bool
    arranged: bool
    parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The searches of a period: referrals' own, later ones, and those for bridging care."""

    first: Sequence[Search]
    later: Sequence[Search]
    bridging: Sequence[Search]
    arranged: Sequence[Search]


def searches(rows: Iterable[Any]) -> Counted:
    """The searches in rows of placements, any number a referral."""
    own: dict[UUID, list[Any]] = {}
    bridges: dict[UUID, list[Any]] = {}
    later: list[Search] = []
    for row in rows:
        cause = row["cause"]
        if cause in FIRST_CAUSES:
            own.setdefault(row["referral_id"], []).append(row)
        elif cause == BRIDGING:
            bridges.setdefault(row["referral_id"], []).append(row)
        else:
            later.append(_one(row, ()))
    first = [_whole(parts, bridges.get(key, ())) for key, parts in own.items()]
    return Counted(
        first=[one for one in first if not one.arranged],
        later=later,
        bridging=[_one(row, ()) for found in bridges.values() for row in found],
        arranged=[one for one in first if one.arranged],
    )


def _whole(parts: Sequence[Any], bridges: Sequence[Any]) -> Search:
    leaves = [part for part in parts if not part["divided"]]
    if len(parts) == 1 or not leaves:
        return _one(parts[0], bridges)
    # A part that was withdrawn asks for nobody any more, unless all were.
    wanted = [part for part in leaves if part["withdrawn_at"] is None] or leaves
    last = max(wanted, key=lambda part: part["filled_at"] or part["received_at"])
    first = parts[0]
    return Search(
        referral_id=first["referral_id"],
        cause="referral",
        source=first["source_kind"],
        organisation=first["organisation"],
        ward=first["ward"],
        urgency=first["urgency"],
        outcode=last["outcode"],
        tier=last["tier_name"],
        received_at=min(part["received_at"] for part in parts),
        complete_at=_all(leaves, "complete_at"),
        filled_at=_all(wanted, "filled_at"),
        covered_at=_covered(wanted, bridges),
        confirmed_at=_all(wanted, "confirmed_at"),
        started_at=_all(wanted, "started_at"),
        withdrawn_at=_all(leaves, "withdrawn_at"),
        exhausted=any(part["status"] == "exhausted" for part in wanted),
        offers_made=sum(part["offers_made"] for part in (*parts, *bridges)),
        care_type=first["care_type"],
        needs=frozenset(code for part in parts for code in part["needs"].split()),
        languages=frozenset(code for part in parts for code in part["languages"].split()),
        double_handed=any(part["double_handed"] for part in parts),
        arranged=False,
        parts=len(wanted),
    )


def _one(row: Any, bridges: Sequence[Any]) -> Search:
    return Search(
        referral_id=row["referral_id"],
        cause=row["cause"],
        source=row["source_kind"],
        organisation=row["organisation"],
        ward=row["ward"],
        urgency=row["urgency"],
        outcode=row["outcode"],
        tier=row["tier_name"],
        received_at=row["received_at"],
        complete_at=row["complete_at"],
        filled_at=row["filled_at"],
        covered_at=_covered((row,), bridges),
        confirmed_at=row["confirmed_at"],
        started_at=row["started_at"],
        withdrawn_at=row["withdrawn_at"],
        exhausted=row["status"] == "exhausted",
        offers_made=row["offers_made"] + sum(bridge["offers_made"] for bridge in bridges),
        care_type=row["care_type"],
        needs=frozenset(row["needs"].split()),
        languages=frozenset(row["languages"].split()),
        double_handed=row["double_handed"],
        arranged=row["tier_name"] == "by_hand"
        and row["offers_made"] == 0
        and row["ground"] in _ARRANGED_GROUNDS,
    )


def _all(rows: Sequence[Any], name: str) -> datetime | None:
    """The last of an instant that each row has; None if one lacks it."""
    values = [row[name] for row in rows]
    return None if any(value is None for value in values) else max(values)


def _covered(leaves: Sequence[Any], bridges: Sequence[Any]) -> datetime | None:
    """When the last leaf was filled or bridged. Bridging of a whole that was divided covers all."""
    ids = {leaf["placement_id"] for leaf in leaves}
    instants: list[datetime] = []
    for leaf in leaves:
        found = [
            bridge["filled_at"]
            for bridge in bridges
            if bridge["filled_at"] is not None
            and (bridge["follows"] == leaf["placement_id"] or bridge["follows"] not in ids)
        ]
        found += [leaf["filled_at"]] if leaf["filled_at"] is not None else []
        if not found:
            return None
        instants.append(min(found))
    return max(instants, default=None)
