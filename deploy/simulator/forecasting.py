"""The production forecast of each search at set ages, and that of one who knows the true habits.

The second is there to hold the first against: nobody can do better than to know every habit, and a
package's own hardness and the answers' luck stay unknown to both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import erf, exp, log, sqrt
from typing import cast
from uuid import UUID

from deploy.simulator.drawing import WEEK_MINUTES, minute
from deploy.simulator.market import AnswerMinutes, Habits, SimulatedMarket
from deploy.simulator.outcomes import Forecast, Horizon
from deploy.simulator.register import provider_id
from deploy.simulator.replying import log_odds
from services.matching.domain.codes import ContractKind
from services.matching.domain.curve import BIN_MINUTES, BINS, Curve
from services.matching.domain.hours import NIGHT, SLOT_MINUTES, SLOTS_A_DAY, Hours
from services.matching.domain.market import Market
from services.matching.domain.outlook import chances_by, ends_of_day
from services.matching.domain.placement import Placement, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.requirement import Needed
from services.matching.domain.responses import Responses

AGES_MINUTES = (10, 30, 50, 70, 100, 130, 160, 190, 220, 300, 400)
"""Minutes after receipt at which every search is looked at."""
TARGETS: tuple[tuple[Horizon, int], ...] = (("90", 90), ("240", 240))


@dataclass(frozen=True, slots=True)
class Said:
    """What was forecast at an instant, until it is known what came of it."""

    at_minute: float
    horizon: Horizon
    until: datetime
    chance: float
    oracle_chance: float

    def against(self, filled_at: datetime | None) -> Forecast:
        """The forecast beside what happened."""
        return Forecast(
            at_minute=self.at_minute,
            horizon=self.horizon,
            chance=self.chance,
            oracle_chance=self.oracle_chance,
            happened=filled_at is not None and filled_at <= self.until,
        )


class TrueResponses:
    """What is believed by one who knows every habit: of a package's own hardness only its spread."""

    def __init__(self, market: SimulatedMarket, week: int) -> None:
        self.hours = _hours(market, week)
        self._spread = market.packages.difficulty
        self._habits = {provider_id(one): one.habits_in(week) for one in market.providers}
        self._silent = {who: _silent(habits) for who, habits in self._habits.items()}

    def curve(
        self,
        who: UUID,
        _kind: ContractKind,
        _lot: str | None,
        needed: Needed,
        hardness: float = 0.0,
    ) -> Curve:
        """The provider's own habits, for a package of such hardness."""
        habits = self._habits[who]
        odds = log_odds(habits.accepts_by_outcode.get(needed.outcode, habits.accepts)) + hardness
        if needed.double_handed and habits.accepts_double_handed is not None:
            odds += log_odds(habits.accepts_double_handed) - log_odds(habits.accepts)
        lasting = 1.0 - habits.releases
        return Curve(
            yes=lasting / (1.0 + exp(-odds)), silent=self._silent[who], lasts=max(lasting, 1e-9)
        )

    def hardness(self, declined: Sequence[float]) -> float:
        """One step of Newton towards the likeliest hardness after these noes."""
        variance = self._spread**2
        against = sum(declined)
        curvature = sum(chance * (1.0 - chance) for chance in declined)
        return -variance * against / (1.0 + variance * curvature)


class Forecaster:
    """Looks at a run's searches and says how they will end, as the service would.

    Of every so many packages it looks at one (`every`): a sample says as much and takes less time.
    """

    def __init__(self, market: SimulatedMarket, policy: Policy, every: int = 1) -> None:
        self._market = market
        self._policy = policy
        self._every = every
        self._week = -1
        self._true = cast("Responses", TrueResponses(market, 0))

    def look(self, placement: Placement, now: datetime, market: Market) -> Iterator[Said]:
        """The forecasts of a search under way, for each horizon that lies ahead."""
        if not isinstance(placement, Searching) or placement.referral_id.int % self._every:
            return
        if (week := int(minute(now) // WEEK_MINUTES)) != self._week:
            self._week, self._true = week, cast("Responses", TrueResponses(self._market, week))
        received_at = placement.facts.received_at
        until: list[tuple[Horizon, datetime]] = [
            (horizon, at)
            for horizon, minutes in TARGETS
            if (at := received_at + timedelta(minutes=minutes)) > now
        ]
        today, tomorrow = ends_of_day(now)
        until += [("today", today), ("tomorrow", tomorrow)] if today > now else []
        if not until:
            return
        instants = [at for _, at in until]
        known = market.now(market.turns, market.awarded_hours, self._true)
        said = chances_by(placement, instants, now, self._policy, market)
        oracle = chances_by(placement, instants, now, self._policy, known)
        age = minute(now) - minute(received_at)
        for (horizon, at), chance, true in zip(until, said, oracle, strict=True):
            yield Said(age, horizon, at, chance, true)


def _silent(habits: Habits) -> tuple[float, ...]:
    """The chance of no answer by each bin, in the provider's own open minutes."""
    return tuple(
        1.0 - habits.answers * _answered(habits.answer_minutes, k * BIN_MINUTES)
        for k in range(BINS + 1)
    )


def _answered(parts: Sequence[AnswerMinutes], minutes: float) -> float:
    """The share of answers that have come by then, of those that ever come."""
    if minutes <= 0:
        return 0.0
    return sum(part.share * _normal_below(part, minutes) for part in parts)


def _normal_below(part: AnswerMinutes, minutes: float) -> float:
    if part.sigma == 0:
        return float(minutes >= part.median)
    return 0.5 * (1.0 + erf(log(minutes / part.median) / (part.sigma * sqrt(2.0))))


def _hours(market: SimulatedMarket, week: int) -> Hours:
    """How many of the providers are open in each half-hour."""
    opened = [one.habits_in(week).hours for one in market.providers]
    day = [
        max(
            NIGHT,
            sum(opens <= slot * SLOT_MINUTES < closes for opens, closes in opened) / len(opened),
        )
        for slot in range(SLOTS_A_DAY)
    ]
    return Hours(weights=tuple(7 * day))
