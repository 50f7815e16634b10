"""What a search will go on to do, on average: whom it asks when, and when tiers open.

A forecast needs the offers to come as much as those that are live. They are laid out in one pass of
coarse steps: in place of each possible course of answers stands the mean number of silent offers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.matching.domain.adaptive import Beliefs, plan_of, view_of
from services.matching.domain.curve import Curve
from services.matching.domain.gates import history_of
from services.matching.domain.market import Market
from services.matching.domain.placement import Searching
from services.matching.domain.policy import Policy, Tier
from services.matching.domain.ranking import line_up

STEP_MINUTES = 10.0
"""Open minutes of one step."""
WAVE_OVER = 0.35
"""A wave counts as answered when fewer than so many of its offers are silent on average."""
MOST_ATTEMPTS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One offer, live or to come. Open minutes from now: asked at `start` (0 if live), ends at
    `end`; `age` is how long a live one has been silent."""

    curve: Curve
    start: float
    end: float
    age: float = 0.0

    def answered_by(self, minutes: float) -> float:
        """The chance that it is answered by then, given that it is silent now."""
        waited = min(minutes, self.end) - self.start
        if waited <= 0:
            return 0.0
        return 1.0 - self.curve.silent_for(self.age + waited) / max(
            self.curve.silent_for(self.age), 1e-9
        )

    def silent(self, minutes: float) -> float:
        """The chance that it is out and unanswered then."""
        return 1.0 - self.answered_by(minutes) if self.start <= minutes < self.end else 0.0


@dataclass(slots=True, kw_only=True)
class _Course:
    """The course of a search as it is laid out."""

    searching: Searching
    now: datetime
    policy: Policy
    market: Market
    beliefs: Beliefs
    tier: int
    closes: float | None
    queue: list[tuple[int, Curve]]
    tried: list[Attempt]
    wave: list[Attempt]
    pressure: float = 1.0
    """How many silent offers an adaptive tier keeps out."""

    @property
    def rules(self) -> Tier:
        return self.policy.tiers[self.tier]


def attempts(
    searching: Searching, until: float, now: datetime, policy: Policy, market: Market
) -> Iterator[Attempt]:
    """Every offer that is live or likely to be made within `until` open minutes if none is
    accepted before."""
    course = _course_of(searching, now, policy, market)
    minutes = 0.0
    while minutes < until and len(course.tried) < MOST_ATTEMPTS and _step(course, minutes):
        minutes += STEP_MINUTES
    return iter(course.tried)


def _course_of(searching: Searching, now: datetime, policy: Policy, market: Market) -> _Course:
    view = view_of(searching, now, policy, market)
    hours = market.responses.hours
    beliefs = Beliefs(searching, market)
    tried = [Attempt(curve=one.curve, start=0.0, end=one.left, age=one.age) for _, one in view.live]
    closes = searching.tier_closes_at
    course = _Course(
        searching=searching,
        now=now,
        policy=policy,
        market=market,
        beliefs=beliefs,
        tier=searching.tier,
        closes=None if closes is None else hours.between(now, closes),
        queue=[
            (one.tier, beliefs.curve(one.provider_id, one.contract_kind, one.lot))
            for one in searching.unasked
        ],
        tried=tried,
        wave=list(tried),
    )
    if searching.runs_on:
        course.pressure = max(1.0, len(tried) + (plan_of(view).ask if view.following else 0))
    return course


def _step(course: _Course, minutes: float) -> bool:
    """Open and ask what is due by then; False when there is nothing left to come."""
    silent = sum(attempt.silent(minutes) for attempt in course.wave)
    over = silent < WAVE_OVER
    while (course.closes is not None and course.closes <= minutes) or (over and not course.queue):
        if not _open_next(course, minutes):
            return bool(course.queue)
    if course.rules.adaptive:
        while course.queue and silent < course.pressure - 0.5:
            _ask(course, minutes)
            silent += 1.0
    elif over:
        course.wave = []
        for _ in range(course.rules.wave_size or len(course.queue)):
            if course.queue:
                _ask(course, minutes)
    return True


def _ask(course: _Course, minutes: float) -> None:
    tier, curve = course.queue.pop(0)
    rules = course.policy.tiers[tier]
    window = float(rules.window_minutes[course.searching.facts.urgency])
    end = minutes + window
    if course.closes is not None and not rules.adaptive:
        end = min(end, course.closes)
    attempt = Attempt(curve=curve, start=minutes, end=end)
    course.tried.append(attempt)
    course.wave.append(attempt)


def _open_next(course: _Course, minutes: float) -> bool:
    """The next tier, with whom it would ask now; False after the last."""
    kept = course.queue if course.rules.adaptive else []
    if course.tier + 1 >= len(course.policy.tiers):
        course.closes = None
        course.queue = kept
        return False
    course.tier += 1
    searching, tier = course.searching, course.rules
    line = line_up(
        placement_id=searching.placement_id,
        needed=searching.facts.needed,
        history=history_of(searching),
        tier=tier,
        policy=course.policy,
        market=course.market,
        day=course.now.date(),
    )
    curve = course.beliefs.curve
    queued = [
        (course.tier, curve(one.provider_id, one.contract_kind, one.lot)) for one in line.ranked
    ]
    course.queue = [*kept, *queued]
    budget = tier.budget_minutes[searching.facts.urgency]
    last = course.tier + 1 == len(course.policy.tiers)
    course.closes = None if budget is None or (last and tier.adaptive) else minutes + budget
    if not tier.adaptive:
        course.wave = []
    return True
