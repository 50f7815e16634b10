"""How many of the next-ranked to ask now, and when to ask the next: fewest offers for a goal in time.

Weighed are E[offers] + sum of price x P(goal missed). The plan is open-loop, a time of asking for
each provider in its order, and is made again whenever something happens; only what it says of now
is done. How it is derived, what it assumes and how near it comes to the exact dynamic programme is
in this service's README. Numbers only: minutes are open minutes from now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from services.matching.domain.curve import BIN_MINUTES, BINS, Curve

TIMES_MINUTES = (0, 10, 20, 30, 45, 60, 90, 120, 180)
"""When somebody may be asked. Coarser later on: plans that far ahead are always made again."""
_TIMES = tuple([minutes // BIN_MINUTES for minutes in TIMES_MINUTES])
LOOK_AGAIN_MINUTES = 30.0
"""When to think again if at these prices nobody else is worth asking yet."""
MOST_TOGETHER = 4
"""How far to look past a provider that hardly ever takes a package."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Live:
    """An offer that is out: silent for `age` minutes, with `left` minutes until its window ends."""

    curve: Curve
    age: float
    left: float


@dataclass(frozen=True, slots=True)
class Next:
    """A provider that may be asked, with the window that its offer would have."""

    curve: Curve
    window: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A target so many minutes from now, and how many offers it is worth not to miss it.

    A goal that is not ahead is ignored.
    """

    minutes: float
    price: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How many to ask now, in how many minutes to ask the next (None: nobody is left), and what it
    comes to if nobody is asked after that: offers and misses together, and the chance of missing
    each goal that is ahead."""

    ask: int
    again_in: float | None
    cost: float
    missed: tuple[float, ...]


def plan(
    live: Sequence[Live],
    following: Sequence[Next],
    goals: Sequence[Goal],
    *,
    settling: float = 0.0,
) -> Plan:
    """The plan of least cost; if nothing is live at least one is asked, as long as one is left.

    `settling` is how long an acceptance stands while better-ranked providers may answer: whoever is
    asked beside others must have said yes so much earlier.
    """
    ahead = [goal for goal in goals if goal.minutes > 0]
    lay_out = partial(_laid_out, live, following, ahead, settling=settling)
    alone = lay_out(most_together=1, whole=False)
    if not _bars_the_way(following):
        return alone
    together = lay_out(most_together=MOST_TOGETHER, whole=False)
    if (alone.ask, alone.again_in) == (together.ask, together.again_in):
        return alone
    whole = [lay_out(most_together=most, whole=True) for most in (1, MOST_TOGETHER)]
    return min(whole, key=lambda one: one.cost)


def _bars_the_way(following: Sequence[Next]) -> bool:
    """Whether a better provider comes right after a worse one."""
    return any(later.curve.yes > one.curve.yes for one, later in pairwise(following))


def _laid_out(
    live: Sequence[Live],
    following: Sequence[Next],
    goals: Sequence[Goal],
    *,
    settling: float,
    most_together: int,
    whole: bool,
) -> Plan:
    """A time for each provider in its order, as long as it is worth an offer.

    Nobody's time depends on those after it; so unless the `whole` is wanted to compare its cost
    with another's, it is laid out only until the next look is known.
    """
    course = _Course(goals)
    for offer in live:
        course.has(offer)
    asked: list[int] = []
    offers = 0.0
    if following and not live:
        # Nobody waits for nobody: the first is asked whatever a miss is worth.
        asked, offers = [0], 1.0
        course.asks(following[:1], 0, 0)
    while len(asked) < len(following):
        late = _bins(settling) if live or asked else 0
        place, group = course.next_group(following, len(asked), most_together, late)
        if place is None:
            break
        asked += [place] * len(group)
        offers += course.unfilled[place] * len(group)
        course.asks(group, place, late)
        if place and not whole:
            break
    now = asked.count(0)
    again_in = next((float(TIMES_MINUTES[place]) for place in asked if place), None)
    if again_in is None and len(following) > now:
        again_in = LOOK_AGAIN_MINUTES
    missed = tuple(course.unfilled[len(course.times) :])
    worth = sum([goal.price * chance for goal, chance in zip(goals, missed, strict=True)])
    return Plan(ask=now, again_in=again_in, cost=offers + worth, missed=missed)


def _bins(minutes: float) -> int:
    """The nearest bin of the curves. Everything is looked up on their grid: two minutes and a half
    change no decision, and a plan takes a fraction of the time."""
    return min(BINS, int(minutes / BIN_MINUTES + 0.5))


class _Course:
    """The chance of being unfilled at each time of asking and at each goal, as offers are added.

    Times, goals and windows are in bins; a place is an index of `times`.
    """

    def __init__(self, goals: Sequence[Goal]) -> None:
        self._goals = [(max(1, _bins(goal.minutes)), goal.price) for goal in goals]
        last = max([until for until, _ in self._goals], default=0)
        self.times = [time for time in _TIMES if time < last] or [0]
        self._instants = [*self.times, *[until for until, _ in self._goals]]
        self._last = last
        self._earliest = 0
        self.unfilled = [1.0] * len(self._instants)

    def has(self, offer: Live) -> None:
        """One offer is out already: what counts is the chance of a yes given its silence so far."""
        silent, yes = offer.curve.silent, offer.curve.yes
        age, left = _bins(offer.age), _bins(offer.left)
        share = yes / max(_TINY, silent[age])
        unfilled = self.unfilled
        for n, time in enumerate(self._instants):
            waited = min(BINS, age + min(left, time))
            unfilled[n] *= 1.0 - yes + share * silent[waited]

    def next_group(
        self, following: Sequence[Next], first: int, most: int, late: int
    ) -> tuple[int | None, Sequence[Next]]:
        """Who is asked next, and where among the times; None if nobody is worth an offer any more.

        Mostly the next in order alone. One who hardly ever takes a package may bar the way to a
        better one: then they are weighed together, and that group is taken which gains most for
        each offer. Source: the ratio rule for chains, J. B. Sidney, Decomposition algorithms for
        single-machine sequencing, 1975.
        """
        place, best_gain, group = None, 0.0, following[first : first + 1]
        for size in _sizes(following[first : first + most]):
            together = following[first : first + size]
            found, gain = self._best_place(together, late)
            if found is not None and gain > best_gain:
                place, best_gain, group = found, gain, together
        return place, group

    def _best_place(self, group: Sequence[Next], late: int) -> tuple[int | None, float]:
        """Where asking a group saves most, not before whoever comes first in order, and how much it
        gains for each offer.

        Asking costs offers if the package is still unfilled then, and makes each goal likelier;
        None if at no time that is worth more than the offers.
        """
        unfilled, times = self.unfilled, self.times
        unaccepted = _unaccepted(group, self._last)
        worths = [
            (until - late, price * chance)
            for (until, price), chance in zip(self._goals, unfilled[len(times) :], strict=True)
        ]
        most, place, ratio = _TINY, None, 0.0
        for n in range(self._earliest, len(times)):
            time, gain = times[n], 0.0
            for until, worth in worths:
                if until > time:
                    gain += worth * (1.0 - unaccepted[until - time])
            offers = len(group) * unfilled[n]
            if gain - offers > most:
                most, place, ratio = gain - offers, n, gain / offers
        return place, ratio

    def asks(self, group: Sequence[Next], place: int, late: int) -> None:
        """These are asked at that place."""
        self._earliest, at = place, self.times[place]
        unaccepted = _unaccepted(group, self._last)
        for n in range(place + 1, len(self._instants)):
            waited = self._instants[n] - at - (late if n >= len(self.times) else 0)
            if waited > 0:
                self.unfilled[n] *= unaccepted[waited]


def _unaccepted(group: Sequence[Next], bins: int) -> Sequence[float]:
    """The chance that nobody of a group has said yes 0, 1 … `bins` bins after it was asked."""
    together: Sequence[float] = ()
    for provider in group:
        yes, silent = provider.curve.yes, provider.curve.silent
        window = min(bins, BINS, int(provider.window) // BIN_MINUTES)
        alone = [1.0 - yes + yes * chance for chance in silent[: window + 1]]
        alone += alone[-1:] * (bins - window)
        together = (
            [one * other for one, other in zip(together, alone, strict=True)] if together else alone
        )
    return together


def _sizes(following: Sequence[Next]) -> Sequence[int]:
    """How many to weigh together: one, and as many as it takes to reach somebody better."""
    first = following[0].curve.yes
    return (1, *[n for n, one in enumerate(following, 1) if one.curve.yes > first])
