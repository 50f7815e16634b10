"""How likely a package is filled by when: figures for brokers, a word for wards.

Reckoned from the offers that are live, from those that the policy will go on to make, and from what
is believed of each provider; never from what was decided elsewhere. Source: domain rule 15.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import exp, log, sqrt
from typing import Literal
from zoneinfo import ZoneInfo

from services.matching.domain import events
from services.matching.domain.codes import Outlook
from services.matching.domain.following import Attempt, attempts
from services.matching.domain.market import Market
from services.matching.domain.placement import Placement, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.turn import Turn

LONDON = ZoneInfo("Europe/London")
TODAY_ENDS = time(20)
TOMORROW_ENDS = time(10)
LIKELY = 0.8
"""From this chance on wards are told "likely"."""
HARDNESS_SPREAD = 0.6
"""Standard deviation, in log-odds, of how much harder a package is than it looks. Source: assumed."""
SETTLED_EARLY = 0.5
"""The share of the settling time that an acceptance stands on average. Source: assumed."""
STANDING = 0.95
"""The chance that an acceptance that stands becomes an award that lasts. Source: assumed."""
_NODES = ((-sqrt(3.0), 1 / 6), (0.0, 2 / 3), (sqrt(3.0), 1 / 6))
"""Three points and weights that stand for a normal distribution (Gauss and Hermite's rule)."""

Horizon = Literal["today", "tomorrow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Chances of being filled: by each target in minutes that lies ahead, by 20:00, by 10:00 next.

    Times of day are London's. `today` is 0 after 20:00.
    """

    by_target: tuple[tuple[int, float], ...]
    today: float
    tomorrow: float

    @property
    def outlook(self) -> Outlook:
        """The word for wards."""
        if self.today >= LIKELY:
            return "likely_today"
        return "likely_tomorrow" if self.tomorrow >= LIKELY else "uncertain"


def forecast(
    placement: Placement, now: datetime, policy: Policy, market: Market
) -> Forecast | None:
    """The chances of a search under way; None while it is held, and in any other status."""
    if not isinstance(placement, Searching) or placement.hold is not None:
        return None
    targets = [
        (minutes, at)
        for minutes in placement.facts.targets_minutes
        if (at := placement.facts.received_at + timedelta(minutes=minutes)) > now
    ]
    today, tomorrow = ends_of_day(now)
    instants = [at for _, at in targets] + [today, tomorrow]
    chances = chances_by(placement, instants, now, policy, market)
    return Forecast(
        by_target=tuple(
            (minutes, chance) for (minutes, _), chance in zip(targets, chances[:-2], strict=True)
        ),
        today=chances[-2],
        tomorrow=chances[-1],
    )


def ends_of_day(now: datetime) -> tuple[datetime, datetime]:
    """20:00 of this day and 10:00 of the next, in London."""
    day = now.astimezone(LONDON).date()
    next_day = day + timedelta(days=1)
    return (
        datetime.combine(day, TODAY_ENDS, LONDON),
        datetime.combine(next_day, TOMORROW_ENDS, LONDON),
    )


def chances_by(
    searching: Searching,
    instants: Sequence[datetime],
    now: datetime,
    policy: Policy,
    market: Market,
) -> list[float]:
    """The chance of being filled by each instant; 0 for one that has passed.

    Providers' answers are taken to be independent once it is known how hard the package is; that is
    unknown, so the chance is the mean over how hard it may be. Without this many offers would
    look surer than they are.
    """
    settled_at = searching.decided_by
    if settled_at is not None:
        return [STANDING if at >= settled_at else 0.0 for at in instants]
    ahead = [market.responses.hours.between(now, at) for at in instants]
    tier = policy.tiers[max(0, searching.tier)]
    settling = SETTLED_EARLY * tier.settling_minutes if tier.award_rule == "ranked" else 0.0
    tried = list(attempts(searching, max(ahead, default=0.0), now, policy, market))
    return [
        0.0 if minutes <= 0 else min(1.0, max(0.0, _filled_by(minutes - settling, tried)))
        for minutes in ahead
    ]


def _filled_by(minutes: float, tried: Sequence[Attempt]) -> float:
    reached = [
        (log(max(yes, 1e-9) / max(1.0 - yes, 1e-9)), answered)
        for attempt in tried
        if (answered := attempt.answered_by(minutes)) > 0.0
        for yes in (attempt.curve.yes,)
    ]
    filled = 0.0
    for shift, weight in _NODES:
        unfilled = 1.0
        for odds, answered in reached:
            unfilled *= 1.0 - answered / (1.0 + exp(-odds - shift * HARDNESS_SPREAD))
        filled += weight * (1.0 - unfilled)
    return filled


def review_outlook(turn: Turn) -> None:
    """Record the word for wards if it has changed."""
    placement = turn.placement
    found = forecast(placement, turn.now, turn.policy, turn.market)
    if found is None or not isinstance(placement, Searching) or placement.outlook == found.outlook:
        return
    turn.record(
        events.OutlookChanged(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            outlook=found.outlook,
        )
    )
