"""Policies against each other, on the same luck: differences, the cheapest, and families.

Differences are paired by seed, since the same seed draws the same packages and answers for every
policy. A family is the same policy at several settings (`waves(n)` for several n) in the order of
the setting; between two neighbours it is interpolated in a straight line, as if packages were
shared out between the two.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from deploy.simulator.figures import GOALS, Figures, Goal
from deploy.simulator.intervals import Interval, jackknife, over_seeds

NEAR_POINTS = 1.0
"""A fill that is lower by no more than this many points counts as just as good. Source: assumed."""
FILL = "filled_240"
"""The speed at which policies are held against each other when they cannot all reach a goal."""
OFFERS = "offers"


def difference(one: Figures, other: Figures, key: str) -> Interval | None:
    """How much more of a measure the one has than the other, paired by seed.

    None where a run lacks the figure. Raises ValueError for other seeds.
    """
    _same_luck(one, other)
    return over_seeds(
        [
            None if mine is None or its is None else mine - its
            for mine, its in zip(one.by_seed[key], other.by_seed[key], strict=True)
        ]
    )


def ratio(one: Figures, other: Figures, key: str) -> Interval | None:
    """The one's mean of a measure as a share of the other's, with its interval over paired seeds.

    None where the other has nothing of it. Raises ValueError for other seeds.
    """
    _same_luck(one, other)

    def of(seeds: Sequence[int]) -> float | None:
        mine, its = _mean(one, key, seeds), _mean(other, key, seeds)
        return None if mine is None or not its else mine / its

    return jackknife(of, len(one.seeds))


def cheapest_reaching(policies: Sequence[Figures], goals: Sequence[Goal] = GOALS) -> Figures | None:
    """Of those that reach every goal at the lower end of the interval, the one of fewest offers."""
    reaching = [one for one in policies if one.reaches_all(goals)]
    return min(reaching, key=lambda one: one.mean(OFFERS)) if reaching else None


def best_filling(policies: Sequence[Figures], key: str = FILL) -> Figures:
    """The policy that fills most in time, on average; of equals the one of fewest offers."""
    return min(policies, key=lambda one: (-one.mean(key), one.mean(OFFERS)))


def cheapest_near(
    policies: Sequence[Figures], key: str = FILL, near_points: float = NEAR_POINTS
) -> Figures:
    """The policy of fewest offers among those that fill nearly as much in time as the best."""
    least = best_filling(policies, key).mean(key) - near_points
    near = [one for one in policies if one.mean(key) >= least]
    return min(near, key=lambda one: one.mean(OFFERS))


def best_filling_for(
    policies: Sequence[Figures], most_offers: float, key: str = FILL
) -> Figures | None:
    """The policy that fills most in time for at most so many offers a package; None if none is."""
    affordable = [one for one in policies if one.mean(OFFERS) <= most_offers]
    return best_filling(affordable, key) if affordable else None


def offers_against_family(
    one: Figures, family: Sequence[Figures], key: str = FILL
) -> Interval | None:
    """A policy's offers as a share of what the family's best setting needs to fill as much in time.

    1.03 is three per cent more. None where no setting of the family, nor a straight line between
    neighbours, fills exactly as much. Raises ValueError for other seeds.
    """
    return _against(one, family, at=key, of=OFFERS, best=min)


def fill_against_family(
    one: Figures, family: Sequence[Figures], key: str = FILL
) -> Interval | None:
    """A policy's fill in time as a share of what the family's best setting fills for equal offers.

    None where the family has no such setting. Raises ValueError for other seeds.
    """
    return _against(one, family, at=OFFERS, of=key, best=max)


def _against(
    one: Figures,
    family: Sequence[Figures],
    *,
    at: str,
    of: str,
    best: Callable[[Sequence[float]], float],
) -> Interval | None:
    for member in family:
        _same_luck(one, member)

    def share(seeds: Sequence[int]) -> float | None:
        mine, level = _mean(one, of, seeds), _mean(one, at, seeds)
        members = [(_mean(member, at, seeds), _mean(member, of, seeds)) for member in family]
        points = [(x, y) for x, y in members if x is not None and y is not None]
        crossings = [] if level is None else _crossings(points, level)
        return mine / best(crossings) if mine is not None and crossings else None

    return jackknife(share, len(one.seeds))


def _crossings(points: Sequence[tuple[float, float]], level: float) -> list[float]:
    """Every height at which the line through the points passes a level."""
    found = [y for x, y in points if x == level]
    for (x, y), (next_x, next_y) in pairwise(points):
        if min(x, next_x) < level < max(x, next_x):
            found.append(y + (next_y - y) * (level - x) / (next_x - x))
    return found


def _mean(figures: Figures, key: str, seeds: Sequence[int]) -> float | None:
    values = [figures.by_seed[key][seed] for seed in seeds]
    told = [value for value in values if value is not None]
    return sum(told) / len(told) if told and len(told) == len(values) else None


def _same_luck(one: Figures, other: Figures) -> None:
    if one.seeds != other.seeds:
        raise ValueError(f"{one.policy} and {other.policy} were not run on the same seeds")
