"""Keys go to the partitions that other clients of Kafka expect."""

from aiokafka.partitioner import DefaultPartitioner

from shared.ids import new_id
from shared.messaging.partitioning import partition_of


def test_a_key_goes_where_the_usual_partitioner_sends_it():
    """The same key has the same partition here and in every other client, again and again."""
    usual, partitions = DefaultPartitioner(), list(range(12))
    keys = [str(new_id()).encode() for _ in range(200)]
    for key in [*keys, *keys]:
        assert partition_of(key, partitions, []) == usual(key, partitions, [])


def test_a_record_without_a_key_goes_to_a_partition_that_is_there():
    """Without a key any available partition will do."""
    assert partition_of(None, [0, 1, 2], [2]) == 2
