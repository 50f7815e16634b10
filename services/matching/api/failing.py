"""A provider that fails, what providers have, and who has no care: one list for each question."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.matching.api.care_orders import (
    CareGap,
    FailedPackage,
    HeldPackage,
    LastVisitBody,
    ProviderFailure,
)
from services.matching.api.deciding import Broker, BrokerOnce, Note, keep_note, web_of
from services.matching.failing import Failing, fail_provider
from services.matching.handlers import Matching
from services.matching.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer
from shared.web.instants import When
from shared.web.problems import Problem, not_found, unavailable

router = APIRouter(tags=["care"])
MOST_SHOWN = 500


@router.get("/v1/care-gaps", summary="Who has no care, and from when")
async def care_gaps(
    request: Request,
    _who: Broker,
    until: Annotated[
        When | None, Query(description="First visits before this; by default two days ahead.")
    ] = None,
) -> list[CareGap]:
    """Placements that nobody has with a visit that nobody holds, the first visit first."""
    async with web_of(request).connection() as connection:
        horizon: datetime = until or await clock.now(connection) + timedelta(days=2)
        rows = await QUERIES.care_gaps(connection, until=horizon, most=MOST_SHOWN)
    return [CareGap(**{name: row[name] for name in CareGap.model_fields}) for row in rows]


@router.get("/v1/providers/{provider_id}/packages", summary="What a provider has")
async def packages(request: Request, provider_id: UUID, _who: Broker) -> list[HeldPackage]:
    """Packages by a live award, and those that it keeps until a last visit."""
    matching: Matching = request.app.state.matching
    async with web_of(request).connection() as connection:
        market = await matching.market.now(connection, await clock.now(connection))
        if provider_id not in market.providers:
            raise not_found("provider")
        rows = await QUERIES.packages_of_provider(connection, provider_id=provider_id)
    return [HeldPackage(**{name: row[name] for name in HeldPackage.model_fields}) for row in rows]


@router.post("/v1/providers/{provider_id}/fail", summary="A provider fails")
async def fail(
    request: Request, provider_id: UUID, body: LastVisitBody, act: BrokerOnce
) -> Response:
    """200 with all its packages, each searched anew in the order of risk: who lives alone first, then
    double-handed, then time-critical ones. Suspend it in the register as well: this takes packages,
    and stops no offers. Sent again, it takes what is left. 409 `needs-confirmation`.
    """
    matching: Matching = request.app.state.matching
    if not request.app.state.up_to_date.is_set():
        raise unavailable("Matching")

    async def effect(connection: Connection) -> Answer:
        market = await matching.market.now(connection, await clock.now(connection))
        if provider_id not in market.providers:
            raise not_found("provider")
        if not body.confirm:
            raise await _unconfirmed(connection, provider_id)
        failed = await fail_provider(matching, connection, provider_id, body.last_visit_at)
        details: dict[str, Any] = {"provider_id": str(provider_id)}
        for one in failed:
            note = Note("provider_failed", body.reason, details)
            await keep_note(connection, one.referral_id, act.subject, note)
        told = ProviderFailure(provider_id=provider_id, packages=[_told(one) for one in failed])
        return Answer(status=200, body=told.model_dump(mode="json"))

    return await act.run(web_of(request).pool, effect)


async def _unconfirmed(connection: Connection, provider_id: UUID) -> Problem:
    rows = await QUERIES.packages_of_provider(connection, provider_id=provider_id)
    live = sum(row["state"] == "live" for row in rows)
    return Problem(
        409,
        "needs-confirmation",
        "Somebody loses by it",
        f"The provider loses {live} packages, and each is searched anew. Send it again with"
        " `confirm`: true to go on.",
    )


def _told(one: Failing) -> FailedPackage:
    return FailedPackage(
        referral_id=one.referral_id,
        placement_id=one.placement_id,
        risk=one.risk,
        result=[event.TYPE.removeprefix("homeward.placement.") for event in one.events],
        search_id=one.search_id,
        gap_at=one.gap_at,
    )
