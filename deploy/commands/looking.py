"""How Homeward is: processes, readiness, Kafka, what waits, the clock."""

import asyncio
import json
from typing import Any

import httpx
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from deploy.commands.place import OUT, AsJson, Demo, State, running, stack_of
from deploy.installation import SERVICES
from deploy.local.runfile import RunFile
from deploy.local.stack import ProcessStatus
from deploy.observing import Found, observe
from deploy.prepare import installation_of

READY_TIMEOUT_SECONDS = 3.0


def status(*, as_json: AsJson = False, demo: Demo = False, state: State = None) -> None:
    """Show processes, readiness, Kafka, what waits or is blocked, open escalations, the clock."""
    stack = stack_of(demo=demo, state=state)
    run = running(stack, demo=demo)
    processes = stack.status()
    ready, found = asyncio.run(_look(run))
    if as_json:
        told = {
            "state": str(run.state),
            "processes": [_process_json(process) for process in processes],
            "ready": ready,
            **found.to_json(),
        }
        OUT.print_json(json.dumps(told, default=str))
        return
    OUT.print(Group(_processes(processes, ready), _facts(run, found)))


def _process_json(process: ProcessStatus) -> dict[str, Any]:
    names = ("name", "pid", "alive", "port", "restarts", "up_seconds", "memory_bytes")
    return {name: getattr(process, name) for name in names}


async def _look(run: RunFile) -> tuple[dict[str, dict[str, Any]], Found]:
    addresses = {
        service if number == 1 else f"{service}-{number}": url
        for service in SERVICES
        for number, url in enumerate(run.service_urls[service], start=1)
    }
    async with httpx.AsyncClient(trust_env=False, timeout=READY_TIMEOUT_SECONDS) as client:
        answers = await asyncio.gather(*(_ready(client, url) for url in addresses.values()))
    return dict(zip(addresses, answers, strict=True)), await observe(installation_of(run))


async def _ready(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    try:
        answer = await client.get(f"{url}/ready")
        told: dict[str, Any] = answer.json()
    except (httpx.TransportError, ValueError) as error:
        return {"status": f"does not answer ({type(error).__name__})"}
    return told


def _processes(processes: list[ProcessStatus], ready: dict[str, dict[str, Any]]) -> Table:
    table = Table(box=None)
    for title in ("process", "pid", "port", "up", "memory", "restarts", "ready"):
        table.add_column(title, justify="left" if title in ("process", "ready") else "right")
    for process in processes:
        pid = str(process.pid) if process.alive else "[red]starts again[/]"
        table.add_row(
            process.name,
            pid,
            str(process.port),
            f"{process.up_seconds:.0f} s",
            f"{process.memory_bytes / 1_048_576:.0f} MB",
            str(process.restarts),
            _readiness(ready.get(process.name), alive=process.alive),
        )
    return table


def _readiness(told: dict[str, Any] | None, *, alive: bool) -> str:
    if told is None:
        return "[green]runs[/]" if alive else "[red]down[/]"
    status = str(told.get("status"))
    colour = "green" if status == "ready" else "red"
    trouble = told.get("trouble")
    more = f" ({escape(str(trouble))})" if trouble else ""
    return f"[{colour}]{escape(status)}[/]{more}"


def _facts(run: RunFile, found: Found) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("state", str(run.state))
    table.add_row("policy", run.policy or "–")
    table.add_row("Kafka", f"{run.kafka_bootstrap}: {found.kafka}")
    table.add_row("not read yet", _counts(found.lag))
    table.add_row("not sent yet", _counts(found.unsent))
    table.add_row("blocked keys", _counts(found.blocked) + _hint(found.blocked))
    escalations = "none" if found.escalations == 0 else str(found.escalations or "unknown")
    table.add_row("open escalations", escalations)
    for line in found.clock_lines():
        table.add_row("clock", line)
    for trouble in found.troubles:
        table.add_row("[red]trouble[/]", trouble)
    return table


def _counts(counts: dict[str, int | None]) -> str:
    return ", ".join(
        f"{name} {'unknown' if count is None else count}" for name, count in counts.items()
    )


def _hint(blocked: dict[str, int | None]) -> str:
    return "; see `homeward dead-letters list`" if any(blocked.values()) else ""
