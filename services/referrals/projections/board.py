"""The board that wards read: one row a referral, whatever placements it has.

Its columns come from `referrals.v1` or from `placements.v1`, none from both, and the rest is worked
out from all of them: so the order between the two topics makes no difference.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referrals.domain.board import OVER, Status, status_of
from services.referrals.domain.package import Package, Part
from services.referrals.projections import parts
from shared.contracts import placements, referrals
from shared.contracts.model import Event, ReferralEvent
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable

_WAITING, _TAKEN, _OVER = range(3)
_NOTHING, _NO_OFFERS = Json("[]"), Json("{}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """Where one referral stands. Nothing personal."""

    referral_id: UUID
    organisation: str | None = None
    ward: str | None = None
    received_at: datetime | None = None
    complete_at: datetime | None = None
    withdrawal_requested_at: datetime | None = None
    parts: Json = _NOTHING
    """The placements, as `projections.parts` stores them: all that comes from `placements.v1`."""
    withdrawn_at: datetime | None = None
    targets: Json = _NOTHING
    tier_name: str | None = None
    live_offers: Json = _NO_OFFERS
    standing_offers: Json = _NO_OFFERS
    exhausted: bool = False
    outlook: str | None = None
    award_id: UUID | None = None
    """Of the one award that has everything; None in parts, and while any visit is searched."""
    provider_id: UUID | None = None
    provider_name: str | None = None
    """Of all who have a part, once every visit is held."""
    filled_at: datetime | None = None
    """On the referral's own clock: a later search has another."""
    confirm_by: datetime | None = None
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    """When care's start became known, or the package was ended: what is over goes down the board."""
    status: str = "starting_search"
    next_deadline_at: datetime | None = None
    section: int = _WAITING
    sort_key: int = 0


def project_board(row: BoardRow | None, event: Event, key: UUID) -> BoardRow:
    """The row after one event; events that do not concern the board leave it as it is."""
    before = row or BoardRow(referral_id=key)
    after = _from_placements(_from_referrals(before, event), event)
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


def _from_placements(row: BoardRow, event: Event) -> BoardRow:
    if not isinstance(event, placements.PlacementEvent):
        return row
    before = parts.package_in(row.parts)
    package = parts.after(before, event)
    if isinstance(event, placements.PlacementWithdrawn):
        row = replace(row, withdrawn_at=event.at)
    return row if package is before else replace(row, parts=parts.stored(package))


def _worked_out(row: BoardRow) -> BoardRow:
    """The row with what follows from its other columns."""
    package = parts.package_in(row.parts)
    searched = package.searched()
    status = status_of(
        package,
        is_complete=row.complete_at is not None,
        is_withdrawn=row.withdrawn_at is not None,
        is_withdrawing=row.withdrawal_requested_at is not None,
    )
    live = {offer_id: at for one in searched for offer_id, at in one.live.items()}
    standing = {offer_id: at for one in searched for offer_id, at in one.standing.items()}
    is_over = status in OVER
    later = package.later()
    ended_at = _last(one.over_at for one in package.parts) if is_over else None
    since = ended_at if is_over else _first(one.received_at for one in later) or row.received_at
    return replace(
        row,
        targets=Json(json.dumps(next((one.targets for one in package.parts if one.targets), ()))),
        tier_name=next((one.tier_name for one in searched if one.tier_name), None),
        live_offers=_offers(live),
        standing_offers=_offers(standing),
        exhausted=any(one.state == "exhausted" for one in searched),
        outlook=_outlook(searched),
        **_who_has_it(package),
        filled_at=package.filled_at(),
        ended_at=ended_at,
        status=status,
        next_deadline_at=_next_deadline(status, searched, live, standing),
        section=_section(package, status),
        sort_key=0 if since is None else sort_key(since, newest_first=is_over),
    )


def _next_deadline(
    status: Status,
    searched: Sequence[Part],
    live: Mapping[str, datetime],
    standing: Mapping[str, datetime],
) -> datetime | None:
    if status == "on_hold":
        return _first(one.on_hold_until for one in searched)
    return _first((standing if status == "deciding" else live).values())


def _who_has_it(package: Package) -> dict[str, Any]:
    """The columns about the award, or about all of them where the package is held in parts."""
    shown = _shown(package)
    whole = shown[0] if len(shown) == 1 else None
    providers = {one.provider_id for one in shown}
    (provider_id,) = providers if len(providers) == 1 else (None,)
    return {
        "award_id": UUID(whole.award_id) if whole and whole.award_id else None,
        "provider_id": UUID(provider_id) if provider_id else None,
        "provider_name": names(shown) or None,
        "confirm_by": _first(one.confirm_by for one in shown),
        "confirmed_at": _all(one.confirmed_at for one in shown),
        "started_at": _all(one.started_at for one in shown),
    }


def _shown(package: Package) -> Sequence[Part]:
    """Who has the package; where nobody is searched any more, who gave the care last."""
    if package.active():
        return package.held() if package.is_filled() else ()
    return [
        one
        for one in package.parts
        if not one.is_bridging
        and one.award_id is not None
        and (one.state == "ending" or one.started_at is not None)
        and not package.after(one)
    ]


def _section(package: Package, status: Status) -> int:
    if status in OVER:
        return _OVER
    return _TAKEN if package.is_filled() or status == "ending" else _WAITING


def names(shown: Iterable[Part]) -> str:
    """Who has these parts, each once."""
    return " and ".join(dict.fromkeys(one.provider_name for one in shown if one.provider_name))


_LEAST_SURE_FIRST = ("uncertain", "likely_tomorrow", "likely_today")


def _outlook(searched: Sequence[Part]) -> str | None:
    """The least sure of the parts; None where one is not known yet."""
    words = [one.outlook for one in searched]
    return next((word for word in _LEAST_SURE_FIRST if word in words), None) if all(words) else None


def _offers(offers: Mapping[str, datetime]) -> Json:
    return Json(json.dumps({offer_id: at.isoformat() for offer_id, at in offers.items()}))


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)


def _last(instants: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def _all(instants: Iterable[datetime | None]) -> datetime | None:
    known = list(instants)
    return None if None in known else _last(known)


def sort_key(instant: datetime, *, newest_first: bool) -> int:
    """Microseconds that order instants on the board; negative where the newest comes first."""
    microseconds = int(instant.timestamp() * 1_000_000)
    return -microseconds if newest_first else microseconds


def _referral(event: Event) -> Sequence[UUID]:
    return (event.referral_id,) if isinstance(event, ReferralEvent) else ()


BOARD = Projection(
    name="board",
    rows=RowTable(BoardRow, table="board", key="referral_id"),
    topics=("referrals.v1", "placements.v1"),
    keys=_referral,
    project=project_board,
)
