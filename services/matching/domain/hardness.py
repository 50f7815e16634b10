"""How much harder a package is than its features say, and what the noes that it got say of it.

Hardness is added to the log-odds of every provider's yes. Before anybody answered it is normal with
a mean of 0; each no makes harder packages likelier. A chance of a yes that was learned is a mean
over packages of all hardnesses, and what it comes to for one of them lies further from a half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, pi, sqrt

VARIANCE = 0.4
"""How far packages lie apart, in squared log-odds of a yes, beyond their features. Source: assumed."""
_NODES = ((-sqrt(3.0), 1 / 6), (0.0, 2 / 3), (sqrt(3.0), 1 / 6))
"""Three points and weights that stand for a normal distribution (Gauss and Hermite's rule)."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardness:
    """`likely`: how hard the package may be, each with its chance. `believed`: the one hardness that
    curves were already worked out for."""

    likely: tuple[tuple[float, float], ...]
    believed: float
    variance: float

    def yes(self, mean: float, hardness: float) -> float:
        """The chance of a yes to a package of that hardness, where the mean over all is given."""
        return _chance(_stretched(mean, self.variance) + hardness)

    def unbelieved(self, chance: float) -> float:
        """The mean over all packages behind a chance that was worked out for what is believed."""
        return _chance(_log_odds(chance) - self.believed)


def hardness_after(
    declined: Sequence[float], *, believed: float = 0.0, variance: float = VARIANCE
) -> Hardness:
    """How hard a package may be that was declined by providers with these mean chances of a yes."""
    weighed = []
    for point, weight in _NODES:
        hardness = point * sqrt(variance)
        noes = [log(_chance(-_stretched(mean, variance) - hardness)) for mean in declined]
        weighed.append((hardness, log(weight) + sum(noes)))
    # The likeliest counts 1, so that many noes never leave a sum of nothing.
    likeliest = max(logged for _, logged in weighed)
    chances = [(hardness, exp(logged - likeliest)) for hardness, logged in weighed]
    total = sum([chance for _, chance in chances])
    return Hardness(
        likely=tuple([(hardness, chance / total) for hardness, chance in chances]),
        believed=believed,
        variance=variance,
    )


def mean_of(middle: float, variance: float) -> float:
    """The mean over all hardnesses of a chance that is given at hardness 0."""
    return _chance(_log_odds(middle) / _stretch(variance))


def _stretched(mean: float, variance: float) -> float:
    return _log_odds(mean) * _stretch(variance)


def _stretch(variance: float) -> float:
    """How much further from 0 log-odds lie at hardness 0 than those of the mean.

    Source: D. J. C. MacKay, The evidence framework applied to classification networks, 1992.
    """
    return sqrt(1.0 + pi * variance / 8.0)


def _log_odds(chance: float) -> float:
    inside = min(1.0 - _TINY, max(_TINY, chance))
    return log(inside / (1.0 - inside))


def _chance(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds))
