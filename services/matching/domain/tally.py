"""Lessons added up: whole numbers that can be added in any order and never need touching again.

A sum belongs to a subject (a provider, everybody of its lot, everybody of its kind, or the whole
market) and a measure, whose name is words joined by spaces. Forgetting is in the weight: a lesson
counts twice as much as one that is HALF_LIFE_WEEKS older, and whoever reads divides by the weight
of the present week.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import assert_never
from uuid import UUID, uuid5

from services.matching.domain.codes import ContractKind
from services.matching.domain.lessons import Lesson
from services.matching.domain.requirement import Needed
from services.matching.domain.waits import HourOfWeek, Wait, wait_between

Sums = dict[UUID, dict[str, int]]
"""Subject → measure → amount times weight."""

HALF_LIFE_WEEKS = 26
"""Long enough to learn about a provider that is asked once a week. Source: assumed."""
SIZES = ((7 * 60, "small"), (21 * 60, "medium"))
"""Weekly minutes below which a package is of that size; `large` above. Source: assumed."""
TENTHS = 10
"""Open minutes are summed in tenths."""

_TURN = {True: "first", False: "later"}
_GROUPS = UUID("b0f6c1c2-5a0e-5d0b-8a55-0f8f0a7e6c31")
MARKET = uuid5(_GROUPS, "market")
_FIRST_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_WEEK = timedelta(weeks=1)
_STEPS = tuple(round(1024 * 2 ** (week / HALF_LIFE_WEEKS)) for week in range(HALF_LIFE_WEEKS))


@lru_cache(maxsize=4096)
def group(kind: ContractKind, lot: str | None = None) -> UUID:
    """The subject that stands for everybody with such a contract, in one lot or in all."""
    return uuid5(_GROUPS, kind if lot is None else f"{kind} {lot}")


def weight(instant: datetime) -> int:
    """What a lesson of that week weighs: twice as much each half-life, exactly."""
    lives, weeks = divmod(max(0, (instant - _FIRST_MONDAY) // _WEEK), HALF_LIFE_WEEKS)
    return _STEPS[weeks] << lives


def features_of(needed: Needed) -> tuple[str, ...]:
    """What of a package that nobody has been asked for yet sways a provider's answer."""
    return (needed.outcode, _TURN[True], *_sort_of(needed))


def _sort_of(needed: Needed) -> tuple[str, str]:
    """Its size, and one carer or two."""
    minutes, size = needed.weekly_minutes, "large"
    for below, name in SIZES:
        if minutes < below:
            size = name
            break
    return size, "double" if needed.double_handed else "single"


def add_up(lessons: Iterable[Lesson], sums: Sums) -> None:
    """Adds each lesson to its provider, to the provider's lot and kind, and to the market."""
    for lesson in lessons:
        wait = wait_between(lesson.asked_at, lesson.ended_at)
        if lesson.outcome == "withdrawn" and not wait.whole_bins:
            continue  # It was taken back at once, which says nothing.
        weighs = -weight(lesson.ended_at) if lesson.undone else weight(lesson.ended_at)
        measures = [(measure, weighs) for measure in _measures(lesson, wait)]
        _add(sums, lesson.provider_id, measures)
        _add(sums, group(lesson.kind), measures)
        if lesson.lot is not None:
            _add(sums, group(lesson.kind, lesson.lot), measures)
        _add(sums, MARKET, [(name, weighs * n) for name, n in _hours(lesson, wait)])


def _add(sums: Sums, subject: UUID, amounts: Iterable[tuple[str, int]]) -> None:
    mine = sums.get(subject)
    if mine is None:
        mine = sums[subject] = {}
    for measure, amount in amounts:
        mine[measure] = mine.get(measure, 0) + amount


def _measures(lesson: Lesson, wait: Wait) -> Iterator[str]:
    kind = lesson.kind
    match lesson.outcome:
        case "accepted" | "declined":
            said = "yes" if lesson.outcome == "accepted" else "no"
            yield f"{kind} answered {wait.answered_in}"
            yield f"{kind} {said} place {lesson.needed.outcode} {_TURN[lesson.first]}"
            yield f"{kind} {said} sort {' '.join(_sort_of(lesson.needed))}"
        case "lapsed" | "withdrawn":
            yield f"{kind} waited {wait.whole_bins}"
            if lesson.outcome == "lapsed":
                yield f"{kind} lapsed"
        case "awarded" | "released":
            yield f"{kind} {lesson.outcome}"
        case _:
            assert_never(lesson.outcome)


def _hours(lesson: Lesson, wait: Wait) -> Iterator[tuple[str, int]]:
    if lesson.outcome in ("awarded", "released"):
        return
    for hour, minutes in wait.hours:
        yield _name("open", hour), round(minutes * TENTHS)
    if lesson.outcome in ("accepted", "declined"):
        yield _name("answered", wait.ended), 1


@lru_cache(maxsize=1024)
def _name(what: str, hour: HourOfWeek) -> str:
    return f"{what} {'weekend' if hour.weekend else 'weekday'} {hour.hour} {hour.span}"
