"""Why a package is where it is, over HTTP and as a command: from the record, and worked out again."""

import json
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest

from deploy.local.processes import clean_environment
from tests.e2e.test_steering import done
from tests.e2e.world import World
from tests.stack import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")


def homeward(world: World, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One run of the command against this world's servers."""
    addresses = {
        f"{service.upper()}_DATABASE_URL": url for service, url in world.where.database_urls.items()
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT,
        env={
            **clean_environment(),
            **addresses,
            "KAFKA_BOOTSTRAP_SERVERS": world.where.kafka,
            "HOMEWARD_STATE": str(world.processes.folder / "none"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def an_award_that_people_led_to(world: World) -> tuple[UUID, UUID]:
    """One provider skipped, one that says no, one that has it: (provider, referral)."""
    outcode = world.new_outcode()
    one, two = await world.new_providers(outcode, 2)
    (spot,) = await world.new_providers(outcode, 1, kind="spot")
    referral_id = await world.refer(outcode)
    offers = await world.offers(referral_id, 2)
    skipped: dict[str, Any] = {
        "provider_id": str(spot),
        "ground": "other",
        "reason": "her daughter works there",
    }
    await done(world, referral_id, "skip", **skipped)
    no = await world.answer(one, offers[one], "decline", {"reason": "times"})
    assert no.json()["result"] == "declined"
    assert (await world.answer(two, offers[two])).json()["result"] == "awarded"
    return two, referral_id


async def test_a_broker_reads_why_an_award_went_where_it_went(world: World) -> None:
    """With the policy's version, the order and the figures; and nobody else may read it."""
    provider_id, referral_id = await an_award_that_people_led_to(world)
    route = f"/v1/placements/{referral_id}/explanation"
    answer = await world.call("matching", "GET", route, role="broker")
    assert answer.status_code == 200
    (placement,) = answer.json()["placements"]
    assert answer.json()["rederived"] == {"agrees": True, "faults": []}
    assert placement["awards"][0]["provider_id"] == str(provider_id)
    assert placement["tiers"][0]["rederived"]["agrees"]
    assert placement["policies"][0]["version"]
    refused = await world.call("matching", "GET", route, role="provider", provider_id=provider_id)
    assert refused.status_code == 401


async def test_the_command_says_what_the_api_says(world: World) -> None:
    """`homeward explain` against the running stack: the same record, in words with the reasons that
    people wrote; and of an unknown id that there is none."""
    provider_id, referral_id = await an_award_that_people_led_to(world)
    route = f"/v1/placements/{referral_id}/explanation"
    told = homeward(world, "explain", str(referral_id), "--format", "json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == (await world.call("matching", "GET", route)).json()
    words = homeward(world, "explain", str(referral_id))
    assert words.returncode == 0, words.stderr
    for said in (str(provider_id), "Invented for tests", "times", "her daughter works there"):
        assert said in words.stdout, said
    assert words.stdout.splitlines()[-1] == "re-derived: agrees"
    unknown = homeward(world, "explain", str(provider_id))
    assert unknown.returncode == 1
    assert "no such referral" in unknown.stderr
    await world.verify()
