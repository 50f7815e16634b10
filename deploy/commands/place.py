"""Which Homeward a command is about: the state folder, the addresses, and clear words if it is away."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.installation import SERVICES, Installation
from deploy.local.errors import StackError
from deploy.local.jars import CLONE
from deploy.local.runfile import RunFile
from deploy.local.stack import Stack
from deploy.prepare import installation_of
from shared.postgres.connection import TRANSIENT_ERRORS, Connection

PLAIN_COLUMNS = 132
"""Width where output is no terminal: tables stay whole in a file."""


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_COLUMNS)


OUT = _console()
ERR = Console(stderr=True)

POLICIES = CLONE / "deploy" / "policies"
DEFAULT_POLICY = "three-tier"
MARKER = "homeward-state"
"""An empty file that says that a folder is ours to erase."""

Demo = Annotated[bool, typer.Option("--demo", help="Work on the demo's own data.")]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="HOMEWARD_STATE",
        help="Folder of data, logs and keys.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def state_folder(*, demo: bool, state: Path | None = None) -> Path:
    """The state folder that is meant: the one named, else the demo's or the normal one."""
    return state or CLONE / ".homeward" / ("demo" if demo else "state")


def stack_of(*, demo: bool, state: Path | None = None) -> Stack:
    """The stack in the folder that is meant."""
    return Stack(state_folder(demo=demo, state=state), free_ports=demo)


def running(stack: Stack, *, demo: bool) -> RunFile:
    """What the running stack says about itself. Raises StackError if it is not running."""
    run = stack.running()
    if run is None:
        start = "homeward demo" if demo else "homeward up"
        raise StackError(f"Homeward is not running in {stack.state}; `{start}` starts it.")
    return run


def given_databases() -> dict[str, str]:
    """Database addresses from the environment, by service."""
    names = {service: f"{service.upper()}_DATABASE_URL" for service in SERVICES}
    return {service: os.environ[name] for service, name in names.items() if os.environ.get(name)}


def installation(*, demo: bool, state: Path | None = None) -> Installation:
    """The addresses of what runs, else of what the environment names.

    Raises StackError if neither gives all of them.
    """
    stack = stack_of(demo=demo, state=state)
    run = stack.running()
    if run is not None:
        return installation_of(run)
    urls, kafka = given_databases(), os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if len(urls) == len(SERVICES) and kafka and not demo:
        return Installation(database_urls=urls, kafka=kafka)
    names = ", ".join(f"{service.upper()}_DATABASE_URL" for service in SERVICES)
    start = "homeward demo" if demo else "homeward up"
    raise StackError(
        f"Homeward is not running in {stack.state}; `{start}` starts it. "
        f"Or name servers that run elsewhere: {names} and KAFKA_BOOTSTRAP_SERVERS."
    )


@asynccontextmanager
async def database(where: Installation, service: str) -> AsyncIterator[Connection]:
    """A connection to a service's database. Raises StackError while it is away."""
    try:
        async with where.connection(service) as connection:
            yield connection
    except TRANSIENT_ERRORS as error:
        raise StackError(
            f"the database of {service} does not answer ({type(error).__name__}); "
            "`homeward status` shows what runs."
        ) from error


def policy_file(name: str | Path) -> Path:
    """The file of a policy, given as a path or by the name of one that ships with Homeward.

    Raises StackError naming those that ship.
    """
    path = Path(name)
    shipped = POLICIES / f"{name}.yaml"
    if path.is_file():
        return path.absolute()
    if path.name == str(name) and shipped.is_file():
        return shipped
    known = ", ".join(sorted(one.stem for one in POLICIES.glob("*.yaml")))
    raise StackError(f"there is no policy file {name}. Policies that ship by name: {known}.")


def given_instant(text: str | None, option: str) -> datetime | None:
    """The instant that an option gives. Raises BadParameter for one without an offset."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("give 2024-01-08T08:00:00+00:00", param_hint=option) from error
    if instant.tzinfo is None:
        raise typer.BadParameter("give the offset too, as in 2024-01-08T08:00Z", param_hint=option)
    return instant


def erase(stack: Stack) -> None:
    """End the stack and erase its folder, after making sure that the folder is a state of ours.

    Raises StackError for a folder that holds something else.
    """
    folder = stack.state
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise StackError(
            f"{folder} does not look like a state folder of Homeward (it has no file {MARKER}), "
            "so it is not erased."
        )
    stack.reset()


def mark(stack: Stack) -> None:
    """Make the state folder, for its owner only, and say that it is ours."""
    stack.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (stack.state / MARKER).touch()
