"""The hours at which providers answer, learned from when they did and when they could have."""

from collections.abc import Mapping
from math import prod

from services.matching.domain.hours import (
    FIRST_OPEN_SLOT,
    LAST_OPEN_SLOT,
    PRIOR_WEIGHTS,
    SLOT_MINUTES,
    SLOTS,
    SLOTS_A_DAY,
    Hours,
)
from services.matching.domain.tally import TENTHS

TRUST_HOURS = 10.0
"""Expected answers that the stated weight of an hour counts as. Source: assumed."""
PASSES = 3
"""After so many, hours, weekend and age no longer stand for each other."""
_SPAN, _HOUR, _DAY = 2, 1, 0


def learned_hours(sums: Mapping[str, int], weight: float) -> Hours:
    """The stated hours, each made heavier or lighter by the answers that came in it.

    What comes is held against what would come if the hour made no difference, given how old the
    offers are that are out in it: at seven in the morning only those are that nobody answered
    all night. The hours from 07:30 to 20:00 of a weekday keep 60 open minutes on average.
    """
    answered, waited = _cells("answered", sums, weight), _cells("open", sums, weight * TENTHS)
    if not answered:
        return Hours()
    times: list[dict[str, float]] = [{}, {}, {}]
    for _ in range(PASSES):
        for place in (_SPAN, _HOUR, _DAY):
            trust = 0.0 if place == _SPAN else TRUST_HOURS
            parts: dict[str, tuple[float, float]] = {}
            times[place] = {}
            for cell, minutes in waited.items():
                usual = minutes * prod([times[n].get(part, 1.0) for n, part in enumerate(cell)])
                got, expected = parts.get(cell[place], (trust, trust))
                parts[cell[place]] = (got + answered.get(cell, 0.0), expected + usual)
            times[place] = {part: got / e for part, (got, e) in parts.items() if e > 0}
    return _weighing(times[_DAY], times[_HOUR])


def _cells(what: str, sums: Mapping[str, int], divisor: float) -> dict[tuple[str, ...], float]:
    """(weekday or weekend, hour, span of age) → how many."""
    named = ((measure.split(), amount) for measure, amount in sums.items())
    return {tuple(words[1:]): n / divisor for words, n in named if words[0] == what}


def _weighing(days: Mapping[str, float], hours: Mapping[str, float]) -> Hours:
    by_hour = [hours.get(str(slot * SLOT_MINUTES // 60), 1.0) for slot in range(SLOTS_A_DAY)]
    usual = by_hour[FIRST_OPEN_SLOT : LAST_OPEN_SLOT + 1]
    weekend = days.get("weekend", 1.0) / days.get("weekday", 1.0)
    scale = len(usual) / sum(usual)
    return Hours(
        weights=tuple(
            PRIOR_WEIGHTS[slot]
            * by_hour[slot % SLOTS_A_DAY]
            * scale
            * (weekend if slot >= 5 * SLOTS_A_DAY else 1.0)
            for slot in range(SLOTS)
        )
    )
