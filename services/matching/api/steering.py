"""What brokers do to a search: hold, resume, jump, ask, skip, windows, offers taken back, awards ended."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.matching.api.deciding import BrokerOnce, Note, decide
from services.matching.api.orders import HoldBody, JumpBody, ProviderBody, Reasoned, WindowBody
from services.matching.domain.people_commands import (
    AskProvider,
    CancelAward,
    ChangeWindow,
    HoldSearch,
    JumpToTier,
    ResumeSearch,
    SkipProvider,
    WithdrawOffer,
)

router = APIRouter(prefix="/v1/placements/{referral_id}", tags=["steering"])


@router.post("/hold", summary="Ask nobody new for a while")
async def hold(request: Request, referral_id: UUID, body: HoldBody, act: BrokerOnce) -> Response:
    """200. Live offers run on, acceptances stand until the end; budgets shift, the clock runs on.

    Sent again, it moves the end. 409 `not-searching`, `needs-confirmation`; 422 for `until`.
    """
    command = HoldSearch(until=body.until)
    note = Note("hold", body.reason, {"until": body.until and body.until.isoformat()})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/resume", summary="End a hold before its time")
async def resume(request: Request, referral_id: UUID, body: Reasoned, act: BrokerOnce) -> Response:
    """200 with what followed at once. 409 `no-hold`, `not-searching`."""
    note = Note("resume", body.reason, {})
    return await decide(request, act, referral_id, ResumeSearch(), note, confirmed=body.confirm)


@router.post("/jump", summary="Open a later tier now")
async def jump(request: Request, referral_id: UUID, body: JumpBody, act: BrokerOnce) -> Response:
    """200. Live offers run on; who was unasked comes after the tier, or not at all.

    409 `tier-not-ahead`, `on-hold`, `acceptance-stands`, `needs-confirmation`.
    """
    command = JumpToTier(tier_name=body.tier_name, ground=body.ground)
    note = Note("jump", body.reason, {"tier_name": body.tier_name, "ground": body.ground})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/ask", summary="Ask a named provider now")
async def ask(request: Request, referral_id: UUID, body: ProviderBody, act: BrokerOnce) -> Response:
    """200. It may have been asked before, or come in a later tier; a search that had ended goes on.

    409 `already-asked`, `not-eligible` with the gate, `acceptance-stands`.
    """
    command = AskProvider(provider_id=body.provider_id, ground=body.ground)
    return await decide(
        request, act, referral_id, command, _about_provider("ask", body), confirmed=body.confirm
    )


@router.post("/skip", summary="Leave a provider out of this round")
async def skip(
    request: Request, referral_id: UUID, body: ProviderBody, act: BrokerOnce
) -> Response:
    """200. A later round asks it again. 409 `already-asked`: withdraw its offer instead."""
    command = SkipProvider(provider_id=body.provider_id, ground=body.ground)
    return await decide(
        request, act, referral_id, command, _about_provider("skip", body), confirmed=body.confirm
    )


@router.post("/offers/{offer_id}/window", summary="Extend or shorten an offer's window")
async def change_window(
    request: Request, referral_id: UUID, offer_id: UUID, body: WindowBody, act: BrokerOnce
) -> Response:
    """200. The provider is told. 409 `offer-not-live`; 422 `window-too-short`, `window-too-long`."""
    command = ChangeWindow(offer_id=offer_id, expires_at=body.expires_at)
    details = {"offer_id": str(offer_id), "expires_at": body.expires_at.isoformat()}
    note = Note("window", body.reason, details)
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/offers/{offer_id}/withdraw", summary="Take one offer back")
async def withdraw_offer(
    request: Request, referral_id: UUID, offer_id: UUID, body: Reasoned, act: BrokerOnce
) -> Response:
    """200. The provider is told, and is not asked again in this round. 409 `offer-not-live`."""
    command = WithdrawOffer(offer_id=offer_id)
    note = Note("withdraw_offer", body.reason, {"offer_id": str(offer_id)})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/award/cancel", summary="End an award before the start")
async def cancel_award(
    request: Request, referral_id: UUID, body: Reasoned, act: BrokerOnce
) -> Response:
    """200. The provider loses it at once and a new round begins without it, on the same clock.

    409 `no-award`, `already-started`, `needs-confirmation`.
    """
    note = Note("cancel_award", body.reason, {})
    return await decide(request, act, referral_id, CancelAward(), note, confirmed=body.confirm)


def _about_provider(kind: str, body: ProviderBody) -> Note:
    details = {"provider_id": str(body.provider_id), "ground": body.ground}
    return Note(kind, body.reason, details)
