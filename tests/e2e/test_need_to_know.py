"""Who reads what about the person, and when."""

from uuid import UUID

import httpx
import pytest

from tests.e2e.world import World
from tests.integration.referrals.samples import person, requirement

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRETS = (
    "Quillfeather",
    "Marjorie",
    "Zanzibar",
    "0917",
    "4471",
    "1938",
    "Larkspur",
    "LAS-",
    "1AA",
)


async def read(
    world: World, provider_id: UUID, referral_id: UUID, part: str = "person"
) -> httpx.Response:
    """A provider asks for personal details, and again while it is told to come back in a second."""

    async def answered() -> httpx.Response | None:
        path = f"/v1/packages/{referral_id}/{part}"
        answer = await world.call("providers", "GET", path, provider_id=provider_id)
        return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

    return await world.until(answered)


async def audits(world: World, referral_id: UUID) -> list[tuple[str, UUID]]:
    """(part, provider) of each read that is on record."""
    rows = await world.sql(
        "referrals",
        "select part, provider_id from person_reads where referral_id = $1 order by id",
        referral_id,
    )
    return [(row["part"], row["provider_id"]) for row in rows]


async def test_personal_details_follow_the_award(world: World) -> None:
    """Nothing before the award; after it the awardee reads the person, each time on record; after
    a release no longer, neither by the endpoint nor by the service behind it."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    (stranger,) = await world.new_providers(world.new_outcode(), 1)
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    seen = await world.call("providers", "GET", "/v1/offers?status=live", provider_id=one)
    offer = await world.call("providers", "GET", f"/v1/offers/{offers[one]}", provider_id=one)
    for text in (seen.text, offer.text):
        assert [secret for secret in SECRETS if secret in text] == []
    assert [(await read(world, who, referral_id)).status_code for who in (one, stranger)] == [
        409,
        404,
    ]
    assert (await world.answer(one, offers[one])).json()["result"] == "awarded"
    found = await read(world, one, referral_id)
    assert found.status_code == 200, found.text
    assert found.headers["cache-control"] == "no-store"
    details = found.json()
    assert (details["family_name"], details["postcode"]) == ("Quillfeather", f"{outcode} 1AA")
    assert "key_safe" not in details
    assert (await read(world, two, referral_id)).status_code == 409
    assert (await read(world, stranger, referral_id)).status_code == 404
    early = await read(world, one, referral_id, "key-safe")
    assert (early.status_code, early.json()["type"]) == (409, "too-early")
    assert await audits(world, referral_id) == [("person", one)]
    package = (await world.call("providers", "GET", f"/v1/packages/{referral_id}",
                                provider_id=one)).json()  # fmt: skip
    assert (await world.about_award(one, referral_id, "release", {"reason": "start_date"})
            ).status_code == 200  # fmt: skip
    assert (await read(world, one, referral_id)).status_code == 409
    await world.verify()
    asked = {"provider_id": str(one), "award_id": package["award_id"], "placement_sequence": 1}
    behind = await world.call(
        "referrals", "GET", f"/internal/v1/referrals/{referral_id}/person", role="service",
        params=asked,
    )  # fmt: skip
    assert behind.status_code == 404
    assert await audits(world, referral_id) == [("person", one)]


async def test_the_key_safe_near_the_start(world: World) -> None:
    """Apart from the person, on record by itself, and only when care is about to start."""
    outcode = world.new_outcode()
    soon = requirement(ready_at="2026-03-02T18:00:00Z")
    provider_id, referral_id = await world.awarded(outcode, requirement=soon)
    found = await read(world, provider_id, referral_id, "key-safe")
    assert found.status_code == 200, found.text
    assert found.json()["key_safe"] == "left of the door, 4471X"
    assert await audits(world, referral_id) == [("key_safe", provider_id)]
    await world.verify()


async def test_nothing_personal_leaves_the_referrals_service(world: World) -> None:
    """No value of the person is in a log or in the databases of matching and of providers."""
    mark = "Xylander"
    outcode = world.new_outcode()
    provider_id, referral_id = await world.awarded(
        outcode,
        person=person(
            postcode=f"{outcode} 1AA", given_name=mark, family_name=mark, address_lines=[mark],
            gp_practice=mark, council_person_id=mark, pen_picture=mark, key_safe=mark,
        ),
        contact={"name": mark},
    )  # fmt: skip
    assert mark in (await read(world, provider_id, referral_id)).text
    await world.verify()
    for service in ("referrals", "matching", "providers"):
        assert mark not in (world.processes.folder / f"{service}.log").read_text()
        tables = await world.sql(
            service, "select tablename as name from pg_tables where schemaname = 'public'"
        )
        for table in tables:
            query = f'select count(*) as n from "{table["name"]}" t where t::text like $1'
            (row,) = await world.sql(service, query, f"%{mark}%")
            assert row["n"] == 0, (service, table["name"])
