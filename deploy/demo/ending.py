"""The end of the day: the report, what was lost, what does not hold, and how to look around."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from deploy.commands.reports import fill_time_table
from deploy.demo.acknowledged import lost
from deploy.demo.client import ACKNOWLEDGED
from deploy.demo.scene import Scene
from deploy.installation import SERVICES
from deploy.prepare import installation_of

MARK = "Simulated, assumed habits; not comparable with Devon."
KEPT_WAIT_SECONDS = 30


async def report(scene: Scene, console: Console) -> Mapping[str, Any]:
    """Prints the fill times by tier, as the service tells a broker."""
    answered = await scene.client.get(
        f"{scene.run.matching_url}/v1/reports/fill-times",
        scene.tokens.broker,
        params={"by": "tier", "from": scene.opens_at.isoformat()},
    )
    console.print()
    console.print(fill_time_table(answered.body, mark=MARK))
    if scene.client.troubles.counts:
        told = ", ".join(f"{kind} {n} times" for kind, n in scene.client.troubles.counts.items())
        console.print(f"Requests that were sent again: {escape(told)}.", highlight=False)
    return answered.body


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
    provider = scene.market[0]
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
