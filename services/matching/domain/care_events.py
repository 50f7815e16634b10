"""What becomes of care that was awarded: paused, changed, handed back, ended; and who has none.

One class for each class in `shared.contracts.care`, as in `events`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.matching.domain.codes import (
    Contingency,
    EndingBecause,
    HandBackReason,
    NoAnswer,
)
from services.matching.domain.fact import PlacementEvent
from services.matching.domain.requirement import Requirement

Divided = Literal["split", "merged", "bridging_over", "care_goes_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardedCare(PlacementEvent):
    """Something about the award that has, or had, the package."""

    award_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack(AwardedCare):
    """The provider gives the package up; it keeps care and access until its last visit.

    `notice_until`: until when its contract obliges it; `breach`: its last visit is before that.
    """

    TYPE: ClassVar[str] = "homeward.placement.handed-back.v1"
    reason: HandBackReason
    last_visit_at: datetime
    notice_until: datetime | None
    breach: bool
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareEnding(AwardedCare):
    """Care ends for another reason than a hand-back.

    `last_visit_at` None: with the first visit of the placement that follows.
    """

    TYPE: ClassVar[str] = "homeward.placement.care-ending.v1"
    because: EndingBecause
    last_visit_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareEnded(AwardedCare):
    """The last visit is over: the provider has the package no longer, and no access."""

    TYPE: ClassVar[str] = "homeward.placement.care-ended.v1"
    because: EndingBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePaused(AwardedCare):
    """The person is away; the package is held for its provider until a date."""

    TYPE: ClassVar[str] = "homeward.placement.care-paused.v1"
    held_until: datetime
    warn_at: datetime
    retainer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseLapsed(AwardedCare):
    """The package is held no longer: a restart is a new search, its old provider first."""

    TYPE: ClassVar[str] = "homeward.placement.pause-lapsed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartAsked(AwardedCare):
    """The person comes home: the provider that holds the package is asked to go on."""

    TYPE: ClassVar[str] = "homeward.placement.restart-asked.v1"
    restart_at: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CareResumed(AwardedCare):
    """The provider goes on with the package."""

    TYPE: ClassVar[str] = "homeward.placement.care-resumed.v1"
    restart_at: datetime
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRefused(AwardedCare):
    """The provider does not go on, or said nothing in time."""

    TYPE: ClassVar[str] = "homeward.placement.restart-refused.v1"
    because: NoAnswer
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAsked(AwardedCare):
    """What is needed has changed: the awarded provider is asked before anybody else."""

    TYPE: ClassVar[str] = "homeward.placement.change-asked.v1"
    version: int
    outcode: str
    requirement: Requirement
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgreed(AwardedCare):
    """The provider goes on with what is needed now; before the start, with instants of its own."""

    TYPE: ClassVar[str] = "homeward.placement.change-agreed.v1"
    version: int
    weekly_minutes: int
    response_id: UUID | None
    confirm_by: datetime | None = None
    start_by: datetime | None = None
    rate_pence: int | None = None
    weekly_cost_sixtieths: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRefused(AwardedCare):
    """The provider cannot give what is needed now, or said nothing in time."""

    TYPE: ClassVar[str] = "homeward.placement.change-refused.v1"
    version: int
    because: NoAnswer
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareGapMoved(PlacementEvent):
    """From when a visit that this placement is to hold has nobody; None: from never."""

    TYPE: ClassVar[str] = "homeward.placement.care-gap-moved.v1"
    gap_at: datetime | None
    gap_alarm_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencyRecorded(PlacementEvent):
    """Who cares while no provider does, as a person has arranged it."""

    TYPE: ClassVar[str] = "homeward.placement.contingency-recorded.v1"
    contingency: Contingency


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementDivided(PlacementEvent):
    """The search goes on in other placements: parts, or the whole that parts make again."""

    TYPE: ClassVar[str] = "homeward.placement.divided.v1"
    because: Divided
    into: tuple[UUID, ...]


EndingEvent = HandedBack | CareEnding | CareEnded | PauseLapsed | RestartRefused | ChangeRefused
GoingOnEvent = CarePaused | RestartAsked | CareResumed | ChangeAsked | ChangeAgreed
WithoutAwardEvent = CareGapMoved | ContingencyRecorded | PlacementDivided
CareEvent = EndingEvent | GoingOnEvent | WithoutAwardEvent
