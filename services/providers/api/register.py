"""The register: operators write whole entries, operators and brokers read them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response

from services.providers.api.callers import (
    OperatorOnce,
    Reader,
    ReaderOrProvider,
    web_of,
)
from services.providers.api.entries import check_all, entry_of, view_of
from services.providers.api.shapes import ProviderBody, ProviderBodyWithId, ProviderView
from services.providers.handlers.registering import Entry, Registered, register, suspension_words
from services.providers.store import QUERIES
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import not_found

router = APIRouter(tags=["register"])

MOST_PROVIDERS = 500


@router.put("/v1/providers/{provider_id}", summary="Record a provider's whole state")
async def put_provider(
    request: Request, provider_id: UUID, body: ProviderBody, act: OperatorOnce
) -> Response:
    """201 for a new provider, 200 for a known one; `changed` says if anything was published."""
    check_all([body])

    async def effect(connection: Connection) -> Answer:
        (done,) = await register(connection, [entry_of(provider_id, body, act.subject)])
        return Answer(status=201 if done.created else 200, body=_said(done))

    return await act.run(web_of(request).pool, effect)


@router.put("/v1/providers", summary="Record many providers, all or none")
async def put_providers(
    request: Request,
    body: Annotated[list[ProviderBodyWithId], Body(min_length=1, max_length=MOST_PROVIDERS)],
    act: OperatorOnce,
) -> Response:
    """200 with what became of each; providers that are not in the list stay as they are."""
    check_all(body, ids=[entry.provider_id for entry in body])
    entries: Sequence[Entry] = [entry_of(one.provider_id, one, act.subject) for one in body]

    async def effect(connection: Connection) -> Answer:
        done = await register(connection, entries)
        return Answer(status=200, body={"items": [_said(one) for one in done]})

    return await act.run(web_of(request).pool, effect)


def _said(done: Registered) -> dict[str, object]:
    return {
        "provider_id": str(done.provider_id),
        "sequence": done.sequence,
        "changed": done.changed,
    }


@router.get("/v1/providers", summary="The register, in order of id")
async def list_providers(
    request: Request, _who: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Page[ProviderView]:
    """Every provider, a page at a time."""
    after = None if cursor is None else decode_cursor(cursor, UUID)[0]
    async with web_of(request).connection() as connection:
        rows = await QUERIES.list_providers(connection, after=after, limit=limit + 1)
    items = [view_of(row) for row in rows[:limit]]
    return Page(
        items=items, next=encode_cursor(items[-1].provider_id) if len(rows) > limit else None
    )


@router.get("/v1/providers/{provider_id}", summary="One provider")
async def read_provider(request: Request, provider_id: UUID, who: ReaderOrProvider) -> ProviderView:
    """For operators (with the suspension's note), brokers, and the provider itself."""
    if who.role == "provider" and who.scope.provider_id != provider_id:
        raise not_found("provider")
    async with web_of(request).connection() as connection:
        row = await QUERIES.find_provider(connection, provider_id=provider_id)
        if row is None:
            raise not_found("provider")
        view = view_of(row)
        if who.role != "operator" or view.suspension is None:
            return view
        words = await suspension_words(connection, provider_id, view.suspension.since)
    return view.model_copy(update={"suspension": view.suspension.model_copy(update=words)})
