"""Service orders: made once from what matching says, read by hubs, audited, sealed."""

import csv
import io
from typing import Any
from uuid import UUID

from services.referrals.projections import PROJECTIONS
from shared.contracts import care, placements
from shared.contracts.order_numbers import number_of
from shared.ids import new_id
from tests.integration.referrals.conftest import Service, count
from tests.integration.referrals.test_care import follow, received
from tests.unit.referrals.telling import DAY, LARCH, ROWAN, Told


async def hub(service: Service, *, organisation: str = "whipps", **scope: Any) -> dict[str, str]:
    """Headers of a hub, of all wards unless it says which."""
    return await service.token(
        "hub", organisations=frozenset({organisation}), **{"wards": None, **scope}
    )


async def listed(service: Service, headers: dict[str, str], query: str = "") -> Any:
    """A page of the list."""
    answer = await service.client.get(f"/v1/service-orders{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ordered(service: Service) -> tuple[Told, UUID]:
    """A confirmed award."""
    told, _headers = await received(service)
    placement = told.search()
    told.confirmed(placement)
    await follow(service, told)
    return told, placement


async def test_confirmed_changed_and_ended(service: Service):
    """One version for each, under one number, with what holds from then on."""
    told, placement = await ordered(service)
    headers = await hub(service)
    told.of_award(placements.CareStarted, placement, started_at=told.at)
    told.change_asked(placement, version=2)
    told.change_asked(placement, version=3)
    told.of_award(care.ChangeAgreed, placement, version=3, weekly_minutes=240)
    told.change_asked(placement, version=4)
    told.handed_back(placement)
    await follow(service, told)
    page = await listed(service, headers)
    number = number_of(told.award_id(placement, LARCH))
    assert [(item["number"], item["version"], item["because"]) for item in page["items"]] == [
        (number, 1, "confirmed"),
        (number, 2, "changed"),
        (number, 3, "ended"),
    ]
    first, second, third = [
        (await service.client.get(f"/v1/service-orders/{number}/{n}", headers=headers)).json()
        for n in (1, 2, 3)
    ]
    assert (first["weekly_cost"], first["outcode"], first["hourly_rate"]) == (
        "26.85",
        "E17",
        "17.90",
    )
    assert (second["weekly_cost"], second["outcode"], second["requirement_version"]) == (
        "71.60",
        "E10",
        3,
    )
    assert (third["weekly_cost"], third["ended_because"]) == ("71.60", "handed_back")
    assert third["person"]["family_name"] == "Quillfeather"
    assert third["person"]["authorised_by"] == "Dr Penhaligon"
    assert "key_safe" not in third["person"]
    told.of_award(care.CareEnded, placement, because="handed_back")
    told.at += 29 * DAY
    await follow(service, told)
    # Its end was ordered for a later day than the one on which it came.
    assert (await listed(service, headers, f"?after={page['next']}"))["items"][0]["version"] == 4


async def test_an_end_that_came_as_it_was_ordered_is_ordered_once(service: Service):
    """The last visit was known: its coming makes no other version, nor does a repeat."""
    told, placement = await ordered(service)
    told.handed_back(placement)
    told.at += 28 * DAY
    told.of_award(care.CareEnded, placement, because="handed_back")
    await follow(service, told)
    assert await count(service.database, "service_orders") == 2


async def test_care_until_somebody_else_begins_ends_when_that_has_come(service: Service):
    """A change that was refused has no last day: the order waits for it."""
    told, placement = await ordered(service)
    told.of_award(placements.CareStarted, placement, started_at=told.at)
    told.of_award(care.CareEnding, placement, because="change_refused", last_visit_at=None)
    await follow(service, told)
    assert await count(service.database, "service_orders") == 1
    told.of_award(care.CareEnded, placement, because="change_refused")
    await follow(service, told)
    headers = await hub(service)
    number = number_of(told.award_id(placement, LARCH))
    order = await service.client.get(f"/v1/service-orders/{number}/2", headers=headers)
    assert order.json()["ends_at"] is not None


async def test_parts_and_later_searches_have_orders_of_their_own(service: Service):
    """A released award has none; each confirmed one has its number."""
    told, _headers = await received(service)
    whole, one, two = told.search(), new_id(), new_id()
    told.say(care.PlacementDivided, whole, because="split", into=(one, two))
    told.search(one, cause="split")
    told.search(two, cause="split")
    told.awarded(one, ROWAN)
    told.of_award(placements.AwardReleased, one, ROWAN, reason="start_date")
    told.confirmed(one, LARCH)
    told.confirmed(two, ROWAN)
    await follow(service, told)
    page = await listed(service, await hub(service), f"?referral_id={told.referral_id}")
    assert [(item["award_id"], item["provider_name"]) for item in page["items"]] == [
        (str(told.award_id(one, LARCH)), "Larch Home Care"),
        (str(told.award_id(two, ROWAN)), "Rowan Care"),
    ]


async def test_a_withdrawal_ends_the_order(service: Service):
    """What was confirmed and is cancelled is ordered no longer."""
    told, placement = await ordered(service)
    told.of_award(placements.AwardCancelled, placement, because="referral_withdrawn")
    told.say(placements.PlacementWithdrawn, placement, reason="died")
    await follow(service, told)
    page = await listed(service, await hub(service))
    assert [item["because"] for item in page["items"]] == ["confirmed", "ended"]


async def test_the_list_is_read_on_from_a_cursor(service: Service):
    """Each once, in the order of making, whatever came meanwhile; a bad cursor is 400."""
    headers = await hub(service)
    for _ in range(3):
        await ordered(service)
    seen, after = [], ""
    while True:
        page = await listed(service, headers, f"?limit=2{after}")
        seen += [item["number"] for item in page["items"]]
        after = f"&after={page['next']}"
        if not page["more"]:
            break
    assert len(set(seen)) == len(seen) == 3
    told, placement = await ordered(service)
    (new,) = (await listed(service, headers, f"?limit=2{after}"))["items"]
    assert new["award_id"] == str(told.award_id(placement, LARCH))
    bad = await service.client.get("/v1/service-orders?after=bad", headers=headers)
    assert (bad.status_code, bad.json()["type"]) == (400, "bad-cursor")


async def test_only_hubs_of_its_wards_read_an_order(service: Service):
    """A ward is 403, another hub 404 and sees nothing listed; none of it is on record as a reading."""
    told, placement = await ordered(service)
    path = f"/v1/service-orders/{number_of(told.award_id(placement, LARCH))}/1"
    assert (await service.client.get(path, headers=await service.ward())).status_code == 403
    assert (await service.client.get(path)).status_code == 401
    for scope in ({"organisation": "barts"}, {"wards": frozenset({"birch"})}):
        headers = await hub(service, **scope)
        for form in ("", "/csv"):
            assert (await service.client.get(path + form, headers=headers)).status_code == 404
        assert (await listed(service, headers))["items"] == []
    headers = await hub(service)
    for wrong in (f"{path[:-1]}2", "/v1/service-orders/SO-0000-0000-0000/1"):
        assert (await service.client.get(wrong, headers=headers)).status_code == 404
    odd = await service.client.get("/v1/service-orders/SO-OOPS/1", headers=headers)
    assert odd.status_code == 422
    assert await count(service.database, "service_order_reads") == 0


async def test_each_reading_is_on_record_before_it_is_answered(service: Service):
    """Which form, by which token; without its audit nothing is answered."""
    told, placement = await ordered(service)
    headers = await hub(service)
    path = f"/v1/service-orders/{number_of(told.award_id(placement, LARCH))}/1"
    answer = await service.client.get(f"{path}/csv", headers=headers)
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["person_family_name"], line["weekly_cost"]) == ("Quillfeather", "26.85")
    assert (await service.client.get(path, headers=headers)).headers["cache-control"] == "no-store"
    rows = await service.database.fetch("select form, read_by from service_order_reads order by id")
    assert [row["form"] for row in rows] == ["csv", "json"]
    assert all(row["read_by"].startswith("hub-") for row in rows)
    await service.database.execute("drop table service_order_reads")
    refused = await service.client.get(path, headers=headers)
    assert refused.status_code == 500
    assert "Quillfeather" not in refused.text


async def test_an_order_names_the_person_as_it_was_and_seals_it(service: Service):
    """A later correction does not rewrite it; nothing personal is in the row or the list."""
    told, placement = await ordered(service)
    headers = await hub(service)
    before = await service.database.fetchval("select sealed from person")
    await service.database.execute("update person set sealed = ''")
    kept = await service.database.fetchrow("select *, body::text as text from service_orders")
    assert kept is not None
    assert kept["sealed"] == before
    page = await service.client.get("/v1/service-orders", headers=headers)
    for text in (page.text, kept["text"], str(tuple(kept))):
        for personal in ("Quillfeather", "Zanzibar", "E17 9ZZ", "1938", "Penhaligon"):
            assert personal not in text
    number = number_of(told.award_id(placement, LARCH))
    order = await service.client.get(f"/v1/service-orders/{number}/1", headers=headers)
    assert order.json()["person"]["postcode"] == "E17 9ZZ"


async def test_every_projection_equals_its_rebuild(service: Service):
    """Board, awards and needs, after all that can come of a placement."""
    told, _headers = await received(service)
    placement = told.search()
    told.started(placement)
    told.change_asked(placement)
    told.of_award(care.ChangeAgreed, placement, version=2, weekly_minutes=240)
    told.paused(placement)
    told.handed_back(placement)
    later = told.search(cause="handed_back", follows=placement, gap_at=told.at + 30 * DAY)
    told.awarded(later, ROWAN)
    told.of_award(placements.AwardReleased, later, ROWAN, reason="unsafe")
    events = list(told.events)
    for event in events:
        await service.follow(event)
    for projection in PROJECTIONS:
        table = projection.rows.table
        columns = ", ".join(
            f"{name}::text" for name in projection.rows.columns if name not in FROM_REFERRALS
        )
        async with service.database.transaction():
            await service.database.execute(
                f"create temp table shadow (like {table} including all) on commit drop"
            )
            await projection.apply(service.database, events, table="shadow")
            live = await service.database.fetch(f"select {columns} from {table}")
            made = await service.database.fetch(f"select {columns} from shadow")
            assert [tuple(row) for row in live] == [tuple(row) for row in made], projection.name
            assert live


FROM_REFERRALS = ("organisation", "ward", "received_at", "complete_at")
"""Columns of the board that come from the other topic."""
