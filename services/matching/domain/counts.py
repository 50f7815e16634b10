"""The sums of one subject read back: how many offers, answers and yeses, in those of this week."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import Any

from services.matching.domain.codes import ContractKind
from services.matching.domain.curve import BIN_MINUTES, BINS

Features = tuple[str, ...]
Said = dict[Features, tuple[float, float]]
"""Yeses and noes."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """What one subject did under one kind of contract; an old offer counts less than a new one.

    `answered[k]` were answered in bin k; `waited[k]` ended unanswered after k whole bins, lapsed or
    withdrawn. Each answer is counted by outcode and turn of asking and again by size and carers of
    the package: to cross all four would take many rows.
    """

    answered: list[float] = field(default_factory=lambda: [0.0] * BINS)
    waited: list[float] = field(default_factory=lambda: [0.0] * (BINS + 1))
    by_place: Said = field(default_factory=dict)
    by_sort: Said = field(default_factory=dict)
    lapsed: float = 0.0
    awarded: float = 0.0
    released: float = 0.0

    @property
    def answers(self) -> float:
        """Offers that it answered."""
        return sum(self.answered)

    @property
    def yeses(self) -> float:
        """Answers that were a yes."""
        return sum([yes for yes, _ in self.by_place.values()])

    def exposed(self) -> list[float]:
        """For each bin, how many bins' worth of waiting for an answer were seen in it.

        An offer that is answered in a bin is taken to have waited for half of it; one that ended
        unanswered waited in its whole bins and is not counted afterwards. Source: Kaplan and Meier
        (1958) for the censoring; the actuary's half for the answers.
        """
        ends = list(map(add, self.answered, self.waited[1:]))
        waiting = list(accumulate(reversed(ends)))[::-1]
        return [count - done / 2 for count, done in zip(waiting, self.answered, strict=True)]

    def answered_within(self, share: float) -> float | None:
        """Open minutes within which that share of its answers came; None without an answer."""
        wanted = share * self.answers
        if not wanted:
            return None
        reached = 0.0
        for k, count in enumerate(self.answered):
            if count and reached + count >= wanted:
                return BIN_MINUTES * (k + (wanted - reached) / count)
            reached += count
        return float(BIN_MINUTES * BINS)


def counts_of(sums: Mapping[str, int], kind: ContractKind, weight: float) -> Counts:
    """What a subject's sums say of one kind, in lessons of `weight`; other measures are ignored."""
    counts = Counts()
    for measure, amount in sums.items():
        of, what, which = _read(measure)
        if of != kind:
            continue
        number = amount / weight
        match what:
            case "answered":
                counts.answered[which] = number
            case "waited":
                counts.waited[which] = number
            case "yes" | "no":
                said = counts.by_place if which[0] == "place" else counts.by_sort
                yes, no = said.get(which[1:], (0.0, 0.0))
                said[which[1:]] = (number, no) if what == "yes" else (yes, number)
            case "lapsed":
                counts.lapsed = number
            case "awarded":
                counts.awarded = number
            case "released":
                counts.released = number
            case _:
                raise AssertionError(f"no such measure: {measure}")
    return counts


@lru_cache(maxsize=65_536)
def _read(measure: str) -> tuple[str, str, Any]:
    """The kind, what was counted, and the bin or the features that it was counted for."""
    kind, what, *rest = measure.split()
    return kind, what, int(rest[0]) if what in ("answered", "waited") else tuple(rest)
