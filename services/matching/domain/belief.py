"""What is believed of providers' answers, and how what they did changes it.

A belief is refined by counts: the stated prior by those of a kind of contract, that by those of a
lot, that by those of one provider. The same rule each time: what was seen counts as many times as
it was seen, what was believed before counts a stated number of times, so that few data leave the
group's figures and many leave the provider's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import erf, exp, log, sqrt
from operator import mul

from services.matching.domain.codes import ContractKind
from services.matching.domain.counts import Counts, Features
from services.matching.domain.curve import BIN_MINUTES, BINS
from services.matching.domain.waits import SPANS

TRUST_SPEED = 4.0
"""Expected answers that the belief about speed counts as, against those seen. Source: assumed."""
TRUST_BIN = 20.0
"""Bins of waiting that the shape within a span counts as. Source: assumed."""
TRUST_YES = 6.0
"""Answers that the belief about yeses counts as, and awards for lasting ones. Source: assumed."""
MOST_LIKELY = 0.95
"""No provider is believed to say yes, or to keep its yes, more surely than this: nothing is sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """`hazard[k]`: answers to be had in bin k for each offer that waits in it all the time.

    `yes`: the chance that an answer is a yes to a package without features; `ratios`: what each
    feature of a package multiplies it by; `lasts`: the chance that an awarded yes is not released.
    """

    hazard: tuple[float, ...]
    yes: float
    ratios: Mapping[str, float] = field(default_factory=dict)
    lasts: float

    def silent(self) -> tuple[float, ...]:
        """The chance of no answer by the end of each bin, as a Curve has it."""
        return tuple([exp(-so_far) for so_far in accumulate(self.hazard, initial=0.0)])

    def yes_to(self, features: Features) -> float:
        """The chance that an answer about such a package is a yes, lasting or not."""
        chance = self.yes
        for feature in features:
            chance *= self.ratios.get(feature, 1.0)
        return min(chance, MOST_LIKELY)

    def refined(self, seen: Counts, trust: float = 1.0) -> "Belief":
        """The belief after what was seen; what was believed before counts `trust` times as much."""
        yes, ratios = _yeses(self, seen, trust * TRUST_YES)
        kept = seen.awarded - seen.released
        before = trust * TRUST_YES
        return Belief(
            hazard=_speed(self.hazard, seen, trust),
            yes=yes,
            ratios=ratios,
            lasts=(kept + before * self.lasts) / (seen.awarded + before),
        )


def _speed(hazard: Sequence[float], seen: Counts, trust: float) -> tuple[float, ...]:
    """Faster or slower in all, then in each span of an offer's age, then in each bin."""
    exposed = seen.exposed()
    expected = list(map(mul, exposed, hazard))
    of_times, of_bin = trust * TRUST_SPEED, trust * TRUST_BIN
    in_all = (seen.answers + of_times) / (sum(expected) + of_times)
    refined: list[float] = []
    for start, end in pairwise(SPANS):
        answers, foreseen = sum(seen.answered[start:end]), sum(expected[start:end])
        bins = of_bin * (answers + of_times * in_all) / (foreseen + of_times)
        refined += [
            (seen.answered[k] + bins * hazard[k]) / (exposed[k] + of_bin) for k in range(start, end)
        ]
    return tuple(refined)


def _yeses(belief: Belief, seen: Counts, trust: float) -> tuple[float, Mapping[str, float]]:
    """More or fewer yeses in all, and for each feature of a package beside the others.

    `trust` is in answers: p = (yes + trust * p_before) / (answers + trust), for the mix that it got.
    """
    cells = [
        (features, yes, (yes + no) * belief.yes_to(features))
        for features, (yes, no) in seen.said.items()
    ]
    answers = seen.answers
    if not cells or answers <= 0:
        return belief.yes, belief.ratios
    foreseen = sum([expected for _, _, expected in cells])
    of_yeses = trust * foreseen / answers
    in_all = (seen.yeses + of_yeses) / (foreseen + of_yeses)
    of_yeses *= in_all
    # Features tell its packages apart: they are held against its own yeses, not against the group's.
    ratios, so_far = dict(belief.ratios), [seen.yeses / foreseen] * len(cells)
    for place in range(len(cells[0][0])):
        parts: dict[str, tuple[float, float]] = {}
        for (features, yes, expected), times in zip(cells, so_far, strict=True):
            yeses, before = parts.get(features[place], (of_yeses, of_yeses))
            parts[features[place]] = (yeses + yes, before + expected * times)
        found = {feature: yeses / before for feature, (yeses, before) in parts.items()}
        so_far = [times * found[cell[0][place]] for cell, times in zip(cells, so_far, strict=True)]
        for feature, times in found.items():
            ratios[feature] = ratios.get(feature, 1.0) * times
    return belief.yes * in_all, ratios


def stated(*, answers: float, median_minutes: float, sigma: float, yes: float) -> Belief:
    """A belief without data: so many answer at all, their times lognormal in open minutes."""
    silent = [
        1.0 - answers * (1 + erf(log(minutes / median_minutes) / (sigma * sqrt(2)))) / 2
        for minutes in range(BIN_MINUTES, BIN_MINUTES * (BINS + 1), BIN_MINUTES)
    ]
    hazard = tuple([log(before / after) for before, after in pairwise([1.0, *silent])])
    return Belief(hazard=hazard, yes=yes, ratios={"double": 0.7}, lasts=0.95)


PRIORS: Mapping[ContractKind, Belief] = {
    "framework": stated(answers=0.8, median_minutes=30, sigma=0.9, yes=0.3),
    "dps": stated(answers=0.6, median_minutes=40, sigma=0.9, yes=0.25),
    "spot": stated(answers=0.6, median_minutes=40, sigma=0.9, yes=0.25),
}
"""What is believed before anybody has answered anything. Source: assumed, every figure."""
