"""What ranking components measure of a tier's providers, and how their points add up.

Needed only for a tier that weighs them: the components that a provider's own entry answers are
read in `ranking`. A value that is not known puts a provider after those with one, and gives no
points. Source: domain rule 4.
"""

from collections.abc import Callable, Mapping, Sequence

from services.matching.domain.asking import Components, Measured
from services.matching.domain.codes import CqcRating, RankingComponent
from services.matching.domain.geography import nearest_km
from services.matching.domain.market import Market, Place
from services.matching.domain.policy import Tier
from services.matching.domain.requirement import Needed

PROMPT_OPEN_MINUTES = 60.0
"""Responsiveness is the chance of an answer by then. Source: assumed."""
TRUST_IN_KEEPING = 5.0
"""Acceptances kept that are believed of everybody beforehand. Source: assumed."""
RATING_POINTS: dict[CqcRating, float] = {
    "outstanding": 1.0,
    "good": 0.75,
    "not_inspected": 0.5,
    "requires_improvement": 0.25,
    "inadequate": 0.0,
}
_FEWER_FIRST: frozenset[RankingComponent] = frozenset(
    {"contract_rank", "turns", "hours", "distance", "rotation"}
)
_SHARES: frozenset[RankingComponent] = frozenset(
    {"continuity", "choice", "cqc_rating", "quality", "responsiveness"}
)
"""Values from 0 to 1 that are points as they are."""
_LAST = float("inf")

Values = list[float | None]
Weighed = tuple[list[tuple[float, ...]], list[tuple[Measured, ...]]]


def weighed(
    tier: Tier,
    places: Sequence[Place],
    found: Sequence[Components],
    needed: Needed,
    market: Market,
) -> Weighed:
    """For each place its key (lower is asked first) and what was measured of it, for the record.

    In a weighted tier the key is the sum of weighted points; else the values in the tier's order.
    """
    values = {
        component: _VALUES[component](places, found, needed, market)
        for component in tier.components
    }
    if not tier.weights:
        columns = [_ordered(component, column) for component, column in values.items()]
        keys = [tuple([column[n] for column in columns]) for n in range(len(places))]
        noted = {component: values[component] for component in tier.measured}
        return keys, [_noted(noted, n) for n in range(len(places))]
    points = {component: _points(component, column) for component, column in values.items()}
    measured = [_with_points(values, points, tier.weights, n) for n in range(len(places))]
    return [(-score_of(one),) for one in measured], measured


def score_of(measured: Sequence[Measured]) -> float:
    """Points times weights, added up; higher is asked first."""
    return round(sum([(one.weight or 0.0) * (one.points or 0.0) for one in measured]), 6)


def value_of(component: RankingComponent, found: Components) -> float | None:
    """What a record says that a component was; None where it was not known or not measured."""
    for one in found.measured:
        if one.component == component:
            return one.value
    value = _OF_ENTRY.get(component)
    return None if value is None else value(found)


def sooner_first(component: RankingComponent, value: float | None) -> float:
    """The value such that lower is asked first."""
    if value is None:
        return _LAST
    return value if component in _FEWER_FIRST else -value


def _ordered(component: RankingComponent, column: Values) -> list[float]:
    return [sooner_first(component, value) for value in column]


def _points(component: RankingComponent, column: Values) -> list[float]:
    """1 for the best of the line and 0 for the last and for whoever has no value."""
    known = [value for value in column if value is not None]
    if component in _SHARES:
        return [value or 0.0 for value in column]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = high - low
    if not span:
        return [0.0 if value is None else 1.0 for value in column]
    best = low if component in _FEWER_FIRST else high
    return [0.0 if value is None else round(1 - abs(value - best) / span, 4) for value in column]


def _noted(values: Mapping[RankingComponent, Values], n: int) -> tuple[Measured, ...]:
    return tuple(
        [Measured(component=component, value=column[n]) for component, column in values.items()]
    )


def _with_points(
    values: Mapping[RankingComponent, Values],
    points: Mapping[RankingComponent, list[float]],
    weights: Mapping[RankingComponent, float],
    n: int,
) -> tuple[Measured, ...]:
    return tuple(
        [
            Measured(
                component=component,
                value=column[n],
                weight=weights[component],
                points=points[component][n],
            )
            for component, column in values.items()
        ]
    )


_Valued = Callable[[Sequence[Place], Sequence[Components], Needed, Market], Values]


def _of_entry(value: Callable[[Components], float | None]) -> _Valued:
    """A component that ranking has read already."""
    return lambda _places, found, _needed, _market: [value(one) for one in found]


def _distances(
    places: Sequence[Place], _found: Sequence[Components], needed: Needed, market: Market
) -> Values:
    """Kilometres from the nearest of its branches and of the packages that it holds."""
    rounds, to = market.load.rounds, needed.area
    return [
        nearest_km(to, (*provider.branches, *rounds.get(provider.provider_id, ())), market.map)
        for provider, _ in places
    ]


def _rotations(
    places: Sequence[Place], found: Sequence[Components], _needed: Needed, market: Market
) -> Values:
    """Its share of the line's late offers, awards and weekly hours against its share of capacity.

    1 is just its share, less has had less. Who declares no figure is taken for a provider of mean
    size; who declares 0 hours has no share and no value.
    """
    known = [one.capacity_hours for one, _ in places if one.capacity_hours is not None]
    usual = sum(known) / len(known) if known else 1.0
    sizes = [usual if one.capacity_hours is None else one.capacity_hours for one, _ in places]
    awards = [market.awards.get((contract.lot, one.provider_id), 0.0) for one, contract in places]
    had = [
        [amount / sum(amounts) for amount in amounts]
        for amounts in ([one.turns for one in found], awards, [one.awarded_hours for one in found])
        if sum(amounts) > 0
    ]
    total = sum(sizes)
    return [
        None if not size else round(sum([part[n] for part in had]) / 3 / (size / total), 4)
        for n, size in enumerate(sizes)
    ]


def _qualities(
    places: Sequence[Place], _found: Sequence[Components], _needed: Needed, market: Market
) -> Values:
    """What the CQC's rating is worth, times the share of its acceptances that it did not release."""
    values: Values = []
    for provider, contract in places:
        did = market.responses.figures(provider.provider_id, contract.kind)
        kept = 1 - did.released / (did.accepted + TRUST_IN_KEEPING)
        values.append(round(RATING_POINTS[provider.cqc_rating] * max(0.0, kept), 4))
    return values


def _responsivenesses(
    places: Sequence[Place], _found: Sequence[Components], needed: Needed, market: Market
) -> Values:
    """The chance of an answer, whatever it is, within an hour in which providers answer."""
    curve = market.responses.curve
    return [
        round(
            curve(one.provider_id, contract.kind, contract.lot, needed).answered_by(
                PROMPT_OPEN_MINUTES
            ),
            4,
        )
        for one, contract in places
    ]


def _free_hours(
    places: Sequence[Place], _found: Sequence[Components], _needed: Needed, market: Market
) -> Values:
    """Weekly hours that it declares and that no package takes."""
    held = market.load.held_hours
    return [
        None
        if one.capacity_hours is None
        else max(0.0, round(one.capacity_hours - held.get(one.provider_id, 0.0), 2))
        for one, _ in places
    ]


_OF_ENTRY: dict[RankingComponent, Callable[[Components], float | None]] = {
    "continuity": lambda one: float(one.continuity),
    "choice": lambda one: float(one.chosen),
    "contract_rank": lambda one: one.contract_rank,
    "turns": lambda one: one.turns,
    "hours": lambda one: one.awarded_hours,
    "cqc_rating": lambda one: RATING_POINTS[one.cqc_rating],
}
_VALUES: dict[RankingComponent, _Valued] = {
    **{component: _of_entry(value) for component, value in _OF_ENTRY.items()},
    "distance": _distances,
    "rotation": _rotations,
    "quality": _qualities,
    "responsiveness": _responsivenesses,
    "capacity": _free_hours,
}
