"""What all actors of the demo share: addresses, tokens, the clock, and what happened lately."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deploy.demo.client import Client
from deploy.demo.day import Day
from deploy.demo.habits import Habits
from deploy.demo.plan import DemoPlan
from deploy.demo.seen import Seen
from deploy.local.runfile import RunFile
from services.matching.domain.market import Provider

KEPT_EVENTS = 200


class DemoClock:
    """Homeward's simulated time, as the databases were set to run, read from the monotonic clock.

    It drifts from theirs by what the machine's clocks drift; actors only plan by it, and every
    deadline is decided by the databases' own.
    """

    def __init__(self, shown: datetime, scale: float) -> None:
        self.scale = scale
        self._shown = shown
        self._at_seconds = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        """The simulated instant."""
        real_seconds = asyncio.get_running_loop().time() - self._at_seconds
        return self._shown + timedelta(seconds=real_seconds * self.scale)

    async def sleep_until(self, instant: datetime) -> None:
        """Returns when the simulated clock shows the instant, at once if it has."""
        remaining = (instant - self.now()).total_seconds() / self.scale
        if remaining > 0:
            await asyncio.sleep(remaining)

    async def sleep_minutes(self, minutes: float) -> None:
        """Sleeps simulated minutes."""
        await self.sleep_until(self.now() + timedelta(minutes=minutes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The secrets of everybody in the demo."""

    wards: Mapping[str, str]
    hub: str
    broker: str
    operator: str
    providers: Mapping[str, str]
    """By provider id."""


@dataclass(slots=True, kw_only=True)
class Scene:
    """The demo under way."""

    run: RunFile
    client: Client
    clock: DemoClock
    tokens: Tokens
    plan: DemoPlan
    register: Sequence[Provider]
    """In the order of the market."""
    habits: Habits
    day: Day
    seen: Seen = field(default_factory=Seen)
    events: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    told: int = 0
    """How many events were told in all."""
    referral_ids: dict[int, str] = field(default_factory=dict)
    """By the index of the planned referral."""
    sent: int = 0

    def at(self, minutes: float) -> datetime:
        """The instant that many simulated minutes after the opening."""
        return self.plan.opens_at + timedelta(minutes=minutes)

    def tell(self, sentence: str) -> None:
        """Notes something that happened; codes and provider names only, never a person's."""
        self.events.append(f"{self.clock.now():%H:%M} {sentence}")
        self.told += 1
