"""Policy documents: checked before they are used."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from deploy.commands.place import OUT, Demo, State, database, installation, policy_file
from services.matching.domain.market import Provider
from services.matching.policy_file import check_policy
from services.matching.store import QUERIES, provider_of
from shared.contracts.providers import ProviderRecorded

app = typer.Typer(no_args_is_help=True, help="The rules by which packages are offered.")


@app.callback()
def policy() -> None:
    """The rules by which packages are offered."""


@app.command()
def check(
    *,
    file: Annotated[str, typer.Argument(help="A policy's file, or the name of one that ships.")],
    registry: Annotated[
        bool, typer.Option("--registry", help="Also look for tiers and lots without a provider.")
    ] = False,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Say every mistake (exit code 1) and oddity of a policy, each with its line."""
    path = policy_file(file)
    providers = asyncio.run(_registry(demo=demo, state=state)) if registry else None
    report = check_policy(path, providers)
    for line in report.errors:
        OUT.print(f"[red]error[/]   {escape(line)}", highlight=False, soft_wrap=True)
    for line in report.warnings:
        OUT.print(f"[yellow]warning[/] {escape(line)}", highlight=False, soft_wrap=True)
    if report.errors:
        raise typer.Exit(1)
    OUT.print(f"{path.name} can be used.")


async def _registry(*, demo: bool, state: Path | None) -> list[Provider]:
    async with database(installation(demo=demo, state=state), "matching") as connection:
        rows = await QUERIES.register_entries(connection)
    return [provider_of(ProviderRecorded.model_validate_json(row["entry"])) for row in rows]
