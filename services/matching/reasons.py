"""Why a provider was at its place: every component's value, its weight, and what it did."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.matching.domain.asking import Components, Ranked
from services.matching.domain.codes import RankingComponent
from services.matching.domain.events import TierOpened
from services.matching.domain.measuring import sooner_first, value_of

Told = dict[str, Any]
DRAWN = "drawn_by_lot"
"""What tells providers apart that are equal in every component."""


def reasons_of(opened: TierOpened) -> dict[UUID, list[Told]]:
    """By provider of the tier, in order of ranking: `component`, `value`, and its effect.

    In a weighted tier `weight` and `points` (from 0 to 1; weight times points is what it added).
    Else the providers that it put this one `ahead_of` and `behind`, by number: two providers are
    told apart by the first component in which they differ, and by lot if there is none. Empty for
    events of a time in which the ranking was not recorded.
    """
    if not opened.ranking:
        return {one.provider_id: [] for one in opened.ranked}
    if any(part.weight is not None for one in opened.ranked for part in one.components.measured):
        return {one.provider_id: _weighted(one.components) for one in opened.ranked}
    return _ordered(opened.ranked, opened.ranking)


def _weighted(components: Components) -> list[Told]:
    return [
        {
            "component": part.component,
            "value": part.value,
            "weight": part.weight,
            "points": part.points,
        }
        for part in components.measured
    ]


def _ordered(line: Sequence[Ranked], ranking: Sequence[RankingComponent]) -> dict[UUID, list[Told]]:
    values = [[value_of(component, one.components) for component in ranking] for one in line]
    keys = [
        [sooner_first(component, value) for component, value in zip(ranking, row, strict=True)]
        for row in values
    ]
    told: dict[UUID, list[Told]] = {}
    for n, one in enumerate(line):
        counts = [[0, 0] for _ in range(len(ranking) + 1)]
        for m in range(len(line)):
            if m != n:
                told_apart = _first_difference(keys[n], keys[m])
                counts[told_apart][0 if n < m else 1] += 1
        named = [*zip(ranking, values[n], strict=True), (DRAWN, None)]
        told[one.provider_id] = [
            {"component": component, "value": value, "ahead_of": ahead, "behind": behind}
            for (component, value), (ahead, behind) in zip(named, counts, strict=True)
        ]
    return told


def _first_difference(one: Sequence[float], other: Sequence[float]) -> int:
    differ = (n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    return next(differ, len(one))
