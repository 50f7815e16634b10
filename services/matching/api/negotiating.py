"""What brokers decide about a yes that waits: a quoted rate, or a condition."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.matching.api.deciding import Broker, BrokerOnce, Note, decide
from services.matching.api.orders import CounterBody, Reasoned
from services.matching.domain.asking import Terms
from services.matching.domain.people_commands import CounterCondition, DecideCondition, DecideRate
from services.matching.translate import visit_of

router = APIRouter(prefix="/v1/placements/{referral_id}/offers/{offer_id}", tags=["negotiating"])


@router.post("/rate/approve", summary="Approve a rate above the limit")
async def approve_rate(
    request: Request,
    *,
    referral_id: UUID,
    offer_id: UUID,
    body: Reasoned,
    act: BrokerOnce,
    who: Broker,
) -> Response:
    """200: the yes competes, and is awarded if nobody better may answer. 409 `no-rate-quoted`.

    403 `not-the-approver`: the policy's `rate_approver` is neither the token's subject nor a grade.
    """
    grades = sorted(who.scope.grades)
    note = Note("approve_rate", body.reason, {"offer_id": str(offer_id), "grades": grades})
    command = DecideRate(offer_id=offer_id, approved=True, acts_as=who.acts_as)
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/rate/refuse", summary="Refuse a rate above the limit")
async def refuse_rate(
    request: Request, referral_id: UUID, offer_id: UUID, body: Reasoned, act: BrokerOnce
) -> Response:
    """200: the offer is over and its provider told; it is not bid down. 409 `no-rate-quoted`."""
    note = Note("refuse_rate", body.reason, {"offer_id": str(offer_id)})
    command = DecideRate(offer_id=offer_id, approved=False)
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/condition/accept", summary="Accept a provider's condition")
async def accept_condition(
    request: Request, referral_id: UUID, offer_id: UUID, body: Reasoned, act: BrokerOnce
) -> Response:
    """200: the yes competes on its terms. 409 `no-condition`."""
    note = Note("accept_condition", body.reason, {"offer_id": str(offer_id)})
    command = DecideCondition(offer_id=offer_id, accepted=True)
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/condition/refuse", summary="Refuse a provider's condition")
async def refuse_condition(
    request: Request, referral_id: UUID, offer_id: UUID, body: Reasoned, act: BrokerOnce
) -> Response:
    """200: the offer is over and its provider told; it may be asked again. 409 `no-condition`."""
    note = Note("refuse_condition", body.reason, {"offer_id": str(offer_id)})
    command = DecideCondition(offer_id=offer_id, accepted=False)
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/condition/counter", summary="Put other terms to a provider")
async def counter_condition(
    request: Request, referral_id: UUID, offer_id: UUID, body: CounterBody, act: BrokerOnce
) -> Response:
    """200: the provider reads them with its offer and answers until its deadline.

    409 `no-condition`, `nothing-changed`; 422 for `expires_at`.
    """
    terms = Terms(starts_at=body.starts_at, visits=tuple(visit_of(one) for one in body.visits))
    command = CounterCondition(offer_id=offer_id, terms=terms, expires_at=body.expires_at)
    note = Note("counter_condition", body.reason, {"offer_id": str(offer_id)})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)
