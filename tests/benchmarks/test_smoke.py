"""The benchmark runs, and its contenders do the same work."""

import json
from pathlib import Path
from typing import Any

from services.matching.projections import FROM_PLACEMENTS
from services.matching.tallies import TALLIES
from tests.benchmarks import decisions, history, latency, throughput, whole_stack
from tests.benchmarks.place import Place, connected
from tests.stack import TestStack

COUNT = 40
_EVENTS = """
select topic, key, sequence, id, type, correlation_id, causation_id, body from events
order by key, sequence
"""


async def test_service_usual_way_and_floor_write_the_same(stack: TestStack, tmp_path: Path):
    """(a), (b) and (c) end with the same events, but for instants and rotation figures, and with as
    many rows in every table that is made of them.

    Under the adaptive policy every package is awarded, too, and each asking has its reckoning.
    """
    found = await throughput.run_round(
        stack, count=COUNT, usual=COUNT, folder=tmp_path, say=lambda _what: None
    )
    events = {name: await _events(place) for name, place in found.places.items()}
    assert len(events["service"]) == 5 * COUNT  # Three to make offers, two to award one.
    assert events["one_by_one"] == events["service"]
    assert events["floor"] == events["service"]
    rows = {name: await _rows(place) for name, place in found.places.items()}
    assert rows["one_by_one"] == rows["floor"] == rows["service"]
    assert rows["service"].items() >= {"outbox": 0, "awards": COUNT, "offers": 2 * COUNT}.items()
    assert rows["adaptive"]["outbox"] == 0
    assert rows["adaptive"]["awards"] == COUNT
    asked = [event[-1] for event in events["adaptive"] if "offers-made" in event[4]]
    assert len(asked) == COUNT
    assert all(body["reckoning"] is not None for body in asked)


def test_decisions_of_the_rules_alone_are_timed(tmp_path: Path):
    """A simulated week has some hundred decisions, none of which takes no time."""
    found = decisions.measure(tmp_path, weeks=1)
    assert found.count > 100
    assert 0 < found.p50_ms <= found.p99_ms <= found.worst_ms


async def test_waits_are_measured_also_with_more_history(stack: TestStack, tmp_path: Path):
    """Offers are seen and acceptances answered over HTTP, on new and on multiplied databases."""
    services = await whole_stack.new_services(stack, tmp_path)
    for times in (3, 1):
        async with services.running():
            await whole_stack.put_register(services)
            waits = await latency.measure(services, per_second=5, seconds=2)
            assert waits.offer_visible.count == 2 * waits.acceptance_answered.count == 20
            assert set(services.memory_bytes()) == set(whole_stack.SERVICES)
        for place in services.places.values():
            await history.multiply(place.url, times)


async def _events(place: Place) -> list[tuple[Any, ...]]:
    async with connected(place.url) as connection:
        rows = await connection.fetch(_EVENTS)
    return [(*list(row.values())[:-1], _timeless(json.loads(row["body"]))) for row in rows]


async def _rows(place: Place) -> dict[str, int]:
    """How many rows each table has that a decision may change."""
    tables = ["placements", "outbox", *(one.rows.table for one in (*FROM_PLACEMENTS, TALLIES))]
    async with connected(place.url) as connection:
        return {
            table: await connection.fetchval(f"select count(*) from {table}") for table in tables
        }


def _timeless(value: Any) -> Any:
    """The body without instants, and without turns, which depend on what came in the same batch."""
    if isinstance(value, dict):
        return {
            name: _timeless(part)
            for name, part in value.items()
            if name not in ("at", "turns") and not name.endswith(("_at", "_by"))
        }
    return [_timeless(part) for part in value] if isinstance(value, list) else value
