"""Events of a yes that a person must look at: a rate above the limit, or other times or a later start.

One class for each in `shared.contracts.negotiations`. Source: domain rules 1 and 11.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from services.matching.domain.codes import Via
from services.matching.domain.fact import PlacementEvent
from services.matching.domain.requirement import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class RateQuoted(PlacementEvent):
    """A yes at a rate above the tier's limit: it competes once a named person approves the rate."""

    TYPE: ClassVar[str] = "homeward.placement.rate-quoted.v1"
    offer_id: UUID
    provider_id: UUID
    rate_pence: int
    limit_pence: int
    accepted_at: datetime
    via: Via
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateApproved(PlacementEvent):
    """The rate is approved; the yes competes from now on."""

    TYPE: ClassVar[str] = "homeward.placement.rate-approved.v1"
    offer_id: UUID
    provider_id: UUID
    rate_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRefused(PlacementEvent):
    """The rate is refused and the offer is over; it is not bid down."""

    TYPE: ClassVar[str] = "homeward.placement.rate-refused.v1"
    offer_id: UUID
    provider_id: UUID
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRaised(PlacementEvent):
    """A yes with a later start, or with other visits (all of them, as they would be given)."""

    TYPE: ClassVar[str] = "homeward.placement.condition-raised.v1"
    offer_id: UUID
    provider_id: UUID
    starts_at: datetime | None
    visits: tuple[Visit, ...]
    accepted_at: datetime
    via: Via
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionAccepted(PlacementEvent):
    """The terms are agreed; the yes competes from now on."""

    TYPE: ClassVar[str] = "homeward.placement.condition-accepted.v1"
    offer_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRefused(PlacementEvent):
    """The condition is refused and the offer is over; the provider may be asked again."""

    TYPE: ClassVar[str] = "homeward.placement.condition-refused.v1"
    offer_id: UUID
    provider_id: UUID
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionCountered(PlacementEvent):
    """Other terms were put to the provider, to be answered before `expires_at`."""

    TYPE: ClassVar[str] = "homeward.placement.condition-countered.v1"
    offer_id: UUID
    provider_id: UUID
    starts_at: datetime | None
    visits: tuple[Visit, ...]
    expires_at: datetime
    response_id: UUID | None


Negotiation = (
    RateQuoted
    | RateApproved
    | RateRefused
    | ConditionRaised
    | ConditionAccepted
    | ConditionRefused
    | ConditionCountered
)
