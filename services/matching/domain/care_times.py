"""When visits are, when care that is awarded must be looked at, and from when a visit has nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from services.matching.domain import placement as states
from services.matching.domain.codes import Band, EscalationKind, Weekday
from services.matching.domain.london import LONDON
from services.matching.domain.placement import Placement
from services.matching.domain.requirement import Requirement, Visit

DAY_MINUTES = 24 * 60
BAND_BEGINS: dict[Band, int] = {
    "morning": 7 * 60,
    "lunch": 12 * 60,
    "tea": 16 * 60,
    "bed": 19 * 60,
    "night": 22 * 60,
}
"""Minutes after midnight at which the first visit of a band may begin. Source: assumed."""
_DAYS: dict[Weekday, int] = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_ALARMS: tuple[EscalationKind, ...] = (
    "start_overdue", "pause_ending", "review_due", "care_gap_ahead", "care_gap",
    "authorisation_overdue",
)  # fmt: skip
ALARMS = frozenset(_ALARMS)
"""What time alone raises, once for each award, pause or gap."""

CareDeadlineKind = Literal[
    "start_overdue", "pause_ending", "pause_lapse", "restart_answer", "change_answer", "review_due",
    "last_visit", "bridging_over", "care_gap_ahead", "care_gap", "authorisation_overdue",
]  # fmt: skip


def visit_minutes(requirement: Requirement) -> tuple[int, ...]:
    """When the visits of a week begin, in minutes from Monday 00:00, in order, each once."""
    return tuple(sorted({_begins(visit) for visit in requirement.visits}))


def _begins(visit: Visit) -> int:
    day = _DAYS[visit.weekday] * DAY_MINUTES
    if visit.from_ is not None:
        return day + visit.from_.hour * 60 + visit.from_.minute
    return day + (BAND_BEGINS[visit.band] if visit.band else 0)


def next_visit(minutes_of_week: tuple[int, ...], after: datetime) -> datetime | None:
    """The first visit that begins after an instant, by London's wall clock; None without visits."""
    if not minutes_of_week:
        return None
    local = after.astimezone(LONDON).replace(tzinfo=None)
    monday = (local - timedelta(days=local.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    for week in (0, 7):
        for minute in minutes_of_week:
            begins = monday + timedelta(days=week, minutes=minute)
            if begins > local:
                return begins.replace(tzinfo=LONDON).astimezone(after.tzinfo)
    raise AssertionError("a week has every visit once")


def care_deadlines(placement: Placement) -> Iterator[tuple[CareDeadlineKind, datetime]]:
    """Every instant at which time alone decides something about care, or raises an alarm."""
    for kind, at in _instants(placement):
        if at is not None and kind not in placement.alarmed:  # type: ignore[union-attr]
            yield kind, at


def _instants(placement: Placement) -> Iterator[tuple[CareDeadlineKind, datetime | None]]:
    if isinstance(placement, states.Searched):
        yield "authorisation_overdue", placement.facts.paperwork_due_at
    match placement:
        case states.Confirmed():
            if placement.change is not None:
                yield "change_answer", placement.change.answer_by
            else:
                yield "start_overdue", placement.award.start_by
            yield "bridging_over", placement.facts.bridging_until
        case states.Started():
            yield "bridging_over", placement.facts.bridging_until
            yield "review_due", placement.review_at
            if placement.change is not None:
                yield "change_answer", placement.change.answer_by
        case states.Paused():
            yield "bridging_over", placement.facts.bridging_until
            if placement.change is not None:
                yield "change_answer", placement.change.answer_by
            if placement.restart is not None:
                yield "restart_answer", placement.restart.answer_by
            else:
                yield "pause_ending", placement.warn_at
                yield "pause_lapse", placement.held_until
        case states.Ending():
            yield "last_visit", placement.last_visit_at
        case states.Searching() | states.Exhausted():
            yield "bridging_over", placement.facts.bridging_until
            yield "care_gap_ahead", placement.facts.gap_alarm_at
            yield "care_gap", placement.facts.gap_at
        case _:
            return
