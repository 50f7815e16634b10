"""Outbox to Kafka to inbox, on the real servers."""

import asyncio

from shared.ids import new_id
from tests.integration.messaging.service import service
from tests.stack import TestStack


async def test_events_arrive_once_and_in_order_of_key(stack: TestStack, topic_prefix: str):
    """What is appended is read once, each key in its order, whatever the batches."""
    async with service(stack, topic_prefix) as noter, noter.messaging.running():
        keys = [new_id() for _ in range(40)]
        for sequence in range(1, 6):
            await noter.append([(key, sequence) for key in keys])
        seen = await noter.until(200)
        assert len(seen) == 200
        for key in keys:
            assert [sequence for k, sequence in seen if k == key] == [1, 2, 3, 4, 5]
        while await noter.pool.fetchval("select count(*) from outbox"):
            await asyncio.sleep(0.02)
