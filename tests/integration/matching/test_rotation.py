"""The rotation that simulated runs keep is the one that the service reads from Postgres."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from deploy.simulator.rotation import Rotation
from services.matching.domain import events as e
from services.matching.domain.asking import OfferMade
from services.matching.projections import TURNS
from services.matching.store import QUERIES
from tests.integration.matching.room import room
from tests.stack import TestStack

WHO = [UUID(int=n) for n in range(1, 6)]
LOTS = ["north", "south", None]
BEGINS = datetime(2024, 1, 1, 9, tzinfo=UTC)


def decided(rng: Random, at: datetime) -> list[e.Event]:
    """Offers, a prompt no or an award, to anybody in any lot."""
    known: dict[str, Any] = {"at": at, "referral_id": UUID(int=7), "placement_id": UUID(int=8)}
    who, lot = rng.choice(WHO), rng.choice(LOTS)
    made = e.OffersMade(
        **known, round=1, tier=0, tier_name="lot", wave=1, expires_at=at, passed_over=(),
        offers=tuple(
            OfferMade(offer_id=UUID(int=n), provider_id=one, place=n, lot=lot,
                      contract_kind="framework", rate_pence=None)
            for n, one in enumerate(rng.sample(WHO, rng.randint(1, 4)), 1)
        ),
    )  # fmt: skip
    declined = e.OfferDeclined(
        **known, offer_id=UUID(int=9), provider_id=who, reason="times", answered_at=at,
        prompt=rng.random() < 0.5, lot=lot, via="endpoint", response_id=None,
    )  # fmt: skip
    awarded = e.Awarded(
        **known, award_id=UUID(int=9), offer_id=None, provider_id=who, provider_name="Care",
        accepted_at=at, tier=0, tier_name="lot", lot=lot, contract_kind="framework",
        rate_pence=None, confirm_by=at, via="endpoint", ground=None, response_id=None,
        weekly_minutes=rng.randint(60, 3000),
    )  # fmt: skip
    return rng.sample([made, declined, awarded], rng.randint(1, 3))


async def test_a_run_counts_turns_and_hours_as_the_query_does(stack: TestStack):
    """Over half a year with a pause of nine weeks both agree on every day they are compared."""
    rng, rotation, at = Random(5), Rotation(), BEGINS
    async with room(stack) as matching, matching.pool.acquire() as connection:
        for n in range(60):
            at += timedelta(days=63 if n == 40 else rng.randint(0, 4))
            rotation.new_day(at.date())
            events = decided(rng, at)
            await TURNS.apply(connection, events)
            rotation.add(events)
            read = {
                (row["lot"], row["provider_id"]): (row["turns"], row["hours"], row["awards"])
                for row in await QUERIES.turns_lately(connection, today=at.date())
            }
            counted = {
                key: (turns, rotation.awarded_hours[key], rotation.awards[key])
                for key, turns in rotation.turns.items()
            }
            for key in read.keys() | counted.keys():
                nothing = (0, 0, 0)
                found = counted.get(key, nothing)
                assert found == pytest.approx(read.get(key, nothing), abs=0.0011)
