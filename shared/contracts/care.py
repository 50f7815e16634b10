"""Events of `placements.v1` about care that was awarded. Written by the matching service."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.codes import Contingency, EndingBecause, HandBackReason, NoAnswer
from shared.contracts.model import Instant, Minutes, Outcode, Pence, Sixtieths
from shared.contracts.placement_event import PlacementEvent
from shared.contracts.requirement import Requirement

Version = Annotated[int, Field(ge=1)]
"""Of what a placement needs: 1 as its search began, one more with each change."""


class AwardedCare(PlacementEvent):
    """Something about the award that has, or had, the package."""

    award_id: UUID
    provider_id: UUID


class HandedBack(AwardedCare):
    """The provider gives the package up; it keeps care and access until its last visit."""

    TYPE: ClassVar[str] = "homeward.placement.handed-back.v1"

    reason: HandBackReason
    last_visit_at: Instant
    notice_until: Instant | None
    """Until when its contract obliges it; None where the register no longer has the contract."""
    breach: bool
    """Its last visit is before that."""
    response_id: UUID | None


class CareEnding(AwardedCare):
    """Care ends for another reason than a hand-back."""

    TYPE: ClassVar[str] = "homeward.placement.care-ending.v1"

    because: EndingBecause
    last_visit_at: Instant | None
    """None: with the first visit of the placement that follows."""


class CareEnded(AwardedCare):
    """The last visit is over: the provider has the package no longer, and no access."""

    TYPE: ClassVar[str] = "homeward.placement.care-ended.v1"

    because: EndingBecause


class CarePaused(AwardedCare):
    """The person is away; the package is held for its provider until a date."""

    TYPE: ClassVar[str] = "homeward.placement.care-paused.v1"

    held_until: Instant
    warn_at: Instant
    """When a person is told that the pause is about to lapse."""
    retainer: bool


class PauseLapsed(AwardedCare):
    """The package is held no longer: a restart is a new search, its old provider first."""

    TYPE: ClassVar[str] = "homeward.placement.pause-lapsed.v1"


class RestartAsked(AwardedCare):
    """The person comes home: the provider that holds the package is asked to go on."""

    TYPE: ClassVar[str] = "homeward.placement.restart-asked.v1"

    restart_at: Instant
    answer_by: Instant


class CareResumed(AwardedCare):
    """The provider goes on with the package."""

    TYPE: ClassVar[str] = "homeward.placement.care-resumed.v1"

    restart_at: Instant
    response_id: UUID | None


class RestartRefused(AwardedCare):
    """The provider does not go on, or said nothing in time; others are asked."""

    TYPE: ClassVar[str] = "homeward.placement.restart-refused.v1"

    because: NoAnswer
    response_id: UUID | None


class ChangeAsked(AwardedCare):
    """What is needed has changed: the awarded provider is asked before anybody else."""

    TYPE: ClassVar[str] = "homeward.placement.change-asked.v1"

    version: Version
    outcode: Outcode
    requirement: Requirement
    answer_by: Instant


class ChangeAgreed(AwardedCare):
    """The provider goes on with what is needed now."""

    TYPE: ClassVar[str] = "homeward.placement.change-agreed.v1"

    version: Version
    weekly_minutes: Minutes
    response_id: UUID | None
    confirm_by: Instant | None = None
    """Where it had not confirmed: until when it should now."""
    start_by: Instant | None = None
    """Before the start: care that has not started by then is overdue."""
    rate_pence: Pence | None = None
    """The average of an hour from now on by the contract's rate card; null: as before."""
    weekly_cost_sixtieths: Sixtieths | None = None
    """What a week costs by the card; null: hours times the rate."""


class ChangeRefused(AwardedCare):
    """The provider cannot give what is needed now, or said nothing in time; others are asked."""

    TYPE: ClassVar[str] = "homeward.placement.change-refused.v1"

    version: Version
    because: NoAnswer
    response_id: UUID | None


class CareGapMoved(PlacementEvent):
    """From when a visit that this placement is to hold has nobody; None: from never."""

    TYPE: ClassVar[str] = "homeward.placement.care-gap-moved.v1"

    gap_at: Instant | None
    gap_alarm_at: Instant | None


class ContingencyRecorded(PlacementEvent):
    """Who cares while no provider does, as a person has arranged it."""

    TYPE: ClassVar[str] = "homeward.placement.contingency-recorded.v1"

    contingency: Contingency


class PlacementDivided(PlacementEvent):
    """The search goes on in other placements: parts, or the whole that parts make again."""

    TYPE: ClassVar[str] = "homeward.placement.divided.v1"

    because: Literal["split", "merged", "bridging_over", "care_goes_on"]
    """`care_goes_on`: whoever gave the care before goes on after all."""
    into: tuple[UUID, ...]
