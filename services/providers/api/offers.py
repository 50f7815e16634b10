"""The integration endpoint, first half: a provider reads its offers and answers them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.providers.api.callers import ProviderId, ProviderOnce, reading_of, web_of
from services.providers.api.decided import WITHDRAWN_CODES, finish_offer, pending_on
from services.providers.api.shapes import (
    AcceptBody,
    AcceptIfBody,
    AnswerView,
    DeclineBody,
    Nothing,
    OfferPage,
    OfferView,
    TermsView,
    pounds,
)
from services.providers.domain.offers import ANSWERED_BY, OfferStatus
from services.providers.handlers.answering import (
    AnswerCounter,
    AnswerOffer,
    answer_counter,
    answer_offer,
)
from services.providers.handlers.words import Words
from services.providers.needed import Needed
from services.providers.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer, Pending
from shared.web.pages import Limit, decode_cursor, encode_cursor
from shared.web.problems import invalid, not_found
from shared.web.waiting import preferred_wait, wait_for

router = APIRouter(tags=["offers"])

Wait = Annotated[float, Depends(preferred_wait)]
After = Annotated[
    str | None,
    Query(max_length=512, description="`next` of the answer before; opaque."),
]


@router.get("/v1/offers", summary="Your offers, those that changed last at the end")
async def list_offers(
    request: Request,
    *,
    provider_id: ProviderId,
    wait: Wait,
    status: OfferStatus | None = None,
    after: After = None,
    limit: Limit = 50,
) -> OfferPage:
    """What changed after a cursor; with `Prefer: wait=N`, waits until something has."""
    web = web_of(request)
    position: int = 0 if after is None else decode_cursor(after, int)[0] or 0

    seen = position

    async def read() -> OfferPage:
        nonlocal seen
        async with web.connection() as connection:
            page, seen = await _page(connection, provider_id, status, position, limit)
        return page

    async def read_something() -> OfferPage | None:
        end = await reading_of(request).feed_ends.read(provider_id)
        if end is None or end <= seen:
            return None  # Changes that were read and are not asked for are not read again.
        page = await read()
        return page if page.items else None

    if "prefer" not in request.headers:
        return await read()
    return await wait_for(read_something, web.wakeups, wait) or await read()


async def _page(
    connection: Connection,
    provider_id: UUID,
    status: OfferStatus | None,
    after: int,
    limit: int,
) -> tuple[OfferPage, int]:
    """A page, and the place in the feed up to which it was read."""
    # The end is read before the list, so that no offer can come between the two unseen.
    end: int = await QUERIES.feed_end(connection, provider_id=provider_id)
    now = await clock.now(connection)
    asked = {"provider_id": provider_id, "after": after, "limit": limit, "now": now}
    if status == "live":
        rows = await QUERIES.list_live_offers(connection, **asked)
    else:
        rows = await QUERIES.list_changed_offers(connection, status=status, **asked)
    more = len(rows) == limit
    last = max([after, *(row["position"] for row in rows)])
    reached = last if more else max(last, end)
    page = OfferPage(items=[_view(row) for row in rows], next=encode_cursor(reached), more=more)
    return page, reached


@router.get("/v1/offers/{offer_id}", summary="One offer, and what came of your answer")
async def read_offer(request: Request, offer_id: UUID, provider_id: ProviderId) -> OfferView:
    """Your own offer; another's is not found."""
    async with web_of(request).connection() as connection:
        row = await QUERIES.find_offer(connection, offer_id=offer_id, provider_id=provider_id)
    if row is None:
        raise not_found("offer")
    return _view(row)


@router.post("/v1/offers/{offer_id}/accept", summary="Yes")
async def accept(
    request: Request,
    *,
    offer_id: UUID,
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    body: AcceptBody | None = None,
) -> Response:
    """Records a yes before the deadline, then waits for what matching makes of it.

    200 `awarded` or `standing`, `waiting` where a quoted rate is to be approved; 202 if not decided in time; 409 `already-placed`, `offer-lapsed`,
    `offer-withdrawn`, `already-answered`.
    """
    command = AnswerOffer(
        provider_id=provider_id,
        offer_id=offer_id,
        answer="accept",
        words=Words(author=act.subject),
        rate_pence=None if body is None or body.rate is None else int(body.rate * 100),
        version=None if body is None else body.version,
    )
    return await _answer(request, command, act, wait)


@router.post("/v1/offers/{offer_id}/accept-if", summary="Yes, on a condition")
async def accept_if(
    request: Request,
    *,
    offer_id: UUID,
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    body: AcceptIfBody,
) -> Response:
    """Records a yes with a later start or other visits; a broker accepts, refuses or counters it.

    200 `conditional`; 202 if not decided in time; 409 as for a yes.
    """
    if body.starts_at is None and not body.visits:
        raise invalid(("starts_at", "required", "is required unless other visits are given"))
    command = AnswerOffer(
        provider_id=provider_id,
        offer_id=offer_id,
        answer="accept_if",
        starts_at=body.starts_at,
        visits=body.visits,
        version=body.version,
        words=Words(author=act.subject, note=body.note),
    )
    return await _answer(request, command, act, wait)


@router.post("/v1/offers/{offer_id}/counter/{answer}", summary="Answer the terms put to you")
async def answer_terms(
    request: Request,
    *,
    offer_id: UUID,
    answer: Literal["accept", "decline"],
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    _body: Nothing | None = None,
) -> Response:
    """Records a yes or no to the offer's `counter`, then waits for what matching makes of it.

    200 `awarded`, `standing` or `declined`; 409 `no-counter`, or as for a yes.
    """
    command = AnswerCounter(
        provider_id=provider_id,
        offer_id=offer_id,
        answer="accept_counter" if answer == "accept" else "decline_counter",
        words=Words(author=act.subject),
    )

    async def effect(connection: Connection) -> Answer | Pending:
        return pending_on(await answer_counter(connection, command))

    return await act.run(web_of(request).pool, effect, finish_offer(request, wait))


@router.post("/v1/offers/{offer_id}/decline", summary="No, with its reason")
async def decline(
    request: Request,
    *,
    offer_id: UUID,
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    body: DeclineBody,
) -> Response:
    """Records a no before the deadline, then waits until matching has read it.

    200 `declined`; 202 if not decided in time; 409 as for a yes.
    """
    if body.reason == "other" and body.note is None:
        raise invalid(("note", "required", "is required with the reason other"))
    if body.reason == "safety" and body.told is None:
        raise invalid(("told", "required", "is required with safety: who was told?"))
    command = AnswerOffer(
        provider_id=provider_id,
        offer_id=offer_id,
        answer="decline",
        reason=body.reason,
        words=Words(author=act.subject, note=body.note, told=body.told),
    )
    return await _answer(request, command, act, wait)


async def _answer(
    request: Request, command: AnswerOffer, act: ProviderOnce, wait: float
) -> Response:
    async def effect(connection: Connection) -> Answer | Pending:
        return pending_on(await answer_offer(connection, command))

    return await act.run(web_of(request).pool, effect, finish_offer(request, wait))


def _view(row: Any) -> OfferView:
    overdue: bool = row["overdue"]
    return OfferView.model_validate(
        {
            **row,
            "status": "lapsed" if overdue else row["status"],
            "rate": pounds(row["rate_pence"]),
            "counter": row["put_counter"] and TermsView.model_validate_json(row["put_counter"]),
            "version": row["version"] or 1,
            "needed": row["needed"] and Needed.model_validate_json(row["needed"]),
            "answer": _answer_view(row),
        }
    )


def _answer_view(row: Any) -> AnswerView | None:
    status: OfferStatus = row["status"]
    if row["answer"] is None and row["answered_via"] is None:
        return None
    if row["answer"] is None:
        answer = ANSWERED_BY.get(status, "accept")  # Only an acceptance is ever withdrawn.
        result = {"accepted": "awarded", "withdrawn": "refused"}.get(status, status)
        code = WITHDRAWN_CODES.get(row["because"] or "", "offer-withdrawn")
        return AnswerView(
            answer=answer,
            via=row["answered_via"],
            recorded_at=None,
            result=result,
            code=code if result == "refused" else None,
        )
    return AnswerView(
        answer=row["answer"],
        via="endpoint",
        recorded_at=row["answered_at"],
        result=row["later_result"] or row["first_result"] or "undecided",
        code=row["later_code"] if row["later_result"] else row["first_code"],
    )
