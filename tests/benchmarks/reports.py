"""How long each report takes over ten years of a council: `python -m tests.benchmarks.reports`.

The years are made by SQL alone: 30 packages a week, 15,600 in all, with 10 offers each, on a market
of 60 providers, and a loaded register. Every report is asked for all of it at once, grouped by each
of its parts, three times; the median is printed. Target: under a second each.
"""

import asyncio
import os
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.registers.made import made_register
from services.matching.policies import Policies
from services.matching.reporting.catalogue import REPORTS, make_report
from services.matching.reporting.register import load_register
from services.matching.reporting.register_file import read_register
from shared.postgres.connection import Connection, open_pool
from shared.postgres.migrations import migrate
from shared.report_tables import to_json
from shared.web.serving import collect_rarely
from tests.stack import TestStack

PACKAGES, OFFERS, PROVIDERS = 15_600, 10, 60
TARGET_SECONDS = 1.0
ROUNDS = 3
_YEARS = Path(__file__).parent / "ten_years.sql"
_POLICY = Path("deploy/policies/three-tier.yaml")
_BEGAN, _ENDED = "2016-01-04T08:00:00+00:00", "2026-01-04T08:00:00+00:00"


async def _prepared(url: str) -> None:
    await migrate(url, "matching")


async def make_years(connection: Connection, packages: int = PACKAGES) -> None:
    """Ten years of rows in the tables that reports read."""
    text = _YEARS.read_text(encoding="utf-8")
    for name, value in (("packages", packages), ("offers", OFFERS), ("providers", PROVIDERS)):
        text = text.replace(f":{name}", str(value))
    await connection.execute(text)
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        file.write(made_register())
        file.flush()
        lines = read_register(Path(file.name))
    await load_register(connection, lines, file_sha256="0", author="benchmark")
    await connection.execute("analyze")


async def measure(
    connection: Connection, rounds: int = ROUNDS
) -> dict[str, list[tuple[float, float]]]:
    """Seconds of each report over the whole of it, JSON made too, and of them this process's own."""
    collect_rarely()  # As a service does.
    policy = Policies.from_file(_POLICY).current
    start, end = clock_instants()
    found: dict[str, list[tuple[float, float]]] = {}
    for name, kind in REPORTS.items():
        for by in kind.by or (None,):
            seconds = found.setdefault(name if by is None else f"{name} by {by}", [])
            for _ in range(rounds):
                began, worked = time.perf_counter(), time.process_time()
                report = await make_report(
                    connection, name, policy=policy, start=start, end=end, by=by
                )
                to_json(report)
                seconds.append((time.perf_counter() - began, time.process_time() - worked))
    return found


def clock_instants() -> tuple[datetime, datetime]:
    """The first and the last instant of the ten years."""
    return datetime.fromisoformat(_BEGAN), datetime.fromisoformat(_ENDED)


async def run(stack: TestStack, console: Console) -> dict[str, float]:
    """Makes the years, measures, prints; the median seconds of each report."""
    url = await stack.new_database_from("matching", _prepared)
    async with await open_pool(url) as pool, pool.acquire() as connection:
        await connection.execute(
            "update clock set real_epoch = clock_timestamp(), epoch = $1, scale = 1",
            clock_instants()[1],
        )
        began = time.perf_counter()
        await make_years(connection)
        console.print(f"{PACKAGES:,} packages and {PACKAGES * OFFERS:,} offers made"
                      f" in {time.perf_counter() - began:.0f} s")  # fmt: skip
        found = await measure(connection)
    load = os.getloadavg()[0]
    table = Table(
        "report over ten years", "median s", "most s", "of it Python", title=f"load {load:.1f}"
    )
    medians = {}
    for name, seconds in found.items():
        waited, worked = zip(*seconds, strict=True)
        medians[name] = statistics.median(waited)
        figures = (medians[name], max(waited), statistics.median(worked))
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    console.print(table)
    return medians


def main() -> None:
    """Runs it on an embedded PostgreSQL of its own; exit code 1 if a report takes longer."""
    console, stack = Console(), TestStack()
    try:
        stack.start()
        met = max(asyncio.run(run(stack, console)).values()) < TARGET_SECONDS
    finally:
        stack.close()
    console.print("Every report is within a second" if met else "A report takes too long")
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
