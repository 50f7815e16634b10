"""Who may call: create, list and revoke tokens, in every service that holds their role."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from deploy.commands.place import ERR, OUT, Demo, State, database, installation
from deploy.installation import SERVICES, Installation
from deploy.local.errors import StackError
from shared.web import tokens
from shared.web.tokens import SERVICES_OF_ROLE, NewToken, Role, Scope, StoredToken

DEFAULT_DAYS = 90

app = typer.Typer(no_args_is_help=True, help="Who may call Homeward, as what, and until when.")


@app.command()
def create(
    *,
    role: Annotated[Role, typer.Option(help="What the holder may do.")],
    organisation: Annotated[
        list[str] | None, typer.Option(help="For ward and hub; may be repeated.")
    ] = None,
    ward: Annotated[
        list[str] | None, typer.Option(help='For ward and hub; may be repeated; "*": all (hub).')
    ] = None,
    provider: Annotated[UUID | None, typer.Option(help="For provider: its id.")] = None,
    grade: Annotated[
        list[str] | None,
        typer.Option(
            help="For broker; may be repeated: what the policy names as rate_approver, for example."
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            help="A short name of the holder, kept with what it does; a policy may name it as"
            " rate_approver."
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=3650, help="How long it is valid.")
    ] = DEFAULT_DAYS,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Create a token and print its secret, once: only its hash is kept.

    The secret alone goes to standard output, so `TOKEN=$(homeward token create …)` works.
    """
    where = installation(demo=demo, state=state)
    wards = frozenset(ward or ())
    scope = Scope(
        organisations=frozenset(organisation or ()),
        wards=None if "*" in wards and role == "hub" else wards,
        provider_id=provider,
        grades=frozenset(grade or ()),
    )
    name = subject or _default_subject(role, organisation, ward, provider)
    try:
        token = tokens.new_token(role, name, scope, timedelta(days=days))
    except ValueError as error:
        raise StackError(f"{error}.") from error
    asyncio.run(store(where, token))
    held = ", ".join(SERVICES_OF_ROLE[role])
    ERR.print(f"{role} token {token.id} for {name}, {days} days, in {held}:", highlight=False)
    OUT.print(token.secret, highlight=False, soft_wrap=True)


def _default_subject(
    role: str, organisations: list[str] | None, wards: list[str] | None, provider: UUID | None
) -> str:
    if provider is not None:
        return f"{role}-{str(provider)[-12:]}"
    scope = [text for text in (*(organisations or ()), *(wards or ())) if text != "*"]
    return ".".join([role, *scope])[:64].rstrip(".")


async def store(where: Installation, token: NewToken) -> None:
    """Stores a token's hash in every service that its role needs. Raises StackError."""
    for service in SERVICES_OF_ROLE[token.role]:
        async with database(where, service) as connection:
            await tokens.create(connection, token)


@app.command("list")
def list_(*, demo: Demo = False, state: State = None) -> None:
    """Show every token without its secret, and where services differ about it."""
    stored = asyncio.run(_stored(installation(demo=demo, state=state)))
    table = Table(box=None)
    for title in ("id", "role", "subject", "scope", "expires", "state", "held by"):
        table.add_column(title, overflow="fold")
    for token_id in sorted({token_id for known in stored.values() for token_id in known}):
        held = {name: known[token_id] for name, known in stored.items() if token_id in known}
        table.add_row(str(token_id), *_described(held))
    OUT.print(table)


async def _stored(where: Installation) -> dict[str, dict[UUID, StoredToken]]:
    stored = {}
    for service in SERVICES:
        async with database(where, service) as connection:
            stored[service] = {token.id: token for token in await tokens.list_all(connection)}
    return stored


def _described(held: Mapping[str, StoredToken]) -> tuple[str, ...]:
    first = next(iter(held.values()))
    wards = "all wards" if first.scope.wards is None else " ".join(sorted(first.scope.wards))
    provider = str(first.scope.provider_id) if first.scope.provider_id else ""
    grades = sorted(first.scope.grades)
    scope = " ".join(filter(None, [*sorted(first.scope.organisations), wards, provider, *grades]))
    states = {token.state for token in held.values()}
    state = (
        first.state
        if len(states) == 1
        else "[red]differs[/]: "
        + ", ".join(f"{name} {token.state}" for name, token in held.items())
    )
    role: Role = first.role  # type: ignore[assignment]  # the column is checked when written
    lacking = sorted(set(SERVICES_OF_ROLE[role]) - set(held))
    holders = ", ".join(held) + (f" [red]not in {', '.join(lacking)}[/]" if lacking else "")
    expires = f"{first.expires_at:%Y-%m-%d %H:%M}"
    return role, first.subject, scope, expires, state, holders


@app.command()
def revoke(
    *,
    token_id: Annotated[UUID, typer.Argument(help="Its id, from `homeward token list`.")],
    demo: Demo = False,
    state: State = None,
) -> None:
    """End a token in every service, within two seconds."""
    where = installation(demo=demo, state=state)
    held = asyncio.run(_revoke(where, token_id))
    if not held:
        raise StackError(f"no service has a token {token_id}; see `homeward token list`.")
    OUT.print(f"Revoked in {', '.join(held)}.")


async def _revoke(where: Installation, token_id: UUID) -> list[str]:
    held = []
    for service in SERVICES:
        async with database(where, service) as connection:
            if await tokens.revoke(connection, token_id):
                held.append(service)
    return held
