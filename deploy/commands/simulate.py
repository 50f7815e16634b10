"""A policy tried on a simulated market, before it is used on people."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.commands.figure_table import figure_table
from deploy.commands.markets import Market, market_file, policies_on_market
from deploy.commands.place import ERR, OUT, policy_file
from deploy.local.errors import StackError
from deploy.simulator.figures import MARK
from deploy.simulator.grid import OnRun, runs_in
from deploy.simulator.grid import against_grid as hold_against
from deploy.simulator.market import SENSITIVITY, SimulatedMarket, changed
from deploy.simulator.report.material import Material
from deploy.simulator.report.words import summary
from deploy.simulator.study import Size, Studied, study
from deploy.simulator.tuning import FIRST_TUNING_SEED
from services.matching.domain.policy import Policy as PolicyOfRules
from services.matching.reporting.fill_report import BENCHMARK

REPORT, FIGURES = "report.html", "figures.json"
MOST_POLICIES = 8
"""More than that nobody tells apart in one plot."""

Policy = Annotated[
    str, typer.Option("--policy", help="A policy's file, or the name of one that ships.")
]
Out = Annotated[Path, typer.Option("--out", help="Folder for report.html and figures.json.")]
Compare = Annotated[
    list[str] | None, typer.Option("--compare", help="A further policy; may be repeated.")
]
More = Annotated[
    list[str] | None,
    typer.Argument(metavar="POLICY", help="Further policies, as with --compare."),
]
Weeks = Annotated[int, typer.Option(min=1, max=520, help="Weeks of each run that count.")]
Seeds = Annotated[
    int, typer.Option(min=2, max=1000, help="Runs of each policy, each with its own luck.")
]
WarmUp = Annotated[int, typer.Option(min=0, max=520, help="Weeks before those that count.")]
FirstSeed = Annotated[
    int,
    typer.Option(min=0, help=f"The first seed; from {FIRST_TUNING_SEED} on they are for tuning."),
]
Sensitivity = Annotated[
    bool, typer.Option("--sensitivity", help="Again with acceptance × 0.7 and answer times × 2.")
]
AgainstGrid = Annotated[
    bool,
    typer.Option(
        "--against-grid",
        help="Also hold --policy against grids of broadcasts and of waves(n): 66 runs a seed.",
    ),
]
Forecasts = Annotated[bool, typer.Option(help="Hold forecasts of a sample against what came.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; all cores if not said.")]
Force = Annotated[
    bool, typer.Option("--force", help="Write to a folder that holds other files too.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be simulated, all of it checked."""

    market: SimulatedMarket
    policies: Sequence[PolicyOfRules]
    size: Size
    forecasts: bool
    sensitivity: bool
    grid: bool

    @property
    def runs(self) -> int:
        """How many runs it is."""
        times = 2 if self.sensitivity else 1
        grid = runs_in(self.size, self.policies[0]) if self.grid else 0
        return times * len(self.policies) * self.size.seeds + grid


def simulate(
    *,
    market: Market,
    policy: Policy,
    compare: Compare = None,
    more: More = None,
    out: Out,
    weeks: Weeks = 52,
    seeds: Seeds = 10,
    warm_up_weeks: WarmUp = 12,
    first_seed: FirstSeed = 1,
    sensitivity: Sensitivity = False,
    against_grid: AgainstGrid = False,
    forecasts: Forecasts = True,
    jobs: Jobs = None,
    force: Force = False,
) -> None:
    """Try policies on a simulated market: which to choose, what it costs, what is given up.

    Virtual time, the rules that run in production, no server. Prints a table with 95% intervals and
    writes a report for people and JSON for programs; the same seeds give the same bytes. All figures
    are simulated, from assumed habits. Exit code 1: the market or a policy cannot be used, or the
    folder is not to be written to; then nothing is written.
    """
    if first_seed + seeds > FIRST_TUNING_SEED:
        raise typer.BadParameter(
            f"seeds from {FIRST_TUNING_SEED} on are kept for tuning; stay below",
            param_hint="--first-seed",
        )
    policies, simulated = _read(market, [policy, *(compare or []), *(more or [])])
    _check_writable(out, force=force)
    size = Size(
        first_seed=first_seed,
        seeds=seeds,
        weeks=weeks,
        warm_up_weeks=warm_up_weeks,
        processes=jobs or os.cpu_count() or 1,
    )
    material = _run(
        Wanted(
            market=simulated,
            policies=policies,
            size=size,
            forecasts=forecasts,
            sensitivity=sensitivity,
            grid=against_grid,
        )
    )
    _show(material)
    _write(material, out)


def _read(market: str, names: Sequence[str]) -> tuple[list[PolicyOfRules], SimulatedMarket]:
    if len(names) > MOST_POLICIES:
        raise StackError(f"{len(names)} policies in one report; name {MOST_POLICIES} at most.")
    return policies_on_market([policy_file(name) for name in names], market_file(market))


def _check_writable(out: Path, *, force: bool) -> None:
    """Raise StackError before anything is run where the results could not be put."""
    if out.exists() and not out.is_dir():
        raise StackError(f"{out} is a file; give --out a folder.")
    others = sorted({one.name for one in out.iterdir()} - {REPORT, FIGURES}) if out.exists() else []
    if others and not force:
        raise StackError(
            f"{out} holds other files ({', '.join(others[:3])}{', …' if others[3:] else ''}); name "
            f"an empty or a new folder, or give --force to put {REPORT} and {FIGURES} beside them."
        )
    there = next(one for one in (out, *out.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise StackError(f"{there} cannot be written to; give --out another folder.")


def _run(wanted: Wanted) -> Material:
    market, size = wanted.market, wanted.size
    with _progress(wanted.runs) as on_run:
        studied = study(market, wanted.policies, size, forecasts=wanted.forecasts, on_run=on_run)
        worse = None
        if wanted.sensitivity:
            worse = study(changed(market, SENSITIVITY), wanted.policies, size, on_run=on_run)
        grid = None
        if wanted.grid:
            grid = hold_against(market, wanted.policies[0], studied[0].figures, size, on_run)
    return Material(market=market, size=size, studied=studied, worse=worse, grid=grid)


@contextmanager
def _progress(runs: int) -> Iterator[OnRun]:
    """A bar on the terminal while runs are done; nothing where there is no terminal."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task("simulating", total=runs)

        def on_run(policy: PolicyOfRules) -> None:
            progress.update(task, advance=1, description=policy.name)

        yield on_run


def _show(material: Material) -> None:
    published = {
        f"filled_{target['target_minutes']}": target["percent"] for target in BENCHMARK["targets"]
    }
    title = f"Market {material.market.name} ({MARK})"
    OUT.print(figure_table(title, material.figures, published=published))
    for sentence in summary(material):
        OUT.print(sentence, highlight=False)
    for one in material.studied:
        OUT.print(_effort(one), highlight=False, style="dim")


def _effort(one: Studied) -> str:
    told = one.effort
    return (
        f"{one.policy.name}: {told.decisions:,} decisions in {told.seconds:.1f} s of one core"
        f"{', forecasts included' if one.forecasts else ''}: "
        f"{told.decisions / max(told.seconds, 1e-9):,.0f} a second"
    )


def _write(material: Material, out: Path) -> None:
    """Both files, whole or not at all."""
    # Imported here: plots take half a second to load, which no other command should wait for.
    from deploy.simulator.report.numbers import numbers  # noqa: PLC0415
    from deploy.simulator.report.page import page  # noqa: PLC0415

    texts = {REPORT: page(material), FIGURES: numbers(material)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / f".{name}").write_text(text, encoding="utf-8")
        for name in texts:
            (out / f".{name}").replace(out / name)
    except OSError as error:
        raise StackError(f"{out} cannot be written to ({error.strerror}).") from error
    OUT.print(f"Written: {out / REPORT} and {out / FIGURES}", highlight=False, soft_wrap=True)
