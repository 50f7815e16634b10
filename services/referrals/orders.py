"""A service order: what is ordered of whom, for whom and at which price, for systems of a council.

An order has a number, and a version for each confirmation, change and end. All but the person is in
codes and numbers; the person is sealed apart and put beside it when the order is read.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.referrals.person_room import Details
from shared.contracts.codes import AuthorisationBasis, CareType, ContractKind, Funder
from shared.contracts.order_numbers import number_of
from shared.contracts.requirement import Requirement, Visit

Because = Literal["confirmed", "changed", "ended"]
PENNY = Decimal("0.01")
_MINUTES = Decimal(60)


class OrderBody(BaseModel):
    """One version of an order, without the person. Instants are RFC 3339, money is pounds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: str
    version: int
    because: Because
    made_at: datetime
    referral_id: UUID
    placement_id: UUID
    award_id: UUID
    organisation: str
    ward: str
    pathway: str
    funder: Funder | None
    authorisation_basis: AuthorisationBasis | None
    provider_id: UUID
    provider_name: str
    contract_kind: ContractKind | None
    lot: str | None
    tier: str | None
    hourly_rate: Decimal | None = Field(description="Of a rate card: the week's average.")
    outcode: str
    care_type: CareType
    visits: tuple[Visit, ...]
    requirement_version: int = Field(description="1 as first ordered; one more with each change.")
    weekly_hours: Decimal = Field(description="Of care, each carer's counted.")
    weekly_cost: Decimal | None = Field(description="Each visit by its rate; null without a rate.")
    valid_from: datetime = Field(description="This version's care, from then.")
    bridging_until: datetime | None = Field(description="Bridging care ends then at the latest.")
    ends_at: datetime | None
    ended_because: str | None


class OrderedFor(BaseModel):
    """Who the care is for and who agreed the money, as it was when the order was made."""

    model_config = ConfigDict(frozen=True)

    nhs_number: str | None
    council_person_id: str | None
    given_name: str | None
    family_name: str | None
    date_of_birth: str | None
    address_lines: list[str]
    postcode: str | None
    authorised_by: str | None

    @staticmethod
    def of(details: Details) -> "OrderedFor":
        """What of the person room an order names; no key safe, telephone or pen picture."""
        person = details.person
        born = person.date_of_birth
        return OrderedFor(
            nhs_number=person.nhs_number,
            council_person_id=person.council_person_id,
            given_name=person.given_name,
            family_name=person.family_name,
            date_of_birth=None if born is None else born.isoformat(),
            address_lines=list(person.address_lines or ()),
            postcode=person.postcode,
            authorised_by=details.authorised_by,
        )


class ServiceOrder(OrderBody):
    """One version of an order as it is read."""

    person: OrderedFor


def first_order(
    *,
    award_id: UUID,
    at: datetime,
    asked: Requirement,
    requirement_version: int,
    fields: dict[str, Any],
    weekly_cost_sixtieths: int | None = None,
) -> OrderBody:
    """The order that a confirmation makes; `fields` are those that no later version changes."""
    return OrderBody.model_validate(
        {
            **fields,
            "number": number_of(award_id),
            "version": 1,
            "because": "confirmed",
            "made_at": at,
            "award_id": award_id,
            "requirement_version": requirement_version,
            "valid_from": asked.ready_at,
            "ends_at": None,
            "ended_because": None,
            **_care(asked, fields["hourly_rate"], weekly_cost_sixtieths),
        }
    )


def changed_order(
    before: OrderBody,
    *,
    at: datetime,
    asked: Requirement,
    outcode: str,
    requirement_version: int,
    rate_pence: int | None = None,
    weekly_cost_sixtieths: int | None = None,
) -> OrderBody:
    """The next version: other care, from the agreement on or from when it is asked for.

    Without a rate in pence it is the one of before.
    """
    rate = before.hourly_rate
    if rate_pence is not None:
        rate = rate_pence * PENNY
    return before.model_copy(
        update={
            "version": before.version + 1,
            "because": "changed",
            "made_at": at,
            "outcode": outcode,
            "requirement_version": requirement_version,
            "valid_from": max(at, asked.ready_at),
            "hourly_rate": rate,
            "ends_at": None,
            "ended_because": None,
            **_care(asked, rate, weekly_cost_sixtieths),
        }
    )


def resumed_order(before: OrderBody, *, at: datetime) -> OrderBody:
    """The next version: the same care, whose end was ordered and does not come."""
    return before.model_copy(
        update={
            "version": before.version + 1,
            "because": "changed",
            "made_at": at,
            "valid_from": at,
            "ends_at": None,
            "ended_because": None,
        }
    )


def ended_order(before: OrderBody, *, at: datetime, ends_at: datetime, because: str) -> OrderBody:
    """The next version: the same care until its end."""
    return before.model_copy(
        update={
            "version": before.version + 1,
            "because": "ended",
            "made_at": at,
            "ends_at": ends_at,
            "ended_because": because,
        }
    )


def _care(asked: Requirement, hourly_rate: Decimal | None, sixtieths: int | None) -> dict[str, Any]:
    minutes = Decimal(asked.weekly_minutes)
    cost: Decimal | None = None
    if sixtieths is not None:
        cost = _pennies(sixtieths * PENNY / _MINUTES)
    elif hourly_rate is not None:
        cost = _pennies(hourly_rate * minutes / _MINUTES)
    return {
        "care_type": asked.care_type,
        "visits": asked.visits,
        "weekly_hours": _pennies(minutes / _MINUTES),
        "weekly_cost": cost,
    }


def _pennies(amount: Decimal) -> Decimal:
    return amount.quantize(PENNY, ROUND_HALF_UP)


COLUMNS = (
    "order_number", "order_version", "order_because", "order_made_at", "valid_from", "ends_at",
    "ended_because", "bridging_until", "person_nhs_number", "person_council_id",
    "person_given_name", "person_family_name", "person_date_of_birth", "person_address",
    "person_postcode", "provider_id", "provider_name", "contract_kind", "lot", "hourly_rate",
    "weekly_hours", "weekly_cost", "funder", "authorisation_basis", "authorised_by",
    "organisation", "ward", "referral_id", "placement_id", "award_id", "requirement_version",
    "care_type", "visit", "weekday", "band", "visit_from", "visit_to", "minutes", "carers",
    "time_critical",
)  # fmt: skip
"""Of the CSV; a test compares them with the README's mapping."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(order: ServiceOrder) -> str:
    """One line a visit, each with the whole order before it. RFC 4180, UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_lines(order))
    return text.getvalue()


def _lines(order: ServiceOrder) -> Iterator[dict[str, str]]:
    head = _head(order)
    for number, visit in enumerate(order.visits, 1):
        line = {
            **head,
            "visit": number,
            "weekday": visit.weekday,
            "band": visit.band,
            "visit_from": visit.from_ and f"{visit.from_:%H:%M}",
            "visit_to": visit.to and f"{visit.to:%H:%M}",
            "minutes": visit.minutes,
            "carers": visit.carers,
            "time_critical": visit.time_critical,
        }
        yield {column: _cell(line[column]) for column in COLUMNS}


def _head(order: ServiceOrder) -> dict[str, Any]:
    person = order.person
    same = order.model_dump(include=set(COLUMNS))
    return {
        **same,
        "order_number": order.number,
        "order_version": order.version,
        "order_because": order.because,
        "order_made_at": order.made_at,
        "person_nhs_number": person.nhs_number,
        "person_council_id": person.council_person_id,
        "person_given_name": person.given_name,
        "person_family_name": person.family_name,
        "person_date_of_birth": person.date_of_birth,
        "person_address": ", ".join(person.address_lines),
        "person_postcode": person.postcode,
        "authorised_by": person.authorised_by,
    }


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat()
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return str(value)
