"""Which simulated market a command is about, and whether a policy can be tried on it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from deploy.commands.place import OUT
from deploy.local.errors import StackError
from deploy.local.jars import CLONE
from deploy.simulator.market import SimulatedMarket
from deploy.simulator.market_file import InvalidMarketError, load_market, unmatched
from services.matching.domain.policy import Policy
from services.matching.policy_file import InvalidPolicyError, load_policy

MARKETS = CLONE / "deploy" / "markets"
DEFAULT_MARKET = "waltham-forest"

Market = Annotated[
    str, typer.Option("--market", help="A market's file, or the name of one that ships.")
]


def market_file(name: str | Path) -> Path:
    """The file of a market, given as a path or by the name of one that ships with Homeward.

    Raises StackError naming those that ship.
    """
    path = Path(name)
    shipped = MARKETS / f"{name}.yaml"
    if path.is_file():
        return path.absolute()
    if path.name == str(name) and shipped.is_file():
        return shipped
    known = ", ".join(sorted(one.stem for one in MARKETS.glob("*.yaml")))
    raise StackError(f"there is no market file {name}. Markets that ship by name: {known}.")


def policy_on_market(policy: Path, market: Path) -> tuple[Policy, SimulatedMarket]:
    """Both, if the policy can be tried on the market; else every reason, and the end (code 1)."""
    try:
        rules, simulated = load_policy(policy), load_market(market)
    except (InvalidPolicyError, InvalidMarketError) as error:
        refuse(error.errors)
    if reasons := unmatched(simulated, rules):
        refuse(reasons)
    return rules, simulated


def refuse(reasons: Sequence[str]) -> NoReturn:
    """Tell every reason on a line of its own, and end the command with code 1."""
    for reason in reasons:
        OUT.print(f"[red]error[/]   {escape(reason)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)
