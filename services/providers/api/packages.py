"""The integration endpoint, second half: what an awarded provider reads."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from services.providers.api.callers import ProviderId, refusal_problem, web_of
from services.providers.api.shapes_of_packages import PackageView
from services.providers.domain.awards import HELD, AwardState
from services.providers.domain.verdicts import Refusal
from services.providers.handlers.about_awards import find_award
from services.providers.people import Part, People
from services.providers.store import QUERIES
from shared.postgres.connection import Connection
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import not_found

router = APIRouter(tags=["packages"])

PackageId = Annotated[
    UUID,
    Path(description="The referral's id; the award's where you hold several parts of its care."),
]


@router.get("/v1/packages", summary="Packages awarded to you, the newest first")
async def list_packages(
    request: Request,
    *,
    provider_id: ProviderId,
    state: AwardState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[PackageView]:
    """Your awards, those that ended too."""
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


@router.get("/v1/packages/{package_id}", summary="One package awarded to you")
async def read_package(
    request: Request, package_id: PackageId, provider_id: ProviderId
) -> PackageView:
    """The award that you hold, else that is ending, else your last. 409 `several-packages`."""
    async with web_of(request).connection() as connection:
        row = await _find(connection, package_id, provider_id)
    if row is None:
        raise not_found("package")
    return PackageView.of(row)


@router.get("/v1/packages/{package_id}/person", summary="Who the package is for (audited)")
async def read_person(request: Request, package_id: PackageId, provider_id: ProviderId) -> Response:
    """Personal details, until your last visit. Every read is on record. Never cached.

    404 if you were never asked, 409 `not-awarded`, 503 with Retry-After while it cannot be checked.
    """
    return await _read_personal(request, package_id, provider_id, "person")


@router.get("/v1/packages/{package_id}/key-safe", summary="The key-safe code (audited)")
async def read_key_safe(
    request: Request, package_id: PackageId, provider_id: ProviderId
) -> Response:
    """The code, while the package is yours and near its start. Every read is on record."""
    return await _read_personal(request, package_id, provider_id, "key-safe")


async def _find(connection: Connection, package_id: UUID, provider_id: UUID) -> Any:
    """The package that is meant, or None. Raises Problem 409 where several may be."""
    award_id = await find_award(connection, package_id, provider_id)
    if isinstance(award_id, Refusal):
        raise refusal_problem(award_id.code, award_id.awards)
    if award_id is None:
        return None
    return await QUERIES.find_package(connection, award_id=award_id, provider_id=provider_id)


async def _read_personal(
    request: Request, package_id: UUID, provider_id: UUID, part: Part
) -> Response:
    async with web_of(request).connection() as connection:
        row = await _find(connection, package_id, provider_id)
        if row is None and not await QUERIES.find_package_place(
            connection, package_id=package_id, provider_id=provider_id
        ):
            raise not_found("package")
    if row is None or row["state"] not in HELD:
        raise refusal_problem("not-awarded")
    people: People = request.app.state.people
    details = await people.read(
        part,
        referral_id=row["referral_id"],
        provider_id=provider_id,
        award_id=row["award_id"],
        placement_sequence=row["placement_sequence"],
    )
    return Response(details, media_type="application/json", headers={"Cache-Control": "no-store"})
