"""The data: schemas brought up to date, projections made again, invariants verified."""

import asyncio
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from deploy.commands.place import (
    OUT,
    Demo,
    State,
    given_databases,
    installation,
    mark,
    state_folder,
)
from deploy.installation import SERVICES, Installation
from deploy.invariants.checking import check, settle
from deploy.invariants.log import repair_log
from deploy.local.errors import StackError
from deploy.local.stack import Stack
from deploy.observing import DATABASE_ERRORS
from deploy.prepare import installation_of, migrate_all
from deploy.rebuilding import Rebuilt, compare, projections_of, replace

NOT_SETTLED = 3


def migrate(*, demo: Demo = False, state: State = None) -> None:
    """Bring the three databases to the newest schema: those given by address, else the embedded."""
    # No service is started, so none of their ports is needed.
    stack = Stack(state_folder(demo=demo, state=state), free_ports=True)
    given = given_databases()
    run = stack.running()
    if run is not None:
        done = asyncio.run(migrate_all(installation_of(run)))
    elif len(given) == len(SERVICES):
        done = asyncio.run(migrate_all(Installation(database_urls=given, kafka="")))
    else:
        mark(stack)
        with OUT.status("Starting the embedded servers for it …"):
            run = stack.up(services=False)
        try:
            done = asyncio.run(migrate_all(installation_of(run)))
        finally:
            stack.down()
    for service, names in done.items():
        OUT.print(f"{service}: {', '.join(names) or 'up to date'}", highlight=False)


def rebuild(
    *,
    service: Annotated[str | None, typer.Argument(help="One service; all if not said.")] = None,
    projection: Annotated[str | None, typer.Argument(help="One of its projections.")] = None,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Make projections again from their events and put them in place of the live ones.

    Requests that need a table wait while it is made again.
    """
    where = installation(demo=demo, state=state)
    rebuilt = asyncio.run(_rebuild(where, service, projection, in_place=True))
    OUT.print(rebuilt_table(rebuilt))


async def _rebuild(
    where: Installation, service: str | None, name: str | None, *, in_place: bool
) -> list[Rebuilt]:
    if service is not None and service not in SERVICES:
        raise StackError(f"there is no service {service}: {', '.join(SERVICES)}.")
    work = replace if in_place else compare
    try:
        return [
            await work(where, one, projection)
            for one in ([service] if service else SERVICES)
            for projection in projections_of(one, name)
        ]
    except LookupError as error:
        raise StackError(f"{error.args[0]}.") from error
    except DATABASE_ERRORS as error:
        raise StackError(
            f"a database was in the way ({type(error).__name__}); try again, and see "
            "`homeward status`."
        ) from error


def rebuilt_table(rebuilt: list[Rebuilt]) -> Table:
    """What rebuilds found."""
    table = Table(box=None)
    for title in ("service", "projection", "events", "rows", "differed"):
        table.add_column(title, justify="left" if title in ("service", "projection") else "right")
    for one in rebuilt:
        differed = str(one.differing) if not one.differing else f"[red]{one.differing}[/]"
        table.add_row(one.service, one.projection, str(one.events), str(one.rows), differed)
    return table


def verify(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="First send again what Kafka lacks.")
    ] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until everything is settled.")
    ] = 30,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Check what must always hold. Exit code 1: something does not; 3: not settled in time."""
    raise typer.Exit(
        asyncio.run(verified(installation(demo=demo, state=state), wait, repair=repair))
    )


async def verified(where: Installation, wait_seconds: float, *, repair: bool = False) -> int:
    """Prints how each invariant stands; the exit code: 0 all hold, 1 one does not, 3 not settled."""
    try:
        if repair:
            for topic, count in (await repair_log(where)).items():
                OUT.print(f"{topic}: {count} events are sent again", highlight=False)
        unsettled = await settle(where, wait_seconds)
        if unsettled:
            OUT.print("[yellow]Not settled[/], so nothing was checked:")
            for sentence in unsettled:
                OUT.print(f"  {escape(sentence)}", highlight=False)
            return NOT_SETTLED
        checked = await check(where)
    except DATABASE_ERRORS as error:
        raise StackError(
            f"a database was in the way ({type(error).__name__}); `homeward status` shows what runs."
        ) from error
    for one in checked:
        mark = "[red]broken[/]" if one.faults else "[green]ok[/]    "
        OUT.print(f"{mark} {one.name:<12} {escape(one.sentence)}", highlight=False, soft_wrap=True)
        for fault in one.faults:
            OUT.print(f"         {escape(fault)}", highlight=False, soft_wrap=True)
    return 1 if any(one.faults for one in checked) else 0
