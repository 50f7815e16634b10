"""Sets the scene: a new stack, its clock at the opening, tokens for everybody, the market registered."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from deploy.demo.client import ACKNOWLEDGED, Client, Ledger
from deploy.demo.day import COMMUNITY, HOSPITAL, WARDS, draws_of, make_day
from deploy.demo.habits import Habits
from deploy.demo.market import entry_of
from deploy.demo.plan import DemoPlan
from deploy.demo.scene import DemoClock, Scene, Tokens
from deploy.installation import Installation
from deploy.local.errors import StackError
from deploy.local.runfile import RunFile
from deploy.prepare import ClockWish, installation_of, set_clock
from deploy.simulator.register import register_of
from shared import clock
from shared.web import tokens
from shared.web.tokens import SERVICES_OF_ROLE, NewToken, Role, Scope

TOKEN_DAYS = 7
REGISTER_TIMEOUT_SECONDS = 60


@asynccontextmanager
async def opened(run: RunFile, plan: DemoPlan) -> AsyncIterator[Scene]:
    """The scene at the instant at which the day opens."""
    where = installation_of(run)
    register = tuple(register_of(plan.market).values())
    subjects = [part.id for part in plan.market.providers]
    made = await _tokens(where, {p.provider_id: s for p, s in zip(register, subjects, strict=True)})
    draws = draws_of(plan)
    day = make_day(plan, draws)
    ledger = Ledger(run.state / ACKNOWLEDGED)
    client = Client(ledger, run_key=str(run.state))
    try:
        await set_clock(where, ClockWish(scale=plan.scale, epoch=plan.opens_at))
        async with where.connection("matching") as connection:
            shown = await clock.now(connection)
        scene = Scene(
            run=run,
            client=client,
            clock=DemoClock(shown, plan.scale),
            tokens=made,
            plan=plan,
            register=register,
            habits=Habits(draws, [planned.package for planned in day.referrals]),
            day=day,
        )
        await _register(scene, where)
        yield scene
    finally:
        await client.close()
        ledger.close()


async def _register(scene: Scene, where: Installation) -> None:
    """The operator records the market; returns when matching knows it."""
    url = f"{scene.run.providers_url}/v1/providers"
    body = [entry_of(provider) for provider in scene.register]
    answered = await scene.client.act(
        "register the market", url, scene.tokens.operator, body, method="PUT"
    )
    if not answered.ok:
        raise StackError(f"the market was refused: {answered.problem}.")
    async with (
        asyncio.timeout(REGISTER_TIMEOUT_SECONDS),
        where.connection("matching") as connection,
    ):
        while await connection.fetchval("select count(*) from register") < len(scene.register):
            await asyncio.sleep(0.1)
    scene.tell(f"{len(scene.register)} providers are in the register")


async def _tokens(where: Installation, providers: Mapping[UUID, str]) -> Tokens:
    """Fresh tokens for everybody, stored where their roles need them."""
    hospital = frozenset({HOSPITAL})
    wards = {
        ward: _new(
            "ward", f"{HOSPITAL}.{ward}", Scope(organisations=hospital, wards=frozenset({ward}))
        )
        for ward in WARDS
    }
    hub = _new("hub", "hub", Scope(organisations=frozenset({HOSPITAL, COMMUNITY}), wards=None))
    broker = _new("broker", "broker", Scope())
    operator = _new("operator", "operator", Scope())
    by_provider = {
        str(provider_id): _new("provider", subject, Scope(provider_id=provider_id))
        for provider_id, subject in providers.items()
    }
    made = [*wards.values(), hub, broker, operator, *by_provider.values()]
    for service in where.database_urls:
        async with where.connection(service) as connection, connection.transaction():
            for token in made:
                if service in SERVICES_OF_ROLE[token.role]:
                    await tokens.create(connection, token)
    return Tokens(
        wards={ward: token.secret for ward, token in wards.items()},
        hub=hub.secret,
        broker=broker.secret,
        operator=operator.secret,
        providers={provider_id: token.secret for provider_id, token in by_provider.items()},
    )


def _new(role: Role, subject: str, scope: Scope) -> NewToken:
    return tokens.new_token(role, subject, scope, timedelta(days=TOKEN_DAYS))
