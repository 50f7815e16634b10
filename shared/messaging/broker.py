"""The connection over which records are sent, with the reasons for its settings."""

from faststream.kafka import KafkaBroker

from shared.messaging.partitioning import partition_of

MOST_BATCH_BYTES = 262_144
"""Of records to one partition in one request: aiokafka hands over no more until these are
acknowledged, so its own 16 KiB would mean a round trip for a handful of events."""


def new_broker(bootstrap_servers: str, client_id: str) -> KafkaBroker:
    """A broker that is not connected yet; an acknowledged record is in the log of the cluster.

    Without idempotence, which has Kafka drop what looks like a repetition and acknowledge it all
    the same. It tells one by the producer's id and count, and a cluster that was wiped gives out the
    ids of producers that still run: the first record of another one is then lost. Repetitions are
    harmless here, since readers know each event's sequence, and aiokafka has one request to a
    partition under way at a time, so they come in order.
    """
    return KafkaBroker(
        bootstrap_servers,
        client_id=client_id,
        acks="all",
        linger_ms=2,
        max_batch_size=MOST_BATCH_BYTES,
        partitioner=partition_of,
        request_timeout_ms=20_000,
        max_request_size=1_048_576,
        logger=None,
        apply_types=False,
    )
