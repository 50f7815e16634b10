"""The whole service on real Kafka and Postgres, with a test in matching's place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.providers.app import create_app
from services.providers.domain.ids import answer_id
from shared import clock
from shared.contracts.envelope import headers_for, read_event, read_headers
from shared.contracts.model import Event
from shared.contracts.responses import OfferAccepted
from shared.ids import event_id, new_id
from shared.postgres.connection import open_pool
from shared.postgres.migrations import migrate
from shared.secrets import create_keys
from shared.settings import ServiceSettings
from shared.web import tokens
from tests.stack import TestStack
from tests.unit.providers.story import Story


class Matching:
    """Matching's side of the topics: sends placement events, reads responses."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.settings = settings
        self._sequences: dict[UUID, int] = {}

    async def send(self, *events: Event) -> None:
        """Publishes placement events as matching does."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap_servers)
        await producer.start()
        try:
            for event in events:
                key: UUID = event.referral_id  # type: ignore[attr-defined]
                sequence = self._sequences[key] = self._sequences.get(key, 0) + 1
                headers = headers_for(
                    id=event_id("placements.v1", key, sequence),
                    source="matching",
                    type=event.TYPE,
                    at=event.at,
                    key=key,
                    sequence=sequence,
                    correlation_id=key,
                    causation_id=None,
                )
                await producer.send_and_wait(
                    self.settings.homeward_topic_prefix + "placements.v1",
                    key=str(key).encode(),
                    value=event.model_dump_json().encode(),
                    headers=[(name, value.encode()) for name, value in headers.items()],
                )
        finally:
            await producer.stop()

    async def receive(self, topic: str) -> Event:
        """The first event of a topic, from its beginning."""
        consumer = AIOKafkaConsumer(
            self.settings.homeward_topic_prefix + topic,
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            async with asyncio.timeout(20):
                record = await consumer.getone()
        finally:
            await consumer.stop()
        return read_event(read_headers(record.headers).type, record.value)


@asynccontextmanager
async def running(
    stack: TestStack, prefix: str, secrets: Path, processes: int = 1
) -> AsyncIterator[tuple[Matching, UUID, list[httpx.AsyncClient], ServiceSettings]]:
    """So many processes of the service on one database, with a client of one provider for each."""
    create_keys(secrets)
    settings = ServiceSettings(
        database_url=await stack.new_database_from(
            "providers", lambda url: migrate(url, "providers")
        ),
        kafka_bootstrap_servers=stack.kafka_bootstrap,
        homeward_topic_prefix=prefix,
        homeward_partitions=2,
        homeward_secrets=secrets,
    )
    me = new_id()
    token = tokens.new_token("provider", "amber", tokens.Scope(provider_id=me), timedelta(days=1))
    async with await open_pool(settings.database_url, most=1) as pool, pool.acquire() as connection:
        await tokens.create(connection, token)
    async with AsyncExitStack() as exits:
        clients = []
        for _ in range(processes):
            app = create_app(settings)
            await exits.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://providers",
                headers={"Authorization": f"Bearer {token.secret}"},
                timeout=60,
            )
            clients.append(await exits.enter_async_context(client))
        yield Matching(settings), me, clients, settings


async def ready(http: httpx.AsyncClient) -> None:
    """Returns when the service says that it is ready."""
    async with asyncio.timeout(40):
        while (await http.get("/ready")).status_code != 200:
            await asyncio.sleep(0.1)


async def story_now(settings: ServiceSettings) -> Story:
    """A referral, now."""
    async with await open_pool(settings.database_url, most=1) as pool, pool.acquire() as connection:
        return Story(await clock.now(connection))


async def test_an_offer_comes_in_and_its_answer_goes_out(
    stack: TestStack, topic_prefix: str, tmp_path: Path
):
    """Offer by long poll, acceptance to responses.v1, the award back as the waiting answer."""
    async with running(stack, topic_prefix, tmp_path, 2) as (matching, me, clients, settings):
        first, second = clients
        await asyncio.gather(ready(first), ready(second))
        story = await story_now(settings)
        polling = asyncio.ensure_future(
            first.get("/v1/offers?status=live", headers={"Prefer": "wait=20"})
        )
        await matching.send(story.search_started(), story.offers_made(me))
        (offer,) = (await polling).json()["items"]
        accepting = asyncio.ensure_future(
            second.post(f"/v1/offers/{offer['offer_id']}/accept", headers={"Prefer": "wait=20"})
        )
        event = await matching.receive("responses.v1")
        assert isinstance(event, OfferAccepted)
        assert event.provider_id == me
        await matching.send(story.awarded(me, event.response_id))
        answer = await accepting
        assert (answer.status_code, answer.json()["result"]) == (200, "awarded")
        asyncapi = (await first.get("/asyncapi.json")).json()
        assert asyncapi["asyncapi"].startswith("3.")


async def test_an_answer_is_stored_while_kafka_is_away(
    stack: TestStack, topic_prefix: str, tmp_path: Path
):
    """202 with Kafka down; the event goes out after its return, with the instant of the answer."""
    async with running(stack, topic_prefix, tmp_path) as (matching, me, (http,), settings):
        await ready(http)
        story = await story_now(settings)
        await matching.send(story.offers_made(me))
        async with asyncio.timeout(20):
            while not (await http.get("/v1/offers")).json()["items"]:
                await asyncio.sleep(0.1)
        await asyncio.to_thread(stack.stop_kafka)
        try:
            path = f"/v1/offers/{story.offer_id(me)}/accept"
            answer = await http.post(path, headers={"Prefer": "wait=1"})
        finally:
            await asyncio.to_thread(stack.restart_kafka)
        assert answer.status_code == 202
        event = await matching.receive("responses.v1")
        assert isinstance(event, OfferAccepted)
        assert event.recorded_at < story.at + timedelta(minutes=1)
        await matching.send(story.awarded(me, answer_id(story.offer_id(me))))
        answer = await http.post(path, headers={"Prefer": "wait=20"})
        assert (answer.status_code, answer.json()["result"]) == (200, "awarded")


async def test_the_service_starts_while_kafka_is_away(
    stack: TestStack, topic_prefix: str, tmp_path: Path
):
    """HTTP answers, readiness says what is missing, and it becomes ready when Kafka returns."""
    await asyncio.to_thread(stack.stop_kafka)
    try:
        async with running(stack, topic_prefix, tmp_path) as (_matching, _me, (http,), _settings):
            assert (await http.get("/v1/offers")).json()["items"] == []
            assert (await http.get("/ready")).status_code == 503
            await asyncio.to_thread(stack.restart_kafka)
            await ready(http)
    finally:
        await asyncio.to_thread(stack.restart_kafka)
