"""Service orders: versions, money, and the CSV with its documented mapping."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.referrals.orders import (
    COLUMNS,
    OrderBody,
    OrderedFor,
    ServiceOrder,
    as_csv,
    changed_order,
    ended_order,
    first_order,
)
from shared.contracts.order_numbers import PATTERN, number_of
from shared.ids import new_id
from tests.unit.referrals.telling import DAY, LARCH, T0, requirement

AWARD = new_id()
README = (Path(__file__).parents[3] / "services" / "referrals" / "README.md").read_text()
FOR = OrderedFor(
    nhs_number="9990000018",
    council_person_id="LAS-8842917",
    given_name="Marjorie",
    family_name="Quillfeather",
    date_of_birth="1938-04-17",
    address_lines=["17 Zanzibar Mews", "Walthamstow"],
    postcode="E17 9ZZ",
    authorised_by="Dr Penhaligon",
)


def order(weekly_cost_sixtieths: int | None = None, **changes: Any) -> OrderBody:
    """The first version of an order: an hour and a half a week at £17.90."""
    fields: dict[str, Any] = {
        "referral_id": new_id(),
        "placement_id": new_id(),
        "organisation": "whipps",
        "ward": "aspen",
        "pathway": "P1",
        "funder": "council",
        "authorisation_basis": "panel",
        "provider_id": LARCH,
        "provider_name": "Larch Home Care",
        "contract_kind": "framework",
        "lot": "north",
        "tier": "framework-lot",
        "hourly_rate": Decimal("17.90"),
        "outcode": "E17",
        "bridging_until": None,
        **changes,
    }
    return first_order(
        award_id=AWARD,
        at=T0,
        asked=requirement(ready_at=T0 + 2 * DAY),
        requirement_version=1,
        fields=fields,
        weekly_cost_sixtieths=weekly_cost_sixtieths,
    )


def test_a_number_follows_from_the_award():
    """The same again, other ones for others, in the form that can be read out."""
    numbers = {number_of(new_id()) for _ in range(500)} | {number_of(AWARD)}
    assert len(numbers) == 501
    assert all(re.fullmatch(PATTERN, number) for number in numbers)
    assert order().number == number_of(AWARD) == number_of(AWARD)
    assert not re.search(r"[ILOU]", "".join(numbers).replace("SO-", ""))


def test_the_first_version_orders_what_was_asked():
    """From the ready date, at the award's rate: pounds to the penny, half a penny up."""
    first = order()
    assert (first.version, first.because, first.valid_from) == (1, "confirmed", T0 + 2 * DAY)
    assert (first.weekly_hours, first.weekly_cost) == (Decimal("1.50"), Decimal("26.85"))
    assert order(hourly_rate=Decimal("17.01")).weekly_cost == Decimal("25.52")
    assert order(hourly_rate=None).weekly_cost is None
    assert first.ends_at is None


def test_a_change_orders_other_care_and_keeps_the_rest():
    """From the agreement on, or from when it is asked for if that is later."""
    at = T0 + 5 * DAY
    for ready_at, valid_from in ((T0, at), (at + DAY, at + DAY)):
        asked = requirement(days=("mon", "thu"), minutes=60, ready_at=ready_at)
        changed = changed_order(order(), at=at, asked=asked, outcode="E10", requirement_version=3)
        assert (changed.version, changed.because) == (2, "changed")
        assert (changed.weekly_cost, changed.outcode) == (Decimal("71.60"), "E10")
        assert (changed.requirement_version, changed.valid_from) == (3, valid_from)
        assert (changed.number, changed.provider_id) == (order().number, LARCH)


def test_an_end_orders_the_same_until_then():
    """The care stays as it was; end and reason are beside it."""
    ended = ended_order(order(), at=T0 + DAY, ends_at=T0 + 9 * DAY, because="handed_back")
    assert (ended.version, ended.because, ended.ended_because) == (2, "ended", "handed_back")
    assert (ended.ends_at, ended.visits) == (T0 + 9 * DAY, order().visits)


def test_an_order_reads_back_as_it_was_stored():
    """What a row holds is the order, to the penny and the second."""
    for one in (order(), order(hourly_rate=None, lot=None)):
        assert OrderBody.model_validate_json(one.model_dump_json(by_alias=True)) == one


def read_csv(**person: Any) -> list[dict[str, str]]:
    """The lines of an order with two visits."""
    asked = requirement(days=("mon", "thu"), minutes=60, ready_at=T0)
    body = changed_order(
        order(), at=T0 + timedelta(hours=1), asked=asked, outcode="E10", requirement_version=2
    )
    whole = ServiceOrder(**dict(body), person=FOR.model_copy(update=person))
    return list(csv.DictReader(io.StringIO(as_csv(whole))))


def test_the_csv_has_one_line_a_visit():
    """Each line stands alone: a system needs no other to take it over."""
    lines = read_csv()
    assert [line["weekday"] for line in lines] == ["mon", "thu"]
    assert {line["order_number"] for line in lines} == {number_of(AWARD)}
    first = lines[0]
    assert first["person_address"] == "17 Zanzibar Mews, Walthamstow"
    assert (first["weekly_cost"], first["minutes"], first["carers"]) == ("71.60", "60", "2")
    assert (first["band"], first["visit_from"], first["time_critical"]) == ("morning", "", "no")
    assert first["order_made_at"] == "2026-03-02T10:00:00+00:00"


@pytest.mark.parametrize("mark", ["=", "+", "-", "@"])
def test_no_text_is_a_formula(mark: str):
    """A spreadsheet that opens the CSV computes nothing that a person has typed."""
    (line, _other) = read_csv(family_name=f'{mark}HYPERLINK("x")')
    assert line["person_family_name"] == f'\'{mark}HYPERLINK("x")'


def test_commas_quotes_and_lines_come_back():
    """RFC 4180: whatever stands in a text is one cell."""
    odd = 'Zanzibar "Mews", 17'
    (line, _other) = read_csv(given_name=odd)
    assert line["person_given_name"] == odd


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_mapped_in_the_readme(column: str):
    """Who connects a system finds what each column means, and where it goes."""
    assert f"`{column}`" in README


def test_a_rate_card_s_week_is_exact_to_the_penny():
    """Not hours by the rounded average: 26.865 pounds are 26.87, and a change brings its own."""
    carded = order(weekly_cost_sixtieths=161_190)
    assert (carded.hourly_rate, carded.weekly_cost) == (Decimal("17.90"), Decimal("26.87"))
    asked = requirement(ready_at=T0 + 2 * DAY)
    told: dict[str, Any] = {
        "at": T0 + DAY,
        "asked": asked,
        "outcode": "E17",
        "requirement_version": 2,
    }
    again = changed_order(carded, **told, rate_pence=1811, weekly_cost_sixtieths=162_990)
    assert (again.hourly_rate, again.weekly_cost) == (Decimal("18.11"), Decimal("27.17"))
    plain = changed_order(order(), **told)
    assert (plain.hourly_rate, plain.weekly_cost) == (Decimal("17.90"), Decimal("26.85"))
