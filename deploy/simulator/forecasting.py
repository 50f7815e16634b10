"""The production forecast of each search at set ages, and that of one who knows the true habits.

The second is there to hold the first against: nobody can do better than to know every habit, and a
package's own hardness and the answers' luck stay unknown to both. What came of forecasts corrects
later ones, as in the service, from the first week on; it does not correct the second.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import erf, exp, log, sqrt
from typing import cast
from uuid import UUID

from deploy.simulator.drawing import WEEK_MINUTES, minute
from deploy.simulator.market import AnswerMinutes, Habits, SimulatedMarket
from deploy.simulator.outcomes import Forecast, Horizon
from deploy.simulator.register import provider_id
from deploy.simulator.replying import log_odds
from services.matching.domain.calibration import (
    AS_SAID,
    SCORED_AFTER,
    THOUSANDTHS,
    Calibration,
    score_of,
    tenth_of,
)
from services.matching.domain.codes import ContractKind
from services.matching.domain.curve import BIN_MINUTES, BINS, Curve
from services.matching.domain.hardness import mean_of
from services.matching.domain.hours import NIGHT, SLOT_MINUTES, SLOTS_A_DAY, Hours
from services.matching.domain.market import Market
from services.matching.domain.outlook import chances_by, ends_of_day, scored_as
from services.matching.domain.placement import Placement, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.requirement import Needed
from services.matching.domain.responses import Responses
from services.matching.domain.tally import weight

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
    scored_as: str
    reckoned: float
    """The chance before it was corrected."""

    def against(self, filled_at: datetime | None) -> Forecast:
        """The forecast beside what happened."""
        return Forecast(
            at_minute=self.at_minute,
            horizon=self.horizon,
            chance=self.chance,
            oracle_chance=self.oracle_chance,
            happened=filled_at is not None and filled_at <= self.until,
        )


Filled = Callable[[], datetime | None]
"""When a package was filled, as far as is known now."""


class TrueResponses:
    """What is believed by one who knows every habit: of a package's own hardness only its spread."""

    def __init__(self, market: SimulatedMarket, week: int) -> None:
        self.hardness_variance = market.packages.difficulty**2
        self.hours = _hours(market, week)
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
        """The provider's own habits, as a mean over packages, moved by such a hardness."""
        habits = self._habits[who]
        odds = log_odds(habits.accepts_by_outcode.get(needed.outcode, habits.accepts))
        if needed.double_handed and habits.accepts_double_handed is not None:
            odds += log_odds(habits.accepts_double_handed) - log_odds(habits.accepts)
        mean = mean_of(1.0 / (1.0 + exp(-odds)), self.hardness_variance)
        lasting = max(1.0 - habits.releases, 1e-9)
        moved = 1.0 / (1.0 + exp(-log_odds(lasting * mean) - hardness))
        return Curve(yes=moved, silent=self._silent[who], lasts=lasting)

    def hardness(self, declined: Sequence[float]) -> float:
        """One step of Newton towards the likeliest hardness after these noes."""
        variance = self.hardness_variance
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
        self._calibration = AS_SAID
        self._to_score: list[tuple[Said, Filled]] = []
        self._scored_on: date | None = None
        self._sums: dict[tuple[str, int], tuple[int, int, int]] = {}

    def look(
        self, placement: Placement, now: datetime, market: Market, filled: Filled
    ) -> Iterator[Said]:
        """The forecasts of a search under way, for each horizon that lies ahead.

        `filled` will be asked when the package was filled, once the time of a forecast has passed.
        """
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
        if now.date() != self._scored_on:
            self._score(now)
        reckoned = chances_by(placement, instants, now, self._policy, market)
        scored = [scored_as(horizon, placement) for horizon, _ in until]
        said = self._calibration.corrected_all(scored, instants, reckoned)
        oracle = chances_by(placement, instants, now, self._policy, known)
        age = minute(now) - minute(received_at)
        for (horizon, at), key, first, chance, true in zip(
            until, scored, reckoned, said, oracle, strict=True
        ):
            one = Said(age, horizon, at, chance, true, key, first)
            self._to_score.append((one, filled))
            yield one

    def _score(self, now: datetime) -> None:
        """Once a day: what came of the forecasts whose time has passed."""
        self._scored_on = now.date()
        waiting = []
        for said, filled in self._to_score:
            if said.until + SCORED_AFTER > now:
                waiting.append((said, filled))
                continue
            key, weighs = (said.scored_as, tenth_of(said.reckoned)), weight(now)
            happened = said.against(filled()).happened
            amounts = (1, round(said.reckoned * THOUSANDTHS), int(happened))
            before = self._sums.get(key, (0, 0, 0))
            count, told, came = (a + weighs * b for a, b in zip(before, amounts, strict=True))
            self._sums[key] = (count, told, came)
        self._to_score = waiting
        self._calibration = Calibration.of(
            {key: score_of(amounts, now) for key, amounts in self._sums.items()}
        )


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
