"""Reports for brokers."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.matching.api.deciding import Broker
from services.matching.handlers import Matching
from services.matching.reports import BENCHMARK, By, Period, fill_times
from shared import clock
from shared.web.app import Web
from shared.web.instants import When
from shared.web.problems import invalid

router = APIRouter(tags=["reports"])
DEFAULT_DAYS = 28


@router.get("/v1/reports/fill-times", summary="How fast packages were filled")
async def report_fill_times(
    request: Request,
    _who: Broker,
    start: Annotated[When | None, Query(alias="from")] = None,
    end: Annotated[When | None, Query(alias="to")] = None,
    by: Annotated[By, Query(description="What to group by.")] = "tier",
) -> dict[str, Any]:
    """Of referrals received in the period (the last 28 days if not said), in all and by part."""
    web: Web = request.app.state.web
    matching: Matching = request.app.state.matching
    async with (
        web.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        now = await clock.now(connection)
        until = end or now
        period = Period(start=start or until - timedelta(days=DEFAULT_DAYS), end=until)
        if period.start >= period.end:
            raise invalid(("from", "period", "`from` must be before `to`"))
        policy = matching.policies.current
        parts = await fill_times(connection, policy=policy, period=period, by=by, now=now)
        total = await fill_times(connection, policy=policy, period=period, by="all", now=now)
    return {
        "from": period.start,
        "to": period.end,
        "as_of": now,
        "by": by,
        "policy": {"name": policy.name, "version": policy.version},
        "total": total[0] if total else None,
        "parts": parts,
        "benchmark": BENCHMARK,
    }
