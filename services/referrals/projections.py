"""What is made from events alone: the board that wards read, and the awards that open the person room.

The board's columns come from `referrals.v1` or from `placements.v1`, none from both, and the rest is
worked out from all of them: so the order between the two topics makes no difference.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referrals.domain.board import Status
from shared.contracts import interventions, placements, referrals
from shared.contracts.model import Event, ReferralEvent
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable

_WAITING, _TAKEN, _OVER = range(3)
_NO_TARGETS, _NO_OFFERS = Json("[]"), Json("{}")
LIVE_AWARD_STATES = ("awarded", "confirmed", "started")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """Where one referral stands. Nothing personal."""

    referral_id: UUID
    organisation: str | None = None
    ward: str | None = None
    received_at: datetime | None = None
    complete_at: datetime | None = None
    withdrawal_requested_at: datetime | None = None
    targets: Json = _NO_TARGETS
    tier_name: str | None = None
    live_offers: Json = _NO_OFFERS
    standing_offers: Json = _NO_OFFERS
    exhausted: bool = False
    held_until: datetime | None = None
    outlook: str | None = None
    award_id: UUID | None = None
    provider_id: UUID | None = None
    provider_name: str | None = None
    filled_at: datetime | None = None
    confirm_by: datetime | None = None
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    """When care's start became known, or the package was ended: what is over goes down the board."""
    withdrawn_at: datetime | None = None
    status: str = "starting_search"
    next_deadline_at: datetime | None = None
    section: int = _WAITING
    sort_key: int = 0


def project_board(row: BoardRow | None, event: Event, key: UUID) -> BoardRow:
    """The row after one event; events that do not concern the board leave it as it is."""
    before = row or BoardRow(referral_id=key)
    after = _from_referrals(_from_search(_from_award(before, event), event), event)
    return before if after is before and row is not None else _worked_out(after)


def _from_referrals(row: BoardRow, event: Event) -> BoardRow:
    match event:
        case referrals.ReferralReceived():
            return replace(
                row,
                organisation=event.source.organisation,
                ward=event.source.ward,
                received_at=event.received_at,
                complete_at=event.complete_at,
            )
        case referrals.ReferralCompleted():
            return replace(row, complete_at=event.complete_at)
        case referrals.WithdrawalRequested():
            return replace(row, withdrawal_requested_at=event.requested_at)
        case _:
            return row


def _from_search(row: BoardRow, event: Event) -> BoardRow:
    match event:
        case placements.AwaitingInformation() | placements.SearchStarted():
            return replace(row, targets=Json(json.dumps(event.targets_minutes)))
        case placements.TierOpened():
            return replace(row, tier_name=event.tier_name, exhausted=False)
        case placements.OffersMade():
            made = {str(offer.offer_id): event.expires_at.isoformat() for offer in event.offers}
            # An earlier tier's offers may follow the opening of a later one; the open one is told.
            tier_name = row.tier_name or event.tier_name
            return replace(row, tier_name=tier_name, live_offers=_with(row.live_offers, made))
        case placements.OfferDeclined():
            return _without(row, [event.offer_id])
        case placements.OffersLapsed() | placements.OffersWithdrawn():
            return _without(row, event.offer_ids)
        case placements.AcceptanceStood():
            stood = {str(event.offer_id): event.decided_by.isoformat()}
            row = _without(row, [event.offer_id])
            return replace(row, standing_offers=_with(row.standing_offers, stood))
        case placements.OutlookChanged():
            return replace(row, outlook=event.outlook)
        case placements.SearchReopened():
            return replace(row, tier_name=None, exhausted=False, outlook=None)
        case placements.SearchExhausted():
            return replace(row, exhausted=True)
        case placements.PlacementWithdrawn():
            return replace(row, withdrawn_at=event.at, ended_at=event.at)
        case interventions.SearchHeld():
            return replace(_decided_by(row, event), held_until=event.until)
        case interventions.SearchResumed():
            return replace(_decided_by(row, event), held_until=None)
        case interventions.OfferWindowChanged():
            moved = {str(event.offer_id): event.expires_at.isoformat()}
            return replace(row, live_offers=_with(row.live_offers, moved))
        case _:
            return row


def _decided_by(
    row: BoardRow, event: interventions.SearchHeld | interventions.SearchResumed
) -> BoardRow:
    """The row with the instant at which its standing acceptances are decided now."""
    if event.decided_by is None:
        return row
    stood = {str(offer_id): event.decided_by.isoformat() for offer_id in event.standing}
    return replace(row, standing_offers=_with(row.standing_offers, stood))


def _from_award(row: BoardRow, event: Event) -> BoardRow:
    match event:
        case placements.Awarded():
            row = row if event.offer_id is None else _without(row, [event.offer_id])
            return replace(
                row,
                award_id=event.award_id,
                provider_id=event.provider_id,
                provider_name=event.provider_name,
                filled_at=event.at,
                confirm_by=event.confirm_by,
                confirmed_at=None,
                started_at=None,
                held_until=None,
            )
        case placements.AwardConfirmed() if event.award_id == row.award_id:
            return replace(row, confirmed_at=event.at)
        case placements.CareStarted() if event.award_id == row.award_id:
            return replace(row, started_at=event.started_at, ended_at=event.at)
        case placements.AwardReleased() | placements.AwardCancelled() if (
            # Undone before the start; care that was given stays given.
            event.award_id == row.award_id and row.started_at is None
        ):
            return replace(
                row,
                award_id=None,
                provider_id=None,
                provider_name=None,
                filled_at=None,
                confirm_by=None,
                confirmed_at=None,
                started_at=None,
            )
        case _:
            return row


def _worked_out(row: BoardRow) -> BoardRow:
    """The row with what follows from its other columns."""
    status = _status(row)
    waits_for = json.loads(row.standing_offers if status == "deciding" else row.live_offers)
    deadlines = [datetime.fromisoformat(text) for text in waits_for.values()]
    if status == "on_hold" and row.held_until is not None:
        deadlines = [row.held_until]
    is_over = status in ("care_started", "withdrawn")
    section = _OVER if is_over else _TAKEN if row.award_id is not None else _WAITING
    since = row.ended_at if is_over else row.received_at
    return replace(
        row,
        status=status,
        next_deadline_at=min(deadlines, default=None),
        section=section,
        sort_key=0 if since is None else sort_key(since, newest_first=is_over),
    )


def _status(row: BoardRow) -> Status:
    reached: Sequence[tuple[object, Status]] = (
        (row.withdrawn_at, "withdrawn"),
        (row.withdrawal_requested_at, "withdrawing"),
        (row.started_at, "care_started"),
        (row.confirmed_at, "confirmed"),
        (row.award_id, "taken"),
        (row.standing_offers != _NO_OFFERS, "deciding"),
        (row.held_until, "on_hold"),
        (row.exhausted, "nobody_left"),
        (row.tier_name, "asking_providers"),
        (row.complete_at, "starting_search"),
    )
    return next((status for sign, status in reached if sign), "waiting_for_information")


def sort_key(instant: datetime, *, newest_first: bool) -> int:
    """Microseconds that order instants on the board; negative where the newest comes first."""
    microseconds = int(instant.timestamp() * 1_000_000)
    return -microseconds if newest_first else microseconds


def _with(offers: Json, added: dict[str, str]) -> Json:
    return Json(json.dumps({**json.loads(offers), **added}))


def _without(row: BoardRow, offer_ids: Sequence[UUID]) -> BoardRow:
    gone = {str(offer_id) for offer_id in offer_ids}
    live, standing = (
        Json(json.dumps({i: at for i, at in json.loads(offers).items() if i not in gone}))
        for offers in (row.live_offers, row.standing_offers)
    )
    return replace(row, live_offers=live, standing_offers=standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRow:
    """The award that a referral has, or had last."""

    referral_id: UUID
    award_id: UUID
    provider_id: UUID
    state: str
    awarded_at: datetime


def project_award(row: AwardRow | None, event: Event, key: UUID) -> AwardRow | None:
    """The award after one event of placements.v1."""
    if isinstance(event, placements.Awarded):
        return AwardRow(
            referral_id=key,
            award_id=event.award_id,
            provider_id=event.provider_id,
            state="awarded",
            awarded_at=event.at,
        )
    if row is None or row.state not in LIVE_AWARD_STATES:
        return row
    if isinstance(event, placements.PlacementWithdrawn):
        return replace(row, state="ended")
    state = _AWARD_STATES.get(type(event))
    if state is None or getattr(event, "award_id", None) != row.award_id:
        return row
    return replace(row, state=state)


_AWARD_STATES: dict[type[Event], str] = {
    placements.AwardConfirmed: "confirmed",
    placements.CareStarted: "started",
    placements.AwardReleased: "released",
    placements.AwardCancelled: "cancelled",
}


def _referral(event: Event) -> Sequence[UUID]:
    return (event.referral_id,) if isinstance(event, ReferralEvent) else ()


def _referral_of_award(event: Event) -> Sequence[UUID]:
    kinds: tuple[Any, ...] = (
        placements.Awarded,
        placements.PlacementWithdrawn,
        *_AWARD_STATES,
    )
    return (event.referral_id,) if isinstance(event, kinds) else ()


BOARD = Projection(
    name="board",
    rows=RowTable(BoardRow, table="board", key="referral_id"),
    topics=("referrals.v1", "placements.v1"),
    keys=_referral,
    project=project_board,
)
AWARDS = Projection(
    name="awards",
    rows=RowTable(AwardRow, table="awards", key="referral_id"),
    topics=("placements.v1",),
    keys=_referral_of_award,
    project=project_award,
)
PROJECTIONS = (BOARD, AWARDS)
