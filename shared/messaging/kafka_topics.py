"""Makes the topics as their files say, and checks those that exist. Never the broker's auto-create."""

import asyncio
from collections.abc import Iterable

import stamina
import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, NodeNotReadyError, TopicAlreadyExistsError, for_code

from shared.contracts.topics import Topic, topics

log = structlog.get_logger(__name__)


class WrongTopicError(Exception):
    """A topic exists with settings that would lose or reorder records."""


class OtherLogError(Exception):
    """Kafka is another cluster than before (it was wiped): its offsets begin anew."""


MOST_REPLICAS = 3
CREATE_TIMEOUT_SECONDS = 30.0
CLUSTER_CHECK_SECONDS = 5.0
"""Real seconds between two looks at which cluster it is."""
NO_BROKER_SECONDS = 20.0
"""Real seconds for which a cluster may be without a broker. One that could not beat its heart for a
while, say on a machine that was suspended, answers and yet is not told of until it has caught up."""


async def ensure_topics(bootstrap_servers: str, *, prefix: str, partitions: int) -> None:
    """Makes the topics that are missing and puts right the retention of those that are there.

    New ones have three replicas, or as many as there are brokers. Raises KafkaError while Kafka is away, and
    WrongTopicError if a topic is refused.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=10_000)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        brokers = (await admin.describe_cluster())["brokers"]
        await _create(
            admin,
            [topic for topic in topics().values() if prefix + topic.name not in existing],
            prefix,
            partitions,
            min(MOST_REPLICAS, len(brokers)),
        )
        await _put_right(
            admin, [topic for topic in topics().values() if prefix + topic.name in existing], prefix
        )
    finally:
        await admin.close()


@stamina.retry(on=NodeNotReadyError, attempts=None, timeout=NO_BROKER_SECONDS, wait_max=1.0)
async def cluster_id(bootstrap_servers: str) -> str:
    """The id of the Kafka cluster: a wiped broker has another, so it names a log.

    Raises KafkaError while Kafka is away, or has no broker for NO_BROKER_SECONDS.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=10_000)
    await admin.start()
    try:
        described = await admin.describe_cluster()
        return str(described["cluster_id"])
    finally:
        await admin.close()


async def watch_cluster(bootstrap_servers: str, known: str) -> None:
    """Runs until Kafka is another cluster than `known`, and then raises OtherLogError.

    No client tells of it: a consumer goes on where it was, so that records of the new log below
    the old one's offsets would be taken for handled.
    """
    while True:
        await asyncio.sleep(CLUSTER_CHECK_SECONDS)
        try:
            found = await cluster_id(bootstrap_servers)
        except (KafkaError, OSError) as error:
            log.info("cluster.away", error=type(error).__name__)
            continue
        if found != known:
            raise OtherLogError


async def _create(
    admin: AIOKafkaAdminClient,
    missing: Iterable[Topic],
    prefix: str,
    partitions: int,
    replication: int,
) -> None:
    new = [
        NewTopic(
            name=prefix + topic.name,
            num_partitions=partitions,
            replication_factor=replication,
            topic_configs=topic.config,
        )
        for topic in missing
    ]
    if not new:
        return
    response = await admin.create_topics(new)
    for name, code, *_ in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise WrongTopicError(f"{name} could not be made: {for_code(code).__name__}")
    await _until_known(admin, [topic.name for topic in new])
    log.info("topics.created", topics=[topic.name for topic in new])


async def _until_known(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Waits until the broker tells of every partition: it answers that they are made a little before.

    Raises TimeoutError after CREATE_TIMEOUT_SECONDS.
    """
    async with asyncio.timeout(CREATE_TIMEOUT_SECONDS):
        while not all(
            topic["error_code"] == 0 and all(part["leader"] >= 0 for part in topic["partitions"])
            for topic in await admin.describe_topics(names)
        ):
            await asyncio.sleep(0.05)


async def _put_right(admin: AIOKafkaAdminClient, existing: list[Topic], prefix: str) -> None:
    """Compares the settings that decide how long records are kept, and corrects what differs."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, prefix + t.name) for t in existing]
    if not resources:
        return
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):
        for _code, _message, _kind, name, entries in response.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    for topic in existing:
        name = prefix + topic.name
        wrong = {k: v for k, v in topic.config.items() if found.get(name, {}).get(k) != v}
        if wrong:
            log.warning("topic.settings-differ", topic=name, settings=sorted(wrong))
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, topic.config)]
            )
