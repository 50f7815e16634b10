"""The real stack and the simulator: the same arrivals and answers give the same awards."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.simulator.case import Case
from deploy.simulator.drawing import START_AT, Draws
from deploy.simulator.world import World
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.policy import Policy
from services.matching.domain.tally import Sums
from services.matching.history import read_event
from services.matching.policy_file import load_policy
from services.matching.store import QUERIES
from shared.postgres.connection import Pool
from tests.e2e.a_week import drawn_week, written_policy
from tests.e2e.acting import Market
from tests.e2e.stepped import hurry_timers, stepped
from tests.stack import TestStack

HOUR = timedelta(hours=1)
"""How long the service believes what it has read of everybody's answers."""
SEED = 17
HAPPENS: set[type[Event]] = {
    e.AwaitingInformation, e.SearchStarted, e.TierOpened, e.OffersMade, e.OfferDeclined,
    e.AcceptanceStood, e.OffersLapsed, e.OffersWithdrawn, e.Awarded, e.AwardConfirmed,
    e.AwardReleased, e.SearchReopened, e.SearchExhausted, e.EscalationOpened, e.EscalationClosed,
    e.CareStarted,
}  # fmt: skip
"""What befalls the packages of the week, whatever the policy."""
Turns = Mapping[tuple[str | None, UUID], tuple[float, float]]


class Told(World):
    """A simulated run that keeps what was decided of each package, and learns whatever the policy."""

    def __init__(self, policy: Policy, draws: Draws) -> None:
        super().__init__(policy, draws, believed_for=HOUR)
        self._learns = True
        self.histories: dict[UUID, list[Event]] = {}

    def _follow(self, now: datetime, case: Case, event: Event) -> None:
        self.histories.setdefault(case.package.referral_id, []).append(event)
        super()._follow(now, case, event)

    @property
    def ended_at(self) -> datetime:
        """When the last thing was decided."""
        return max(history[-1].at for history in self.histories.values())

    @property
    def learned(self) -> Sums:
        """The sums of all that offers taught."""
        return self._sums

    @property
    def turns(self) -> Turns:
        """Offers and awarded hours of late by lot and provider, as of the last day."""
        hours = self._rotation.awarded_hours
        return {key: (turns, hours[key]) for key, turns in self._rotation.turns.items()}


async def histories(pool: Pool) -> dict[UUID, list[Event]]:
    """What the service has decided of each package."""
    found: dict[UUID, list[Event]] = {}
    for row in await pool.fetch(
        "select key, type, body::text as body from events"
        " where topic = 'placements.v1' order by key, sequence"
    ):
        found.setdefault(row["key"], []).append(read_event(row["type"], row["body"]))
    return found


async def learned(pool: Pool) -> Sums:
    """What the service has learned of everybody's answers."""
    sums: Sums = {}
    async with pool.acquire() as connection:
        for row in await QUERIES.all_tallies(connection):
            sums.setdefault(row["subject"], {})[row["measure"]] = int(row["amount"])
    return sums


async def turns(pool: Pool, at: datetime) -> Turns:
    """What the service counts in its rotation."""
    async with pool.acquire() as connection:
        rows = await QUERIES.turns_lately(connection, today=at.date())
    return {(row["lot"], row["provider_id"]): (row["turns"], row["hours"]) for row in rows}


def comparable(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """Without what a run cannot know: ids of messages, and the words for wards, which nobody in a
    run reads and which come round by themselves."""
    for one in events:
        if not isinstance(one, e.OutlookChanged):
            yield {"type": one.TYPE, **asdict(one), "response_id": None}


def differences(real: Iterable[Event], simulated: Iterable[Event]) -> list[str]:
    """What is first told in two ways, part by part."""
    for n, (one, other) in enumerate(zip_longest(comparable(real), comparable(simulated))):
        if one != other:
            told, wanted = one or {}, other or {}
            return [
                f"event {n} {name}: {told.get(name)}, simulated {wanted.get(name)}"
                for name in told | wanted
                if told.get(name) != wanted.get(name)
            ]
    return []


@pytest.fixture(params=[("waves(2)", 30), ("adaptive", 240)], ids=["waves", "adaptive"])
def policy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The week's policy by a fixed strategy and by one that learns; both rules of award in each."""
    return written_policy(tmp_path, *request.param)


@pytest.fixture
def simulated(policy: Path, tmp_path: Path) -> Told:
    """The week as the simulator has it."""
    run = Told(load_policy(policy), drawn_week(tmp_path, SEED))
    run.run()
    return run


async def test_the_stack_and_the_simulator_agree(
    simulated: Told,
    policy: Path,
    stack: TestStack,
    tmp_path: Path,
    topic_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """Who was asked, in which order and when, who got each package and what was learned of it all:
    a week lived through on the three services is, event by event, the week that a run simulates."""
    hurry_timers(monkeypatch)
    draws = drawn_week(tmp_path, SEED)
    async with stepped(stack, tmp_path, topic_prefix, policy, START_AT) as services:
        market = Market(services, draws)
        monkeypatch.setattr("services.referrals.handlers.new_id", market.received.pop)
        await market.open()
        await market.live()
        pool = services.pools["matching"]
        real = await histories(pool)
        real_sums, real_turns = await learned(pool), await turns(pool, simulated.ended_at)
    assert real.keys() == simulated.histories.keys()
    found = {key: differences(real[key], told) for key, told in simulated.histories.items()}
    assert not any(found.values()), "\n".join(next(filter(None, found.values())))
    assert real_sums == simulated.learned
    assert real_turns.keys() == simulated.turns.keys()
    for key, counted in simulated.turns.items():
        assert real_turns[key] == pytest.approx(counted, abs=0.0011)


def test_everything_happens_in_the_week(simulated: Told):
    """Awards of every tier, releases, standing and lost acceptances, noes for want of hours."""
    happened = [event for history in simulated.histories.values() for event in history]
    assert {type(event) for event in happened} >= HAPPENS
    awarded = {event.tier_name for event in happened if isinstance(event, e.Awarded)}
    assert awarded == {"lot", "neighbours", "spot"}
    reasons = {event.reason for event in happened if isinstance(event, e.OfferDeclined)}
    assert reasons == {"times", "no_capacity"}
    assert sum(case.accepted_lost for case in simulated.cases) > 0
