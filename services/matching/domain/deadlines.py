"""When a placement must be looked at again: a projection of its state, never a second truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, assert_never

from services.matching.domain import placement as states
from services.matching.domain.care_times import CareDeadlineKind, care_deadlines
from services.matching.domain.placement import Placement

DeadlineKind = (
    Literal[
        "offers_lapse", "settlement", "planned_ask", "tier_end", "confirmation", "target",
        "hold_end",
    ]
    | CareDeadlineKind
)  # fmt: skip


_LAPSING = frozenset({"live", "countered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """An instant at which something follows by itself."""

    kind: DeadlineKind
    at: datetime


def deadlines(placement: Placement) -> tuple[Deadline, ...]:
    """Every instant at which passing time alone decides something, the earliest first."""
    match placement:
        case states.Absent() | states.Withdrawn() | states.Ended():
            return ()
        case states.Awarded():
            return tuple(sorted(_awarded(placement), key=lambda deadline: deadline.at))
        case states.AwaitingInformation() | states.Exhausted() | states.Searching():
            found = [*_target(placement), *_search(placement), *_care(placement)]
            return tuple(sorted(found, key=lambda deadline: deadline.at))
        case states.Confirmed() | states.Started() | states.Paused() | states.Ending():
            return tuple(sorted(_care(placement), key=lambda deadline: deadline.at))
        case _:
            assert_never(placement)


def next_due_at(placement: Placement) -> datetime | None:
    """The earliest deadline, or None when time alone changes nothing."""
    return min((deadline.at for deadline in deadlines(placement)), default=None)


def target_at(placement: Placement) -> datetime | None:
    """When the last target is missed, for a placement that is not filled and not yet late."""
    match placement:
        case states.AwaitingInformation():
            received_at, targets = placement.received_at, placement.targets_minutes
        case states.Searching() | states.Exhausted():
            received_at, targets = placement.facts.received_at, placement.facts.targets_minutes
        case states.Absent() | states.Withdrawn() | states.Ended() | states.Ending():
            return None
        case states.Awarded() | states.Confirmed() | states.Started() | states.Paused():
            return None
        case _:
            assert_never(placement)
    if placement.target_missed or not targets:
        return None
    return received_at + timedelta(minutes=targets[-1])


def _awarded(placement: states.Awarded) -> Iterator[Deadline]:
    """Nobody need confirm while a change of what was awarded is a question."""
    if placement.facts.bridging_until is not None:
        yield Deadline(kind="bridging_over", at=placement.facts.bridging_until)
    if placement.change is not None:
        yield Deadline(kind="change_answer", at=placement.change.answer_by)
    elif "confirmation_overdue" not in placement.escalations:
        yield Deadline(kind="confirmation", at=placement.award.confirm_by)


def _care(placement: Placement) -> Iterator[Deadline]:
    for kind, at in care_deadlines(placement):
        yield Deadline(kind=kind, at=at)


def _target(placement: Placement) -> tuple[Deadline, ...]:
    at = target_at(placement)
    return () if at is None else (Deadline(kind="target", at=at),)


def _search(placement: Placement) -> tuple[Deadline, ...]:
    if not isinstance(placement, states.Searching):
        return ()
    lapses = [offer.expires_at for offer in placement.offers if offer.status in _LAPSING]
    found = (Deadline(kind="offers_lapse", at=min(lapses)),) if lapses else ()
    if placement.hold is not None:
        return (*found, Deadline(kind="hold_end", at=placement.hold.until))
    if placement.decided_by is not None:
        return (*found, Deadline(kind="settlement", at=placement.decided_by))
    return (*found, *_asking(placement))


def _asking(searching: states.Searching) -> Iterator[Deadline]:
    """Where windows are cut to their tier's end, a deadline of an offer comes with it instead.

    With nobody left unasked a planned ask has come to nothing.
    """
    if searching.ask_at is not None and searching.unasked:
        yield Deadline(kind="planned_ask", at=searching.ask_at)
    if searching.runs_on and searching.tier_closes_at is not None:
        yield Deadline(kind="tier_end", at=searching.tier_closes_at)
