"""What brokers send about care that was awarded. Every `reason` and `note` stays in this service."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.matching.api.orders import Reasoned
from services.matching.api.shapes import Body
from shared.contracts.codes import Contingency
from shared.contracts.requirement import Requirement
from shared.web.instants import When
from shared.web.text import LongText

Part = Annotated[tuple[Annotated[int, Field(ge=0, lt=100)], ...], Field(min_length=1)]
"""The places of its visits in the requirement's list, from 0."""


class PauseBody(Reasoned):
    """Until when the package is held for its provider, and whether it is paid a retainer."""

    held_until: When
    retainer: bool = False


class RestartBody(Reasoned):
    """When care is to go on."""

    restart_at: When


class ChangeBody(Reasoned):
    """What is needed from now on: the whole of it."""

    requirement: Requirement


class LastVisitBody(Reasoned):
    """When the last visit is over."""

    last_visit_at: When


class TransferBody(LastVisitBody):
    """The same, where another provider takes over; the person has agreed to it."""

    person_agrees: Literal[True]


class ContingencyBody(Body):
    """Who cares while nobody holds a visit."""

    contingency: Contingency
    note: LongText | None = None


class SplitBody(Reasoned):
    """The parts: every visit is in exactly one."""

    parts: Annotated[tuple[Part, ...], Field(min_length=2, max_length=10)]


class MergeBody(Reasoned):
    """Parts that are searched, by their placements' ids."""

    placement_ids: Annotated[tuple[UUID, ...], Field(min_length=2, max_length=10)]


class BridgeBody(Reasoned):
    """When bridging care ends."""

    until: When


class CareGap(BaseModel):
    """A placement that nobody has, with the first visit that nobody holds."""

    referral_id: UUID
    placement_id: UUID
    gap_at: datetime
    urgency: str
    outcode: str | None
    cause: str
    status: str
    contingency: str | None
    offers_out: int


class HeldPackage(BaseModel):
    """A package that a provider has. `state` is live, or ending until its last visit."""

    referral_id: UUID
    placement_id: UUID
    state: str
    status: str
    outcode: str | None
    weekly_minutes: int | None
    rate_pence: int | None
    started_at: datetime | None
    last_visit_at: datetime | None


class FailedPackage(BaseModel):
    """What became of one package of a provider that failed, in the order of risk."""

    referral_id: UUID
    placement_id: UUID
    risk: int
    """4 for somebody who lives alone, 2 for a double-handed visit, 1 for a time-critical one, added."""
    result: list[str]
    search_id: UUID | None
    """The placement that is searched now."""
    gap_at: datetime | None


class ProviderFailure(BaseModel):
    """Every package of the provider, those at most risk first."""

    provider_id: UUID
    packages: list[FailedPackage]
