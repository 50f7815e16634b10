"""Which partition a key belongs to: the one that Kafka's own clients choose."""

import random
from collections.abc import Sequence
from functools import lru_cache

from aiokafka.partitioner import murmur2

_POSITIVE = 0x7FFFFFFF


def partition_of(key: bytes | None, all_partitions: Sequence[int], available: Sequence[int]) -> int:
    """The partition that aiokafka's own partitioner and the Java client choose for the key.

    The events of one key come together, so its hash, which is pure Python, is kept for a while.
    """
    if key is None:
        return random.choice(available or all_partitions)
    return all_partitions[_hash(key) % len(all_partitions)]


@lru_cache(maxsize=4096)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & _POSITIVE
