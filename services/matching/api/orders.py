"""What brokers send to steer a search. Every `reason` and `note` stays in this service."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from services.matching.api.shapes import Body, Confirmable
from shared.contracts.codes import (
    AwardGround,
    DeclineReason,
    EscalationKind,
    PersonView,
    PersonViewBy,
)
from shared.contracts.model import Code
from shared.contracts.requirement import Requirement, Visit
from shared.web.instants import When
from shared.web.text import LongText, ShortText


class Reasoned(Confirmable):
    """A command with the reason for it."""

    reason: LongText


class HoldBody(Reasoned):
    """Until when nobody new is asked (by default as long as the policy says)."""

    until: When | None = None


class JumpBody(Reasoned):
    """Which tier opens now."""

    tier_name: Code
    ground: AwardGround


class AmendBody(Reasoned):
    """All that is needed now, in place of what was asked for."""

    requirement: Requirement


class CounterBody(Reasoned):
    """Other terms: a start, or all visits as they could be given."""

    starts_at: When | None = None
    visits: Annotated[tuple[Visit, ...], Field(max_length=100)] = ()
    expires_at: When | None = None
    """By when to answer; by default after the tier's usual window."""


class ProviderBody(Reasoned):
    """Whom it is about, and the ground, which is published."""

    provider_id: UUID
    ground: AwardGround


class ExclusionBody(Reasoned):
    """Who is not asked any more for this package."""

    provider_id: UUID


class WindowBody(Reasoned):
    """The offer's new deadline, later or earlier."""

    expires_at: When


class CorrectionBody(Reasoned):
    """What was said in a call that was written down wrongly; `none`: nothing of this offer."""

    answer: Literal["accept", "decline", "none"]
    decline_reason: DeclineReason | None = None
    at: When | None = None
    """When it was said; by default as it was written down."""
    offer_id: UUID | None = None
    """The offer of the provider whose answer it was, if it was another."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.answer == "decline") != (self.decline_reason is not None):
            raise PydanticCustomError(
                "decline_reason_unfit", "a decline, and nothing else, has a decline_reason"
            )
        if self.answer == "none" and (self.at or self.offer_id):
            raise PydanticCustomError("nothing_said", "what was not said has no time and no offer")
        return self


class PersonViewBody(Body):
    """What the person says of the plan: told by whom, as a role, and when."""

    view: PersonView
    told_by_role: PersonViewBy
    told_at: When
    note: LongText | None = None


class AssignBody(Body):
    """Who looks after it, by the subject of that broker's token; null: nobody in particular."""

    assignee: ShortText | None
    note: LongText | None = None


class CloseBody(Body):
    """Which item is dealt with, and how."""

    kind: EscalationKind
    reason: LongText


class EscalateBody(Body):
    """What a colleague should look at."""

    reason: LongText


class NoteBody(Body):
    """Words beside the placement."""

    note: LongText


class ServiceOrderBody(Body):
    """A version of a service order, and the system it was entered in (a code of the council's)."""

    number: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{2,39}$")]
    version: Annotated[int, Field(ge=1, le=10_000)]
    entered_in: Code


class EscalationView(BaseModel):
    """One open item, with what it asks of a person."""

    referral_id: UUID
    placement_id: UUID
    kind: str
    to_do: str
    severity: int
    """What hurts most is highest; an urgent package comes before a routine one."""
    opened_at: datetime
    open_minutes: float
    urgency: Literal["routine", "urgent"]
    organisation: str
    ward: str
    outcode: str | None
    received_at: datetime
    status: str
    provider_name: str | None
    assignee: str | None
