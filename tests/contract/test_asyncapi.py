"""The AsyncAPI document of each service says what the topic files say."""

from pathlib import Path

import pytest

from services.matching import consumers as matching
from shared.contracts.registry import EVENTS
from shared.contracts.topics import topics
from shared.messaging.runtime import Messaging
from shared.postgres.wakeups import Wakeups
from shared.settings import ServiceSettings

READS_AND_WRITES = {
    service: (
        tuple(t.name for t in topics().values() if service in t.read_by),
        tuple(t.name for t in topics().values() if t.written_by == service),
    )
    for service in ("referrals", "matching", "providers")
}


async def _nothing(*_):
    raise AssertionError("no record is read here")


def messaging(service: str) -> Messaging:
    settings = ServiceSettings(database_url="postgresql://nowhere", homeward_secrets=Path())
    reads, writes = READS_AND_WRITES[service]
    return Messaging(
        service=service, settings=settings, pool=None, wakeups=Wakeups(), reads=reads,  # type: ignore[arg-type]
        writes=writes, handle=_nothing,
    )  # fmt: skip


@pytest.mark.parametrize("service", sorted(READS_AND_WRITES))
def test_the_document_names_every_topic_and_event(service: str):
    """Channels are the topics that the service reads and writes, and their payloads its events."""
    document = messaging(service).asyncapi()
    assert document["asyncapi"] == "3.0.0"
    reads, writes = READS_AND_WRITES[service]
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {f"homeward.{topic}" for topic in (*reads, *writes)}
    schemas = set(document["components"]["schemas"])
    for event in EVENTS.values():
        if event.TOPIC in (*reads, *writes):
            assert event.__name__ in schemas, f"{event.__name__} is not described"


def test_matching_reads_what_the_topic_files_say():
    """The consumer's topics and the topic files' readers are the same."""
    assert set(matching.READS) == set(READS_AND_WRITES["matching"][0])
