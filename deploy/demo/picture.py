"""What a person sees while the day goes by: a live picture, or plain lines where there is no terminal."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from deploy.demo.scene import Scene
from deploy.demo.seen import Seen

READ_EVERY_SECONDS = 1.0
LINE_EVERY_SECONDS = 5.0
SHOWN_EVENTS = 7
PAGE = 200
TARGETS_MINUTES = (90, 240)

_WORDS = {
    "awaiting_information": "waiting for information",
    "searching": "providers are asked",
    "exhausted": "nobody left, with a person",
    "awarded": "taken",
    "confirmed": "confirmed",
    "started": "care started",
    "withdrawn": "withdrawn",
}
OUTLOOKS = {
    "likely_today": "likely today",
    "likely_tomorrow": "likely tomorrow",
    "uncertain": "uncertain",
    "not yet": "not yet said",
}
"""What wards read, always with "do not book transport until confirmed"."""


async def show(scene: Scene, console: Console) -> None:
    """Shows the day until cancelled."""
    seen = scene.seen
    async with asyncio.TaskGroup() as group:
        group.create_task(_read(scene, seen))
        group.create_task(
            _live(scene, seen, console) if console.is_terminal else _lines(scene, seen, console)
        )


async def read_all(scene: Scene) -> list[Mapping[str, Any]]:
    """Every placement, as the broker sees them."""
    url, rows, cursor = f"{scene.run.matching_url}/v1/placements", [], None
    while True:
        params = {"limit": PAGE, **({} if cursor is None else {"cursor": cursor})}
        answered = await scene.client.get(url, scene.tokens.broker, params=params)
        rows.extend(answered.body.get("items", []))
        cursor = answered.body.get("next")
        if cursor is None:
            return rows


async def _read(scene: Scene, seen: Seen) -> None:
    """The list carries the words for wards; the figures are asked for a few placements at a time."""
    url = f"{scene.run.matching_url}/v1/placements"
    while True:
        seen.take(await read_all(scene))
        for referral_id in seen.to_look_at():
            answered = await scene.client.get(f"{url}/{referral_id}", scene.tokens.broker)
            if answered.ok:
                seen.look(answered.body, scene.clock.now())
        await asyncio.sleep(READ_EVERY_SECONDS)


async def _live(scene: Scene, seen: Seen, console: Console) -> None:
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(_picture(scene, seen), refresh=True)
            await asyncio.sleep(READ_EVERY_SECONDS / 2)


async def _lines(scene: Scene, seen: Seen, console: Console) -> None:
    while True:
        console.print(_line(scene, seen), highlight=False, markup=False, soft_wrap=True)
        await asyncio.sleep(LINE_EVERY_SECONDS)


def _line(scene: Scene, seen: Seen) -> str:
    now = scene.clock.now()
    counts = ", ".join(f"{n} {_WORDS[s]}" for s, n in seen.statuses.items()) or "no placements yet"
    targets = "; ".join(f"{m / 60:g} h: {_share(*seen.target(m, now))}" for m in TARGETS_MINUTES)
    words = ", ".join(
        f"{seen.outlooks[word]} {told}" for word, told in OUTLOOKS.items() if seen.outlooks[word]
    )
    last = scene.events[-1] if scene.events else ""
    return (
        f"{now:%H:%M} | {scene.sent}/{len(scene.day.referrals)} sent | {counts} | "
        f"{seen.offers_out} offers out{f' | wards: {words}' if words else ''} | {targets} | {last}"
    )


def _share(met: int, due: int) -> str:
    return f"{100 * met / due:.0f}% ({met}/{due})" if due else "–"


def _picture(scene: Scene, seen: Seen) -> RenderableType:
    now = scene.clock.now()
    title = (
        f"Homeward demo: {now:%A %H:%M}, {scene.clock.scale:g}× real speed, "
        f"{scene.sent} of {len(scene.day.referrals)} referrals sent"
    )
    statuses = _count_table("placements", [(_WORDS[s], seen.statuses[s]) for s in _WORDS])
    tiers = _count_table("asking now", [*seen.tiers.items()] or [("nobody", 0)])
    tiers.add_section()
    tiers.add_row("offers out", str(seen.offers_out))
    tiers.add_row("open items for people", str(seen.escalated))
    targets = Table(title="filled so far", box=None)
    for name in ("within", "reached", "Devon Cares*"):
        targets.add_column(name, justify="right")
    for minutes, devon in zip(TARGETS_MINUTES, ("70%", "97%"), strict=True):
        targets.add_row(f"{minutes / 60:g} h", _share(*seen.target(minutes, now)), devon)
    events = "\n".join(escape(text) for text in list(scene.events)[-SHOWN_EVENTS:])
    trouble = ", ".join(f"{kind} {n}" for kind, n in scene.client.troubles.counts.items())
    foot = "* simulated, assumed habits; not comparable with Devon"
    if trouble:
        foot += f" · sent again after: {escape(trouble)}"
    return Panel(
        Group(
            Columns([statuses, tiers, targets], padding=(0, 4)),
            _searches(seen),
            events,
            "",
            f"[dim]{foot}[/]",
        ),
        title=title,
    )


def _searches(seen: Seen) -> Table:
    """The searches under way, the oldest first: what happens next, and what is expected."""
    table = Table(
        title="searched longest (wards also read: do not book transport until confirmed)",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("referral")
    table.add_column("outcode")
    for name in ("minutes", "asked", "no answer yet", "next step"):
        table.add_column(name, justify="right")
    for minutes in TARGETS_MINUTES:
        table.add_column(f"by {minutes / 60:g} h", justify="right")
    table.add_column("today", justify="right")
    table.add_column("wards read")
    for row in seen.shown():
        forecast = seen.forecasts.get(row["referral_id"])
        table.add_row(
            row["referral_id"][-6:],
            row["outcode"],
            f"{row['minutes']:.0f}",
            str(row["offers_made"]),
            str(row["offers_out"]),
            _next_step(row),
            *_chances(forecast),
            OUTLOOKS[row["outlook"] or "not yet"],
        )
    return table


def _next_step(row: Mapping[str, Any]) -> str:
    """When the next are asked, or the best of those who said yes gets it, unless more happens."""
    if row["decided_by"]:
        return f"{datetime.fromisoformat(row['decided_by']):%H:%M} decides"
    at = row["next_deadline_at"]
    return f"{datetime.fromisoformat(at):%H:%M}" if at else "–"


def _chances(forecast: Mapping[str, Any] | None) -> list[str]:
    if forecast is None:
        return ["…"] * (len(TARGETS_MINUTES) + 1)
    ahead = {one["target_minutes"]: one["percent"] for one in forecast["by_target"]}
    percents = [ahead.get(minutes) for minutes in TARGETS_MINUTES]
    return ["–" if one is None else f"{one:.0f}%" for one in (*percents, forecast["today_percent"])]


def _count_table(title: str, rows: Sequence[tuple[str, int]]) -> Table:
    table = Table(title=title, box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in rows:
        table.add_row(name, str(count))
    return table
