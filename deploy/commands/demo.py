"""The demo: a simulated working day on a market of real shape."""

import asyncio
import os
from typing import Annotated

import typer

from deploy.commands.data import verified
from deploy.commands.markets import DEFAULT_MARKET, Market, market_file, policy_on_market
from deploy.commands.place import (
    DEFAULT_POLICY,
    OUT,
    State,
    erase,
    given_databases,
    mark,
    policy_file,
    state_folder,
)
from deploy.commands.running import Policy
from deploy.demo.plan import DemoPlan
from deploy.demo.running import run_demo
from deploy.local.errors import StackError
from deploy.local.stack import Stack
from deploy.prepare import prepare

SETTLE_SECONDS = 60


def demo(
    *,
    ends: Annotated[
        bool, typer.Option("--exit", help="End after the report instead of staying up.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day and habits.")] = 1,
    scale: Annotated[
        float, typer.Option(min=1, max=3600, help="How many times as fast as real time.")
    ] = 120,
    referrals: Annotated[int, typer.Option(min=1, max=2000, help="How many in the day.")] = 60,
    hours: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=24, help="Simulated hours in which they come; the market's if not said."
        ),
    ] = None,
    market: Market = DEFAULT_MARKET,
    policy: Policy = DEFAULT_POLICY,
    state: State = None,
) -> None:
    """Live through a simulated working day: a market's providers, two wards, a hub, a broker.

    Everybody acts over HTTP on a stack of its own in .homeward/demo, new each time, as the market's
    file says (the same files as the simulator's). The day takes about 6 minutes. Exit code 1:
    something that must hold does not, or something acknowledged is lost, or the market or the
    policy cannot be used.
    """
    if given_databases() or os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        raise StackError(
            "the demo runs on servers of its own: unset KAFKA_BOOTSTRAP_SERVERS and *_DATABASE_URL."
        )
    rules = policy_file(policy)
    _, simulated = policy_on_market(rules, market_file(market))
    plan = DemoPlan(
        seed=seed,
        scale=scale,
        referrals=referrals,
        policy=rules,
        market=simulated,
        day_hours=hours,
    )
    stack = Stack(state_folder(demo=True, state=state), free_ports=True)
    if stack.running() is not None:
        raise StackError("a demo is running already; `homeward down --demo` ends it.")
    erase(stack)
    mark(stack)
    raise typer.Exit(_run(stack, plan, stays=not ends))


def _run(stack: Stack, plan: DemoPlan, *, stays: bool) -> int:
    try:
        with OUT.status("Starting PostgreSQL, Kafka and three services …"):
            run = stack.up(
                scale=plan.scale,
                epoch=plan.opens_at.isoformat(),
                policy=str(plan.policy),
                prepare=lambda run: prepare(run, None),  # The clock starts with the day.
                tied=True,
            )
        return asyncio.run(
            run_demo(run, plan, OUT, lambda where: verified(where, SETTLE_SECONDS), stays=stays)
        )
    finally:
        with OUT.status("Ending the services and their servers …"):
            stack.down()
