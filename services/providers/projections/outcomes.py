"""What matching made of each response: its first word, and the one after it had stood."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.providers.domain.ids import answer_id, counter_answer_id
from shared.contracts import care, negotiations, placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """What matching made of one response: first, and after it had stood."""

    response_id: UUID
    referral_id: UUID
    first_result: str
    first_code: str | None = None
    first_at: datetime
    decided_by: datetime | None = None
    later_result: str | None = None
    later_code: str | None = None
    later_at: datetime | None = None
    award_id: UUID | None = None
    confirm_by: datetime | None = None


_DECIDING_EVENTS = (
    negotiations.RateQuoted,
    negotiations.ConditionRaised,
    placements.Awarded,
    placements.AcceptanceStood,
    placements.OfferDeclined,
    placements.RequestRefused,
    placements.AwardConfirmed,
    placements.AwardReleased,
    placements.CareStarted,
    care.HandedBack,
    care.CareResumed,
    care.RestartRefused,
    care.ChangeAgreed,
    care.ChangeRefused,
)


_NEGOTIATED = (
    negotiations.RateRefused,
    negotiations.ConditionRefused,
    negotiations.ConditionCountered,
)
_WITHDRAWN = {"placed": "already-placed", "requirement_changed": "requirement-changed"}
_OPEN = ("standing", "waiting", "conditional")
"""First results after which there is a later one."""


def responses_decided_by(event: Event) -> Sequence[UUID]:
    """The responses that an event decides, or that stood and are now decided."""
    if isinstance(event, placements.OffersWithdrawn):
        return [
            response_id
            for offer_id in event.offer_ids
            for response_id in (answer_id(offer_id), counter_answer_id(offer_id))
        ]
    if isinstance(event, _NEGOTIATED):
        return [event.response_id] if event.response_id is not None else []
    if not isinstance(event, _DECIDING_EVENTS):
        return ()
    if event.response_id is not None:
        return [event.response_id]
    if isinstance(event, placements.Awarded) and event.offer_id is not None:
        return [answer_id(event.offer_id)]  # By hand, to one whose acceptance may be standing.
    return ()


def project_outcome(row: OutcomeRow | None, event: Event, response_id: UUID) -> OutcomeRow | None:
    """What became of a response: the first word about it stays; a standing one gets a later."""
    if row is not None:
        open_ = row.first_result in _OPEN and row.later_result in (None, "standing")
        return _later_outcome(row, event) if open_ else None
    if not isinstance(event, _DECIDING_EVENTS) or event.response_id != response_id:
        return None
    made = OutcomeRow(
        response_id=response_id,
        referral_id=event.referral_id,
        first_result=_RESULTS[type(event)],
        first_at=event.at,
    )
    match event:
        case placements.RequestRefused():
            return replace(made, first_code=event.code, award_id=event.award_id)
        case placements.AcceptanceStood():
            return replace(made, decided_by=event.decided_by)
        case placements.Awarded():
            return replace(made, award_id=event.award_id, confirm_by=event.confirm_by)
        case (
            placements.OfferDeclined() | negotiations.RateQuoted() | negotiations.ConditionRaised()
        ):
            return made
        case _:
            return replace(made, award_id=event.award_id)


_RESULTS: dict[type[Event], str] = {
    negotiations.RateQuoted: "waiting",
    negotiations.ConditionRaised: "conditional",
    placements.Awarded: "awarded",
    placements.AcceptanceStood: "standing",
    placements.OfferDeclined: "declined",
    placements.RequestRefused: "refused",
    placements.AwardConfirmed: "confirmed",
    placements.AwardReleased: "released",
    placements.CareStarted: "started",
    care.HandedBack: "handed_back",
    care.CareResumed: "restart_agreed",
    care.RestartRefused: "restart_refused",
    care.ChangeAgreed: "change_agreed",
    care.ChangeRefused: "change_refused",
}


def _later_outcome(row: OutcomeRow, event: Event) -> OutcomeRow | None:
    match event:
        case placements.AcceptanceStood():
            stands = None if row.first_result == "standing" else "standing"
            return replace(row, decided_by=event.decided_by, later_result=stands)
        case negotiations.RateRefused():
            return _refused(row, event, "rate-refused")
        case negotiations.ConditionRefused():
            return _refused(row, event, "condition-refused")
        case negotiations.ConditionCountered():
            return replace(row, later_result="countered", later_at=event.at)
        case placements.Awarded():
            return replace(
                row,
                later_result="awarded",
                later_at=event.at,
                award_id=event.award_id,
                confirm_by=event.confirm_by,
            )
        case placements.RequestRefused():
            return replace(row, later_result="refused", later_code=event.code, later_at=event.at)
        case placements.OffersWithdrawn():
            code = _WITHDRAWN.get(event.because, "offer-withdrawn")
            return replace(row, later_result="refused", later_code=code, later_at=event.at)
        case _:
            return None


def _refused(row: OutcomeRow, event: Event, code: str) -> OutcomeRow:
    return replace(row, later_result="refused", later_code=code, later_at=event.at)


OUTCOMES = Projection(
    name="outcomes",
    rows=RowTable(OutcomeRow, table="outcomes", key="response_id"),
    topics=(placements.TOPIC,),
    keys=responses_decided_by,
    project=project_outcome,
)
