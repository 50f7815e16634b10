"""Versions of the policy: what changes between two, who published which and why."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
import yaml
from rich.markup import escape
from rich.table import Table

from deploy.commands.place import (
    OUT,
    Demo,
    State,
    database,
    given_instant,
    installation,
    policy_file,
)
from deploy.installation import Installation
from deploy.local.errors import StackError
from services.matching.domain.policy import Policy
from services.matching.policies import publish as publish_document
from services.matching.policy_diff import differences
from services.matching.policy_document import Document
from services.matching.policy_file import (
    InvalidPolicyError,
    PolicyReport,
    check_policy,
    load_policy,
    read_document,
    version_of,
)
from services.matching.store import QUERIES, provider_of
from shared.contracts.providers import ProviderRecorded
from shared.postgres.connection import Connection

File = Annotated[str, typer.Argument(help="A policy's file, or the name of one that ships.")]


def say(report: PolicyReport) -> None:
    """Print mistakes and oddities, each with its line."""
    for line in report.errors:
        OUT.print(f"[red]error[/]   {escape(line)}", highlight=False, soft_wrap=True)
    for line in report.warnings:
        OUT.print(f"[yellow]warning[/] {escape(line)}", highlight=False, soft_wrap=True)


def diff(
    *,
    before: File,
    after: Annotated[str, typer.Argument(help="The policy that would follow it.")],
) -> None:
    """Say in sentences what changes for whom between two policies."""
    was, now = (_loaded(policy_file(name)) for name in (before, after))
    for sentence in differences(was, now):
        OUT.print(f"- {escape(sentence)}", highlight=False, soft_wrap=True)


def _loaded(path: Path) -> Policy:
    try:
        return load_policy(path)
    except InvalidPolicyError as error:
        say(PolicyReport(errors=error.errors, warnings=()))
        raise typer.Exit(1) from error


def publish(
    *,
    file: File,
    author: Annotated[str, typer.Option(help="Who decides it.")],
    reason: Annotated[str, typer.Option(help="Why; kept with your name.")],
    start: Annotated[
        str | None, typer.Option("--from", help="In force from then on, RFC 3339.")
    ] = None,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Bring a policy into force, at once if not said from when, for searches that begin then.

    Refused with every mistake (exit code 1), also against the register; a search under way keeps
    the version it began with.
    """
    if not author.strip() or not reason.strip():
        raise StackError("say who decides it and why: --author NAME --reason TEXT.")
    path = policy_file(file)
    where = installation(demo=demo, state=state)
    try:
        document = read_document(path)
    except InvalidPolicyError as error:
        say(PolicyReport(errors=error.errors, warnings=()))
        raise typer.Exit(1) from error
    wanted = _Wanted(
        path=path,
        document=document,
        author=author.strip(),
        reason=reason.strip(),
        in_force_from=given_instant(start, "--from"),
    )
    asyncio.run(_publish(where, wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is to be published."""

    path: Path
    document: Document
    author: str
    reason: str
    in_force_from: datetime | None


async def _publish(where: Installation, wanted: _Wanted) -> None:
    async with database(where, "matching") as connection:
        registered = [
            provider_of(ProviderRecorded.model_validate_json(row["entry"]))
            for row in await QUERIES.register_entries(connection)
        ]
        # A council that registers its providers afterwards must be able to begin.
        report = check_policy(wanted.path, registered or None)
        say(report)
        if report.errors:
            raise typer.Exit(1)
        try:
            async with connection.transaction():
                number = await publish_document(
                    connection,
                    wanted.document,
                    author=wanted.author,
                    reason=wanted.reason,
                    in_force_from=wanted.in_force_from,
                )
        except asyncpg.UniqueViolationError as error:
            raise StackError(
                "somebody else published at the same moment; look at `homeward policy list`,"
                " then publish again."
            ) from error
    since = "at once" if (at := wanted.in_force_from) is None else f"from {at.isoformat()}"
    OUT.print(f"Published as number {number}: {version_of(wanted.document)}, in force {since}.")


def list_versions(*, demo: Demo = False, state: State = None) -> None:
    """List what was published, the newest first: when, by whom and why."""
    rows = asyncio.run(_published(installation(demo=demo, state=state)))
    table = Table("number", "version", "policy", "in force from", "published by", "reason")
    for row in rows:
        since = row["in_force_from"]
        table.add_row(
            str(row["number"]),
            row["version"],
            row["name"],
            "the beginning" if since is None else since.isoformat(timespec="seconds"),
            escape(row["author"]),
            escape(row["reason"]),
        )
    OUT.print(table)


async def _published(where: Installation) -> list[Any]:
    async with database(where, "matching") as connection:
        return list(await QUERIES.publications(connection))


def show(
    *,
    version: Annotated[str, typer.Argument(help="A version, or the beginning of one.")],
    demo: Demo = False,
    state: State = None,
) -> None:
    """Print the document of a version as it was published, bank holidays written out."""
    text = asyncio.run(_document(installation(demo=demo, state=state), version))
    document = Document.model_validate_json(text).model_dump(mode="json", exclude_defaults=True)
    OUT.print(
        yaml.safe_dump(document, sort_keys=False, allow_unicode=True),
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


async def _document(where: Installation, version: str) -> str:
    async with database(where, "matching") as connection:
        found = await _kept(connection, version)
    if len(found) != 1:
        count = "no version begins" if not found else f"{len(found)} versions begin"
        raise StackError(f"{count} with {version}; `homeward policy list` has them.")
    return found[0]


async def _kept(connection: Connection, version: str) -> list[str]:
    rows = await QUERIES.kept_policies(connection)
    return [row["document"] for row in rows if row["version"].startswith(version)]
