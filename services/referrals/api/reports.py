"""The report that only this service can make, since it alone has dates of birth."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from services.referrals.api.callers import Handlers, Operator, Running
from services.referrals.equity import NoQuarterError, equity
from shared.report_tables import to_csv, to_json
from shared.web.problems import invalid

router = APIRouter(prefix="/v1/reports", tags=["reports"])
CSV = "text/csv"


@router.get(
    "/equity",
    summary="Fill times by age band",
    response_class=JSONResponse,
    responses={200: {"content": {CSV: {}}}},
)
async def report_equity(
    request: Request,
    _who: Operator,
    web: Running,
    referrals: Handlers,
    *,
    quarter: Annotated[
        str | None, Query(max_length=7, description="As in 2024-Q1; the last one if not said.")
    ] = None,
    format: Annotated[Literal["json", "csv"] | None, Query()] = None,
) -> Response:
    """Small cells are hidden, and others that would tell them. CSV if `format=csv` or accepted."""
    async with web.connection() as connection:
        try:
            report = await equity(connection, referrals.room, quarter)
        except NoQuarterError as error:
            raise invalid(("quarter", "value_error", str(error))) from None
    if format == "csv" or (format is None and CSV in request.headers.get("accept", "")):
        return Response(to_csv(report), media_type=f"{CSV}; charset=utf-8")
    return JSONResponse(to_json(report))
