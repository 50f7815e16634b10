"""Routes for lists: one ward's board, and the hub's board of all its wards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi import Path as PathField

from services.referrals.api.callers import Handlers, Hub, Running, Sender, Zone
from services.referrals.api.places import Place
from services.referrals.domain.board import Status
from services.referrals.handlers import Referrals
from services.referrals.person_room import label
from services.referrals.projections.board import sort_key
from services.referrals.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection
from shared.web.app import Web
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import not_found
from shared.web.tokens import Scope

router = APIRouter(prefix="/v1", tags=["board"])

OVER_SHOWN_DAYS = 7
"""Days for which a board still shows what is withdrawn or started."""
_EVER = 0
"""Sort keys of what is over are negative: this reaches all of it."""
_FIRST = (-1, 0, UUID(int=0))

Ward = Annotated[str, PathField(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
WantedStatus = Annotated[Status | None, Query(alias="status", description="Only this status.")]
Everything = Annotated[
    bool, Query(alias="all", description="Also what was over more than 7 days ago.")
]


@router.get("/wards/{ward}/board", summary="Each patient of a ward, waiting ones first")
async def ward_board(
    *,
    ward: Ward,
    who: Sender,
    web: Running,
    referrals: Handlers,
    zone: Zone,
    status: WantedStatus = None,
    everything: Everything = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Place]:
    """Waiting ones by their clock, then those taken, then what was over in the last 7 days."""
    if who.scope.wards is not None and ward not in who.scope.wards:
        raise not_found("ward")
    wanted = Wanted(
        scope=who.scope,
        wards=[ward],
        status=status,
        everything=everything,
        cursor=cursor,
        limit=limit,
    )
    return await _page(web, referrals, zone, wanted)


@router.get("/board", summary="Each patient of all the hub's wards, waiting ones first")
async def hub_board(
    *,
    who: Hub,
    web: Running,
    referrals: Handlers,
    zone: Zone,
    status: WantedStatus = None,
    everything: Everything = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Place]:
    """The same for every ward in the token's scope."""
    wanted = Wanted(
        scope=who.scope,
        wards=None if who.scope.wards is None else sorted(who.scope.wards),
        status=status,
        everything=everything,
        cursor=cursor,
        limit=limit,
    )
    return await _page(web, referrals, zone, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the board is asked for."""

    scope: Scope
    wards: Sequence[str] | None
    status: Status | None
    everything: bool
    cursor: str | None
    limit: int


async def _page(web: Web, referrals: Referrals, zone: str, wanted: Wanted) -> Page[Place]:
    async with web.connection() as connection, connection.transaction(readonly=True):
        now = await clock.now(connection)
        rows = await _rows(connection, wanted, zone, now)
        shown = rows[: wanted.limit]
        details = await referrals.room.read(connection, [row["referral_id"] for row in shown])
    places = [Place.of(row, label(details.get(row["referral_id"])), now, zone) for row in shown]
    if len(rows) == len(shown):
        return Page(items=places, next=None)
    last = shown[-1]
    after = encode_cursor(last["section"], last["sort_key"], last["referral_id"])
    return Page(items=places, next=after)


async def _rows(
    connection: Connection, wanted: Wanted, zone: str, now: datetime
) -> Sequence[Mapping[str, Any]]:
    """The page's rows and one more, if there is one."""
    section, key, last_id = (
        _FIRST if wanted.cursor is None else decode_cursor(wanted.cursor, int, int, UUID)
    )
    since = now - timedelta(days=OVER_SHOWN_DAYS)
    arguments: dict[str, Any] = {
        "now": now,
        "zone": zone,
        "after_section": section,
        "after_sort_key": key,
        "after_id": last_id,
        "until_sort_key": _EVER if wanted.everything else sort_key(since, newest_first=True),
        "organisations": sorted(wanted.scope.organisations),
        "status": wanted.status,
        "limit": wanted.limit + 1,
    }
    if wanted.wards is None:
        rows = await QUERIES.board_page_of_all_wards(connection, **arguments)
    else:
        rows = await QUERIES.board_page(connection, wards=wanted.wards, **arguments)
    return list(rows)
