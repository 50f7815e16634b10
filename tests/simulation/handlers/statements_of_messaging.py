"""What the in-memory PostgreSQL answers to the statements of `shared`: log, outbox, inbox, parked.

A function has the name of its query and takes the query's parameters. It takes the locks that the
statement takes, in its order, and then reads and writes at one instant.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from shared.messaging.store import QUERIES
from tests.simulation.handlers.transactions import Row, Work, taken


async def homeward_now(work: Work) -> list[Row]:
    """A later instant at each reading, so that none read before a lock passes for one after it."""
    work.database.now += timedelta(microseconds=1)
    return [{"homeward_now": work.database.now}]


async def take_turns(work: Work, name: str) -> list[Row]:
    await work.lock("projection", name)
    return []


# -- the log and the outbox ------------------------------------------------------------------------


async def append(work: Work, *, channel: str, **columns: Sequence[Any]) -> list[Row]:
    assert channel
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(columns, values, strict=True))
        place = (row["topic"], row["key"], row["sequence"])
        await work.lock("events", place)
        if work.get("events", place) is not None:
            raise taken("events_topic_key_sequence_key")
        row["position"] = position = work.database.next_identity("events")
        row["clock"] = work.database.now  # no column: for the check that nothing comes early
        await work.put("events", place, row)
        await work.put("outbox", position, {"position": position, "key": row["key"], "place": place,
                                            "refused_error": None})  # fmt: skip
    return []


async def unsent(work: Work, *, most: int) -> list[Row]:
    rows = sorted(work.scan("outbox"), key=lambda row: row["position"])
    refused: set[Any] = set()
    found = []
    for row in rows:
        if row["refused_error"] is not None:
            refused.add(row["key"])
        elif row["key"] not in refused:
            found.append(work.get("events", row["place"]))
    return [row for row in found if row is not None][:most]


async def mark_sent(work: Work, *, positions: Sequence[int]) -> list[Row]:
    for position in positions:
        if work.get("outbox", position) is not None:
            await work.put("outbox", position, None)
    return []


async def refuse(work: Work, *, error: str | None, position: int) -> list[Row]:
    await _change(work, "outbox", position, refused_error=error)
    return []


async def try_again(work: Work, *, position: int) -> list[Row]:
    await _change(work, "outbox", position, refused_error=None)
    return []


async def count_unsent(work: Work) -> list[Row]:
    return [{"count": len(list(work.scan("outbox")))}]


async def count_blocked(work: Work) -> list[Row]:
    parked = {(row["consumer"], row["topic"], row["key"] or row["id"])
              for row in work.scan("parked")}  # fmt: skip
    refused = {row["key"] for row in work.scan("outbox") if row["refused_error"] is not None}
    return [{"count": len(parked) + len(refused)}]


# -- offsets and the inbox -------------------------------------------------------------------------


def _places(
    log_id: str, consumer: str, topics: Sequence[str], partitions: Sequence[int]
) -> Iterator[tuple[str, str, str, int]]:
    for topic, partition in zip(topics, partitions, strict=True):
        yield log_id, consumer, topic, partition


async def ensure_offsets(work: Work, **places: Any) -> list[Row]:
    for place in _places(**places):
        if work.get("offsets", place) is None:
            await work.lock("offsets", place)
            if work.get("offsets", place) is None:
                _, _, topic, partition = place
                row = {"topic": topic, "partition": partition, "next_offset": 0}
                await work.put("offsets", place, row)
    return []


async def lock_offsets(work: Work, **places: Any) -> list[Row]:
    there = sorted(place for place in _places(**places) if work.get("offsets", place) is not None)
    for place in there:
        await work.lock("offsets", place)
    return [row for place in there if (row := work.get("offsets", place)) is not None]


async def advance(
    work: Work, *, log_id: str, consumer: str, topics: Sequence[str], partitions: Sequence[int],
    next_offsets: Sequence[int], **sequences: Any,
) -> list[Row]:  # fmt: skip
    await save_sequences(
        work, consumer=consumer, topics=sequences["key_topics"], keys=sequences["keys"],
        sequences=sequences["sequences"],
    )  # fmt: skip
    places = _places(log_id, consumer, topics, partitions)
    for place, next_offset in zip(places, next_offsets, strict=True):
        await _change(work, "offsets", place, next_offset=next_offset)
    return []


async def save_sequences(
    work: Work, *, consumer: str, topics: Sequence[str], keys: Sequence[Any],
    sequences: Sequence[int],
) -> list[Row]:  # fmt: skip
    for topic, key, sequence in zip(topics, keys, sequences, strict=True):
        row = {"topic": topic, "key": key, "last_sequence": sequence}
        await work.put("inbox", (consumer, topic, key), row)
    return []


async def where_keys_stand(
    work: Work, *, consumer: str, topics: Sequence[str], keys: Sequence[bytes], ids: Sequence[Any]
) -> list[Row]:
    blocked = {(row["topic"], row["key"]) for row in work.scan("parked")
               if row["consumer"] == consumer}  # fmt: skip
    found = []
    for topic, key, id in zip(topics, keys, ids, strict=True):
        inbox = work.get("inbox", (consumer, topic, id))
        found.append({"topic": topic, "key": key, "id": id,
                      "last_sequence": None if inbox is None else inbox["last_sequence"],
                      "blocked": (topic, key) in blocked})  # fmt: skip
    return found


async def last_sequences(
    work: Work, *, consumer: str, topics: Sequence[str], keys: Sequence[Any]
) -> list[Row]:
    rows = [work.get("inbox", (consumer, *place)) for place in zip(topics, keys, strict=True)]
    return [row for row in rows if row is not None]


# -- parked records --------------------------------------------------------------------------------


async def park(work: Work, **record: Any) -> list[Row]:
    place = tuple(record[name] for name in ("log_id", "consumer", "topic", "partition",
                                            "record_offset", "record_time"))  # fmt: skip
    await work.lock("parked_place", place)
    columns = tuple(QUERIES.driver_adapter.var_sorted["park"])
    if not any(tuple(row[name] for name in columns[:6]) == place for row in work.scan("parked")):
        id = work.database.next_identity("parked")
        await work.put("parked", id, {**record, "id": id, "attempts": 1, "announced": False,
                                      "parked_at": work.database.now})  # fmt: skip
    return []


async def parked_of_key(work: Work, *, consumer: str, topic: str, key: bytes) -> list[Row]:
    rows = [row for row in work.scan("parked")
            if (row["consumer"], row["topic"], row["key"]) == (consumer, topic, key)]  # fmt: skip
    return sorted(rows, key=place_in_key)


def place_in_key(row: Row) -> tuple[bool, int, int]:
    return (row["sequence"] is not None, row["sequence"] or 0, row["record_offset"])


async def parked_one(work: Work, *, id: int) -> list[Row]:
    row = work.get("parked", id)
    return [] if row is None else [row]


async def unpark(work: Work, *, id: int) -> list[Row]:
    if work.get("parked", id) is not None:
        await work.put("parked", id, None)
    return []


async def parked_again(work: Work, *, error: str, id: int) -> list[Row]:
    row = work.get("parked", id)
    if row is not None:
        await work.put("parked", id, {**row, "error": error, "attempts": row["attempts"] + 1})
    return []


async def waiting_keys(
    work: Work, *, consumer: str, topics: Sequence[str] | None, keys: Sequence[bytes] | None
) -> list[Row]:
    wanted = None if topics is None or keys is None else set(zip(topics, keys, strict=True))
    heads: dict[tuple[str, bytes], Row] = {}
    for row in sorted(work.scan("parked"), key=place_in_key):
        if row["consumer"] == consumer and row["key"] is not None:
            heads.setdefault((row["topic"], row["key"]), row)
    return [
        {"topic": topic, "key": key}
        for (topic, key), head in sorted(heads.items())
        if head["error"] in {None, "gap"} and (wanted is None or (topic, key) in wanted)
    ]


async def unannounced(work: Work, *, most: int) -> list[Row]:
    rows = [row for row in work.scan("parked") if not row["announced"] and row["error"] is not None]
    return sorted(rows, key=lambda row: row["id"])[:most]


async def mark_announced(work: Work, *, ids: Sequence[int]) -> list[Row]:
    for id in ids:
        await _change(work, "parked", id, announced=True)
    return []


async def step_over(
    work: Work,
    *,
    consumer: str,
    topic: str,
    key: Any,
    raw_key: bytes,
    id: int,
    sequence: int | None,
) -> list[Row]:
    waiting = [row["sequence"] for row in work.scan("parked")
               if (row["consumer"], row["topic"], row["key"]) == (consumer, topic, raw_key)
               and row["id"] != id and row["sequence"] is not None]  # fmt: skip
    if sequence is None and waiting:
        sequence = min(waiting) - 1
    if sequence is not None:
        place = (consumer, topic, key)
        await work.lock("inbox", place)
        before = work.get("inbox", place)
        reached = max(sequence, 0 if before is None else before["last_sequence"])
        await work.put("inbox", place, {"topic": topic, "key": key, "last_sequence": reached})
    return []


async def note_discarded(work: Work, **note: Any) -> list[Row]:
    await work.put("notes", work.database.next_identity("notes"), note)
    return []


async def _change(work: Work, table: str, key: Any, **columns: Any) -> None:
    """What an update by key does: nothing where there is no row."""
    if work.get(table, key) is not None:
        await work.lock(table, key)
        row = work.get(table, key)
        if row is not None:
            await work.put(table, key, {**row, **columns})
