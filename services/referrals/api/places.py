"""Where a referral stands, as boards and a referral's own page show it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from services.referrals.domain.around import Local, after_words, before_words, care_gap
from services.referrals.domain.board import Standing, Status, hint, outlook_words, words
from services.referrals.domain.clock import Clock, TargetState
from services.referrals.domain.package import HELD, Package, Part, PartState
from services.referrals.projections.board import names
from services.referrals.projections.parts import package_in
from shared.contracts.codes import Contingency, MissingItem, Pathway, SearchCause, Urgency

DEFAULT_TARGETS_MINUTES = (90, 240)
"""Until matching has said which targets its policy sets. Source: Devon Cares, domain page."""


class Target(BaseModel):
    """One target of the policy, counted from received."""

    minutes: int
    state: TargetState


class PartPlace(BaseModel):
    """One placement of a package: a part, a later search, or bridging care."""

    placement_id: UUID
    state: str
    cause: SearchCause
    filled_by: str | None
    filled_at: datetime | None
    confirm_by: datetime | None
    started_at: datetime | None
    bridging_until: datetime | None
    last_visit_at: datetime | None

    @staticmethod
    def of(part: Part) -> "PartPlace":
        """The place of a part."""
        return PartPlace.model_validate(
            {
                **{name: getattr(part, name, None) for name in PartPlace.model_fields},
                "filled_by": part.provider_name,
            }
        )


class LaterSearch(BaseModel):
    """A search after care had been awarded: reported apart, on a clock of its own."""

    cause: SearchCause
    since: datetime
    filled_by: str | None
    filled_at: datetime | None
    minutes_on_the_clock: int = Field(description="From `since`; stops when filled.")
    targets: list[Target]


class LinkedPlace(BaseModel):
    """The referral of the person who lives with this one: shown together, awarded separately."""

    referral_id: UUID
    status: Status
    filled_by: str | None


class Place(BaseModel):
    """Where one referral stands, in words and in fields."""

    referral_id: UUID
    patient: str | None = Field(description="Initials and surname, for its own ward and hub.")
    organisation: str
    ward: str
    pathway: Pathway
    urgency: Urgency
    status: Status
    words: str = Field(description="The status in sentences, times of day local.")
    outlook: str | None = Field(description="How likely a provider is found; never a promise.")
    hint: str | None = Field(description="What must not be done yet.")
    missing: list[MissingItem]
    tier: str | None
    offers_out: int
    next_deadline_at: datetime | None
    received_at: datetime
    complete_at: datetime | None
    minutes_on_the_clock: int = Field(description="From received; stops when filled.")
    minutes_since_complete: int | None
    targets: list[Target]
    filled: bool = Field(description="Every visit is held by an award that is to last.")
    covered: bool = Field(description="The same with bridging care, and care that is ending.")
    parts_total: int = Field(description="Parts of the package now; 1 for a whole one.")
    parts_taken: int
    parts: list[PartPlace] = Field(description="Every placement that was not divided.")
    later_search: LaterSearch | None
    care_gap_at: datetime | None = Field(description="From then a visit has nobody.")
    contingency: Contingency | None = Field(description="Who helps while nobody does.")
    paused_until: datetime | None = Field(description="Held for its provider until then.")
    restart_at: datetime | None = Field(description="When the person comes home, once it is asked.")
    filled_by: str | None
    linked: list[LinkedPlace] = Field(description="Of the person who lives with this one.")
    provider_id: UUID | None
    filled_at: datetime | None = Field(description="On the referral's own clock.")
    confirm_by: datetime | None
    confirmed_at: datetime | None
    discharge_ready_at: datetime | None
    ready_at: datetime | None
    started_at: datetime | None
    withdrawn_at: datetime | None

    @staticmethod
    def of(row: Mapping[str, Any], patient: str | None, now: datetime, zone: str) -> "Place":
        """The place of a row of the board as it is at `now`."""
        status: Status = row["status"]
        package = package_in(row["parts"])
        local = Local(now, ZoneInfo(zone))
        clock = Clock(
            received_at=row["received_at"],
            complete_at=row["complete_at"],
            filled_at=row["filled_at"],
            withdrawn_at=row["withdrawn_at"],
        )
        searching = status in ("asking_providers", "deciding")
        sentences = [words(_standing(row, package, local))]
        if status not in ("withdrawn", "withdrawing"):
            sentences = [
                *before_words(package, local), *sentences, *after_words(package, local)
            ]  # fmt: skip
        return Place.model_validate(
            {
                **row,
                "patient": patient,
                "words": ". ".join(sentences),
                "outlook": outlook_words(status, row["outlook"]),
                "hint": hint(status, can_be_planned_on=package.can_be_planned_on()),
                "missing": json.loads(row["now_missing"]),
                "linked": json.loads(row["linked"]),
                "tier": row["tier_name"] if searching else None,
                "offers_out": len(json.loads(row["live_offers"])),
                "minutes_on_the_clock": clock.minutes(now),
                "minutes_since_complete": clock.minutes_since_complete(now),
                "targets": _targets(clock, json.loads(row["targets"]), now),
                "filled_by": row["provider_name"],
                **_around(package, now),
            }
        )


def _standing(row: Mapping[str, Any], package: Package, local: Local) -> Standing:
    def first(name: str, state: PartState) -> str | None:
        of_state = (part for part in package.parts if part.state == state and not part.is_bridging)
        known = [at for part in of_state if (at := getattr(part, name)) is not None]
        return local(min(known)) if known else None

    return Standing(
        status=row["status"],
        missing=json.loads(row["now_missing"]),
        tier_name=row["tier_name"],
        offers_out=len(json.loads(row["live_offers"])),
        next_deadline=row["next_deadline_local"],
        decided_by=row["next_deadline_local"],
        provider_name=row["provider_name"],
        confirm_by=row["confirm_by_local"],
        held_until=first("held_until", "paused"),
        restart_at=first("restart_at", "paused"),
        restart_by=first("restart_by", "paused"),
        last_visit_at=first("last_visit_at", "ending"),
    )


def _around(package: Package, now: datetime) -> dict[str, Any]:
    """The fields about parts, later searches, gaps and pauses."""
    active, held, gap = package.active(), package.held(), care_gap(package)
    paused = [part for part in active if part.state == "paused"]
    return {
        "filled": package.is_filled(),
        "covered": package.is_covered(),
        "parts_total": max(len(active), 1),
        "parts_taken": len(held),
        "parts": [PartPlace.of(part) for part in package.parts if part.state != "divided"],
        "later_search": _later_search(package.later(), now),
        "care_gap_at": None if gap is None else gap.gap_at,
        "contingency": None if gap is None else gap.contingency,
        "paused_until": paused[0].held_until if paused else None,
        "restart_at": paused[0].restart_at if paused else None,
    }


def _later_search(later: tuple[Part, ...], now: datetime) -> LaterSearch | None:
    begun = [part.received_at for part in later if part.received_at is not None]
    if not begun:
        return None
    since = min(begun)
    held = [part for part in later if part.state in HELD]
    filled = [part.filled_at for part in held if part.filled_at is not None]
    clock = Clock(
        received_at=since,
        complete_at=since,
        filled_at=max(filled) if len(filled) == len(later) else None,
        withdrawn_at=None,
    )
    return LaterSearch(
        cause=later[0].cause,
        since=since,
        filled_by=names(held) or None,
        filled_at=clock.filled_at,
        minutes_on_the_clock=clock.minutes(now),
        targets=_targets(clock, later[0].targets, now),
    )


def _targets(clock: Clock, minutes: Any, now: datetime) -> list[Target]:
    return [
        Target(minutes=target, state=clock.target(target, now))
        for target in minutes or DEFAULT_TARGETS_MINUTES
    ]
