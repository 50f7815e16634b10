"""Awards, which their providers see as packages: taken up, given, paused, changed and ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.providers.domain.awards import AwardState
from services.providers.domain.questions import Result
from services.providers.needed import care_of
from shared.contracts import care, interventions, placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """One award: a package, or a part of one, as its provider has it, or had it."""

    award_id: UUID
    referral_id: UUID
    placement_id: UUID | None
    """None for one made before placements were told apart."""
    provider_id: UUID
    offer_id: UUID | None
    state: AwardState
    accepted_at: datetime
    filled_at: datetime
    confirm_by: datetime
    start_by: datetime | None = None
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    review_at: datetime | None = None
    last_visit_at: datetime | None = None
    """Of care that is ending; None: with the first visit of somebody else."""
    ended_at: datetime | None = None
    ended_because: str | None = None
    """Why it ends, or has ended."""
    held_until: datetime | None = None
    retainer: bool | None = None
    restarts: int = 0
    restart_at: datetime | None = None
    """Of the question that was put last; None if a later pause took it back."""
    restart_by: datetime | None = None
    restart_result: Result | None = None
    change_version: int | None = None
    change_by: datetime | None = None
    change_needed: Json | None = None
    change_result: Result | None = None
    needed: Json | None = None
    """What an agreed change has made of it; None: as it was searched."""
    tier_name: str | None
    lot: str | None
    contract_kind: str | None
    rate_pence: int | None


def award_of(event: Event) -> Sequence[UUID]:
    """The award that an event is about."""
    if isinstance(event, interventions.RequirementAmended):
        return [event.award_id] if event.award_id is not None else ()
    return [event.award_id] if isinstance(event, _AWARD_EVENTS) else ()


_AWARD_EVENTS = (
    placements.Awarded,
    placements.AwardConfirmed,
    placements.AwardReleased,
    placements.AwardCancelled,
    placements.CareStarted,
    care.AwardedCare,
)


def project_package(row: PackageRow | None, event: Event, _award_id: UUID) -> PackageRow | None:
    """The award after an event; None for one that was never seen to be made."""
    if isinstance(event, placements.Awarded):
        return _make_package(event)
    if row is None:
        return None
    if isinstance(event, care.AwardedCare):
        return _ends(row, event) or _goes_on(row, event)
    match event:
        case interventions.RequirementAmended():
            return _amended(row, event)
        case placements.AwardConfirmed():
            state: AwardState = "started" if row.state == "started" else "confirmed"
            return replace(row, state=state, confirmed_at=event.at)
        case placements.CareStarted():
            return replace(
                row, state="started", started_at=event.started_at, review_at=event.review_at
            )
        case placements.AwardReleased():
            return replace(row, state="released", ended_at=event.at, ended_because=event.reason)
        case placements.AwardCancelled():
            return replace(row, state="cancelled", ended_at=event.at, ended_because=event.because)
        case _:
            return None


def _amended(row: PackageRow, event: interventions.RequirementAmended) -> PackageRow:
    """Before the start what is needed is as it is searched; a question that is not material is none."""
    if event.change == "material":
        return replace(row, needed=None)
    rate = row.rate_pence if event.rate_pence is None else event.rate_pence
    return replace(row, needed=None, start_by=event.start_by, change_version=None, rate_pence=rate)


def _ends(row: PackageRow, event: care.AwardedCare) -> PackageRow | None:
    """The award after an event that takes the package from its provider, now or at a date."""
    match event:
        case care.HandedBack():
            return replace(
                row,
                state="ending",
                last_visit_at=event.last_visit_at,
                ended_because="handed_back",
            )
        case care.CareEnding():
            return replace(
                row,
                state="ending",
                last_visit_at=event.last_visit_at,
                ended_because=event.because,
            )
        case care.CareEnded():
            return replace(row, state="ended", ended_at=event.at, ended_because=event.because)
        case care.PauseLapsed():
            return replace(row, state="ended", ended_at=event.at, ended_because="pause_lapsed")
        case care.RestartRefused():
            return replace(
                row,
                state="ended",
                ended_at=event.at,
                ended_because="restart_refused",
                restart_result=event.because,
            )
        case _:
            return None


def _goes_on(row: PackageRow, event: care.AwardedCare) -> PackageRow | None:
    """The award after a pause, or a question and its answer, that leave the package where it is."""
    match event:
        case care.CarePaused():
            # A pause takes back whether the provider would come back from the one before it.
            return replace(
                row,
                state="paused",
                held_until=event.held_until,
                retainer=event.retainer,
                restart_at=None,
            )
        case care.RestartAsked():
            return replace(
                row,
                restarts=row.restarts + 1,
                restart_at=event.restart_at,
                restart_by=event.answer_by,
                restart_result=None,
            )
        case care.CareResumed():
            return replace(
                _not_ending(row),
                state="started",
                held_until=None,
                retainer=None,
                restart_result="agreed",
            )
        case care.ChangeAsked():
            return replace(
                row,
                change_version=event.version,
                change_by=event.answer_by,
                change_needed=Json(care_of(event.outcode, event.requirement).model_dump_json()),
                change_result=None,
            )
        case care.ChangeAgreed():
            return replace(
                _not_ending(row),
                needed=row.change_needed,
                change_result="agreed",
                confirm_by=event.confirm_by or row.confirm_by,
                start_by=event.start_by or row.start_by,
                rate_pence=row.rate_pence if event.rate_pence is None else event.rate_pence,
            )
        case care.ChangeRefused():
            return replace(row, change_result=event.because)
        case _:
            return None


def _not_ending(row: PackageRow) -> PackageRow:
    """Care that goes on after all: its provider's answer was in time, and read late."""
    if row.state not in ("ending", "ended"):
        return row
    return replace(row, state="started", last_visit_at=None, ended_at=None, ended_because=None)


def _make_package(event: placements.Awarded) -> PackageRow:
    return PackageRow(
        award_id=event.award_id,
        referral_id=event.referral_id,
        placement_id=event.placement_id,
        provider_id=event.provider_id,
        offer_id=event.offer_id,
        state="reserved",
        accepted_at=event.accepted_at,
        filled_at=event.at,
        confirm_by=event.confirm_by,
        start_by=event.start_by,
        tier_name=event.tier_name,
        lot=event.lot,
        contract_kind=event.contract_kind,
        rate_pence=event.rate_pence,
    )


PACKAGES = Projection(
    name="packages",
    rows=RowTable(PackageRow, table="packages", key="award_id"),
    topics=(placements.TOPIC,),
    keys=award_of,
    project=project_package,
)
