"""Sets the scene: a new stack, its clock at Monday 08:00, tokens for everybody, the market registered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from deploy.demo.client import ACKNOWLEDGED, Client, Ledger
from deploy.demo.day import COMMUNITY, HOSPITAL, WARDS, make_day
from deploy.demo.market import make_market
from deploy.demo.plan import DemoPlan
from deploy.demo.scene import DemoClock, Scene, Tokens
from deploy.installation import Installation
from deploy.local.errors import StackError
from deploy.local.runfile import RunFile
from deploy.prepare import ClockWish, installation_of, set_clock
from shared import clock
from shared.web import tokens
from shared.web.tokens import SERVICES_OF_ROLE, NewToken, Role, Scope

EPOCH = datetime(2024, 1, 8, 8, 0, tzinfo=UTC)
"""Monday 08:00 Europe/London, a week after the market position statement that the market is from."""
TOKEN_DAYS = 7
REGISTER_TIMEOUT_SECONDS = 60


@asynccontextmanager
async def opened(run: RunFile, plan: DemoPlan) -> AsyncIterator[Scene]:
    """The scene at the instant at which the day opens."""
    where = installation_of(run)
    market = make_market(plan.seed)
    made = await _tokens(where, [(str(p.provider_id), p.subject) for p in market])
    ledger = Ledger(run.state / ACKNOWLEDGED)
    client = Client(ledger, run_key=str(run.state))
    try:
        await set_clock(where, ClockWish(scale=plan.scale, epoch=EPOCH))
        async with where.connection("matching") as connection:
            shown = await clock.now(connection)
        scene = Scene(
            run=run,
            client=client,
            clock=DemoClock(shown, plan.scale),
            tokens=made,
            seed=plan.seed,
            market=market,
            day=make_day(plan.seed, plan.referrals, EPOCH, plan.day_hours * 60),
            opens_at=EPOCH,
        )
        await _register(scene, where)
        yield scene
    finally:
        await client.close()
        ledger.close()


async def _register(scene: Scene, where: Installation) -> None:
    """The operator records the market; returns when matching knows it."""
    url = f"{scene.run.providers_url}/v1/providers"
    body = [provider.entry for provider in scene.market]
    answered = await scene.client.act(
        "register the market", url, scene.tokens.operator, body, method="PUT"
    )
    if not answered.ok:
        raise StackError(f"the market was refused: {answered.problem}.")
    async with (
        asyncio.timeout(REGISTER_TIMEOUT_SECONDS),
        where.connection("matching") as connection,
    ):
        while await connection.fetchval("select count(*) from register") < len(scene.market):
            await asyncio.sleep(0.1)
    scene.tell(f"{len(scene.market)} providers are in the register")


async def _tokens(where: Installation, providers: list[tuple[str, str]]) -> Tokens:
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
        provider_id: _new("provider", subject, Scope(provider_id=UUID(provider_id)))
        for provider_id, subject in providers
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
