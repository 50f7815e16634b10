"""The award of each placement, which opens the person room, and what was ordered by it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts import care, interventions, placements
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRow:
    """The award that a placement has, or had last. The last award of several takes the place."""

    placement_id: UUID
    referral_id: UUID
    award_id: UUID
    provider_id: UUID
    provider_name: str
    state: str
    awarded_at: datetime
    contract_kind: str | None
    lot: str | None
    tier_name: str | None
    rate_pence: int | None
    weekly_cost_sixtieths: int | None = None


def project_award(row: AwardRow | None, event: Event, key: UUID) -> AwardRow | None:
    """The award after one event of placements.v1; what has ended stays ended."""
    if isinstance(event, placements.Awarded):
        return AwardRow(
            placement_id=key,
            referral_id=event.referral_id,
            award_id=event.award_id,
            provider_id=event.provider_id,
            provider_name=event.provider_name,
            state="awarded",
            awarded_at=event.at,
            contract_kind=event.contract_kind,
            lot=event.lot,
            tier_name=event.tier_name,
            rate_pence=event.rate_pence,
            weekly_cost_sixtieths=event.weekly_cost_sixtieths,
        )
    if row is None or (row.state in _OVER and not isinstance(event, care.CareResumed)):
        return row
    if isinstance(event, placements.PlacementWithdrawn):
        return replace(row, state="ended")
    if isinstance(event, care.ChangeAgreed | interventions.RequirementAmended):
        return _priced(row, event)
    state = _STATES.get(type(event))
    if state is None or getattr(event, "award_id", None) != row.award_id:
        return row
    return replace(row, state=state)


def _priced(row: AwardRow, event: care.ChangeAgreed | interventions.RequirementAmended) -> AwardRow:
    """Other care at the rate of before, unless a rate card says what it comes to."""
    if event.award_id != row.award_id or is_question(event):
        return row
    rate = row.rate_pence if event.rate_pence is None else event.rate_pence
    # Care that was ending goes on where its provider's answer was in time and read late.
    state = "started" if row.state == "ending" else row.state
    cost = event.weekly_cost_sixtieths
    return replace(row, state=state, rate_pence=rate, weekly_cost_sixtieths=cost)


def is_question(event: Event) -> bool:
    """Whether a change before the start waits for the answer of who has the package."""
    return (
        isinstance(event, interventions.RequirementAmended)
        and event.award_id is not None
        and event.change == "material"
    )


_STATES: dict[type[Event], str] = {
    placements.AwardConfirmed: "confirmed",
    placements.CareStarted: "started",
    placements.AwardReleased: "released",
    placements.AwardCancelled: "cancelled",
    care.CarePaused: "paused",
    care.CareResumed: "started",
    care.HandedBack: "ending",
    care.CareEnding: "ending",
    care.CareEnded: "ended",
    care.PauseLapsed: "ended",
    care.RestartRefused: "ended",
}
_OVER = ("released", "cancelled", "ended")
_OF_AWARDS: tuple[Any, ...] = (
    placements.Awarded,
    placements.PlacementWithdrawn,
    care.ChangeAgreed,
    interventions.RequirementAmended,
    *_STATES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    """What a placement is to give: by version, 1 as its search began, then each change."""

    placement_id: UUID
    referral_id: UUID
    cause: str
    follows: UUID | None
    ready_at: datetime
    bridging_until: datetime | None
    versions: Json
    """{version: {outcode, requirement}}."""
    version: int = 1
    """The one that is agreed: what was searched, or a change that is no question, or was agreed to."""


def project_need(row: NeedRow | None, event: Event, key: UUID) -> NeedRow | None:
    """What is needed after one event of placements.v1."""
    if isinstance(event, placements.SearchStarted):
        return NeedRow(
            placement_id=key,
            referral_id=event.referral_id,
            cause=event.cause,
            follows=event.follows,
            ready_at=event.requirement.ready_at,
            bridging_until=event.bridging_until,
            versions=Json(json.dumps({"1": _asked(event)})),
        )
    if row is None:
        return None
    match event:
        case interventions.RequirementAmended():
            asked = replace(_with_version(row, event), ready_at=event.requirement.ready_at)
            return asked if is_question(event) else replace(asked, version=event.version)
        case care.ChangeAsked():
            return _with_version(row, event)
        case care.ChangeAgreed():
            return replace(row, version=event.version)
        case placements.Awarded():
            return replace(row, version=max(int(version) for version in json.loads(row.versions)))
        case _:
            return row


def _with_version(
    row: NeedRow, event: care.ChangeAsked | interventions.RequirementAmended
) -> NeedRow:
    versions = {**json.loads(row.versions), str(event.version): _asked(event)}
    return replace(row, versions=Json(json.dumps(versions)))


def _asked(
    event: placements.SearchStarted | care.ChangeAsked | interventions.RequirementAmended,
) -> object:
    return event.model_dump(mode="json", include={"outcode", "requirement"}, by_alias=True)


def _placement(*kinds: Any) -> Any:
    def keys(event: Event) -> Sequence[UUID]:
        return (event.placement_id,) if isinstance(event, kinds) else ()

    return keys


AWARDS = Projection(
    name="awards",
    rows=RowTable(AwardRow, table="placement_awards", key="placement_id"),
    topics=(placements.TOPIC,),
    keys=_placement(*_OF_AWARDS),
    project=project_award,
)
NEEDS = Projection(
    name="needs",
    rows=RowTable(NeedRow, table="placement_needs", key="placement_id"),
    topics=(placements.TOPIC,),
    keys=_placement(
        placements.SearchStarted,
        interventions.RequirementAmended,
        care.ChangeAsked,
        care.ChangeAgreed,
        placements.Awarded,
    ),
    project=project_need,
)
