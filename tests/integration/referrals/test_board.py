"""The board says in plain words where each referral stands, and stays quick to read."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.referrals.api.boards import Wanted, _rows
from shared import clock
from shared.contracts import placements
from shared.ids import new_id
from shared.web.tokens import Scope
from tests.integration.referrals.conftest import Service
from tests.integration.referrals.samples import (
    about,
    awarded,
    offers_made,
    referral,
    search_started,
    without,
)


async def _sent(service: Service, headers: dict[str, str], **changes: Any) -> UUID:
    answer = await service.client.post("/v1/referrals", json=referral(**changes), headers=headers)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["referral_id"])


async def _board(service: Service, headers: dict[str, str], query: str = "") -> list[Any]:
    answer = await service.client.get(f"/v1/wards/aspen/board{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def test_words_from_receipt_to_a_yes(service: Service) -> None:
    """Each step of a search shows at once, in words and in fields."""
    headers = await service.ward()
    referral_id = await _sent(service, headers)
    (place,) = await _board(service, headers)
    assert place["words"] == "Complete; the search is starting"
    assert place["hint"] == "Do not book transport until confirmed."
    assert place["patient"] == "M. J. Quillfeather"
    assert [target["state"] for target in place["targets"]] == ["running", "running"]

    first, second = new_id(), new_id()
    now = await clock.now(service.database)
    due_at = now.replace(second=0, microsecond=0) + timedelta(days=3)
    await service.follow(
        search_started(referral_id), offers_made(referral_id, first, second, expires_at=due_at)
    )
    (place,) = await _board(service, headers)
    day = await service.database.fetchval(
        "select to_char($1::timestamptz at time zone 'Europe/London', 'Dy HH24:MI')", due_at
    )
    assert place["words"] == (
        f"Asking providers in framework lot: 2 offers out, next answer due by {day}"
    )
    assert (place["tier"], place["offers_out"]) == ("framework-lot", 2)

    await service.follow(
        placements.AcceptanceStood(
            **about(referral_id),
            offer_id=second,
            provider_id=new_id(),
            accepted_at=now,
            decided_by=due_at,
            via="endpoint",
            response_id=None,
        )
    )
    (place,) = await _board(service, headers)
    assert (place["status"], place["offers_out"]) == ("deciding", 1)


async def test_words_from_an_award_to_the_end(service: Service) -> None:
    """Each step of care shows at once, in words and in fields."""
    headers = await service.ward()
    referral_id = await _sent(service, headers)
    first, second = new_id(), new_id()
    now = await clock.now(service.database)
    await service.follow(
        search_started(referral_id),
        offers_made(referral_id, first, second, expires_at=now + timedelta(days=3)),
    )
    award = awarded(referral_id, offer_id=second, at=now)
    await service.follow(
        award,
        placements.OffersWithdrawn(**about(referral_id), offer_ids=(first,), because="placed"),
    )
    (place,) = await _board(service, headers)
    assert place["words"].startswith(
        "A provider has taken it: Larch Home Care; waiting for its confirmation (due by "
    )
    assert (place["filled_by"], place["offers_out"]) == ("Larch Home Care", 0)
    assert [target["state"] for target in place["targets"]] == ["met", "met"]

    of_award = {"award_id": award.award_id, "provider_id": award.provider_id, "response_id": None}
    await service.follow(placements.AwardConfirmed(**about(referral_id), **of_award))
    (place,) = await _board(service, headers)
    assert (place["words"], place["hint"]) == ("Confirmed: Larch Home Care", None)
    await service.follow(
        placements.CareStarted(**about(referral_id, at=now), **of_award, started_at=now)
    )
    (place,) = await _board(service, headers)
    assert place["words"] == "Care started: Larch Home Care"
    gone = await service.client.post(
        f"/v1/referrals/{referral_id}/withdraw", json={"reason": "died"}, headers=headers
    )
    assert (gone.status_code, gone.json()["status"]) == (202, "withdrawing")
    assert (await _board(service, headers))[0]["words"] == "Being withdrawn"


async def test_released_exhausted_withdrawn(service: Service) -> None:
    """A released award leaves the board; an ended search and a withdrawal say what happens."""
    headers = await service.ward()
    referral_id = await _sent(service, headers)
    award = awarded(referral_id)
    of_award = {"award_id": award.award_id, "provider_id": award.provider_id}
    await service.follow(
        award,
        placements.AwardReleased(
            **about(referral_id), **of_award, reason="unsafe", response_id=None
        ),
        placements.SearchReopened(
            **about(referral_id), round=2, because="released", left_out=(award.provider_id,)
        ),
        placements.SearchExhausted(**about(referral_id), round=2),
    )
    (place,) = await _board(service, headers)
    assert place["words"] == "Nobody left to ask: the brokerage team is on it"
    assert (place["filled_by"], place["filled_at"]) == (None, None)
    await service.client.post(
        f"/v1/referrals/{referral_id}/withdraw", json={"reason": "died"}, headers=headers
    )
    assert (await _board(service, headers))[0]["words"] == "Being withdrawn"
    now = await clock.now(service.database)
    await service.follow(placements.PlacementWithdrawn(**about(referral_id, at=now), reason="died"))
    (place,) = await _board(service, headers)
    assert (place["words"], place["hint"]) == ("Withdrawn", None)
    read = await service.client.get(f"/v1/referrals/{referral_id}", headers=headers)
    assert (read.json()["status"], read.json()["place"]["status"]) == ("withdrawn", "withdrawn")


async def test_incomplete_names_what_is_missing(service: Service) -> None:
    """What is missing is in the words, and goes as it comes in."""
    headers = await service.ward()
    body = without(referral(), "authorisation", "requirement.visits")
    sent = await service.client.post("/v1/referrals", json=body, headers=headers)
    (place,) = await _board(service, headers)
    assert place["words"] == "Waiting for information: authorisation, visits"
    await service.client.patch(
        f"/v1/referrals/{sent.json()['referral_id']}",
        json={"authorisation": referral()["authorisation"]},
        headers=headers,
    )
    (place,) = await _board(service, headers)
    assert place["words"] == "Waiting for information: visits"
    assert len(await _board(service, headers, "?status=waiting_for_information")) == 1
    assert await _board(service, headers, "?status=confirmed") == []


async def test_order_pages_and_age(service: Service) -> None:
    """Waiting ones come first by their clock, then taken ones, then what is newly over."""
    headers = await service.ward()
    ids = [await _sent(service, headers) for _ in range(5)]
    taken, started, old = ids[0], ids[1], ids[2]
    now = await clock.now(service.database)
    for referral_id, at in ((started, now), (old, now - timedelta(days=8))):
        award = awarded(referral_id)
        await service.follow(
            award,
            placements.CareStarted(
                **about(referral_id, at=at),
                award_id=award.award_id,
                provider_id=award.provider_id,
                started_at=at,
                response_id=None,
            ),
        )
    await service.follow(awarded(taken))
    in_order = [str(i) for i in (ids[3], ids[4], taken, started)]
    assert [place["referral_id"] for place in await _board(service, headers)] == in_order
    everything = await _board(service, headers, "?all=true")
    assert [place["referral_id"] for place in everything] == [*in_order, str(old)]
    seen, cursor = [], ""
    while True:
        page = await service.client.get(f"/v1/wards/aspen/board?limit=1{cursor}", headers=headers)
        seen += [place["referral_id"] for place in page.json()["items"]]
        if page.json()["next"] is None:
            break
        cursor = f"&cursor={page.json()['next']}"
    assert seen == in_order
    bad = await service.client.get("/v1/wards/aspen/board?cursor=bad", headers=headers)
    assert (bad.status_code, bad.json()["type"]) == (400, "bad-cursor")


async def test_scopes_of_boards(service: Service) -> None:
    """A ward reads its own board, a hub those of all its wards, and nobody another's."""
    aspen, birch = await service.ward("aspen"), await service.ward("birch")
    await _sent(service, aspen)
    foreign = await service.client.get("/v1/wards/aspen/board", headers=birch)
    assert foreign.status_code == 404
    assert (await service.client.get("/v1/board", headers=aspen)).status_code == 403
    for wards, found in ((None, 1), (frozenset({"birch"}), 0), (frozenset({"aspen"}), 1)):
        hub = await service.token("hub", organisations=frozenset({"whipps"}), wards=wards)
        board = await service.client.get("/v1/board", headers=hub)
        assert len(board.json()["items"]) == found
    other = await service.token("hub", organisations=frozenset({"barts"}), wards=None)
    assert (await service.client.get("/v1/board", headers=other)).json()["items"] == []
    theirs = await service.client.get("/v1/wards/aspen/board", headers=other)
    assert theirs.json()["items"] == []


async def test_board_reads_along_an_index(service: Service) -> None:
    """However long the history, a board's page touches what it shows and no more."""
    await service.database.execute(
        """
        insert into referrals select gen_random_uuid(), 1, 'withdrawn', now(), now(), 'died',
            'hospital', 'whipps', 'aspen', 'P1', 'routine', null, null, 'E17', '[]', '{}'
        from generate_series(1, 5000);
        insert into board (referral_id, organisation, ward, received_at, targets, live_offers,
                           standing_offers, exhausted, status, section, sort_key)
        select referral_id, 'whipps', 'aspen', now(), '[]', '{}', '{}', false, 'withdrawn', 2,
               -(extract(epoch from now() - interval '60 days') * 1000000)::bigint
        from referrals;
        """
    )
    await service.database.execute("analyze board")
    await _sent(service, await service.ward())
    scope = Scope(organisations=frozenset({"whipps"}), wards=None)
    now = await clock.now(service.database)
    for wards in (None, ["aspen"]):
        wanted = Wanted(
            scope=scope, wards=wards, status=None, everything=False, cursor=None, limit=50
        )
        async with service.database.transaction():
            assert len(await _rows(service.database, wanted, "Europe/London", now)) == 1
            touched = await service.database.fetchval(
                "select pg_stat_get_xact_tuples_fetched('board'::regclass)"
                " + pg_stat_get_xact_tuples_returned('board'::regclass)"
            )
        assert touched < 50


async def test_requests_and_records_at_once(service: Service) -> None:
    """While requests and records change the same rows, none loses the other's part."""
    headers = await service.ward()
    ids = [await _sent(service, headers) for _ in range(8)]

    async def withdraw(referral_id: UUID) -> None:
        await service.client.post(
            f"/v1/referrals/{referral_id}/withdraw", json={"reason": "died"}, headers=headers
        )

    async def follow() -> None:
        for referral_id in ids:
            await service.follow(search_started(referral_id), offers_made(referral_id, new_id()))

    await asyncio.gather(follow(), *(withdraw(referral_id) for referral_id in reversed(ids)))
    for place in await _board(service, headers):
        assert (place["status"], place["offers_out"]) == ("withdrawing", 1)
