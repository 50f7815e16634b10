"""What a search will go on to do, on average: whom it asks when, and when tiers open.

A forecast needs the offers to come as much as those that are live. They are laid out in one pass of
coarse steps along one course of events: nobody takes the package, and whoever has more likely than
not answered by then has said no. In an adaptive tier pacing itself says at each step whom to ask.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.matching.domain.adaptive import MOST_FOLLOWING, Beliefs, goals_of, view_of
from services.matching.domain.curve import Curve
from services.matching.domain.gates import history_of
from services.matching.domain.london import day_of
from services.matching.domain.market import Market
from services.matching.domain.pacing import LOOK_AGAIN_MINUTES, Live, Next, plan
from services.matching.domain.placement import Searching
from services.matching.domain.policy import Policy, Tier
from services.matching.domain.ranking import line_up

STEP_MINUTES, COARSE_STEP_MINUTES = 10.0, 30.0
FINE_UNTIL_MINUTES = 240.0
"""Open minutes of one step, and until when steps are fine: what comes later matters less."""
ASKED_EARLIER_MINUTES = STEP_MINUTES / 4
"""An answer makes room for the next offer at once, on average half a step before the step that shows
it; what was planned comes on its step. Source: assumed, that there are as many of both."""
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
        """The chance that it is out and unanswered then, if it has not been accepted."""
        if not self.start <= minutes < self.end:
            return 0.0
        answered = self.answered_by(minutes)
        return (1.0 - answered) / max(1e-9, 1.0 - answered * self.curve.yes)

    def live(self, minutes: float) -> Live:
        """As pacing sees it then."""
        return Live(self.curve, self.age + minutes - self.start, self.end - minutes)


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
    known: set[UUID]
    """Who was in the queue so far: a later tier does not ask again whom an earlier one had."""
    tried: list[Attempt]
    wave: list[Attempt]
    settling: float
    windows: dict[tuple[int, float], float] = field(default_factory=dict)
    """Open minutes that an offer of a tier has, if it is made then."""
    look_at: float = 0.0
    looked_on: int = 0
    """When pacing is asked next, unless there are not as many live as when it was asked last."""

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
        minutes += STEP_MINUTES if minutes < FINE_UNTIL_MINUTES else COARSE_STEP_MINUTES
    return iter(course.tried)


def _course_of(searching: Searching, now: datetime, policy: Policy, market: Market) -> _Course:
    view = view_of(searching, now, policy, market)
    hours = market.responses.hours
    beliefs = Beliefs(searching, market)
    tried = [Attempt(curve=one.curve, start=0.0, end=one.left, age=one.age) for _, one in view.live]
    closes = searching.tier_closes_at
    return _Course(
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
        known={one.provider_id for one in searching.unasked},
        tried=tried,
        wave=list(tried),
        settling=view.settling_minutes,
    )


def _step(course: _Course, minutes: float) -> bool:
    """Open and ask what is due by then; False when there is nothing left to come."""
    over = sum(attempt.silent(minutes) for attempt in course.wave) < WAVE_OVER
    while (course.closes is not None and course.closes <= minutes) or (over and not course.queue):
        if not _open_next(course, minutes):
            return bool(course.queue)
    if course.rules.adaptive:
        for _ in range(_paced(course, minutes)):
            _ask(course, minutes)
    elif over:
        course.wave = []
        for _ in range(course.rules.wave_size or len(course.queue)):
            if course.queue:
                _ask(course, minutes)
    return True


def _paced(course: _Course, minutes: float) -> int:
    """How many pacing would ask then; as there, it thinks again only when something happened."""
    live = _live(course.wave, minutes)
    if minutes < course.look_at and len(live) == course.looked_on:
        return 0
    goals = goals_of(
        course.searching.facts, _instant(course, minutes), course.policy, course.market
    )
    found = plan(
        [one.live(minutes) for one in live],
        [
            Next(curve, _window(course, tier, minutes))
            for tier, curve in course.queue[:MOST_FOLLOWING]
        ],
        [goal for _, goal in goals],
        settling=course.settling,
    )
    course.look_at = minutes + (found.again_in or LOOK_AGAIN_MINUTES)
    course.looked_on = len(live) + found.ask
    return found.ask


def _live(wave: Sequence[Attempt], minutes: float) -> list[Attempt]:
    """As many as are likely to be unanswered then, those first of whom it is likeliest."""
    silent = [one.silent(minutes) for one in wave]
    order = sorted(range(len(wave)), key=lambda n: -silent[n])
    return [wave[n] for n in sorted(order[: round(sum(silent))])]


def _ask(course: _Course, minutes: float) -> None:
    tier, curve = course.queue.pop(0)
    end = minutes + _window(course, tier, minutes)
    if course.closes is not None and not course.policy.tiers[tier].adaptive:
        end = min(end, course.closes)
    start = max(0.0, minutes - ASKED_EARLIER_MINUTES)
    attempt = Attempt(curve=curve, start=start, end=end)
    course.tried.append(attempt)
    course.wave.append(attempt)


def _window(course: _Course, tier: int, minutes: float) -> float:
    """What is left of a window while nobody answers, as at night, is less."""
    found = course.windows.get((tier, minutes))
    if found is None:
        made_at, urgency = _instant(course, minutes), course.searching.facts.urgency
        ends = course.policy.window_ends(course.policy.tiers[tier], urgency, made_at)
        found = course.market.responses.hours.between(made_at, ends)
        course.windows[tier, minutes] = found
    return found


def _instant(course: _Course, minutes: float) -> datetime:
    return course.market.responses.hours.after(course.now, minutes)


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
        day=day_of(course.now),
    )
    curve = course.beliefs.curve
    new = [one for one in line.ranked if one.provider_id not in course.known]
    course.known.update([one.provider_id for one in new])
    queued = [(course.tier, curve(one.provider_id, one.contract_kind, one.lot)) for one in new]
    course.queue, course.look_at = [*kept, *queued], minutes
    hours, opened_at = course.market.responses.hours, _instant(course, minutes)
    closes_at = course.policy.budget_ends(tier, searching.facts.urgency, opened_at)
    if course.tier + 1 == len(course.policy.tiers) and tier.adaptive:
        closes_at = None
    course.closes = None if closes_at is None else minutes + hours.between(opened_at, closes_at)
    if not tier.adaptive:
        course.wave = []
    return True
