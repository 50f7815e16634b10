"""How fast Homeward is: `make bench`, or `python -m tests.benchmarks --help`.

Everything runs on the embedded PostgreSQL (fsync and synchronous_commit on) and Kafka (acks=all),
in one run, on this machine; ratios say more than figures a second. What is printed:

* **Decisions a second**, Kafka to Kafka: inputs that lead to at least one committed event, half of
  them complete referrals, half acceptances that are awarded at once, on a market of 60 providers
  under tests/benchmarks/spine.yaml. The load is on Kafka beforehand; the time runs from the first
  record that may be read to the last resulting event acknowledged on placements.v1. Median of the
  rounds, in which these follow each other, each on a database and topics of its own:
  (a) the matching service, a real process with its own relay;
  (b) the same domain code one message at a time (FastStream, asyncpg), on the first part of the load;
  (c) the floor: aiokafka and asyncpg in batches of 500 write the same rows and records as (a) did,
  with nothing parsed or decided;
  (d) as (a), with every tier of the policy adaptive.
  Targets: (a) at least 15 times (b) and a third of (c).
* **One decision** of the adaptive policy, the rules alone, in a simulated run. Target: p99 under 20 ms.
* **Waits** on the three services as real processes, over real HTTP: from a posted referral to its
  offers in the provider's long poll, and from a posted acceptance to its answer `awarded`, while
  referrals and acceptances come at 1 and at 20 a second. Target: p99 under 150 ms.
* **Timers**: due placements fired a second, and how late single ones are at 20 a second.
* **Rebuild**: events a second when matching's summaries are made again and compared.
* **Reports**: seconds of each report over ten years of a council, made by SQL. Target: under 1 s each.
* **Memory**: resident memory of each service's process after the waits were measured.
* **Ten times the history**: (a) and the waits again on databases with ten times the rows.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    decisions,
    history,
    latency,
    rebuild,
    reports,
    throughput,
    timers,
    whole_stack,
)
from tests.benchmarks.figures import Spread, Waits
from tests.benchmarks.latency import Latency
from tests.benchmarks.place import Place, connected, new_place
from tests.stack import TestStack

RATIO_TO_USUAL, RATIO_TO_FLOOR, P99_MS, DECISION_P99_MS = 15.0, 1 / 3, 150.0, 20.0
HISTORY_TIMES = 10
console = Console(stderr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything is measured."""

    rounds: int
    referrals: int
    usual: int
    timers: int
    decision_weeks: int
    seconds_by_rate: dict[float, float]


FULL = Sizes(rounds=3, referrals=8000, usual=500, timers=3000, decision_weeks=8,
             seconds_by_rate={1.0: 100, 20.0: 30})  # fmt: skip
QUICK = Sizes(rounds=1, referrals=300, usual=30, timers=100, decision_weeks=1,
              seconds_by_rate={5.0: 4})  # fmt: skip


def main(
    *,
    quick: Annotated[
        bool, typer.Option(help="A minute, to see that it works; no figures.")
    ] = False,
    rounds: Annotated[int | None, typer.Option(help="Rounds of (a) to (d).")] = None,
    referrals: Annotated[int | None, typer.Option(help="Referrals in a round of (a).")] = None,
    skip_history: Annotated[bool, typer.Option(help="Leave out ten times the history.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures there.")
    ] = None,
) -> None:
    """Measures Homeward on the embedded stack; about ten minutes. Exit code 1 if a target is missed."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    sizes = QUICK if quick else FULL
    chosen = Sizes(**{
        **asdict(sizes),
        "rounds": rounds or sizes.rounds,
        "referrals": referrals or sizes.referrals,
    })  # fmt: skip
    stack = TestStack()
    try:
        console.print("Starting PostgreSQL and Kafka")
        stack.start()
        figures, met = uvloop.run(measure(stack, chosen, with_history=not skip_history))
    finally:
        stack.close()
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(0 if met or quick else 1)


async def measure(
    stack: TestStack, sizes: Sizes, *, with_history: bool
) -> tuple[dict[str, object], bool]:
    """All figures, printed as they come, and whether the targets are met."""
    folder = stack.folder / "benchmark"
    folder.mkdir()
    load = os.getloadavg()[0]
    console.print(f"{os.cpu_count()} cores, load {load:.1f} at the start")
    figures: dict[str, object] = {"cores": os.cpu_count(), "load_average": load}
    speeds, last = await _throughput(stack, sizes, folder)
    figures["throughput"] = speeds
    decision = decisions.measure(folder, sizes.decision_weeks)
    figures["one_adaptive_decision"] = asdict(decision)
    console.print(
        f"One decision of adaptive: {_waits(decision, 2)} (target p99 < {DECISION_P99_MS:g} ms)"
    )
    figures["rebuild_events_per_second"] = await rebuild.measure(last.places["service"])
    console.print(f"Rebuild: {figures['rebuild_events_per_second']:,.0f} events a second")
    figures["reports_over_ten_years_seconds"] = seconds = await reports.run(stack, console)
    found = await timers.measure(stack, folder, count=sizes.timers, per_second=20, seconds=10)
    figures["timers"] = asdict(found)
    console.print(f"Timers: {found.fired_per_second:,.0f} a second; late {_waits(found.lateness)}")
    services = await whole_stack.new_services(stack, folder)
    waits = await _latencies(services, sizes, figures, "waits")
    if with_history:
        await _with_history(stack, sizes, folder, figures, last, services)
    met = _met(speeds, waits) and decision.p99_ms < DECISION_P99_MS
    met = met and max(seconds.values()) < reports.TARGET_SECONDS
    console.print("All targets are met" if met else "[bold]A target is missed[/bold]")
    return figures, met


async def _throughput(
    stack: TestStack, sizes: Sizes, folder: Path
) -> tuple[dict[str, dict[str, float]], throughput.Round]:
    rounds = [
        await throughput.run_round(
            stack, count=sizes.referrals, usual=sizes.usual, folder=folder,
            say=lambda what, number=number: console.print(f"Round {number}: {what}"),  # type: ignore[misc]
        )
        for number in range(1, sizes.rounds + 1)
    ]  # fmt: skip
    spreads = {
        "service_per_second": Spread.of([one.service for one in rounds]),
        "one_by_one_per_second": Spread.of([one.one_by_one for one in rounds]),
        "floor_per_second": Spread.of([one.floor for one in rounds]),
        "adaptive_per_second": Spread.of([one.adaptive for one in rounds]),
        "times_one_by_one": Spread.of([one.service / one.one_by_one for one in rounds]),
        "of_the_floor": Spread.of([one.service / one.floor for one in rounds]),
        "adaptive_of_the_service": Spread.of([one.adaptive / one.service for one in rounds]),
        "service_memory_mb": Spread.of([one.memory_bytes / 2**20 for one in rounds]),
    }
    table = Table("decisions a second", "least", "median", "most", "target")
    targets = {"times_one_by_one": f"≥ {RATIO_TO_USUAL:g}", "of_the_floor": "≥ 1/3"}
    for name, spread in spreads.items():
        numbers = [f"{value:,.2f}" for value in (spread.least, spread.median, spread.most)]
        table.add_row(name.replace("_", " "), *numbers, targets.get(name, ""))
    console.print(table)
    return {name: asdict(spread) for name, spread in spreads.items()}, rounds[-1]


async def _latencies(
    services: whole_stack.Services, sizes: Sizes, figures: dict[str, object], title: str
) -> list[Latency]:
    async with services.running():
        await whole_stack.put_register(services)
        found = []
        for per_second, seconds in sizes.seconds_by_rate.items():
            one = await latency.measure(services, per_second=per_second, seconds=seconds)
            found.append(one)
            console.print(
                f"At {per_second:g} a second ({title}): offer visible {_waits(one.offer_visible)};"
                f" acceptance answered {_waits(one.acceptance_answered)}"
            )
        memory = {name: size / 2**20 for name, size in services.memory_bytes().items()}
    console.print("Memory: " + ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items()))
    figures[title] = [asdict(one) for one in found]
    figures[f"{title}_memory_mb"] = memory
    return found


async def _with_history(
    stack: TestStack, sizes: Sizes, folder: Path, figures: dict[str, object],
    last: throughput.Round, services: whole_stack.Services,
) -> None:  # fmt: skip
    """(a) and the waits again, on what the runs before left, ten times over."""
    url = last.places["service"].url
    events = await history.multiply(url, HISTORY_TIMES)
    async with connected(url) as connection:  # Its topics are new ones, to be read from the start.
        await connection.execute("delete from offsets")
        await connection.execute("delete from inbox where topic = 'providers.v1'")
    place: Place = await new_place(stack, url)
    speed, _, _ = await throughput.measure_service(
        stack, place, first=sizes.referrals, count=sizes.referrals, folder=folder
    )
    figures["history_events"] = events
    figures["history_service_per_second"] = speed
    console.print(f"(a) with {events:,} events in the database: {speed:,.0f} decisions a second")
    for each in services.places.values():
        await history.multiply(each.url, HISTORY_TIMES)
    await _latencies(services, sizes, figures, "waits with ten times the history")


def _met(speeds: dict[str, dict[str, float]], waits: list[Latency]) -> bool:
    return (
        speeds["times_one_by_one"]["median"] >= RATIO_TO_USUAL
        and speeds["of_the_floor"]["median"] >= RATIO_TO_FLOOR
        and all(
            one.offer_visible.p99_ms < P99_MS and one.acceptance_answered.p99_ms < P99_MS
            for one in waits
        )
    )


def _waits(waits: Waits, digits: int = 0) -> str:
    told = {"p50": waits.p50_ms, "p99": waits.p99_ms, "worst": waits.worst_ms}
    return ", ".join(f"{name} {value:.{digits}f} ms" for name, value in told.items())


if __name__ == "__main__":
    typer.run(main)
