"""Routes for one referral: send it, complete it, read it, withdraw it."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.referrals.api.answers import Acknowledged, ReferralView
from services.referrals.api.bodies import ReferralIn, SupplyIn, WithdrawIn
from services.referrals.api.callers import Handlers, Running, Sender, SenderOnce, Zone
from services.referrals.api.places import Place
from services.referrals.handlers import visible
from services.referrals.person_room import label
from services.referrals.store import QUERIES, REFERRALS, ReferralRow
from shared import clock
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])


@router.post("", status_code=201, response_model=Acknowledged, summary="Refer a person")
async def receive(
    body: ReferralIn, act: SenderOnce, who: Sender, web: Running, referrals: Handlers
) -> Response:
    """201 with what is still missing; the clock runs from now, the search starts when complete.

    403 `outside-scope`, 409 `duplicate-referral` (same NHS number, neither withdrawn nor started).
    """

    async def effect(connection: Connection) -> Answer:
        row = await referrals.receive(connection, body, who)
        location = f"/v1/referrals/{row.referral_id}"
        return _answer(201, row, {"Location": location})

    return await act.run(web.pool, effect)


@router.patch("/{referral_id}", response_model=Acknowledged, summary="Complete or amend a referral")
async def supply(
    *,
    referral_id: UUID,
    body: SupplyIn,
    act: SenderOnce,
    who: Sender,
    web: Running,
    referrals: Handlers,
) -> Response:
    """200 with what is still missing. A field that is sent replaces what was known.

    Once complete, a change of what is needed is an amendment until care starts: a date within
    tolerance and a small change keep offers and award, anything else is searched again.
    409 `already-started`, `already-withdrawn`.
    """

    async def effect(connection: Connection) -> Answer:
        return _answer(200, await referrals.supply(connection, referral_id, body, who))

    return await act.run(web.pool, effect)


@router.get("/{referral_id}", summary="Read a referral and where it stands")
async def read(
    referral_id: UUID, who: Sender, web: Running, referrals: Handlers, zone: Zone
) -> ReferralView:
    """What was asked for, in codes, and its place on the board. No personal details but the label."""
    async with web.connection() as connection, connection.transaction(readonly=True):
        row = visible((await REFERRALS.load(connection, [referral_id])).get(referral_id), who)
        details = await referrals.room.read(connection, [referral_id])
        now = await clock.now(connection)
        place = await QUERIES.board_row(connection, referral_id=referral_id, now=now, zone=zone)
    return ReferralView.read(row, Place.of(place, label(details.get(referral_id)), now, zone))


@router.post(
    "/{referral_id}/withdraw",
    status_code=202,
    response_model=Acknowledged,
    summary="End the package",
)
async def withdraw(
    *,
    referral_id: UUID,
    body: WithdrawIn,
    act: SenderOnce,
    who: Sender,
    web: Running,
    referrals: Handlers,
) -> Response:
    """202 `withdrawing`: providers are told, and the board says when it is done.

    409 `already-withdrawn` if it was withdrawn before for another reason.
    """

    async def effect(connection: Connection) -> Answer:
        return _answer(202, await referrals.withdraw(connection, referral_id, body, who))

    return await act.run(web.pool, effect)


def _answer(status: int, row: ReferralRow, headers: dict[str, str] | None = None) -> Answer:
    body = Acknowledged.of(row).model_dump(mode="json")
    return Answer(status=status, body=body, headers=headers or {})
