"""The one table of what may follow what: status × event → status. `evolve` obeys it.

The diagram in this service's README is drawn from it (`services.matching.diagram`).
"""

from collections.abc import Iterator, Mapping

from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain.events import Event
from services.matching.domain.placement import (
    Absent,
    AwaitingInformation,
    Awarded,
    Confirmed,
    Ended,
    Ending,
    Exhausted,
    Paused,
    Placement,
    Searching,
    Started,
    Withdrawn,
)

Status = type[Placement]
Fact = type[Event]

_TABLE: Mapping[Status, Mapping[Status, tuple[Fact, ...]]] = {
    Absent: {
        AwaitingInformation: (events.AwaitingInformation,),
        Searching: (events.SearchStarted,),
    },
    AwaitingInformation: {
        AwaitingInformation: (
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
        ),
        Searching: (events.SearchStarted,),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Searching: {
        Searching: (
            events.TierOpened,
            events.OffersMade,
            events.AskingPlanned,
            events.OfferDeclined,
            events.AcceptanceStood,
            events.OffersLapsed,
            events.OffersWithdrawn,
            events.SearchReopened,
            events.OutlookChanged,
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
            care.CareGapMoved,
            care.ContingencyRecorded,
        ),
        Exhausted: (events.SearchExhausted,),
        Awarded: (events.Awarded,),
        Ended: (care.PlacementDivided,),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Exhausted: {
        Exhausted: (
            events.OfferDeclined,
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
            care.CareGapMoved,
            care.ContingencyRecorded,
        ),
        Searching: (events.SearchReopened,),
        Awarded: (events.Awarded,),
        Ended: (care.PlacementDivided,),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Awarded: {
        Awarded: (
            events.Awarded,
            events.AwardCancelled,
            events.OffersWithdrawn,
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
        ),
        Searching: (events.AwardReleased,),
        Confirmed: (events.AwardConfirmed,),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Confirmed: {
        Confirmed: (
            events.AwardCancelled,
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
        ),
        Started: (events.CareStarted,),
        Ending: (care.HandedBack, care.CareEnding),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Started: {
        Started: (
            events.AwardCancelled,
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
            care.ChangeAsked,
            care.ChangeAgreed,
            care.ChangeRefused,
        ),
        Paused: (care.CarePaused,),
        Ending: (care.HandedBack, care.CareEnding),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Paused: {
        Paused: (
            events.AwardCancelled,
            events.RequestRefused,
            events.EscalationOpened,
            events.EscalationClosed,
            care.CarePaused,
            care.RestartAsked,
        ),
        Started: (care.CareResumed,),
        Ending: (care.HandedBack, care.CareEnding),
        Ended: (care.PauseLapsed, care.RestartRefused),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Ending: {
        Ending: (events.RequestRefused, events.EscalationClosed),
        Ended: (care.CareEnded,),
    },
    Ended: {Ended: (events.RequestRefused,)},
    Withdrawn: {Withdrawn: (events.RequestRefused,)},
}

TRANSITIONS: Mapping[tuple[Status, Fact], Status] = {
    (before, fact): after
    for before, ways in _TABLE.items()
    for after, facts in ways.items()
    for fact in facts
}
"""Whatever is not here cannot happen: an event there means a bug or a damaged history."""


def moves() -> Iterator[tuple[Status, Status, tuple[Fact, ...]]]:
    """Every pair of different statuses that events lead between, in the table's order."""
    for before, ways in _TABLE.items():
        for after, facts in ways.items():
            if before is not after:
                yield before, after, facts
