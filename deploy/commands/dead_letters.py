"""Records that could not be handled, and events that Kafka refuses: shown, tried again, given up."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from deploy.commands.place import (
    DEFAULT_POLICY,
    OUT,
    Demo,
    State,
    database,
    installation,
    policy_file,
    stack_of,
)
from deploy.installation import SERVICES, Installation
from deploy.local.errors import StackError
from services.matching.handlers import Matching
from services.matching.policies import Policies
from services.matching.policy_file import InvalidPolicyError
from services.providers.consumers import follow_placements as providers_handler
from services.referrals.consumers import follow_placements as referrals_handler
from shared.messaging import parked
from shared.messaging.received import Handler
from shared.messaging.store import QUERIES
from shared.postgres.connection import TRANSIENT_ERRORS, Pool, open_pool

MOST = 200
_ID = re.compile(rf"({'|'.join(SERVICES)})-(in|out)-([0-9]{{1,18}})")

app = typer.Typer(
    no_args_is_help=True,
    help="Records that could not be handled. Later ones of the same key wait behind them, in order.",
)
Id = Annotated[str, typer.Argument(metavar="ID", help="From the list, for example matching-in-12.")]


@app.command("list")
def list_(*, demo: Demo = False, state: State = None) -> None:
    """Show what is parked (in) and what Kafka refuses (out), and how much waits behind each."""
    rows = asyncio.run(_list(installation(demo=demo, state=state)))
    if not rows:
        OUT.print("Nothing is parked and nothing is refused.")
        return
    table = Table(box=None)
    for title in ("id", "topic", "key", "sequence", "error", "tries", "waiting behind"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    OUT.print(table)


async def _list(where: Installation) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for service in SERVICES:
        async with database(where, service) as connection:
            parked_rows = await QUERIES.parked_list(connection, most=MOST)
            refused_rows = await QUERIES.refused_list(connection, most=MOST)
        rows += [
            (
                f"{service}-in-{row['id']}",
                row["topic"],
                row["key"] or "–",
                row["sequence"] or "–",
                row["error"],
                row["attempts"],
                row["waiting"],
            )
            for row in parked_rows
        ]
        rows += [
            (
                f"{service}-out-{row['position']}",
                row["topic"],
                row["key"],
                row["sequence"],
                row["refused_error"],
                "–",
                row["waiting"],
            )
            for row in refused_rows
        ]
    return rows


def _parse(text: str) -> tuple[str, str, int]:
    found = _ID.fullmatch(text)
    if found is None:
        raise StackError(
            f"{text} is no id of a dead letter; `homeward dead-letters list` has them."
        )
    return found[1], found[2], int(found[3])


@app.command()
def show(
    *,
    letter: Id,
    value: Annotated[
        bool, typer.Option("--value", help="Its content too, which may be anything.")
    ] = False,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Show one record: where it was, what is wrong with it, its headers."""
    service, direction, number = _parse(letter)
    told = asyncio.run(_show(installation(demo=demo, state=state), service, direction, number))
    if told is None:
        raise StackError(f"there is no dead letter {letter} any more.")
    content = told.pop("value", None)
    for name, entry in told.items():
        OUT.print(f"{name:<14} {escape(str(entry))}", highlight=False, soft_wrap=True)
    if content is not None and value:
        OUT.print(f"{'value':<14} {escape(repr(content))}", highlight=False, soft_wrap=True)
    elif content is not None:
        OUT.print(f"{'value':<14} {len(content)} bytes; --value shows them", highlight=False)


async def _show(
    where: Installation, service: str, direction: str, number: int
) -> dict[str, Any] | None:
    async with database(where, service) as connection:
        if direction == "in":
            row = await QUERIES.parked_one(connection, id=number)
        else:
            rows = await QUERIES.refused_list(connection, most=MOST)
            row = next((row for row in rows if row["position"] == number), None)
    if row is None:
        return None
    told = dict(row)
    if "headers" in told:
        told["headers"] = ", ".join(str(name) for name, _ in json.loads(told["headers"]))
    return told


@app.command()
def replay(*, letter: Id, demo: Demo = False, state: State = None) -> None:
    """Try again, in order: the record and what waits behind it. Do so once its cause is removed."""
    service, direction, number = _parse(letter)
    policy = (run.policy if (run := stack_of(demo=demo, state=state).running()) else None) or ""
    where = installation(demo=demo, state=state)
    asyncio.run(_replay(where, service, direction, number, policy_file(policy or DEFAULT_POLICY)))


async def _replay(
    where: Installation, service: str, direction: str, number: int, policy: Path
) -> None:
    if direction == "out":
        async with database(where, service) as connection:
            tag = await QUERIES.try_again(connection, position=number)
        if tag.endswith(" 0"):
            raise StackError("that event is not refused any more.")
        OUT.print("It will be sent again; `homeward dead-letters list` shows if it is refused.")
        return
    async with _pool(where, service) as pool:
        outcome = await parked.replay_one(pool, number, await _handler(service, pool, policy))
    if outcome is None:
        raise StackError("there is no such dead letter any more.")
    if outcome.error is not None:
        raise StackError(
            f"{outcome.handled} handled, then it failed again with {outcome.error}: remove the "
            "cause and replay, or give the record up with `homeward dead-letters discard`."
        )
    OUT.print(f"{outcome.handled} handled; the key is free.")


async def _handler(service: str, pool: Pool, policy: Path) -> Handler:
    """What the service itself does with a batch."""
    if service == "referrals":
        return referrals_handler
    if service == "providers":
        return providers_handler
    try:
        policies = Policies.from_file(policy)
    except InvalidPolicyError as error:
        raise StackError(f"the policy cannot be used: {error}") from error
    async with pool.acquire() as connection:
        await policies.keep(connection)
    return Matching(policies).take


@app.command()
def discard(
    *,
    letter: Id,
    reason: Annotated[str, typer.Option(help="Why it is given up; kept with your name.")],
    author: Annotated[
        str, typer.Option(envvar="USER", help="Who decides it.", show_default=False)
    ] = "operator",
    demo: Demo = False,
    state: State = None,
) -> None:
    """Give one record up for good, with a reason that is kept; its key goes on after it."""
    service, direction, number = _parse(letter)
    if direction == "out":
        raise StackError(
            "an event of our own is part of the truth and cannot be given up: remove what makes "
            "Kafka refuse it, then `homeward dead-letters replay`."
        )
    if not reason.strip():
        raise StackError("say why it is given up: --reason TEXT.")
    where = installation(demo=demo, state=state)
    if not asyncio.run(_discard(where, service, number, author, reason)):
        raise StackError(f"there is no dead letter {letter} any more.")
    OUT.print("Given up; replay what waited behind it with `homeward dead-letters list`.")


async def _discard(
    where: Installation, service: str, number: int, author: str, reason: str
) -> bool:
    async with _pool(where, service) as pool:
        return await parked.discard(pool, number, author=author, reason=reason)


@asynccontextmanager
async def _pool(where: Installation, service: str) -> AsyncIterator[Pool]:
    """A pool of the service's database. Raises StackError while it is away."""
    try:
        async with await open_pool(where.database_urls[service], most=2) as pool:
            yield pool
    except TRANSIENT_ERRORS as error:
        raise StackError(
            f"the database of {service} does not answer ({type(error).__name__}); nothing changed."
        ) from error
