"""What wards and hubs are answered with."""

import json
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.referrals.api.bodies import RequirementIn
from services.referrals.api.places import Place
from services.referrals.asked import Asked, AuthorisationCodes, warnings_of
from services.referrals.store import ReferralRow
from shared.contracts.codes import MissingItem


class Acknowledged(BaseModel):
    """How a referral stands after a request."""

    referral_id: UUID
    status: Literal["incomplete", "complete", "withdrawing", "withdrawn", "started", "ended"]
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
