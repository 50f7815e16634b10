"""The service works while Kafka is down, says so while Postgres is, and catches up by itself."""

import asyncio
import json
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.contracts.envelope import headers_for
from shared.ids import event_id
from tests.integration.referrals.conftest import Service, Start, count
from tests.integration.referrals.samples import awarded, referral
from tests.stack import TestStack


async def _until(condition, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.1)


async def test_kafka_down(service: Service) -> None:
    """A referral is acknowledged and shown while Kafka is down; readiness says what is wrong."""
    headers = await service.ward()
    sent = await service.client.post("/v1/referrals", json=referral(), headers=headers)
    assert sent.status_code == 201
    board = await service.client.get("/v1/wards/aspen/board", headers=headers)
    assert len(board.json()["items"]) == 1
    ready = await service.client.get("/ready")
    assert (ready.status_code, ready.json()["postgres"]) == (503, "connected")
    assert ready.json()["kafka"] != "connected"


async def test_postgres_down(service: Service, stack: TestStack) -> None:
    """While Postgres is down a referral is 503 with Retry-After; afterwards it is taken, once."""
    headers = {**await service.ward(), "Idempotency-Key": "one"}
    body = referral()
    await asyncio.to_thread(stack.stop_postgres)
    try:
        answer = await service.client.post("/v1/referrals", json=body, headers=headers)
    finally:
        await asyncio.to_thread(stack.restart_postgres)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    again = await service.client.post("/v1/referrals", json=body, headers=headers)
    assert again.status_code == 201
    async with service.app.state.web.pool.acquire() as connection:
        assert await count(connection, "referrals") == 1


async def test_through_real_kafka(start: Start, stack: TestStack, topic_prefix: str) -> None:
    """What was accepted while Kafka was down is sent later; what matching decides is followed."""
    async with start() as service:
        sent = await service.client.post(
            "/v1/referrals", json=referral(), headers=await service.ward()
        )
        url = service.url
    referral_id = UUID(sent.json()["referral_id"])
    async with start(kafka=stack.kafka_bootstrap, url=url) as service:

        async def sent_all() -> bool:
            return await count(service.database, "outbox") == 0

        await _until(sent_all)
        record = await _first_record(stack.kafka_bootstrap, f"{topic_prefix}referrals.v1")
        assert record.key == str(referral_id).encode()
        assert json.loads(record.value)["referral_id"] == str(referral_id)
        await _publish_award(stack.kafka_bootstrap, topic_prefix, referral_id)

        async def taken() -> bool:
            status = await service.database.fetchval("select status from board")
            return bool(status == "taken")

        await _until(taken)
        ready = await service.client.get("/ready")
        assert ready.status_code == 200, ready.text
        document = await service.client.get("/asyncapi.json")
        assert document.json()["asyncapi"].startswith("3.")


async def _first_record(bootstrap: str, topic: str):
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return await asyncio.wait_for(consumer.getone(), 20)
    finally:
        await consumer.stop()


async def _publish_award(bootstrap: str, prefix: str, referral_id: UUID) -> None:
    award = awarded(referral_id)
    headers = headers_for(
        id=event_id("placements.v1", referral_id, 1),
        source="matching",
        type=award.TYPE,
        at=award.at,
        key=referral_id,
        sequence=1,
        correlation_id=referral_id,
        causation_id=None,
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(
            f"{prefix}placements.v1",
            award.model_dump_json(by_alias=True).encode(),
            key=str(referral_id).encode(),
            headers=[(name, value.encode()) for name, value in headers.items()],
        )
    finally:
        await producer.stop()
