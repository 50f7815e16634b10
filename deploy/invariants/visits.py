"""Invariants I1 and I2 of a package's visits: each is searched or held once for good, none forgotten.

Bridging care is beside it: it covers what is being searched, and holds nothing. Read from the events
of one referral alone: what is wanted changes only with what a person said is wanted.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.interventions import RequirementAmended
from services.matching.domain.requirement import Requirement, Visit

Visits = Counter[Visit]
_WANTED_ANEW = ("referral", "pause_lapsed", "reablement_ended")
"""Causes of a search that say themselves what is wanted; the others go on with what was."""
_WANTED_NO_MORE = ("no_longer_needed", "reablement_ended")


def unaccounted_in(events: Sequence[Event]) -> list[str]:
    """What does not hold in the whole history of one referral; empty if all does."""
    wanted: Visits = Counter()
    held: dict[UUID, Visits] = {}
    """By placement that lasts: what it searches or has."""
    for_good: dict[UUID, Visits] = {}
    faults: list[str] = []
    for event in events:
        visits = for_good.get(event.placement_id)
        match event:
            case e.SearchStarted() if event.bridging_until is None:
                found = held[event.placement_id] = _visits(event.requirement)
                for_good[event.placement_id] = found
                if event.cause in _WANTED_ANEW:
                    wanted += found
                faults += _twice(event, held, wanted)
            case care.ChangeAsked() | RequirementAmended() if visits is not None:
                changed = _visits(event.requirement)
                wanted = wanted - visits + changed
                for_good[event.placement_id] = held[event.placement_id] = changed
            case care.CareResumed() | care.ChangeAgreed() if visits is not None:
                held[event.placement_id] = visits
            case e.PlacementWithdrawn() | care.PauseLapsed() if visits is not None:
                wanted -= visits
                held.pop(event.placement_id, None)
            case care.CareEnding() if visits is not None:
                if event.because in _WANTED_NO_MORE:
                    wanted -= visits
                held.pop(event.placement_id, None)
            case care.HandedBack() | care.RestartRefused() | care.PlacementDivided():
                held.pop(event.placement_id, None)
            case _:
                pass
    left = wanted - _all(held)
    faults += [f"I2: {_named(visit)} is neither searched nor held" for visit in left]
    return faults


def _twice(event: e.SearchStarted, held: dict[UUID, Visits], wanted: Visits) -> list[str]:
    more = _all(held) - wanted
    return [
        f"I1: {_named(visit)} is searched for good by {event.placement_id}, and held elsewhere"
        for visit in more
    ]


def _visits(requirement: Requirement) -> Visits:
    return Counter(requirement.visits)


def _all(held: dict[UUID, Visits]) -> Visits:
    return sum(held.values(), Counter())


def _named(visit: Visit) -> str:
    return f"the visit of {visit.weekday} {visit.band or visit.from_}"
