"""Matching on a real database, fed with records as its consumer would feed it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.matching.handlers import Matching
from services.matching.policies import Policies
from shared import clock
from shared.contracts.model import Event
from shared.contracts.providers import Contract, ProviderRecorded
from shared.contracts.referrals import Authorised, ReferralReceived, Source, Wanted
from shared.contracts.requirement import Requirement, Visit
from shared.contracts.responses import OfferAccepted, OfferDeclined
from shared.ids import new_id
from shared.messaging.received import Received
from shared.postgres.connection import Pool, open_pool
from shared.postgres.migrations import migrate
from tests.stack import TestStack

POLICY = Path("tests/benchmarks/spine.yaml")


async def build(url: str) -> None:
    await migrate(url, "matching")


class Room:
    """One matching service without Kafka: `take` is what its consumer calls."""

    def __init__(self, pool: Pool, policy: Path, url: str = "") -> None:
        self.pool = pool
        self.url = url
        self.matching = Matching(Policies.from_file(policy))
        self.sequences: dict[tuple[str, UUID], int] = {}

    async def take(self, *events: Event) -> None:
        batch = [self._received(event) for event in events]
        async with self.pool.acquire() as connection, connection.transaction():
            await self.matching.take(connection, batch)

    def _received(self, event: Event) -> Received:
        key: UUID = event.provider_id if isinstance(event, ProviderRecorded) else event.referral_id  # type: ignore[attr-defined]
        place = (event.TOPIC, key)
        self.sequences[place] = self.sequences.get(place, 0) + 1
        return Received(event.TOPIC, key, self.sequences[place], new_id(), key, event)

    async def now(self) -> datetime:
        async with self.pool.acquire() as connection:
            return await clock.now(connection)

    async def advance(self, **span: float) -> None:
        """Moves this database's clock on; the tests' only way of waiting."""
        await self.pool.execute("update clock set epoch = epoch + $1", timedelta(**span))

    async def fire(self) -> None:
        rows = await self.pool.fetch(
            "select referral_id from placements where next_due_at <= homeward_now()"
        )
        async with self.pool.acquire() as connection, connection.transaction():
            await self.matching.pass_time(connection, [row["referral_id"] for row in rows])

    async def types(self, referral_id: UUID) -> list[str]:
        rows = await self.pool.fetch(
            "select type from events where key = $1 order by sequence", referral_id
        )
        return [row["type"].split(".")[-2] for row in rows]

    async def offers(self, referral_id: UUID) -> list[tuple[UUID, UUID]]:
        rows = await self.pool.fetch(
            "select o->>'offer_id' as offer_id, o->>'provider_id' as provider_id"
            " from events, json_array_elements(body->'offers') o"
            " where key = $1 and type like '%offers-made%' order by position",
            referral_id,
        )
        return [(UUID(row["offer_id"]), UUID(row["provider_id"])) for row in rows]


@asynccontextmanager
async def room(stack: TestStack, policy: Path = POLICY) -> AsyncIterator[Room]:
    url = await stack.new_database_from("matching", build)
    pool = await open_pool(url)
    try:
        await pool.execute(
            "update clock set real_epoch = clock_timestamp(),"
            " epoch = '2026-03-02 09:00+00', scale = 1"
        )
        made = Room(pool, policy, url)
        async with pool.acquire() as connection:
            await made.matching.policies.keep(connection)
        yield made
    finally:
        await pool.close()


def provider(
    *, name: str, kind: str, lot: str | None = None, outcodes: Sequence[str] = ("E17",), rate=1750
) -> ProviderRecorded:
    return ProviderRecorded(
        at=datetime.fromisoformat("2026-03-02T08:00:00+00:00"),
        provider_id=new_id(),
        name=name,
        contracts=(
            Contract.model_validate(
                {"kind": kind, "lot": lot, "rate_pence": rate, "from": date(2025, 1, 1)}
            ),
        ),
        outcodes=tuple(outcodes),
        capabilities=("personal_care", "medication"),
        cqc_rating="good",
    )


def referral(
    at: datetime, outcode: str = "E17", referral_id: UUID | None = None
) -> ReferralReceived:
    return ReferralReceived(
        at=at,
        referral_id=referral_id or new_id(),
        received_at=at,
        source=Source(kind="hospital", organisation="barts", ward="cedar"),
        pathway="P1",
        urgency="routine",
        discharge_ready_at=at + timedelta(days=1),
        complete_at=at,
        missing=(),
        wanted=Wanted(
            outcode=outcode,
            requirement=Requirement(
                care_type="personal_care",
                visits=(Visit(weekday="mon", band="morning", minutes=45),),
                needs=("medication",),
                ready_at=at + timedelta(days=1),
            ),
            authorisation=Authorised(at=at, basis="panel", funder="council", due_by=None),
            gender=None,
        ),
    )


def accept(at: datetime, referral_id: UUID, offer: tuple[UUID, UUID]) -> OfferAccepted:
    return OfferAccepted(
        at=at,
        referral_id=referral_id,
        response_id=new_id(),
        provider_id=offer[1],
        recorded_at=at,
        offer_id=offer[0],
    )


def decline(at: datetime, referral_id: UUID, offer: tuple[UUID, UUID]) -> OfferDeclined:
    return OfferDeclined(
        at=at,
        referral_id=referral_id,
        response_id=new_id(),
        provider_id=offer[1],
        recorded_at=at,
        offer_id=offer[0],
        reason="area",
    )
