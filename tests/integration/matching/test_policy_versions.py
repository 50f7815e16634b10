"""Versions of the policy: published with author and reason, in force from an instant, kept."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from services.matching.outlooks import Outlooks
from services.matching.policies import FIRST_AUTHOR, publish
from services.matching.policy_document import Document
from services.matching.policy_file import read_document, version_of
from services.matching.store import QUERIES, read_rounds
from shared.contracts.responses import ReleaseSent
from shared.ids import new_id
from tests.integration.matching.room import (
    POLICY,
    Room,
    accept,
    decline,
    provider,
    referral,
    room,
)
from tests.stack import TestStack


def renamed(name: str, **changes: Any) -> Document:
    """The test's policy under another name, which makes it another version."""
    content = yaml.safe_load(POLICY.read_text())
    return Document.model_validate({**content, "name": name, **changes})


async def published(matching: Room, document: Document, from_: datetime | None = None) -> int:
    async with matching.pool.acquire() as connection, connection.transaction():
        return await publish(
            connection, document, author="Ada", reason="a new contract", in_force_from=from_
        )


async def version_of_new(matching: Room) -> tuple[UUID, str]:
    """A search that begins now, and the version it began with."""
    asked = referral(await matching.now())
    await matching.take(asked)
    return asked.referral_id, await version_of_search(matching, asked.referral_id)


async def version_of_search(matching: Room, referral_id: UUID) -> str:
    version: str = await matching.pool.fetchval(
        "select policy_version from summaries where referral_id = $1", referral_id
    )
    return version


async def test_the_services_own_policy_is_published_once_at_its_first_start(stack: TestStack):
    """A later start with another file publishes nothing: people publish."""
    async with room(stack) as matching:
        other = Room(matching.pool, Path("deploy/policies/waltham-forest.yaml"))
        async with matching.pool.acquire() as connection:
            await other.matching.policies.keep(connection)
            (only,) = await QUERIES.publications(connection)
        assert (only["number"], only["author"], only["in_force_from"]) == (1, FIRST_AUTHOR, None)
        assert only["version"] == version_of(read_document(POLICY))
        assert other.matching.policies.current.version == only["version"]


async def test_a_published_version_is_in_force_for_searches_that_begin(stack: TestStack):
    """At once, without a restart; a search under way keeps the version that it began with."""
    async with room(stack) as matching:
        first, old = await version_of_new(matching)
        document = renamed("newer")
        assert await published(matching, document) == 2
        _, new = await version_of_new(matching)
        assert (old, new) == (version_of(read_document(POLICY)), version_of(document))
        await matching.advance(hours=9)
        await matching.fire()
        assert await version_of_search(matching, first) == old


async def test_a_version_comes_into_force_at_its_instant(stack: TestStack):
    """Not before; and publishing the one before it again brings that back."""
    async with room(stack) as matching:
        document = renamed("from-tomorrow")
        await published(matching, document, await matching.now() + timedelta(days=1))
        _, today = await version_of_new(matching)
        await matching.advance(days=1, minutes=1)
        _, tomorrow = await version_of_new(matching)
        await published(matching, read_document(POLICY))
        _, again = await version_of_new(matching)
        assert tomorrow == version_of(document)
        assert today == again == version_of(read_document(POLICY))


async def test_a_version_that_was_kept_keeps_its_name(stack: TestStack):
    """Also where its document's hash would be another one today."""
    async with room(stack) as matching:
        _, version = await version_of_new(matching)
        document = await matching.pool.fetchval("select document from policies")
        await matching.pool.execute(
            "insert into policies (version, name, document) values ('0123456789abcdef', 'n', $1)",
            document,
        )
        later = Room(matching.pool, POLICY)
        async with matching.pool.acquire() as connection:
            await later.matching.policies.keep(connection)
        policies = later.matching.policies
        assert policies.book.of("0123456789abcdef").version == "0123456789abcdef"
        assert policies.book.of(version).version == version


@pytest.mark.parametrize("rules", [{"most_live_offers": 1}, {}])
async def test_the_most_live_offers_are_counted_over_all_packages(stack: TestStack, rules):
    """Also within one batch: a provider with as many as the policy allows gets no more for now."""
    async with room(stack) as matching:
        await published(matching, renamed("limited", **rules))
        await matching.take(provider(name="Alder", kind="framework", lot="walthamstow"))
        now = await matching.now()
        asked = [referral(now) for _ in range(3)]
        await matching.take(asked[0], asked[1])
        await matching.take(asked[2])
        offers = [len(await matching.offers(one.referral_id)) for one in asked]
        assert sum(offers) == (1 if rules else 3)
        reasons = await matching.pool.fetch(
            "select distinct p ->> 'reason' as reason from events,"
            " json_array_elements(body -> 'passed_over') p where type like '%offers-made%'"
        )
        assert ("live_offers" in {row["reason"] for row in reasons}) is bool(rules)


async def test_a_broken_search_keeps_no_other_from_a_provider_with_room_again(stack: TestStack):
    """Of two searches that ended for want of room one cannot be read: the other one goes on."""
    async with room(stack) as matching:
        await published(matching, renamed("limited", most_live_offers=1))
        alder = provider(name="Alder", kind="framework", lot="walthamstow")
        await matching.take(alder)
        first, broken, sound = [referral(await matching.now()) for _ in range(3)]
        for one in (first, broken, sound):
            await matching.take(one)
        await matching.pool.execute(
            "update placements set state = '{}' where referral_id = $1", broken.referral_id
        )
        (offer,) = await matching.offers(first.referral_id)
        await matching.take(decline(await matching.now(), first.referral_id, offer))
        assert await matching.offers(sound.referral_id) == []
        await Outlooks(pool=matching.pool, matching=matching.matching).look_again()
        assert [who for _, who in await matching.offers(sound.referral_id)] == [alder.provider_id]


@pytest.mark.parametrize("gives_back", [False, True])
async def test_rounds_are_where_the_packages_are_that_a_provider_holds(
    stack: TestStack, gives_back: bool
):
    """An award makes a round and takes hours; one that is given back makes none."""
    ranked = {"tiers": _with(ranking=["distance"], capacity="strict")}
    async with room(stack) as matching:
        await published(matching, renamed("near-and-free", **ranked))
        one = provider(name="Alder", kind="framework", lot="walthamstow")
        await matching.take(one.model_copy(update={"capacity_hours": 1.0, "branches": ("E4",)}))
        first = referral(await matching.now())
        await matching.take(first)
        (offer,) = await matching.offers(first.referral_id)
        await matching.take(accept(await matching.now(), first.referral_id, offer))
        if gives_back:
            now = await matching.now()
            award_id = await matching.pool.fetchval("select award_id from awards")
            await matching.take(
                ReleaseSent(
                    at=now, referral_id=first.referral_id, response_id=new_id(),
                    provider_id=offer[1], recorded_at=now, award_id=award_id, reason="unsafe",
                )
            )  # fmt: skip
        await matching.advance(minutes=1)
        second = referral(await matching.now())
        await matching.take(second)
        opened = await matching.pool.fetchval(
            "select body from events where key = $1 and type like '%tier-opened%'"
            " order by sequence limit 1",
            second.referral_id,
        )
        if gives_back:
            (ranked_one,) = json.loads(opened)["ranked"]
            (measured,) = ranked_one["components"]["measured"]
            assert (measured["component"], measured["value"]) == ("distance", 4.0)
        else:
            # Three quarters of an hour are held, and as much again would pass the hour declared.
            assert [group["reason"] for group in json.loads(opened)["passed_over"]] == ["capacity"]
        load = await read_rounds_of(matching)
        assert load.held_hours == ({} if gives_back else {one.provider_id: 0.75})
        assert load.rounds == ({} if gives_back else {one.provider_id: ("E17",)})


async def read_rounds_of(matching: Room):
    async with matching.pool.acquire() as connection:
        return await read_rounds(connection)


def _with(**changes: Any) -> list[dict[str, Any]]:
    tiers: list[dict[str, Any]] = yaml.safe_load(POLICY.read_text())["tiers"]
    return [{**tiers[0], **changes}]
