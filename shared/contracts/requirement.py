"""What is needed, as codes and numbers: the part of a referral that may leave its service."""

from datetime import time
from typing import Annotated, LiteralString, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.codes import (
    Band,
    CarerGender,
    CareType,
    Equipment,
    Language,
    Need,
    Outcome,
    Risk,
    Strength,
    Task,
    Weekday,
)
from shared.contracts.model import Instant, Model

SHORT_VISIT_MINUTES = 30
"""Below this a visit is warned about. Source: NICE NG21; domain rule 16."""


def _wrong_when(message: LiteralString) -> PydanticCustomError:
    """A fault in a visit's time. Its text is a constant, so it can be shown to who sent the visit."""
    return PydanticCustomError("visit_time", message)


class Visit(Model):
    """One visit a week, in a band or in an exact window, by one or two carers."""

    weekday: Weekday
    band: Band | None = None
    from_: Annotated[time | None, Field(alias="from")] = None
    to: time | None = None
    minutes: Annotated[int, Field(ge=15, le=24 * 60)]
    carers: Annotated[int, Field(ge=1, le=2)] = 1
    time_critical: bool = False
    tasks: Annotated[tuple[Task, ...], Field(max_length=20)] = ()

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _when(self) -> Self:
        """A visit says when it is: a band, or a window that ends after it begins and holds the minutes."""
        if self.band is not None:
            if self.from_ is not None or self.to is not None:
                raise _wrong_when("give a band, or from and to, not both")
            return self
        if self.from_ is None or self.to is None:
            raise _wrong_when("give a band, or both from and to")
        for instant in (self.from_, self.to):
            if instant.tzinfo is not None or instant.second or instant.microsecond:
                raise _wrong_when("give from and to as local hours and minutes, as in 08:30")
        start = self.from_.hour * 60 + self.from_.minute
        end = self.to.hour * 60 + self.to.minute
        if end <= start:
            raise _wrong_when("to must be later than from; a visit past midnight is two")
        if end - start < self.minutes:
            raise _wrong_when("the window is shorter than the minutes of the visit")
        return self


class PreferredCarerGender(Model):
    """The carer's gender that the person asks for."""

    value: CarerGender
    strength: Strength


class PreferredLanguage(Model):
    """A language that the person asks for."""

    value: Language
    strength: Strength


class PreferredProvider(Model):
    """A provider that the person names."""

    value: UUID
    strength: Strength


class Preferences(Model):
    """What the person prefers; `must` is a gate, `prefer` is a reason. Source: domain rule 9."""

    carer_gender: PreferredCarerGender | None = None
    languages: Annotated[tuple[PreferredLanguage, ...], Field(max_length=5)] = ()
    provider_id: PreferredProvider | None = None


class Requirement(Model):
    """What a provider must be able to give. No free text, nothing that identifies the person."""

    care_type: CareType
    visits: Annotated[tuple[Visit, ...], Field(min_length=1, max_length=100)]
    needs: Annotated[tuple[Need, ...], Field(max_length=20)] = ()
    risks: Annotated[tuple[Risk, ...], Field(max_length=20)] = ()
    equipment: Annotated[tuple[Equipment, ...], Field(max_length=20)] = ()
    preferences: Preferences = Preferences()
    exclude_provider_ids: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()
    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=20)] = ()
    ready_at: Instant
    continuity_provider_id: UUID | None = None

    @property
    def weekly_minutes(self) -> int:
        """Minutes of care a week, a double-handed visit counted once for each carer."""
        return sum(visit.minutes * visit.carers for visit in self.visits)
