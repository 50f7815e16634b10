"""Policy documents: checked before they are used."""

import asyncio
import os
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from deploy.commands import policy_versions
from deploy.commands.place import OUT, Demo, State, database, installation, policy_file
from deploy.simulator.figures import MARK, Goal
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.market_file import InvalidMarketError, load_market, unmatched
from deploy.simulator.register import register_of
from deploy.simulator.tuning import FIRST_TUNING_SEED, Trial, Tuning
from deploy.simulator.tuning import tune as run_tuning
from services.matching.domain.market import Provider
from services.matching.domain.policy import Policy as PolicyOfRules
from services.matching.policy_file import InvalidPolicyError, check_policy, load_policy
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
    market: Annotated[
        Path | None, typer.Option("--market", help="Look for them in a simulated market instead.")
    ] = None,
    demo: Demo = False,
    state: State = None,
) -> None:
    """Say every mistake (exit code 1) and oddity of a policy, each with its line."""
    path = policy_file(file)
    providers: list[Provider] | None = None
    if market is not None:
        providers = _providers_of(market)
    elif registry:
        providers = asyncio.run(_registry(demo=demo, state=state))
    report = check_policy(path, providers)
    policy_versions.say(report)
    if report.errors:
        raise typer.Exit(1)
    OUT.print(f"{path.name} can be used.")


def _providers_of(path: Path) -> list[Provider]:
    """The register of a simulated market, or every reason why it cannot be read."""
    try:
        return list(register_of(load_market(path)).values())
    except InvalidMarketError as error:
        reasons = error.errors
    except OSError as error:
        reasons = (f"{path}: cannot be read ({error.strerror}); give the path of a market",)
    for reason in reasons:
        OUT.print(f"[red]error[/]   {escape(reason)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


app.command()(policy_versions.diff)
app.command()(policy_versions.publish)
app.command(name="list")(policy_versions.list_versions)
app.command()(policy_versions.show)


@app.command()
def tune(
    *,
    file: Annotated[str, typer.Argument(help="An adaptive policy's file, or the name of one.")],
    market: Annotated[Path, typer.Option("--market", help="The market to tune it on.")],
    seeds: Annotated[int, typer.Option(min=2, help="How many seeds to try prices on.")] = 8,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks of each, after the warm-up.")] = 26,
    warm_up_weeks: Annotated[int, typer.Option(min=0, help="Weeks left out of the figures.")] = 12,
    seed_from: Annotated[
        int, typer.Option(min=0, help="First seed; report figures on others.")
    ] = FIRST_TUNING_SEED,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; all cores if not said.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the prices into the file's `prices` line.")
    ] = False,
) -> None:
    """Find what a miss must be worth for the policy's goals to be reached with fewest offers."""
    path = policy_file(file)
    policy, simulated = _tunable(path, market)
    goals = [Goal(minutes=target, percent=share) for target, share in policy.goals_percent.items()]
    wanted = Tuning(
        market=simulated,
        policy=policy,
        goals=sorted(goals, key=lambda goal: goal.minutes),
        seeds=range(seed_from, seed_from + seeds),
        weeks=weeks,
        warm_up_weeks=warm_up_weeks,
        processes=jobs or os.cpu_count() or 1,
    )
    found = run_tuning(wanted, lambda trial: OUT.print(_told(trial), highlight=False))
    prices = ", ".join(f"{target}: {price:g}" for target, price in found.prices.items())
    if not found.reaches:
        OUT.print(f"[yellow]No prices reach the goals[/]; the most is filled at {{{prices}}}.")
        raise typer.Exit(1)
    OUT.print(f"Fewest offers that reach the goals ({MARK}):", highlight=False)
    OUT.print(f"prices: {{{prices}}}", highlight=False)
    if write:
        _write_prices(path, f"prices: {{{prices}}}")


def _tunable(path: Path, market: Path) -> tuple[PolicyOfRules, SimulatedMarket]:
    """The policy and the market, or every reason why it cannot be tuned on it."""
    try:
        policy, simulated = load_policy(path), load_market(market)
    except (InvalidPolicyError, InvalidMarketError) as error:
        reasons = error.errors
    except OSError as error:
        reasons = (f"{market}: cannot be read ({error.strerror}); give the path of a market",)
    else:
        reasons = unmatched(simulated, policy)
        if not policy.goals_percent:
            reasons += (f"{path.name}: no goals_percent to tune for; add {{90: 70, 240: 97}}",)
        if not any(tier.adaptive for tier in policy.tiers):
            reasons += (f"{path.name}: no tier is adaptive, so that prices change nothing",)
        if not reasons:
            return policy, simulated
    for reason in reasons:
        OUT.print(f"[red]error[/]   {escape(reason)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def _told(trial: Trial) -> str:
    shown = ", ".join(f"{target}: {price:g}" for target, price in trial.prices.items())
    filled = " ".join(
        f"{trial.figures.mean(f'filled_{target}'):.1f}% in {target}" for target in trial.prices
    )
    verdict = "reaches the goals" if trial.reaches else "misses a goal"
    return f"{{{shown}}}: {filled}, {trial.figures.mean('offers'):.2f} offers; {verdict}"


def _write_prices(path: Path, line: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed, count = re.subn(r"^prices: *\{[^}]*\}", line, text, flags=re.MULTILINE)
    if count != 1:
        OUT.print(f"{path.name} has no line `prices: {{…}}` of its own; put the line in by hand.")
        raise typer.Exit(1)
    path.write_text(changed, encoding="utf-8")
    OUT.print(f"Written to {path.name}.")


async def _registry(*, demo: bool, state: Path | None) -> list[Provider]:
    async with database(installation(demo=demo, state=state), "matching") as connection:
        rows = await QUERIES.register_entries(connection)
    return [provider_of(ProviderRecorded.model_validate_json(row["entry"])) for row in rows]
