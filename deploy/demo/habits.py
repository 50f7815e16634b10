"""What a simulated provider does with an offer and with an award: the simulator's own answers, and
what only the real endpoints ask for, such as a reason and a note.

Whether and when it answers follows from the seed, the package and the provider, so that the same
seed gives the same answers whatever ids the run happened to give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from deploy.simulator.drawing import WEEK_MINUTES, Draws, Package, instant, minute
from deploy.simulator.load import Load
from deploy.simulator.replying import carry, reply

NOTE_MARK = "provider-note-mark"
"""In every note that a simulated provider writes, so that a test can look for it elsewhere."""
REASONS = {"times": 20, "no_capacity": 50, "area": 8, "skills": 6, "start_date": 6, "rate": 2,
           "other": 2}  # fmt: skip
"""Why a provider with room says no, with weights. Source: assumed."""
WITH_NOTE = 0.3
"""How often a no has a note. Source: assumed."""
STARTS_TODAY = 0.35
"""How often care is reported as begun within the day, so that the day shows it. Source: assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """An answer to an offer and when it is given; a yes still needs room."""

    at: datetime
    accepts: bool
    reason: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """What is done with an award, and when; `starts_at` is None where care begins another day."""

    at: datetime
    releases: bool
    starts_at: datetime | None
    note: str


class Habits:
    """All providers of a market on one day. Providers are named by their place in the market."""

    def __init__(self, draws: Draws, packages: Sequence[Package]) -> None:
        self._draws = draws
        self._load = Load(draws)
        self._planned = packages
        # The plan that a provider reads tells packages apart, and is the same in each run of a seed.
        self._by_ready_at = {one.wanted.requirement.ready_at: one for one in packages}
        self._by_referral: dict[str, Package] = {}

    def answer(self, provider: int, offer: Mapping[str, Any]) -> Saying | None:
        """What it says to an offer; None if it never answers."""
        package = self._package(offer)
        luck = self._draws.luck(package.number, provider)
        asked = minute(datetime.fromisoformat(offer["made_at"]))
        said = reply(self._draws.market, provider, package, luck, asked)
        if said is None:
            return None
        rng = self._random("answer", provider, package)
        reason = rng.choices(list(REASONS), weights=list(REASONS.values()))[0]
        has_note = reason == "other" or rng.random() < WITH_NOTE
        return Saying(
            at=instant(said.minute),
            accepts=said.accepts,
            reason=reason,
            note=f"{NOTE_MARK}: no carer on that round" if has_note else None,
        )

    def has_room(self, provider: int, offer: Mapping[str, Any], now: datetime) -> bool:
        """Whether it has hours for the package."""
        return self._load.has_room(provider, self._package(offer).weekly_minutes, minute(now))

    def award(self, provider: int, offer: Mapping[str, Any], now: datetime) -> Carrying:
        """What it does with an award, whose hours are taken from now on."""
        package = self._package(offer)
        until = minute(now) + package.weeks * WEEK_MINUTES
        self._load.take(provider, package.number, package.weekly_minutes, until)
        luck = self._draws.luck(package.number, provider)
        carrying = carry(self._draws.market, provider, luck, minute(now))
        at, rng = instant(carrying.minute), self._random("award", provider, package)
        starts = rng.random() < STARTS_TODAY
        return Carrying(
            at=at,
            releases=carrying.releases,
            starts_at=at + timedelta(minutes=rng.uniform(60, 240)) if starts else None,
            note=f"{NOTE_MARK}: the plan asks for more than was said",
        )

    def give_back(self, provider: int, offer: Mapping[str, Any]) -> None:
        """Its hours are free again."""
        package = self._package(offer)
        self._load.give_back(provider, package.number, package.weekly_minutes)

    def _package(self, offer: Mapping[str, Any]) -> Package:
        """The day's package that is offered, also when it is searched again with other dates; what
        somebody else referred is treated as one of the day's.
        """
        referral_id = offer["referral_id"]
        if referral_id not in self._by_referral:
            ready_at = datetime.fromisoformat(offer["needed"]["ready_at"])
            any_other = self._planned[UUID(referral_id).int % len(self._planned)]
            self._by_referral[referral_id] = self._by_ready_at.get(ready_at, any_other)
        return self._by_referral[referral_id]

    def _random(self, what: str, provider: int, package: Package) -> Random:
        return Random(f"{what}/{package.referral_id}/{provider}")
