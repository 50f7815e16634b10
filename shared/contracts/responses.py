"""Events of `responses.v1`: what providers answered. Written by the providers service.

`recorded_at` is the instant on the providers service's clock, read after the offer was locked: it
decides whether an answer came before the deadline, whenever matching comes to read it.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.codes import DeclineReason, HandBackReason, ReleaseReason
from shared.contracts.model import Instant, Pence, ReferralEvent
from shared.contracts.requirement import Visit

Version = Annotated[int, Field(ge=1)]


class _Response(ReferralEvent):
    response_id: UUID
    provider_id: UUID
    recorded_at: Instant


class OfferAccepted(_Response):
    """A provider's yes to one offer."""

    TYPE: ClassVar[str] = "homeward.response.offer-accepted.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    offer_id: UUID
    rate_pence: Pence | None = None
    """What a spot provider quotes an hour; none: the rate of the offer."""
    requirement_version: Version | None = None
    """Of what is needed, as the provider has read it; none: that which it was made for."""


class ConditionProposed(_Response):
    """A provider's yes to one offer on a condition: a later start, or other visits (all of them)."""

    TYPE: ClassVar[str] = "homeward.response.condition-proposed.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    offer_id: UUID
    starts_at: Instant | None
    visits: tuple[Visit, ...]
    requirement_version: Version | None = None
    """Of what is needed, as the provider has read it; none: that which it was made for."""


class CounterAnswered(_Response):
    """A provider's yes or no to the terms that were put in place of its condition."""

    TYPE: ClassVar[str] = "homeward.response.counter-answered.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    offer_id: UUID
    agrees: bool


class OfferDeclined(_Response):
    """A provider's no to one offer, with its reason; a note stays in the providers service."""

    TYPE: ClassVar[str] = "homeward.response.offer-declined.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    offer_id: UUID
    reason: DeclineReason


class ConfirmationSent(_Response):
    """The awarded provider has read the full plan and confirms."""

    TYPE: ClassVar[str] = "homeward.response.confirmation-sent.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    award_id: UUID
    requirement_version: Version | None = None
    """Of what is needed, as the provider has read it; none: that which it was awarded, or agreed to."""


class ReleaseSent(_Response):
    """The awarded provider gives the award back before it confirmed it."""

    TYPE: ClassVar[str] = "homeward.response.release-sent.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    award_id: UUID
    reason: ReleaseReason


class StartReported(_Response):
    """The first visit was delivered at `started_at`."""

    TYPE: ClassVar[str] = "homeward.response.start-reported.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    award_id: UUID
    started_at: Instant


class HandBackSent(_Response):
    """The provider gives up a package that it confirmed; its last visit is at `last_visit_at`."""

    TYPE: ClassVar[str] = "homeward.response.hand-back-sent.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    award_id: UUID
    reason: HandBackReason
    last_visit_at: Instant


class RestartAnswered(_Response):
    """Whether the provider goes on with a package that it held while the person was away."""

    TYPE: ClassVar[str] = "homeward.response.restart-answered.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    award_id: UUID
    agrees: bool


class ChangeAnswered(_Response):
    """Whether the provider goes on with what is needed now, by the version that it was asked about."""

    TYPE: ClassVar[str] = "homeward.response.change-answered.v1"
    TOPIC: ClassVar[str] = "responses.v1"

    award_id: UUID
    version: Version
    agrees: bool
