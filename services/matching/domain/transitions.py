"""The one table of what may follow what: status × event → status. `evolve` obeys it.

The diagram in this service's README is drawn from it (`services.matching.diagram`).
"""

from collections.abc import Iterator, Mapping

from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
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

_BY_PEOPLE: tuple[Fact, ...] = (
    acts.ProviderExcluded,
    acts.ExclusionLifted,
    acts.PersonViewRecorded,
    acts.PlacementAssigned,
    acts.PackageLinked,
    events.EscalationOpened,
    events.EscalationClosed,
)
"""What people may decide about a placement until it is withdrawn."""

_NEGOTIATED: tuple[Fact, ...] = (
    talks.RateQuoted,
    talks.RateApproved,
    talks.RateRefused,
    talks.ConditionRaised,
    talks.ConditionAccepted,
    talks.ConditionRefused,
    talks.ConditionCountered,
)
"""What becomes of a yes that a person must look at, while nobody has the package."""

_CHANGED: tuple[Fact, ...] = (care.ChangeAsked, care.ChangeAgreed, care.ChangeRefused)
"""A question to who has the package, and its answer."""

_TABLE: Mapping[Status, Mapping[Status, tuple[Fact, ...]]] = {
    Absent: {
        AwaitingInformation: (events.AwaitingInformation,),
        Searching: (events.SearchStarted,),
    },
    AwaitingInformation: {
        AwaitingInformation: (events.RequestRefused, *_BY_PEOPLE),
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
            events.SettlementMoved,
            events.OffersLapsed,
            events.OffersWithdrawn,
            events.SearchReopened,
            events.OutlookChanged,
            events.RequestRefused,
            acts.SearchHeld,
            acts.SearchResumed,
            acts.ProviderSkipped,
            acts.OfferWindowChanged,
            acts.ExclusionProposed,
            acts.PolicyMoved,
            acts.RequirementAmended,
            acts.AnswerCorrected,
            care.CareGapMoved,
            care.ContingencyRecorded,
            *_BY_PEOPLE,
            *_NEGOTIATED,
        ),
        Exhausted: (events.SearchExhausted,),
        Awarded: (events.Awarded,),
        Ended: (care.PlacementDivided,),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Exhausted: {
        Exhausted: (
            events.OfferDeclined,
            events.OffersWithdrawn,
            events.RequestRefused,
            acts.PolicyMoved,
            acts.RequirementAmended,
            acts.AnswerCorrected,
            care.CareGapMoved,
            care.ContingencyRecorded,
            *_BY_PEOPLE,
            *_NEGOTIATED,
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
            acts.PolicyMoved,
            acts.RequirementAmended,
            acts.AnswerCorrected,
            care.CareGapMoved,
            *_CHANGED,
            *_BY_PEOPLE,
        ),
        Searching: (events.AwardReleased, events.SearchReopened),
        Confirmed: (events.AwardConfirmed,),
        Ending: (care.CareEnding,),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Confirmed: {
        Confirmed: (
            events.AwardCancelled,
            events.RequestRefused,
            acts.PolicyMoved,
            acts.RequirementAmended,
            acts.AnswerCorrected,
            care.CareGapMoved,
            *_CHANGED,
            *_BY_PEOPLE,
        ),
        Searching: (events.SearchReopened,),
        Started: (events.CareStarted,),
        Ending: (care.HandedBack, care.CareEnding),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Started: {
        Started: (
            events.AwardCancelled,
            events.RequestRefused,
            acts.PolicyMoved,
            acts.RequirementAmended,
            *_CHANGED,
            *_BY_PEOPLE,
        ),
        Paused: (care.CarePaused,),
        Ending: (care.HandedBack, care.CareEnding),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Paused: {
        Paused: (
            events.AwardCancelled,
            events.RequestRefused,
            acts.PolicyMoved,
            acts.RequirementAmended,
            *_BY_PEOPLE,
            care.CarePaused,
            care.RestartAsked,
            care.ChangeAgreed,
            care.ChangeRefused,
        ),
        Started: (care.CareResumed,),
        Ending: (care.HandedBack, care.CareEnding),
        Ended: (care.PauseLapsed, care.RestartRefused),
        Withdrawn: (events.PlacementWithdrawn,),
    },
    Ending: {
        Ending: (events.RequestRefused, acts.PolicyMoved, care.HandedBack, *_BY_PEOPLE),
        Ended: (care.CareEnded,),
        Started: (care.ChangeAgreed,),
    },
    Ended: {Ended: (events.RequestRefused,), Started: (care.CareResumed,)},
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
