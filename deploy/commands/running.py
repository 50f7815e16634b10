"""Start, end, erase, and read the logs."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from deploy.commands.place import (
    DEFAULT_POLICY,
    OUT,
    Demo,
    State,
    erase,
    given_databases,
    mark,
    policy_file,
    stack_of,
    state_folder,
)
from deploy.installation import SERVICES
from deploy.local.errors import StackError
from deploy.local.runfile import RunFile
from deploy.local.stack import Stack
from deploy.prepare import ClockWish, prepare, remember_scale, remembered_scale

FOLLOW_PAUSE_SECONDS = 0.2
LAST_BYTES = 256 * 1024

Policy = Annotated[
    str, typer.Option("--policy", help="A policy's file, or the name of one that ships.")
]


def up(
    *,
    scale: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=10_000,
            help="How fast Homeward's clock runs; kept with the data. [default: 1]",
            show_default=False,
        ),
    ] = None,
    policy: Policy = DEFAULT_POLICY,
    processes: Annotated[
        list[str] | None,
        typer.Option(help="More processes of a service, for example matching=2; may be repeated."),
    ] = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Take other ports where 8101 to 8103 are taken.")
    ] = False,
    state: State = None,
) -> None:
    """Start PostgreSQL, Kafka and the three services, from nothing if need be.

    Data, logs and keys lie in .homeward/state. KAFKA_BOOTSTRAP_SERVERS and REFERRALS_DATABASE_URL,
    MATCHING_DATABASE_URL, PROVIDERS_DATABASE_URL name servers of your own instead of the embedded.
    """
    stack = Stack(state_folder(demo=False, state=state), free_ports=free_ports)
    wanted = scale if scale is not None else remembered_scale(stack.state) or 1.0
    counts = _counts(processes or [])
    run = _start(stack, wanted, policy_file(policy), counts)
    OUT.print("[bold green]Homeward is up.[/]")
    _print_addresses(run)
    OUT.print("Next: `homeward token create --role ward …`, `homeward status`, `homeward down`.")


def _start(stack: Stack, scale: float, policy: Path, counts: dict[str, int]) -> RunFile:
    mark(stack)
    with OUT.status("Starting PostgreSQL, Kafka and three services …"):
        run = stack.up(
            scale=scale,
            policy=str(policy),
            counts=counts,
            prepare=lambda run: prepare(run, ClockWish(scale=scale)),
        )
    remember_scale(stack.state, scale)
    return run


def _counts(processes: list[str]) -> dict[str, int]:
    counts = {}
    for text in processes:
        service, _, number = text.partition("=")
        if service not in SERVICES or not number.isdigit() or int(number) < 1:
            raise typer.BadParameter(
                f"give SERVICE=NUMBER, where SERVICE is one of {', '.join(SERVICES)}",
                param_hint="--processes",
            )
        counts[service] = int(number)
    return counts


def _print_addresses(run: RunFile) -> None:
    for service in SERVICES:
        OUT.print(f"  {service:<10} {' '.join(run.service_urls[service])}", highlight=False)


def down(*, demo: Demo = False, state: State = None) -> None:
    """End everything in an orderly way. Data stays."""
    stack = stack_of(demo=demo, state=state)
    if stack.running() is None:
        stack.down()  # Ends what a killed supervisor may have left.
        OUT.print("Homeward was not running.")
        return
    with OUT.status("Ending the services and their servers …"):
        stack.down()
    OUT.print("Homeward is down; its data stays.")


def reset(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Erase all data, logs and keys of this machine's Homeward, after asking."""
    stack = stack_of(demo=demo, state=state)
    if not stack.state.exists():
        OUT.print(f"There is nothing in {stack.state}.")
        return
    if not yes:
        typer.confirm(
            f"Erase all data, logs and keys in {stack.state}? They cannot be brought back.",
            abort=True,
        )
    erase(stack)
    OUT.print("Everything is erased; `homeward up` starts from nothing.")
    if given_databases() or os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        OUT.print("Servers that the environment names are not touched: erase them yourself.")


def logs(
    *,
    service: Annotated[
        str | None,
        typer.Argument(help="referrals, matching, providers, kafka, postgres or supervisor."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines of each log.")] = 20,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Print the last lines of one log, or of all."""
    stack = Stack(state_folder(demo=demo, state=state))
    known = stack.log_names()
    if service is not None and service not in known:
        have = f"there are {', '.join(known)}" if known else "nothing was started here yet"
        raise StackError(f"there is no log of {service}: {have}.")
    if not known:
        raise StackError(f"there are no logs in {stack.state}; `homeward up` makes them.")
    names = known if service is None else [service]
    offsets = {}
    for name in names:
        offsets[name] = _print_last(stack.log_path(name), "" if service else name, lines)
    while follow:
        for name in names:
            offsets[name] = _print_new(stack.log_path(name), "" if service else name, offsets[name])
        time.sleep(FOLLOW_PAUSE_SECONDS)


def _print_last(path: Path, name: str, lines: int) -> int:
    """Prints the last lines of a file; where it ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - LAST_BYTES))
        text = file.read(size).decode("utf-8", "replace").splitlines()
    for line in text[len(text) - min(lines, len(text)) :]:
        _print_line(name, line)
    return size


def _print_new(path: Path, name: str, offset: int) -> int:
    """Prints the whole lines that came after an offset; where they end."""
    size = path.stat().st_size
    if size < offset:
        return 0  # The file began anew.
    with path.open("rb") as file:
        file.seek(offset)
        new = file.read(size - offset)
    whole = new[: new.rfind(b"\n") + 1]
    for line in whole.decode("utf-8", "replace").splitlines():
        _print_line(name, line)
    return offset + len(whole)


def _print_line(name: str, line: str) -> None:
    prefix = f"[dim]{name:<11}[/]" if name else ""
    OUT.print(prefix + escape(line), highlight=False, soft_wrap=True)
