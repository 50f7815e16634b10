"""Routes for service orders: the list for systems that take them over, and each order, audited."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi import Path as PathField
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.referrals.api.callers import Handlers, Hub, Running
from services.referrals.handlers import Referrals
from services.referrals.orders import Because, OrderBody, OrderedFor, ServiceOrder, as_csv
from services.referrals.store import QUERIES
from shared import clock
from shared.contracts.order_numbers import PATTERN
from shared.web.app import Web
from shared.web.pages import Limit, decode_cursor, encode_cursor
from shared.web.problems import not_found
from shared.web.tokens import Caller

router = APIRouter(prefix="/v1/service-orders", tags=["service orders"])

Number = Annotated[str, PathField(pattern=PATTERN)]
Version = Annotated[int, PathField(ge=1, lt=2**31)]
After = Annotated[
    str | None, Query(max_length=512, description="`next` of the answer before; opaque.")
]


class OrderListed(BaseModel):
    """One version of an order as the list names it: nobody's name but the provider's."""

    model_config = ConfigDict(extra="ignore")

    number: str
    version: int
    because: Because
    made_at: datetime
    referral_id: UUID
    placement_id: UUID
    award_id: UUID
    provider_id: UUID
    provider_name: str


class OrderPage(BaseModel):
    """Orders in the order in which they were made."""

    items: list[OrderListed]
    next: str = Field(description="Give it as `after` the next time, whether there is more or not.")
    more: bool


@router.get("", summary="Service orders, those made last at the end")
async def list_orders(
    *,
    who: Hub,
    web: Running,
    referral_id: UUID | None = None,
    after: After = None,
    limit: Limit = 50,
) -> OrderPage:
    """What was ordered after a cursor, of the wards in the token's scope. Each version comes once."""
    position: int = 0 if after is None else decode_cursor(after, int)[0]
    async with web.connection() as connection:
        rows = await QUERIES.list_service_orders(
            connection,
            after=position,
            referral_id=referral_id,
            organisations=sorted(who.scope.organisations),
            all_wards=who.scope.wards is None,
            wards=sorted(who.scope.wards or ()),
            limit=limit,
        )
    last = rows[-1]["position"] if rows else position
    return OrderPage(
        items=[OrderListed.model_validate(dict(row)) for row in rows],
        next=encode_cursor(last),
        more=len(rows) == limit,
    )


@router.get("/{number}/{version}", summary="One version of an order (audited)")
async def read_order(
    number: Number, version: Version, who: Hub, web: Running, referrals: Handlers
) -> ServiceOrder:
    """The whole order with the person as it was when it was made. Every reading is on record."""
    return await _read(web, referrals, who, "json", number=number, version=version)


@router.get(
    "/{number}/{version}/csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
    summary="The same as CSV, one line a visit (audited)",
)
async def read_order_as_csv(
    number: Number, version: Version, who: Hub, web: Running, referrals: Handlers
) -> Response:
    """For case-management and finance systems; the service's README maps the columns."""
    order = await _read(web, referrals, who, "csv", number=number, version=version)
    name = f"{number}-{version}.csv"
    return Response(
        as_csv(order),
        media_type="text/csv; charset=utf-8; header=present",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


async def _read(
    web: Web, referrals: Referrals, who: Caller, form: Literal["json", "csv"], **which: Any
) -> ServiceOrder:
    """The order, once the audit of this reading is committed. Raises Problem 404 outside the scope."""
    async with web.connection() as connection, connection.transaction():
        row = await QUERIES.find_service_order(connection, **which)
        if row is None or not who.scope.holds_ward(row["organisation"], row["ward"]):
            raise not_found("service order")
        await QUERIES.record_service_order_read(
            connection,
            order_id=row["order_id"],
            form=form,
            read_by=who.subject,
            read_at=await clock.now(connection),
        )
    details = referrals.room.opened(row["referral_id"], row["sealed"])
    body = OrderBody.model_validate_json(row["body"])
    return ServiceOrder.model_validate({**dict(body), "person": OrderedFor.of(details)})
