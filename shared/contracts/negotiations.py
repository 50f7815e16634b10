"""Events of `placements.v1` about a yes that a person must look at. Written by matching.

A rate above the limit, or other times or a later start: codes and numbers only.
"""

from typing import ClassVar
from uuid import UUID

from shared.contracts.codes import Via
from shared.contracts.model import Instant, Pence
from shared.contracts.placement_event import PlacementEvent
from shared.contracts.requirement import Visit


class RateQuoted(PlacementEvent):
    """A yes at a rate above the tier's limit: it competes once a named person approves the rate."""

    TYPE: ClassVar[str] = "homeward.placement.rate-quoted.v1"

    offer_id: UUID
    provider_id: UUID
    rate_pence: Pence
    limit_pence: Pence
    accepted_at: Instant
    via: Via
    response_id: UUID | None


class RateApproved(PlacementEvent):
    """The rate is approved; the yes competes from now on."""

    TYPE: ClassVar[str] = "homeward.placement.rate-approved.v1"

    offer_id: UUID
    provider_id: UUID
    rate_pence: Pence


class RateRefused(PlacementEvent):
    """The rate is refused and the offer is over; it is not bid down."""

    TYPE: ClassVar[str] = "homeward.placement.rate-refused.v1"

    offer_id: UUID
    provider_id: UUID
    response_id: UUID | None


class ConditionRaised(PlacementEvent):
    """A yes with a later start, or with other visits (all of them, as they would be given)."""

    TYPE: ClassVar[str] = "homeward.placement.condition-raised.v1"

    offer_id: UUID
    provider_id: UUID
    starts_at: Instant | None
    visits: tuple[Visit, ...]
    accepted_at: Instant
    via: Via
    response_id: UUID | None


class ConditionAccepted(PlacementEvent):
    """The terms are agreed; the yes competes from now on."""

    TYPE: ClassVar[str] = "homeward.placement.condition-accepted.v1"

    offer_id: UUID
    provider_id: UUID


class ConditionRefused(PlacementEvent):
    """The condition is refused and the offer is over; the provider may be asked again."""

    TYPE: ClassVar[str] = "homeward.placement.condition-refused.v1"

    offer_id: UUID
    provider_id: UUID
    response_id: UUID | None


class ConditionCountered(PlacementEvent):
    """Other terms were put to the provider, to be answered before `expires_at`."""

    TYPE: ClassVar[str] = "homeward.placement.condition-countered.v1"

    offer_id: UUID
    provider_id: UUID
    starts_at: Instant | None
    visits: tuple[Visit, ...]
    expires_at: Instant
    response_id: UUID | None
