"""Reports for brokers, as JSON or as CSV."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from services.matching.api.deciding import Broker
from services.matching.handlers import Matching
from services.matching.reporting.catalogue import REPORTS, BadAskError, make_report
from shared.report_tables import to_csv, to_json
from shared.web.app import Web
from shared.web.instants import When
from shared.web.problems import invalid, not_found

router = APIRouter(tags=["reports"])
CSV = "text/csv"


@router.get("/v1/reports", summary="Which reports there are")
async def list_reports(_who: Broker) -> dict[str, Any]:
    """Each report's name, the question it answers, and what it can be grouped by."""
    return {
        "items": [
            {"name": name, "question": kind.question, "by": list(kind.by)}
            for name, kind in REPORTS.items()
        ]
    }


@router.get(
    "/v1/reports/{name}",
    summary="One report",
    response_class=JSONResponse,
    responses={200: {"content": {CSV: {}}}},
)
async def get_report(
    request: Request,
    name: str,
    _who: Broker,
    *,
    start: Annotated[When | None, Query(alias="from")] = None,
    end: Annotated[When | None, Query(alias="to")] = None,
    by: Annotated[str | None, Query(max_length=40, description="What to group by.")] = None,
    format: Annotated[Literal["json", "csv"] | None, Query()] = None,
    table: Annotated[
        str | None, Query(max_length=40, description="Of CSV, this table alone.")
    ] = None,
) -> Response:
    """Each figure with its definition, of a period (the last 28 days if not said).

    CSV if `format=csv`, or if it is what the caller accepts.
    """
    if name not in REPORTS:
        raise not_found("report")
    web: Web = request.app.state.web
    matching: Matching = request.app.state.matching
    async with (
        web.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        try:
            report = await make_report(
                connection, name, policy=matching.policies.current, start=start, end=end, by=by
            )
        except BadAskError as error:
            raise invalid((error.field, "value_error", str(error))) from None
    wants_csv = format == "csv" or (format is None and CSV in request.headers.get("accept", ""))
    if not wants_csv:
        return JSONResponse(to_json(report))
    try:
        text = to_csv(report, table)
    except LookupError as error:
        raise invalid(("table", "value_error", str(error))) from None
    return Response(
        text,
        media_type=f"{CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
