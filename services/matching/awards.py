"""One row an award: who has care of whom, since when, for how many hours, and why no longer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.replacing import replace

OF_AWARDS = (
    e.Awarded,
    e.AwardConfirmed,
    e.AwardReleased,
    e.AwardCancelled,
    e.CareStarted,
    care.HandedBack,
    care.CareEnding,
    care.CareEnded,
    care.PauseLapsed,
    care.RestartRefused,
    care.CareResumed,
    care.ChangeAgreed,
)
"""The events that change a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRow:
    """One award and what became of it."""

    award_id: UUID
    referral_id: UUID
    placement_id: UUID
    provider_id: UUID
    offer_id: UUID | None
    via: str
    ground: str | None
    state: str
    accepted_at: datetime
    awarded_at: datetime
    ended_at: datetime | None = None
    weekly_minutes: int | None = None
    rate_pence: int | None = None
    contract_kind: str | None = None
    started_at: datetime | None = None
    last_visit_at: datetime | None = None
    ended_because: str | None = None
    lot: str | None = None
    tier_name: str | None = None
    confirmed_at: datetime | None = None
    start_by: datetime | None = None
    reason: str | None = None
    """Why it was released or handed back, or by what it was cancelled."""
    breach: bool = False
    """Whether it was handed back with shorter notice than its contract's."""
    given_up_at: datetime | None = None
    """When it became known that it ends: a release, a cancellation, a hand-back, another ending."""


def project_award(row: AwardRow | None, event: Event, _key: UUID) -> AwardRow | None:
    """The award after one more event about it."""
    if isinstance(event, e.Awarded):
        return _made(event)
    if row is None:
        return None
    match event:
        case e.AwardReleased():
            return replace(
                row, state="released", ended_at=event.at, given_up_at=event.at, reason=event.reason
            )
        case e.AwardCancelled():
            return replace(
                row, state="cancelled", ended_at=event.at, given_up_at=event.at,
                reason=event.because,
            )  # fmt: skip
        case e.AwardConfirmed():
            return replace(row, confirmed_at=event.at)
        case e.CareStarted():
            return replace(row, started_at=event.started_at)
        case care.HandedBack():
            return replace(
                row, state="ending", last_visit_at=event.last_visit_at, ended_because="handed_back",
                reason=event.reason, breach=event.breach, given_up_at=event.at,
            )  # fmt: skip
        case care.CareEnding():
            return replace(
                row, state="ending", last_visit_at=event.last_visit_at,
                ended_because=event.because, given_up_at=event.at,
            )  # fmt: skip
        case care.CareEnded():
            return replace(row, state="ended", ended_at=event.at)
        case care.PauseLapsed():
            return replace(row, state="ended", ended_at=event.at, ended_because="pause_lapsed")
        case care.RestartRefused():
            return replace(row, state="ended", ended_at=event.at, ended_because="restart_refused")
        case care.CareResumed():
            return _goes_on(row)
        case care.ChangeAgreed():
            return replace(_goes_on(row), weekly_minutes=event.weekly_minutes)
        case _:
            return row


def _goes_on(row: AwardRow) -> AwardRow:
    """Care whose end was decided, and whose provider's answer had been in time."""
    return replace(
        row, state="live", ended_at=None, last_visit_at=None, ended_because=None, given_up_at=None
    )


def _made(event: e.Awarded) -> AwardRow:
    return AwardRow(
        award_id=event.award_id,
        referral_id=event.referral_id,
        placement_id=event.placement_id,
        provider_id=event.provider_id,
        offer_id=event.offer_id,
        via=event.via,
        ground=event.ground,
        state="live",
        accepted_at=event.accepted_at,
        awarded_at=event.at,
        weekly_minutes=event.weekly_minutes,
        rate_pence=event.rate_pence,
        contract_kind=event.contract_kind,
        lot=event.lot,
        tier_name="by_hand" if event.via == "hand" else event.tier_name,
        start_by=event.start_by,
    )
