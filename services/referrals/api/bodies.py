"""What wards and hubs send. Every part may be missing; none may be wrong."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.referrals.api.fields import NhsNumber, Place, Postcode, Telephone
from shared.contracts.codes import (
    AuthorisationBasis,
    CareType,
    Equipment,
    Funder,
    Gender,
    Need,
    NhsNumberAbsentReason,
    Outcome,
    Pathway,
    Risk,
    SourceKind,
    Urgency,
    WithdrawalReason,
)
from shared.contracts.requirement import Preferences, Visit
from shared.web.instants import Day, When
from shared.web.text import LongText, ShortText


class Body(BaseModel):
    """A write body: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceIn(Body):
    """Where the referral comes from, in the council's codes; it must lie in the token's scope."""

    kind: SourceKind
    organisation: Place
    ward: Place


class ContactIn(Body):
    """Whom to ask about this referral at the ward or hub."""

    name: ShortText | None = None
    phone: Telephone | None = None
    email: ShortText | None = None


def _contact(value: Any) -> Any:
    """One line of text stands for a contact's name."""
    return {"name": value} if isinstance(value, str) else value


Contact = Annotated[ContactIn, BeforeValidator(_contact)]


class AuthorisationIn(Body):
    """Who agreed the money, when and on what basis. An urgent one may give `due_by` in place of `at`."""

    by: ShortText | None = None
    at: When | None = None
    basis: AuthorisationBasis | None = None
    funder: Funder | None = None
    due_by: When | None = None
    weekly_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 120)] | None = None
    """Minutes of care a week that were agreed, each carer's counted."""

    @model_validator(mode="after")
    def _due_after(self) -> Self:
        if self.at is not None and self.due_by is not None and self.due_by < self.at:
            raise PydanticCustomError("authorisation_due", "due_by must not be before at")
        return self


class PersonIn(Body):
    """Who the care is for. Kept sealed and apart; given only to the awarded provider."""

    nhs_number: NhsNumber | None = None
    nhs_number_absent_reason: NhsNumberAbsentReason | None = None
    given_name: ShortText | None = None
    family_name: ShortText | None = None
    date_of_birth: Day | None = None
    gender: Gender | None = None
    address_lines: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=6)] | None = None
    postcode: Postcode | None = None
    phone: Telephone | None = None
    key_safe: ShortText | None = None
    """Where it is and its code; released only near the start."""
    gp_practice: ShortText | None = None
    council_person_id: ShortText | None = None
    pen_picture: LongText | None = None

    @model_validator(mode="after")
    def _number_or_reason(self) -> Self:
        if self.nhs_number is not None and self.nhs_number_absent_reason is not None:
            raise PydanticCustomError(
                "nhs_number_and_reason", "give nhs_number or nhs_number_absent_reason, not both"
            )
        return self


class RequirementIn(Body):
    """What is needed, as far as it is known."""

    care_type: CareType | None = None
    visits: Annotated[tuple[Visit, ...], Field(max_length=100)] = ()
    needs: Annotated[tuple[Need, ...], Field(max_length=20)] = ()
    risks: Annotated[tuple[Risk, ...], Field(max_length=20)] = ()
    equipment: Annotated[tuple[Equipment, ...], Field(max_length=20)] = ()
    preferences: Preferences = Preferences()
    exclude_provider_ids: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()
    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=20)] = ()
    ready_at: When | None = None
    continuity_provider_id: UUID | None = None


class ReferralIn(Body):
    """A new referral: what the ward knows now. What is missing is listed in the answer."""

    source: SourceIn
    contact: Contact | None = None
    pathway: Pathway
    urgency: Urgency = "routine"
    discharge_ready_at: When | None = None
    authorisation: AuthorisationIn | None = None
    person: PersonIn = PersonIn()
    requirement: RequirementIn | None = None
    linked_referral_id: UUID | None = None
    """The referral of the person who lives with this one: shown together, awarded separately."""


class SupplyIn(Body):
    """What completes a referral. A field that is sent replaces what was known; others stay."""

    contact: Contact | None = None
    urgency: Urgency | None = None
    discharge_ready_at: When | None = None
    authorisation: AuthorisationIn | None = None
    person: PersonIn | None = None
    requirement: RequirementIn | None = None
    linked_referral_id: UUID | None = None
    """Null, if it is sent: the two are not linked any more."""


class WithdrawIn(Body):
    """Why the package is no longer wanted."""

    reason: WithdrawalReason
    note: LongText | None = None

    @model_validator(mode="after")
    def _other_says_why(self) -> Self:
        if self.reason == "other" and self.note is None:
            raise PydanticCustomError("note_required", "reason other needs a note that says why")
        return self
