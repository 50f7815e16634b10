"""Which simulated market a command is about, and whether a policy can be tried on it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

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
T = TypeVar("T")

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
    (rules,), simulated = policies_on_market([policy], market)
    return rules, simulated


def policies_on_market(
    policies: Sequence[Path], market: Path
) -> tuple[list[Policy], SimulatedMarket]:
    """All of them, if each can be tried on the market and told from the others by its name.

    Else every reason of every file, and the end (code 1).
    """
    reasons: list[str] = []
    simulated = _loaded(load_market, market, reasons)
    read = [(file, _loaded(load_policy, file, reasons)) for file in policies]
    rules = [policy for _, policy in read if policy is not None]
    reasons += _same_names([(file, policy.name) for file, policy in read if policy is not None])
    if simulated is not None:
        reasons += [reason for policy in rules for reason in unmatched(simulated, policy)]
    if simulated is None or reasons:
        refuse(list(dict.fromkeys(reasons)))
    return rules, simulated


def _loaded(load: Callable[[Path], T], file: Path, reasons: list[str]) -> T | None:
    try:
        return load(file)
    except (InvalidPolicyError, InvalidMarketError) as error:
        reasons += error.errors
    except OSError as error:
        reasons.append(f"{file}: cannot be read ({error.strerror}); give a file that can")
    return None


def _same_names(named: Sequence[tuple[Path, str]]) -> list[str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for file, name in named:
        by_name[name].append(file.name)
    return [
        f"{' and '.join(files)}: both are called {name}, so that nobody could tell their figures"
        " apart; change `name:` in one of them, or leave one out"
        for name, files in by_name.items()
        if len(files) > 1
    ]


def refuse(reasons: Sequence[str]) -> NoReturn:
    """Tell every reason on a line of its own, and end the command with code 1."""
    for reason in reasons:
        OUT.print(f"[red]error[/]   {escape(reason)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)
