"""What wards and hubs are answered with."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.referrals.api.bodies import RequirementIn
from services.referrals.asked import Asked, AuthorisationCodes, warnings_of
from services.referrals.domain.board import (
    Clock,
    Standing,
    Status,
    TargetState,
    hint,
    outlook_words,
    words,
)
from services.referrals.store import ReferralRow
from shared.contracts.codes import MissingItem, Pathway, Urgency

DEFAULT_TARGETS_MINUTES = (90, 240)
"""Until matching has said which targets its policy sets. Source: Devon Cares, domain page."""


class Acknowledged(BaseModel):
    """How a referral stands after a request."""

    referral_id: UUID
    status: Literal["incomplete", "complete", "withdrawing", "withdrawn", "started"]
    received_at: datetime
    complete_at: datetime | None
    missing: list[MissingItem]
    warnings: list[dict[str, str]] = Field(description="Unusual and not refused: path and code.")

    @staticmethod
    def of(row: ReferralRow) -> "Acknowledged":
        """The answer for a row."""
        return Acknowledged.model_validate(
            {
                "referral_id": row.referral_id,
                "status": row.state,
                "received_at": row.received_at,
                "complete_at": row.complete_at,
                "missing": json.loads(row.missing),
                "warnings": warnings_of(Asked.stored(row).requirement),
            }
        )


class Target(BaseModel):
    """One target of the policy, counted from received."""

    minutes: int
    state: TargetState


class Place(BaseModel):
    """Where one referral stands, in words and in fields."""

    referral_id: UUID
    patient: str | None = Field(description="Initials and surname, for its own ward and hub.")
    organisation: str
    ward: str
    pathway: Pathway
    urgency: Urgency
    status: Status
    words: str = Field(description="The status as a sentence, times of day local.")
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
    filled_by: str | None
    provider_id: UUID | None
    filled_at: datetime | None
    confirm_by: datetime | None
    confirmed_at: datetime | None
    discharge_ready_at: datetime | None
    ready_at: datetime | None
    started_at: datetime | None
    withdrawn_at: datetime | None

    @staticmethod
    def of(row: Mapping[str, Any], patient: str | None, now: datetime) -> "Place":
        """The place of a row of the board as it is at `now`."""
        status: Status = row["status"]
        missing = json.loads(row["now_missing"])
        offers_out = len(json.loads(row["live_offers"]))
        standing = Standing(
            status=status,
            missing=missing,
            tier_name=row["tier_name"],
            offers_out=offers_out,
            next_deadline=row["next_deadline_local"],
            decided_by=row["next_deadline_local"],
            provider_name=row["provider_name"],
            confirm_by=row["confirm_by_local"],
        )
        clock = Clock(
            received_at=row["received_at"],
            complete_at=row["complete_at"],
            filled_at=row["filled_at"],
            withdrawn_at=row["withdrawn_at"],
        )
        searching = status in ("asking_providers", "deciding")
        targets = json.loads(row["targets"]) or DEFAULT_TARGETS_MINUTES
        return Place.model_validate(
            {
                **row,
                "patient": patient,
                "words": words(standing),
                "outlook": outlook_words(status, row["outlook"]),
                "hint": hint(status),
                "missing": missing,
                "tier": row["tier_name"] if searching else None,
                "offers_out": offers_out,
                "minutes_on_the_clock": clock.minutes(now),
                "minutes_since_complete": clock.minutes_since_complete(now),
                "targets": [
                    Target(minutes=minutes, state=clock.target(minutes, now)) for minutes in targets
                ],
                "filled_by": row["provider_name"],
            }
        )


class ReferralView(Acknowledged):
    """A referral as its ward and hub read it: what was asked, in codes, and where it stands."""

    source_kind: str
    discharge_ready_at: datetime | None
    authorisation: AuthorisationCodes
    requirement: RequirementIn | None
    place: Place

    @staticmethod
    def read(row: ReferralRow, place: Place) -> "ReferralView":
        """The view of a row and its place on the board."""
        asked = Asked.stored(row)
        return ReferralView.model_validate(
            {
                **Acknowledged.of(row).model_dump(),
                "source_kind": row.source_kind,
                "discharge_ready_at": row.discharge_ready_at,
                "authorisation": asked.authorisation,
                "requirement": asked.requirement,
                "place": place,
            }
        )


class PersonForProvider(BaseModel):
    """What the awarded provider reads. Never the key safe."""

    referral_id: UUID
    nhs_number: str | None
    given_name: str | None
    family_name: str | None
    date_of_birth: str | None
    gender: str | None
    address_lines: list[str]
    postcode: str | None
    phone: str | None
    gp_practice: str | None
    council_person_id: str | None
    pen_picture: str | None
    contact: dict[str, str | None] | None = Field(description="Whom to ask at the ward or hub.")


class KeySafe(BaseModel):
    """Where the key safe is and its code, or null if there is none."""

    referral_id: UUID
    key_safe: str | None
