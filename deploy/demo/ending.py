"""The end of the day: the reports, what was lost, what does not hold, and how to look around."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.commands.figure_table import figure_table
from deploy.commands.fill_time_table import fill_time_table
from deploy.demo.acknowledged import lost
from deploy.demo.client import ACKNOWLEDGED
from deploy.demo.outcome import LivedDay, lived_day
from deploy.demo.picture import OUTLOOKS
from deploy.demo.scene import Scene
from deploy.installation import SERVICES
from deploy.prepare import installation_of
from deploy.simulator.figures import GOALS, MEASURES, figures_of
from deploy.simulator.outcomes import Horizon

MARK = "Simulated, assumed habits; not comparable with Devon."
KEPT_WAIT_SECONDS = 30


NOT_OF_A_DAY = ("filled_1440", "speed_share")
"""Figures of the simulator that need longer than a day."""
CHANCES: Mapping[Horizon, str] = {
    "90": "filled by 1.5 h",
    "240": "filled by 4 h",
    "today": "filled by 20:00",
}


async def report(scene: Scene, console: Console) -> Mapping[str, Any]:
    """Prints the fill times as the service tells a broker, the simulator's figures, the forecasts."""
    answered = await scene.client.get(
        f"{scene.run.matching_url}/v1/reports/fill-times",
        scene.tokens.broker,
        params={"by": "tier", "from": scene.plan.opens_at.isoformat()},
    )
    console.print()
    console.print(fill_time_table(answered.body, mark=MARK))
    day = await lived_day(scene)
    for table, told in (_figures(day), _words(day), _chances(day)):
        console.print(table)
        console.print(f"[dim]{escape(told)}[/]\n", highlight=False)
    if scene.client.troubles.counts:
        told = ", ".join(f"{kind} {n} times" for kind, n in scene.client.troubles.counts.items())
        console.print(f"Requests that were sent again: {escape(told)}.", highlight=False)
    return answered.body


def _figures(day: LivedDay) -> tuple[Table, str]:
    """The day as the simulator tells a run."""
    packages = day.run.packages
    table = figure_table(
        f"The day on market {day.run.market}",
        [figures_of([day.run])] if packages else [],
        measures=[one for one in MEASURES if one.key not in NOT_OF_A_DAY],
        published={goal.key: goal.percent for goal in GOALS},
    )
    return table, (
        f"{MARK}\nOne day of {len(packages)} packages, so without intervals; `never filled` is by "
        f"the day's end. {day.withdrawn} that were withdrawn are left out."
    )


def _words(day: LivedDay) -> tuple[Table, str]:
    """How often wards were told a word, and what came of it."""
    table = _counts("What wards were told", "times said", "filled by 20:00")
    for outlook, told in OUTLOOKS.items():
        said = [word.filled_today for word in day.words if word.outlook == outlook]
        if said:
            table.add_row(told, str(len(said)), f"{sum(said)} ({_percent(said)})")
    return table, (
        'Always with "do not book transport until confirmed"; a word is told again when it changes.'
    )


def _chances(day: LivedDay) -> tuple[Table, str]:
    """The chances that a broker looked at during the day, beside what came of them."""
    table = _counts("What brokers were told", "looks", "packages", "chance told", "came true")
    packages = day.run.packages
    for horizon, told in CHANCES.items():
        found = [
            [one for one in package.forecasts if one.horizon == horizon] for package in packages
        ]
        looks = [one for package in found for one in package]
        if looks:
            table.add_row(
                told,
                str(len(looks)),
                str(sum(bool(package) for package in found)),
                _percent([one.chance for one in looks]),
                _percent([one.happened for one in looks]),
            )
    return table, (
        "Means over the searches that went on longest, each looked at every few seconds; "
        "`homeward simulate` shows calibration on enough of them."
    )


def _counts(title: str, *columns: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _percent(values: Sequence[float]) -> str:
    return f"{100 * sum(values) / len(values):.0f}%"


async def all_kept(scene: Scene, console: Console) -> bool:
    """Whether everything acknowledged is in the databases; says what is not."""
    where, ledger = installation_of(scene.run), scene.run.state / ACKNOWLEDGED
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + KEPT_WAIT_SECONDS
    looked_for, sentences = await lost(where, ledger)
    while sentences and loop.time() < give_up_at:  # What is on its way has not arrived everywhere.
        await asyncio.sleep(0.5)
        looked_for, sentences = await lost(where, ledger)
    for sentence in sentences:
        console.print(f"[red]{escape(sentence)}[/]", highlight=False)
    if not sentences:
        console.print(
            f"[green]Everything acknowledged is kept[/] ({looked_for} things looked for)."
        )
    return not sentences


def look_around(scene: Scene, console: Console) -> None:
    """Prints the addresses and a ready `curl` for each audience."""
    run, secrets = scene.run, scene.tokens
    provider = scene.register[0]
    ward, ward_token = next(iter(secrets.wards.items()))
    provider_token = secrets.providers[str(provider.provider_id)]
    console.print("\n[bold]It stays up for looking around; Ctrl-C ends it.[/]")
    for service in SERVICES:
        console.print(f"  {service:<10} {run.service_urls[service][0]}", highlight=False)
    for audience, token, url in (
        (f"the ward {ward}", ward_token, f"{run.referrals_url}/v1/wards/{ward}/board"),
        ("the hub", secrets.hub, f"{run.referrals_url}/v1/board?status=nobody_left"),
        ("a broker", secrets.broker, f"{run.matching_url}/v1/placements?escalated=true"),
        (f"a provider ({provider.name})", provider_token, f"{run.providers_url}/v1/packages"),
    ):
        console.print(f"\n[bold]{escape(audience)}[/]", highlight=False)
        command = f'curl -s -H "Authorization: Bearer {token}" "{url}"'
        console.print(command, highlight=False, markup=False, soft_wrap=True)
    console.print("\n`homeward status --demo`, `verify --demo` and the others work on it, too.")
