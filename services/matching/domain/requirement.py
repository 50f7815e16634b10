"""What a package needs: the whole of it for the record, and the part that the rules weigh."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, ClassVar
from uuid import UUID

from services.matching.domain.codes import (
    Band,
    CarerGender,
    CareType,
    Equipment,
    Gender,
    Language,
    Need,
    Outcome,
    Risk,
    Strength,
    Task,
    Weekday,
)

WEEKEND: tuple[Weekday, ...] = ("sat", "sun")


def _name_on_the_wire(name: str) -> str:
    """`from_` is `from` in JSON, since `from` is a word of Python."""
    return name.rstrip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit a week, in a band or in an exact window, by one or two carers."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "alias_generator": _name_on_the_wire,
        "populate_by_name": True,
        "serialize_by_alias": True,
    }
    weekday: Weekday
    band: Band | None = None
    from_: time | None = None
    to: time | None = None
    minutes: int
    carers: int = 1
    time_critical: bool = False
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsAlike:
    """Visits of a week that no rate card tells apart: `times` of them, `begins` if it is said.

    `night` is the band of that name; a window is judged by when it begins.
    """

    times: int
    minutes: int
    carers: int
    weekend: bool
    night: bool = False
    begins: time | None = None

    @property
    def weekly_minutes(self) -> int:
        """Minutes of care a week, each carer's counted."""
        return self.times * self.minutes * self.carers


def alike(visits: Iterable[Visit]) -> tuple[VisitsAlike, ...]:
    """A week's visits, those that cost the same gathered, in the order of the first of each."""
    found = Counter(
        (one.minutes, one.carers, one.weekday in WEEKEND, one.band == "night", one.from_)
        for one in visits
    )
    return tuple(
        VisitsAlike(
            times=times, minutes=minutes, carers=carers, weekend=weekend, night=night, begins=begins
        )
        for (minutes, carers, weekend, night, begins), times in found.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredCarerGender:
    """The carer's gender that the person asks for."""

    value: CarerGender
    strength: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredLanguage:
    """A language that the person asks for."""

    value: Language
    strength: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredProvider:
    """A provider that the person names."""

    value: UUID
    strength: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the person prefers; `must` is a gate, `prefer` is a reason. Source: domain rule 9."""

    carer_gender: PreferredCarerGender | None = None
    languages: tuple[PreferredLanguage, ...] = ()
    provider_id: PreferredProvider | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """The whole requirement, of the same shape as the contract's, for the record."""

    care_type: CareType
    visits: tuple[Visit, ...]
    needs: tuple[Need, ...] = ()
    risks: tuple[Risk, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    preferences: Preferences = Preferences()
    exclude_provider_ids: tuple[UUID, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    ready_at: datetime
    continuity_provider_id: UUID | None = None

    @property
    def weekly_minutes(self) -> int:
        """Minutes of care a week, a double-handed visit counted once for each carer."""
        return sum(visit.minutes * visit.carers for visit in self.visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A complete request. Location is the outcode, or the sector where policy and population
    permit, and no nearer. Source: domain rule 7."""

    outcode: str
    sector: str | None = None
    requirement: Requirement
    gender: Gender | None
    paperwork_due_at: datetime | None = None
    authorised_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """The part of a request that gates and ranking weigh, kept in a placement's state.

    A provider must have every one of `capabilities` and `languages`; None is no demand.
    """

    outcode: str
    sector: str | None = None
    weekly_minutes: int
    double_handed: bool = False
    """Whether any visit takes two carers."""
    capabilities: tuple[CareType | Need, ...]
    languages: tuple[Language, ...] = ()
    carer_gender: CarerGender | None = None
    only_provider_id: UUID | None = None
    chosen_provider_id: UUID | None = None
    continuity_provider_id: UUID | None = None
    excluded: tuple[UUID, ...] = ()
    visits: tuple[VisitsAlike, ...] = field(default=(), compare=False)
    """What a rate card asks for; no gate or component weighs it, so that it makes no difference."""

    @property
    def area(self) -> str:
        """The nearest that is known of where the package is."""
        return self.sector or self.outcode


def needed(outcode: str, requirement: Requirement, sector: str | None = None) -> Needed:
    """What the rules weigh of a requirement: its gates (`must`) and what puts a provider first."""
    preferences = requirement.preferences
    named = preferences.provider_id
    gender = preferences.carer_gender
    return Needed(
        outcode=outcode,
        sector=sector,
        weekly_minutes=requirement.weekly_minutes,
        double_handed=any(visit.carers > 1 for visit in requirement.visits),
        capabilities=(requirement.care_type, *requirement.needs),
        # Every provider of the register works in English, whether or not its entry says so.
        languages=tuple(
            language.value
            for language in preferences.languages
            if language.strength == "must" and language.value != "en"
        ),
        carer_gender=gender.value if gender and gender.strength == "must" else None,
        only_provider_id=named.value if named and named.strength == "must" else None,
        chosen_provider_id=named.value if named else None,
        continuity_provider_id=requirement.continuity_provider_id,
        excluded=requirement.exclude_provider_ids,
        visits=alike(requirement.visits),
    )
