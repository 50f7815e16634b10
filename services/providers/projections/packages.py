"""Awards, which their providers see as packages; and what each package needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.providers.domain.awards import AwardState
from services.providers.needed import needed_from
from shared.contracts import placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """One award: a package as its provider has it, or had it."""

    award_id: UUID
    referral_id: UUID
    provider_id: UUID
    offer_id: UUID | None
    state: AwardState
    accepted_at: datetime
    filled_at: datetime
    confirm_by: datetime
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended_because: str | None = None
    tier_name: str | None
    lot: str | None
    contract_kind: str | None
    rate_pence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow:
    """What a package needs, as far as one may know before an award."""

    referral_id: UUID
    needed: Json


_AWARD_EVENTS = (
    placements.Awarded,
    placements.AwardConfirmed,
    placements.AwardReleased,
    placements.AwardCancelled,
    placements.CareStarted,
)


def award_of(event: Event) -> Sequence[UUID]:
    """The award that an event is about."""
    return [event.award_id] if isinstance(event, _AWARD_EVENTS) else ()


def project_package(row: PackageRow | None, event: Event, _award_id: UUID) -> PackageRow | None:
    """The award after an event; None for one that was never seen to be made."""
    if isinstance(event, placements.Awarded):
        return _make_package(event)
    if row is None:
        return None
    match event:
        case placements.AwardConfirmed():
            state: AwardState = "started" if row.state == "started" else "confirmed"
            return replace(row, state=state, confirmed_at=event.at)
        case placements.CareStarted():
            return replace(row, state="started", started_at=event.started_at)
        case placements.AwardReleased():
            return replace(row, state="released", ended_at=event.at, ended_because=event.reason)
        case placements.AwardCancelled():
            return replace(row, state="cancelled", ended_at=event.at, ended_because=event.because)
        case _:
            return None


def _make_package(event: placements.Awarded) -> PackageRow:
    return PackageRow(
        award_id=event.award_id,
        referral_id=event.referral_id,
        provider_id=event.provider_id,
        offer_id=event.offer_id,
        state="reserved",
        accepted_at=event.accepted_at,
        filled_at=event.at,
        confirm_by=event.confirm_by,
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


def project_requirement(_row: object, event: Event, referral_id: UUID) -> RequirementRow | None:
    """What is needed, from the newest search of the referral."""
    if not isinstance(event, placements.SearchStarted):
        return None
    return RequirementRow(
        referral_id=referral_id, needed=Json(needed_from(event).model_dump_json())
    )


REQUIREMENTS = Projection(
    name="requirements",
    rows=RowTable(RequirementRow, table="requirements", key="referral_id"),
    topics=(placements.TOPIC,),
    keys=lambda event: [event.referral_id] if isinstance(event, placements.SearchStarted) else (),
    project=project_requirement,
)
