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
from services.matching.domain.counts import Counts, Features, Said
from services.matching.domain.curve import BIN_MINUTES, BINS
from services.matching.domain.waits import SPANS

TRUST_SPEED = 4.0
"""Expected answers that the belief about speed counts as, against those seen. Source: assumed."""
TRUST_BIN = 20.0
"""Bins of waiting that the shape within a span counts as. Source: assumed."""
TRUST_YES = 12.0
"""Answers that the belief about yeses counts as. Source: assumed."""
SPREAD_LASTING = 3.0
"""Variance of the log-odds that an award lasts, among providers of a group. Source: assumed; where
19 awards of 20 last, what is believed of the group then counts as 6 awards."""
SPREAD, TRUST_SPREAD = 0.01, 60.0
"""Variance among the ratios of features of one sort, say outcodes, where nothing is known of it, and
how many expected yeses that counts as. Source: assumed."""
LEAST_SPREAD = 0.001
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
        return min(self.yes * _product(self.ratios, features), MOST_LIKELY)

    def refined(self, seen: Counts, trust: float = 1.0) -> "Belief":
        """The belief after what was seen; what was believed before counts `trust` times as much."""
        yes, ratios = _yeses(self, seen, trust * TRUST_YES)
        kept, before = seen.awarded - seen.released, trust * _trust_lasting(self.lasts)
        return Belief(
            hazard=_speed(self.hazard, seen, trust),
            yes=yes,
            ratios=ratios,
            lasts=(kept + before * self.lasts) / (seen.awarded + before),
        )


def _trust_lasting(lasts: float) -> float:
    """Awards that a group's share of lasting ones counts as, against those of a part of it.

    Shares with mean m and variance v are as if 1 + trust awards were known, v = m(1 - m) / (1 + trust);
    providers that differ by SPREAD_LASTING in log-odds have v = SPREAD_LASTING * (m(1 - m))**2. So in
    a group where few awards are given back one more is taken for bad luck; where half are, some
    providers always do it and others never, and each shows soon which it is.
    """
    sure = min(lasts, MOST_LIKELY)
    return max(1 / (SPREAD_LASTING * sure * (1 - sure)) - 1, 0.0)


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
    Features tell its packages apart: they are held against its own yeses, not against the group's.
    """
    answers, sorts = seen.answers, (seen.by_place, seen.by_sort)
    if answers <= 0:
        return belief.yes, belief.ratios
    usual = belief.yes
    for said in sorts:
        weighed = [(yes + no) * _product(belief.ratios, fs) for fs, (yes, no) in said.items()]
        usual *= sum(weighed) / answers
    in_all = (seen.yeses + trust * usual) / ((answers + trust) * usual)
    ratios = dict(belief.ratios)
    for said in sorts:
        _compare(said, ratios)
    return belief.yes * in_all, ratios


def _compare(said: Said, ratios: dict[str, float]) -> None:
    """Changes the ratios of the features by which these answers are told apart."""
    yeses = [yes for yes, _ in said.values()]
    usual = [(yes + no) * _product(ratios, features) for features, (yes, no) in said.items()]
    scale = sum(yeses) / sum(usual)
    expected = [scale * one for one in usual]
    left = 1 - sum(expected) / sum([yes + no for yes, no in said.values()])
    for place in range(len(next(iter(said)))):
        parts: dict[str, tuple[float, float]] = {}
        for features, yes, foreseen in zip(said, yeses, expected, strict=True):
            got, before = parts.get(features[place], (0.0, 0.0))
            parts[features[place]] = (got + yes, before + foreseen)
        trust = max(left, 1 - MOST_LIKELY) / _spread(list(parts.values()), left)
        times = {one: (got + trust) / (before + trust) for one, (got, before) in parts.items()}
        expected = [
            foreseen * times[features[place]]
            for features, foreseen in zip(said, expected, strict=True)
        ]
        for feature, ratio in times.items():
            ratios[feature] = ratios.get(feature, 1.0) * ratio


def _spread(parts: Sequence[tuple[float, float]], left: float) -> float:
    """The variance among the true ratios of features of one sort, given yeses and what was expected.

    It is what chance (`left` is the share of noes) does not explain of the differences seen. With a
    wide spread a feature is believed on few data; with a narrow one its differences are taken for
    luck. Source: Buehlmann and Straub (1970), credibility; the floor and the start are assumed.
    """
    total = sum([foreseen for _, foreseen in parts])
    if total <= 0:
        return SPREAD
    seen = sum([(got - foreseen) ** 2 / foreseen for got, foreseen in parts if foreseen > 0])
    by_chance = left * (len(parts) - 1)
    known = total - sum([foreseen**2 for _, foreseen in parts]) / total
    found = (seen - by_chance + TRUST_SPREAD * SPREAD) / (known + TRUST_SPREAD)
    return max(found, LEAST_SPREAD)


def _product(ratios: Mapping[str, float], features: Features) -> float:
    """What the features multiply a chance of a yes by."""
    times = 1.0
    for feature in features:
        times *= ratios.get(feature, 1.0)
    return times


def stated(*, answers: float, median_minutes: float, sigma: float, yes: float) -> Belief:
    """A belief without data: so many answer at all, their times lognormal in open minutes."""
    silent = [
        1.0 - answers * (1 + erf(log(minutes / median_minutes) / (sigma * sqrt(2)))) / 2
        for minutes in range(BIN_MINUTES, BIN_MINUTES * (BINS + 1), BIN_MINUTES)
    ]
    hazard = tuple([log(before / after) for before, after in pairwise([1.0, *silent])])
    return Belief(hazard=hazard, yes=yes, ratios={"double": 0.7, "later": 0.8}, lasts=0.95)


PRIORS: Mapping[ContractKind, Belief] = {
    "framework": stated(answers=0.8, median_minutes=30, sigma=0.9, yes=0.3),
    "dps": stated(answers=0.6, median_minutes=40, sigma=0.9, yes=0.25),
    "spot": stated(answers=0.6, median_minutes=40, sigma=0.9, yes=0.25),
}
"""What is believed before anybody has answered anything. Source: assumed, every figure."""
