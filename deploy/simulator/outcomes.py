"""What a simulated run leaves behind: one row a package, enough for every figure and plot.

Minutes are counted on the run's own clock: minute 0 is Monday 00:00 of the first week. Everything in
here is simulated, from assumed habits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["framework", "dps", "spot"]
Horizon = Literal["90", "240", "today", "tomorrow"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was believed of one placement at one instant, beside what came of it.

    `at_minute` is the age since the referral was received. `chance` is the production forecast of
    being filled by the horizon, `oracle_chance` that of a forecaster who knows the true habits
    (None where it was not asked), `happened` whether it was filled by then.
    """

    at_minute: float
    horizon: Horizon
    chance: float
    oracle_chance: float | None
    happened: bool


@dataclass(frozen=True, slots=True)
class LaterSearch:
    """A search after care had started: why, and after how many minutes of its own clock it ended in
    an award that lasted; None: it never did."""

    cause: str
    filled_minutes: float | None
    offers: int


@dataclass(frozen=True, slots=True)
class PackageLife:
    """What became of a package after care had started.

    `visits_due` are those that the person was at home for and needed, `visits_missed` those of them
    that nobody held; `gaps` counts the times that care broke off.
    """

    later: tuple[LaterSearch, ...]
    handed_back: int
    short_notice: int
    visits_due: int
    visits_missed: int
    gaps: int


@dataclass(frozen=True, slots=True)
class PackageOutcome:
    """What became of one package.

    `filled_minutes` runs from the receipt of the referral to the award that lasted, a time spent
    incomplete and awards that were released before it included; None means never filled.
    `provider` and `awarded_kind` are of that award, as is `rate_pence` (an hour).
    `offers` counts every offer made, `accepted_lost` the acceptances that lost a race, and
    `interventions` the escalations opened for a person. `started_late`: care began days after it
    was wanted. `life` is what came after that, where the market has any; the figures before it are
    of the first search alone.
    """

    number: int
    received_minute: float
    outcode: str
    lot: str | None
    urgent: bool
    weekly_minutes: int
    double_handed: bool
    filled_minutes: float | None
    awarded_kind: Kind | None
    provider: str | None
    rate_pence: int | None
    offers: int
    accepted_lost: int
    interventions: int
    forecasts: tuple[Forecast, ...] = ()
    started_late: bool = False
    life: PackageLife | None = None


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One run of one policy on one market with one seed; its warm-up is already cut off.

    `weeks` are those that are left, `decisions` counts the commands that committed at least one
    event, warm-up included, and `seconds` is the processor time they took: of all fields the only
    one that differs between two runs of the same seed.
    """

    market: str
    policy: str
    seed: int
    weeks: int
    packages: tuple[PackageOutcome, ...]
    decisions: int
    seconds: float
