"""A council's own register of packages: checked, loaded, or made up for trying things."""

import asyncio
import csv
import hashlib
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.markup import escape

from deploy.commands.place import OUT, Demo, State, database, installation
from deploy.installation import Installation
from deploy.local.errors import StackError
from deploy.registers.made import SEED, made_register
from services.matching.reporting.register import load_register
from services.matching.reporting.register_file import (
    OPTIONAL,
    REQUIRED,
    InvalidRegisterError,
    RegisterLine,
    read_register,
)

MOST_SHOWN = 50
File = Annotated[
    Path,
    typer.Argument(help=f"CSV with {', '.join(REQUIRED)} and, if known, {', '.join(OPTIONAL)}."),
]

app = typer.Typer(no_args_is_help=True, help="The packages that a council had before.")


@app.callback()
def register() -> None:
    """The packages that a council had before."""


def lines_of(path: Path) -> tuple[RegisterLine, ...]:
    """The lines of a register's file; else every bad one is told, and the command ends (code 1)."""
    try:
        return read_register(path)
    except InvalidRegisterError as error:
        for sentence in error.errors[:MOST_SHOWN]:
            OUT.print(f"[red]error[/]   {escape(sentence)}", highlight=False, soft_wrap=True)
        if len(error.errors) > MOST_SHOWN:
            OUT.print(f"… and {len(error.errors) - MOST_SHOWN} more.")
        raise typer.Exit(1) from error
    except OSError as error:
        raise StackError(f"{path} cannot be read ({error.strerror}).") from error


@app.command()
def check(*, file: File) -> None:
    """Say every bad line of a register's file (exit code 1), and change nothing."""
    lines = lines_of(file)
    packages = sum(one.package is not None for one in lines)
    OUT.print(f"{file.name} can be loaded: {len(lines)} lines, {packages} of packages.")


@app.command()
def load(
    *,
    file: File,
    author: Annotated[str, typer.Option(help="Who loads it; kept with the load.")],
    demo: Demo = False,
    state: State = None,
) -> None:
    """Put a register's file in the place of the one loaded before; nothing if a line is bad.

    References must identify nobody. What Homeward itself awards is counted beside it: end a line
    when its package is searched anew here.
    """
    if not author.strip():
        raise StackError("say who loads it: --author NAME.")
    lines = lines_of(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    where = installation(demo=demo, state=state)
    number = asyncio.run(_load(where, lines, digest, author.strip()))
    OUT.print(f"Loaded as number {number}: {len(lines)} lines.")


async def _load(
    where: Installation, lines: tuple[RegisterLine, ...], digest: str, author: str
) -> int:
    async with database(where, "matching") as connection:
        try:
            async with connection.transaction():
                return await load_register(connection, lines, file_sha256=digest, author=author)
        except asyncpg.UniqueViolationError as error:
            raise StackError("somebody else loaded at the same moment; try again.") from error


@app.command()
def make(
    *,
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    seed: Annotated[int, typer.Option(help="Another seed, another register.")] = SEED,
) -> None:
    """Make up a register of Waltham Forest's size, whose sums are those that it published."""
    text = made_register(seed)
    out.write_text(text, encoding="utf-8", newline="")
    count = sum(1 for _ in csv.reader(text.splitlines())) - 1
    OUT.print(f"{count} invented lines in {out}.")
