"""What a person sees while the day goes by: a live picture, or plain lines where there is no terminal."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from deploy.demo.scene import Scene

READ_EVERY_SECONDS = 1.0
LINE_EVERY_SECONDS = 5.0
SHOWN_EVENTS = 9
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


@dataclass(slots=True)
class Seen:
    """What was read last of the placements."""

    rows: Sequence[Mapping[str, Any]] = ()
    answering: bool = False
    statuses: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    offers_out: int = 0
    escalated: int = 0

    def take(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Counts what a list of placements says."""
        self.rows, self.answering = rows, True
        self.statuses = Counter(row["status"] for row in rows)
        self.tiers = Counter(row["tier_name"] for row in rows if row["status"] == "searching")
        self.offers_out = sum(row["offers_out"] for row in rows)
        self.escalated = sum(bool(row["escalations"]) for row in rows)

    def target(self, minutes: int, now: datetime) -> tuple[int, int]:
        """How many met a target, of how many whose instant has passed.

        Those withdrawn before that instant are outside. Source: domain glossary, clocks.
        """
        due = met = 0
        for row in self.rows:
            instant = datetime.fromisoformat(row["received_at"]) + timedelta(minutes=minutes)
            withdrawn = row["withdrawn_at"]
            if now < instant or (withdrawn and datetime.fromisoformat(withdrawn) < instant):
                continue
            due += 1
            filled = row["filled_at"]
            met += bool(filled) and datetime.fromisoformat(filled) <= instant
        return met, due


async def show(scene: Scene, console: Console) -> None:
    """Shows the day until cancelled."""
    seen = Seen()
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
    while True:
        seen.take(await read_all(scene))
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
    last = scene.events[-1] if scene.events else ""
    return (
        f"{now:%H:%M} | {scene.sent}/{len(scene.day.referrals)} sent | {counts} | "
        f"{seen.offers_out} offers out | {targets} | {last}"
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
            Columns([statuses, tiers, targets], padding=(0, 4)), "", events, "", f"[dim]{foot}[/]"
        ),
        title=title,
    )


def _count_table(title: str, rows: Sequence[tuple[str, int]]) -> Table:
    table = Table(title=title, box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in rows:
        table.add_row(name, str(count))
    return table
