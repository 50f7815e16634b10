"""Real software underneath: another kind of client reads the topics, SQL reads the projections."""

import asyncio
import json
from functools import cache
from uuid import UUID

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from jsonschema import Draft202012Validator

from shared.contracts.model import Event
from shared.contracts.registry import EVENTS
from shared.contracts.schemas import committed
from shared.contracts.topics import topics
from shared.ids import event_id
from tests.e2e.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def read_all(bootstrap_servers: str, topic: str) -> list[Message]:
    """Every record of a topic, read by librdkafka."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "elsewhere",
            "enable.auto.commit": False,
        }
    )
    try:
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        partitions = [TopicPartition(topic, number, 0) for number in found.partitions]
        waiting = {
            one.partition: end
            for one in partitions
            if (end := consumer.get_watermark_offsets(one, timeout=10)[1])
        }
        consumer.assign(partitions)
        records: list[Message] = []
        while waiting:
            for record in consumer.consume(500, timeout=1):
                assert record.error() is None
                records.append(record)
                partition, offset = record.partition(), record.offset()
                assert partition is not None
                assert offset is not None
                if offset + 1 >= waiting.get(partition, 0):
                    waiting.pop(partition, None)
        return records
    finally:
        consumer.close()


async def test_another_client_reads_every_topic(world: World) -> None:
    """librdkafka finds keys, CloudEvents headers and bodies that fit the published schemas."""
    outcode = world.new_outcode()
    provider_id, referral_id = await world.awarded(outcode)
    assert (await world.about_award(provider_id, referral_id, "confirm")).status_code == 200
    other = await world.refer(outcode)
    await world.withdraw(other)
    await world.until_placement(other, status="withdrawn")
    await world.verify()
    types: dict[str, set[str]] = {}
    for topic in topics():
        records = await asyncio.to_thread(read_all, world.where.kafka, world.where.prefix + topic)
        types[topic] = {check_record(topic, record) for record in records}
    assert "homeward.placement.awarded.v1" in types["placements.v1"]
    assert "homeward.referral.withdrawal-requested.v1" in types["referrals.v1"]
    assert "homeward.response.confirmation-sent.v1" in types["responses.v1"]
    assert types["providers.v1"] == {"homeward.provider.recorded.v1"}


def check_record(topic: str, record: Message) -> str:
    """Checks one record and gives its type."""
    key, value = record.key(), record.value()
    assert isinstance(key, bytes)
    assert isinstance(value, bytes)
    found = record.headers()
    assert isinstance(found, list)
    headers = {name: text.decode() for name, text in found if isinstance(text, bytes)}
    assert headers["ce_specversion"] == "1.0"
    assert headers["content-type"] == "application/json"
    assert headers["ce_subject"] == key.decode()
    sequence = int(headers["ce_sequence"])
    assert UUID(headers["ce_id"]) == event_id(topic, UUID(key.decode()), sequence)
    assert headers["ce_source"] == f"/homeward/{topics()[topic].written_by}"
    event = EVENTS[headers["ce_type"]]
    assert topic == event.TOPIC
    validator_of(event).validate(json.loads(value))
    return headers["ce_type"]


@cache
def validator_of(event: type[Event]) -> Draft202012Validator:
    """What checks bodies against the schema that is committed for an event."""
    schema = committed(event)
    assert schema is not None
    return Draft202012Validator(schema)


async def test_sql_shows_the_projections(world: World) -> None:
    """An award is a row in each service's own tables: matching's, providers', referrals'."""
    provider_id, referral_id = await world.awarded(world.new_outcode())
    await world.verify()
    tables = {"matching": "awards", "providers": "packages", "referrals": "placement_awards"}
    for service, table in tables.items():
        rows = await world.sql(
            service, f"select provider_id from {table} where referral_id = $1", referral_id
        )
        assert [row["provider_id"] for row in rows] == [provider_id], service
    board = await world.sql("referrals", "select * from board where referral_id = $1", referral_id)
    summary = await world.sql(
        "matching", "select * from summaries where referral_id = $1", referral_id
    )
    assert board[0]["filled_at"] == summary[0]["filled_at"]
    assert board[0]["provider_name"] == summary[0]["provider_name"]
