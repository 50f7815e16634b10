"""The integration endpoint, second half: what an awarded provider reads, confirms and reports."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.providers.api.callers import ProviderId, ProviderOnce, refusal_problem, web_of
from services.providers.api.decided import finish_award, pending_on
from services.providers.api.shapes import Nothing, PackageView, ReleaseBody, StartBody
from services.providers.domain.awards import HELD, AwardState
from services.providers.handlers.answering import AskAboutAward, ask_about_award
from services.providers.handlers.words import Words
from services.providers.people import Part, People
from services.providers.store import QUERIES
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer, Pending
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import invalid, not_found
from shared.web.waiting import preferred_wait

router = APIRouter(tags=["packages"])

Wait = Annotated[float, Depends(preferred_wait)]


@router.get("/v1/packages", summary="Packages awarded to you, the newest first")
async def list_packages(
    request: Request,
    *,
    provider_id: ProviderId,
    state: AwardState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[PackageView]:
    """Your awards, those released and cancelled too."""
    before_at, before_id = (None, None) if cursor is None else decode_cursor(cursor, datetime, UUID)
    async with web_of(request).connection() as connection:
        rows = await QUERIES.list_packages(
            connection,
            provider_id=provider_id,
            state=state,
            before_at=before_at,
            before_id=before_id,
            limit=limit + 1,
        )
    items = [PackageView.of(row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return Page(items=items, next=last and encode_cursor(last.filled_at, last.award_id))


@router.get("/v1/packages/{referral_id}", summary="One package awarded to you")
async def read_package(request: Request, referral_id: UUID, provider_id: ProviderId) -> PackageView:
    """Your award of a referral: the one you hold, else your last."""
    async with web_of(request).connection() as connection:
        row = await QUERIES.find_package(
            connection, referral_id=referral_id, provider_id=provider_id
        )
    if row is None:
        raise not_found("package")
    return PackageView.of(row)


@router.get("/v1/packages/{referral_id}/person", summary="Who the package is for (audited)")
async def read_person(request: Request, referral_id: UUID, provider_id: ProviderId) -> Response:
    """Personal details, while the package is yours. Every read is on record. Never cached.

    404 if you were never asked, 409 `not-awarded`, 503 with Retry-After while it cannot be checked.
    """
    return await _read_personal(request, referral_id, provider_id, "person")


@router.get("/v1/packages/{referral_id}/key-safe", summary="The key-safe code (audited)")
async def read_key_safe(request: Request, referral_id: UUID, provider_id: ProviderId) -> Response:
    """The code, while the package is yours and near its start. Every read is on record."""
    return await _read_personal(request, referral_id, provider_id, "key-safe")


async def _read_personal(
    request: Request, referral_id: UUID, provider_id: UUID, part: Part
) -> Response:
    whose = {"referral_id": referral_id, "provider_id": provider_id}
    async with web_of(request).connection() as connection:
        row = await QUERIES.find_package(connection, **whose)
        if row is None and not await QUERIES.knows_referral(connection, **whose):
            raise not_found("package")
    if row is None or row["state"] not in HELD:
        raise refusal_problem("not-awarded")
    people: People = request.app.state.people
    details = await people.read(
        part,
        referral_id=referral_id,
        provider_id=provider_id,
        award_id=row["award_id"],
        placement_sequence=row["placement_sequence"],
    )
    return Response(details, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/v1/packages/{referral_id}/confirm", summary="You take the package for good")
async def confirm(
    request: Request,
    *,
    referral_id: UUID,
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    _body: Nothing | None = None,
) -> Response:
    """200 `confirmed`, 202 if not decided in time, 409 `not-awarded`."""
    command = AskAboutAward(
        provider_id=provider_id,
        referral_id=referral_id,
        request="confirm",
        words=Words(author=act.subject),
    )
    return await _ask(request, command, act, wait)


@router.post("/v1/packages/{referral_id}/release", summary="You give the package back")
async def release(
    request: Request,
    *,
    referral_id: UUID,
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    body: ReleaseBody,
) -> Response:
    """200 `released`, 202 if not decided in time, 409 `not-awarded` or `already-confirmed`."""
    if body.reason == "other" and body.note is None:
        raise invalid(("note", "required", "is required with the reason other"))
    if body.reason == "unsafe" and body.told is None:
        raise invalid(("told", "required", "is required with unsafe: who was told?"))
    command = AskAboutAward(
        provider_id=provider_id,
        referral_id=referral_id,
        request="release",
        reason=body.reason,
        words=Words(author=act.subject, note=body.note, told=body.told),
    )
    return await _ask(request, command, act, wait)


@router.post("/v1/packages/{referral_id}/start", summary="The first visit was delivered")
async def start(
    request: Request,
    *,
    referral_id: UUID,
    provider_id: ProviderId,
    act: ProviderOnce,
    wait: Wait,
    body: StartBody,
) -> Response:
    """200 `started`, 202 if not decided in time, 409 `not-awarded` or `already-answered`."""
    command = AskAboutAward(
        provider_id=provider_id,
        referral_id=referral_id,
        request="start",
        started_at=body.started_at,
        words=Words(author=act.subject),
    )
    return await _ask(request, command, act, wait)


async def _ask(
    request: Request, command: AskAboutAward, act: ProviderOnce, wait: float
) -> Response:
    async def effect(connection: Connection) -> Answer | Pending:
        return pending_on(await ask_about_award(connection, command))

    return await act.run(web_of(request).pool, effect, finish_award(request, wait, command.request))
