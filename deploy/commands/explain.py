"""`homeward explain`: why a package is where it is, from the record alone."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

import typer
from pydantic import TypeAdapter

from deploy.commands.place import OUT, Demo, State, database, installation
from deploy.installation import Installation
from deploy.local.errors import StackError
from services.matching.explanation import explanation
from services.matching.explanation_words import in_words

_TOLD = TypeAdapter(dict[str, Any])
"""Writes it as the API does."""


def explain(
    *,
    referral: Annotated[UUID, typer.Argument(help="The referral's id.")],
    placement: Annotated[
        UUID | None, typer.Option(help="Only this placement of a package in parts.")
    ] = None,
    format: Annotated[
        Literal["text", "json"], typer.Option(help="For a person, or for a machine.")
    ] = "text",
    demo: Demo = False,
    state: State = None,
) -> None:
    """Who was eligible, in which order and why, who was asked, and why the award went where it went.

    Each order and award is worked out again from the record; exit code 1 if one differs.
    """
    where = installation(demo=demo, state=state)
    told = asyncio.run(_explanation(where, referral, placement))
    if format == "json":
        OUT.print_json(_TOLD.dump_json(told).decode())
    else:
        for line in in_words(told):
            OUT.print(line, highlight=False, soft_wrap=True, markup=False)
    if not told["rederived"]["agrees"]:
        raise typer.Exit(1)


async def _explanation(
    where: Installation, referral_id: UUID, placement_id: UUID | None
) -> dict[str, Any]:
    async with database(where, "matching") as connection:
        told = await explanation(connection, referral_id, placement_id)
    if told is None:
        raise StackError("matching knows no such referral or placement; check the id.")
    return told
