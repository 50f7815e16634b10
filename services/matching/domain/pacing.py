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
    line = _Line(following, max([_until(goal) for goal in ahead], default=0))
    lay_out = partial(_laid_out, live, line, ahead, settling=settling)
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
    line: "_Line",
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
    offers, count = 0.0, len(line.following)
    if count and not live:
        # Nobody waits for nobody: the first is asked whatever a miss is worth.
        asked, offers = [0], 1.0
        course.asks(line.unaccepted(0, 1), 0, 0)
    while len(asked) < count:
        late = _bins(settling) if live or asked else 0
        place, size = course.next_group(line, len(asked), most_together, late)
        if place is None:
            break
        offers += course.unfilled[place] * size
        course.asks(line.unaccepted(len(asked), size), place, late)
        asked += [place] * size
        if place and not whole:
            break
    now = asked.count(0)
    again_in = next((float(TIMES_MINUTES[place]) for place in asked if place), None)
    if again_in is None and count > now:
        again_in = LOOK_AGAIN_MINUTES
    missed = tuple(course.unfilled[len(course.times) :])
    worth = sum([goal.price * chance for goal, chance in zip(goals, missed, strict=True)])
    return Plan(ask=now, again_in=again_in, cost=offers + worth, missed=missed)


def _bins(minutes: float) -> int:
    """The nearest bin of the curves. Everything is looked up on their grid: two minutes and a half
    change no decision, and a plan takes a fraction of the time."""
    return min(BINS, int(minutes / BIN_MINUTES + 0.5))


def _until(goal: Goal) -> int:
    """The bin in which a goal that is ahead lies: never the present one."""
    return max(1, _bins(goal.minutes))


class _Course:
    """The chance of being unfilled at each time of asking and at each goal, as offers are added.

    Times, goals and windows are in bins; a place is an index of `times`.
    """

    def __init__(self, goals: Sequence[Goal]) -> None:
        self._goals = [(_until(goal), goal.price) for goal in goals]
        last = max([until for until, _ in self._goals], default=0)
        self.times = [time for time in _TIMES if time < last] or [0]
        self._instants = [*self.times, *[until for until, _ in self._goals]]
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

    def next_group(self, line: "_Line", first: int, most: int, late: int) -> tuple[int | None, int]:
        """How many are asked next, and where among the times; None if nobody is worth an offer.

        Mostly the next in order alone. One who hardly ever takes a package may bar the way to a
        better one: then they are weighed together, and that group is taken which gains most for
        each offer. Source: the ratio rule for chains, J. B. Sidney, Decomposition algorithms for
        single-machine sequencing, 1975.
        """
        place, best_gain, best_size = None, 0.0, 1
        for size in line.sizes(first, most):
            found, gain = self._best_place(line.unaccepted(first, size), size, late)
            if found is not None and gain > best_gain:
                place, best_gain, best_size = found, gain, size
        return place, best_size

    def _best_place(
        self, unaccepted: Sequence[float], size: int, late: int
    ) -> tuple[int | None, float]:
        """Where asking a group saves most, not before whoever comes first in order, and how much it
        gains for each offer.

        Asking costs offers if the package is still unfilled then, and makes each goal likelier;
        None if at no time that is worth more than the offers.
        """
        unfilled, times = self.unfilled, self.times
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
            offers = size * unfilled[n]
            if gain - offers > most:
                most, place, ratio = gain - offers, n, gain / offers
        return place, ratio

    def asks(self, unaccepted: Sequence[float], place: int, late: int) -> None:
        """Those who have not said yes with these chances, by the bin, are asked at that place."""
        self._earliest, at = place, self.times[place]
        for n in range(place + 1, len(self._instants)):
            waited = self._instants[n] - at - (late if n >= len(self.times) else 0)
            if waited > 0:
                self.unfilled[n] *= unaccepted[waited]


class _Line:
    """Those who may be asked, in their order, and what is known of neighbours together."""

    def __init__(self, following: Sequence[Next], bins: int) -> None:
        self.following = following
        self._bins = bins
        self._known: dict[tuple[int, int], list[float]] = {}

    def unaccepted(self, first: int, size: int) -> list[float]:
        """The chance that none of so many has said yes 0, 1 … bins after they were asked."""
        found = self._known.get((first, size))
        if found is None:
            found = self._alone(self.following[first + size - 1])
            if size > 1:
                others = self.unaccepted(first, size - 1)
                found = [one * other for one, other in zip(others, found, strict=True)]
            self._known[first, size] = found
        return found

    def _alone(self, provider: Next) -> list[float]:
        yes, silent = provider.curve.yes, provider.curve.silent
        window = min(self._bins, BINS, int(provider.window) // BIN_MINUTES)
        alone = [1.0 - yes + yes * chance for chance in silent[: window + 1]]
        return alone + alone[-1:] * (self._bins - window)

    def sizes(self, first: int, most: int) -> list[int]:
        """How many to weigh together: one, and as many as it takes to reach somebody better."""
        yes = self.following[first].curve.yes
        weighed = self.following[first : first + most]
        return [1, *[n for n, one in enumerate(weighed, 1) if one.curve.yes > yes]]
