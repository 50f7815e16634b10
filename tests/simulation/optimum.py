"""The best that anybody could do on a small case, and what the rule does there: both exact.

Time goes in steps. Whoever is asked answers within a step with the chance that its curve gives, or
stays silent; an answer is seen at the end of its step. A policy says at the beginning of each step
how many more to ask, knowing who is silent since when. `best` minimises by dynamic programming over
every such policy, `of_rule` follows `pacing.plan` through the same states: no random number is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.matching.domain.curve import Curve
from services.matching.domain.pacing import Goal, Live, Next, plan

Silent = tuple[tuple[int, int], ...]
"""Those who were asked and are silent: (provider, step in which it was asked)."""
Choose = Callable[[int, Silent, int], int]
"""(step, silent, how many were asked) → how many to ask now."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a policy comes to: offers expected, and the chance of missing each goal."""

    offers: float
    missed: tuple[float, ...]

    def cost(self, prices: Sequence[float]) -> float:
        """Offers and what the misses are worth."""
        return self.offers + sum(p * miss for p, miss in zip(prices, self.missed, strict=True))


@dataclass(frozen=True)
class Case:
    """A small search: providers in their order, goals at the ends of steps, and a window."""

    curves: tuple[Curve, ...]
    step_minutes: int
    goals: tuple[int, ...]
    """After how many steps each goal is."""
    prices: tuple[float, ...]
    window_steps: int

    @property
    def steps(self) -> int:
        """The last goal; nothing counts after it."""
        return self.goals[-1]

    @cached_property
    def answers(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """By provider and age in steps: the chances of a no and of a yes within the next step."""
        table = []
        for curve in self.curves:
            row = []
            for age in range(self.steps):
                silent = curve.silent_for(age * self.step_minutes)
                later = curve.silent_for((age + 1) * self.step_minutes)
                answer = (silent - later) / silent if silent > 0 else 0.0
                row.append((answer * (1.0 - curve.yes), answer * curve.yes))
            table.append(tuple(row))
        return tuple(table)

    def after_step(self, at: int, silent: Silent) -> list[tuple[float, Silent]]:
        """Each way in which nobody says yes within a step, with its chance: who is silent then."""
        ways: list[tuple[float, Silent]] = [(1.0, ())]
        for provider, asked in silent:
            no, yes = self.answers[provider][at - asked]
            stays = 1.0 - no - yes
            lives = at + 1 - asked < self.window_steps
            ways = [
                way
                for chance, others in ways
                for way in (
                    [(chance * no, others), (chance * stays, (*others, (provider, asked)))]
                    if lives
                    else [(chance * (no + stays), others)]
                )
            ]
        return ways


def best(case: Case, prices: Sequence[float] | None = None) -> Value:
    """The least cost at these prices (the case's own if none are given), and how it comes about."""
    priced = case.prices if prices is None else tuple(prices)

    def least(at: int, silent: Silent, asked: int, value: _ValueOf) -> Value:
        fewest = 1 if not silent and asked < len(case.curves) else 0
        every = range(fewest, len(case.curves) - asked + 1)
        tried = (_asking(case, (at, silent, asked), more, value) for more in every)
        return min(tried, key=lambda one: one.cost(priced))

    return _solved(case, least)


def of_policy(case: Case, choose: Choose) -> Value:
    """What following a policy comes to."""

    def followed(at: int, silent: Silent, asked: int, value: _ValueOf) -> Value:
        return _asking(case, (at, silent, asked), choose(at, silent, asked), value)

    return _solved(case, followed)


def of_rule(case: Case) -> Value:
    """What the production rule comes to."""
    step, window = float(case.step_minutes), case.window_steps

    def choose(at: int, silent: Silent, asked: int) -> int:
        live = [
            Live(case.curves[provider], (at - since) * step, (since + window - at) * step)
            for provider, since in silent
        ]
        following = [Next(curve, window * step) for curve in case.curves[asked:]]
        goals = [
            Goal((goal - at) * step, price)
            for goal, price in zip(case.goals, case.prices, strict=True)
        ]
        return plan(live, following, goals).ask

    return of_policy(case, choose)


_State = tuple[int, Silent, int]
_ValueOf = Callable[[int, Silent, int], Value]


def _solved(case: Case, decide: Callable[[int, Silent, int, _ValueOf], Value]) -> Value:
    """The value of the first state, each state worked out once."""
    known: dict[_State, Value] = {}
    nothing = Value(0.0, (0.0,) * len(case.goals))

    def value(at: int, silent: Silent, asked: int) -> Value:
        if at == case.steps:
            return nothing
        state = (at, silent, asked)
        found = known.get(state)
        if found is None:
            found = known[state] = decide(at, silent, asked, value)
        return found

    return value(0, (), 0)


def _asking(case: Case, state: _State, more: int, value: _ValueOf) -> Value:
    at, silent, asked = state
    live = silent + tuple((asked + n, at) for n in range(more))
    offers, missed = float(more), [0.0] * len(case.goals)
    for chance, left in case.after_step(at, live):
        after = value(at + 1, left, asked + more)
        offers += chance * after.offers
        for n, goal in enumerate(case.goals):
            # Whoever is unfilled at the end of a goal's step has missed it; earlier ones are past.
            missed[n] += chance * (1.0 if goal == at + 1 else after.missed[n])
    return Value(offers, tuple(missed))


def fewest_offers(case: Case, found: Value) -> float:
    """The fewest offers for which misses worth as much, at the case's prices, can be had.

    The best policies at all scales of the prices span a convex frontier; between two neighbours one
    mixes them. No policy lies below it.
    """
    worth = _worth(case, found)
    cheap, dear = best(case, _scaled(case, 0.0)), best(case, _scaled(case, 64.0))
    if _worth(case, cheap) <= worth:
        return cheap.offers
    low, high = 0.0, 64.0
    for _ in range(12):
        middle = (low + high) / 2
        tried = best(case, _scaled(case, middle))
        if _worth(case, tried) > worth:
            low, cheap = middle, tried
        else:
            high, dear = middle, tried
    over, under = _worth(case, cheap), _worth(case, dear)
    share = max(0.0, (worth - under) / (over - under)) if over > under else 0.0
    return share * cheap.offers + (1.0 - share) * dear.offers


def _worth(case: Case, found: Value) -> float:
    return found.cost(case.prices) - found.offers


def _scaled(case: Case, scale: float) -> list[float]:
    return [scale * price for price in case.prices]
