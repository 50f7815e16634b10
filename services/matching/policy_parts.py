"""Parts of a policy document that need reading of their own: durations, calendars, clauses."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.matching.bank_holidays import bank_holidays
from services.matching.domain.calendar import Calendar
from services.matching.domain.codes import Urgency, Weekday
from services.matching.domain.policy import AwardRule, Component, Kpi, KpiMeasure

MOST_MINUTES = 90 * 24 * 60
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Asking = Literal["adaptive", "sequential", "simultaneous", "waves"]
Percent = Annotated[float, Field(ge=0, le=100)]


class Part(BaseModel):
    """A part of the document: frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _minutes(value: object) -> object:
    """Minutes alone are minutes of the clock. Raises ValueError for what is neither."""
    if isinstance(value, dict | DurationPart):
        return value
    if type(value) is not int:
        raise ValueError(
            "not minutes; give a whole number such as 60, or {minutes: 60, hours: working}"
        )
    if value <= 0:
        raise ValueError("too small; give a number greater than 0")
    if value > MOST_MINUTES:
        raise ValueError(f"too large; give {MOST_MINUTES} or less")
    return {"minutes": value}


class DurationPart(Part):
    """Minutes of the clock, or of the calendar's working hours."""

    minutes: Annotated[int, Field(gt=0, le=MOST_MINUTES, strict=True)]
    hours: Literal["clock", "working"] = "clock"


Duration = Annotated[DurationPart, BeforeValidator(_minutes)]


def _for_both(value: object) -> object:
    """One duration stands for both urgencies. Raises ValueError for what is none."""
    if isinstance(value, dict) and "minutes" not in value:
        return value
    if isinstance(value, DurationsPart):
        return value
    one = _minutes(value)
    return {"urgent": one, "routine": one}


class DurationsPart(Part):
    """A duration for each urgency."""

    urgent: Duration
    routine: Duration

    def by_urgency(self) -> dict[Urgency, int]:
        """The minutes, as the rules look them up."""
        return {"urgent": self.urgent.minutes, "routine": self.routine.minutes}

    def working(self) -> frozenset[Urgency]:
        """The urgencies for which working hours are meant."""
        found: dict[Urgency, DurationPart] = {"urgent": self.urgent, "routine": self.routine}
        return frozenset(one for one, duration in found.items() if duration.hours == "working")


Durations = Annotated[DurationsPart, BeforeValidator(_for_both)]


def _time_of_day(value: object) -> object:
    """`09:00` as the minute of the day. Raises ValueError for anything else."""
    if isinstance(value, str) and value.count(":") == 1:
        hour, minute = value.split(":")
        if hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(minute) < 60:
            value = int(hour) * 60 + int(minute)
    # YAML itself reads an unquoted 17:00 as 17 times 60.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 24 * 60:
        return value
    raise ValueError('not a time of day; give one such as "09:00"')


TimeOfDay = Annotated[int, BeforeValidator(_time_of_day)]


class CalendarPart(Part):
    """The working hours, in London.

    `holidays` are the bank holidays as dates. They are filled in when the document is first read,
    and a document that is kept has them, so that no deadline moves with an installed package.
    """

    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS[:5]
    opens: TimeOfDay
    closes: TimeOfDay
    bank_holidays: Literal["england"] | None = None
    closed: tuple[date, ...] = ()
    """Further days on which nobody works."""
    holidays: tuple[date, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _expanded(cls, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("holidays"):
            return content
        if content.get("bank_holidays") != "england":
            return content
        return {**content, "holidays": bank_holidays()}

    def calendar(self) -> Calendar:
        """The same as the rules know it."""
        return Calendar(
            weekdays=frozenset(WEEKDAYS.index(day) for day in self.weekdays),
            opens_minute=self.opens,
            closes_minute=self.closes,
            holidays=frozenset((*self.holidays, *self.closed)),
        )


class AllowsPart(Part):
    """What a call-off clause allows; a tier that uses more is refused."""

    ranking: tuple[Component, ...]
    strategies: Annotated[tuple[Asking, ...], Field(min_length=1)]
    award_rules: Annotated[tuple[AwardRule, ...], Field(min_length=1)]


def _clause(value: object) -> object:
    """A clause's name alone says nothing of what it allows."""
    return {"reference": value} if isinstance(value, str) else value


class ClausePart(Part):
    """The call-off clause that a tier rests on. Source: domain rule 2."""

    reference: Annotated[str, Field(min_length=1, max_length=300)]
    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    allows: AllowsPart | None = None

    @property
    def text(self) -> str:
        """Reference and title, as the record of a search names the clause."""
        return self.reference if self.title is None else f"{self.reference} {self.title}"


Clause = Annotated[ClausePart, BeforeValidator(_clause)]


class KpiPart(Part):
    """What the contract measures its providers by; percentages by contract year."""

    measure: KpiMeasure
    within_hours: Annotated[int, Field(gt=0, le=2_000, strict=True)] | None = None
    within_working_days: Annotated[int, Field(gt=0, le=90, strict=True)] | None = None
    at_least_percent: tuple[Percent, ...] = ()
    at_most_percent: tuple[Percent, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "KpiPart":
        """Raises ValueError for a measure that nobody could compute."""
        if bool(self.at_least_percent) == bool(self.at_most_percent):
            raise ValueError("give at_least_percent or at_most_percent, one of them")
        needs: dict[KpiMeasure, Callable[[KpiPart], bool]] = {
            "accepted": lambda kpi: kpi.within_hours is not None,
            "started": lambda kpi: kpi.within_working_days is not None,
        }
        if self.measure in needs and not needs[self.measure](self):
            raise ValueError(
                "accepted needs within_hours, started needs within_working_days; add it"
            )
        return self

    def kpi(self) -> Kpi:
        """The same as the rules know it."""
        return Kpi(
            measure=self.measure,
            within_hours=self.within_hours,
            within_working_days=self.within_working_days,
            at_least_percent=self.at_least_percent,
            at_most_percent=self.at_most_percent,
        )
