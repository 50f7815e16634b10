"""The pacing rule against the exact optimum on small cases, drawn from seeds and written nowhere.

`python -m tests.simulation.test_pacing_against_optimum --cases N` tries more and prints the worst.
"""

import argparse
from functools import cache
from math import log
from random import Random
from statistics import NormalDist, fmean

from services.matching.domain.curve import BIN_MINUTES, BINS, Curve
from tests.simulation.optimum import (
    Case,
    Choose,
    Value,
    best,
    fewest_offers,
    of_policy,
    of_rule,
)

CASES = 120
MOST_COST, MOST_OFFERS, MEAN_OFFERS = 1.10, 1.15, 1.05


def draw(seed: int) -> Case:
    """Two to four providers who differ in whether, how fast and what they answer; two goals."""
    rng = Random(seed)
    count = rng.choice([2, 3, 3, 4, 4])
    late = 10 ** rng.uniform(0.2, 2.0)
    early = late * rng.choice([0.0, 0.05, 0.1, 0.3, 1.0])
    return Case(
        curves=tuple(_curve(rng) for _ in range(count)),
        step_minutes=rng.choice([10, 15, 20]),
        goals=(rng.choice([2, 3, 4]), 9 if count < 4 else 8),
        prices=(early, late),
        window_steps=rng.choice([4, 6, 8, 20]),
    )


def _curve(rng: Random) -> Curve:
    """Lognormal times of answering, and some who never answer."""
    answers, median, sigma = rng.uniform(0.5, 0.98), rng.uniform(8, 50), rng.uniform(0.5, 1.1)
    below = NormalDist().cdf
    late = [answers * below(log(k * BIN_MINUTES / median) / sigma) for k in range(1, BINS + 1)]
    return Curve(yes=rng.uniform(0.1, 0.6), silent=(1.0, *[1.0 - share for share in late]))


@cache
def optimum(seed: int) -> Value:
    return best(draw(seed))


def cost_ratio(seed: int, found: Value) -> float:
    prices = draw(seed).prices
    return found.cost(prices) / optimum(seed).cost(prices)


def test_the_cost_is_near_the_least_in_every_case():
    """Offers and misses together are within a tenth of what the exact programme reaches."""
    ratios = {seed: cost_ratio(seed, of_rule(draw(seed))) for seed in range(CASES)}
    assert min(ratios.values()) > 1 - 1e-9, "nobody is better than the best"
    assert max(ratios.values()) <= MOST_COST, sorted(ratios.items(), key=lambda one: -one[1])[:5]


def test_offers_at_equal_fill_are_near_the_fewest():
    """For misses worth as much, hardly more offers than the exact programme needs."""
    ratios = []
    for seed in range(CASES):
        found = of_rule(draw(seed))
        ratios.append(found.offers / fewest_offers(draw(seed), found))
    assert max(ratios) <= MOST_OFFERS
    assert fmean(ratios) <= MEAN_OFFERS


def test_the_check_can_fail():
    """Neither everybody at once nor one at a time would pass it."""
    for choose in (_everybody, _one_by_one):
        ratios = [cost_ratio(seed, of_policy(draw(seed), choose(draw(seed)))) for seed in range(30)]
        assert max(ratios) > 1.5


def test_a_case_worked_by_hand():
    """One provider, one step, a sure answer that is a yes in half the cases: no choice is left."""
    sure = Curve(yes=0.5, silent=(1.0, *[0.0] * BINS))
    case = Case(curves=(sure,), step_minutes=5, goals=(1, 2), prices=(2.0, 4.0), window_steps=5)
    assert best(case) == of_rule(case) == Value(1.0, (0.5, 0.5))
    assert best(case).cost(case.prices) == 4.0


def test_waiting_pays_where_the_answer_comes_in_time():
    """Two who answer within a step, and a goal two steps away: the second is asked if need be."""
    sure = Curve(yes=0.5, silent=(1.0, *[0.0] * BINS))
    case = Case(
        curves=(sure, sure), step_minutes=5, goals=(1, 2), prices=(0.0, 9.0), window_steps=5
    )
    assert best(case) == Value(1.5, (0.5, 0.25))


def _everybody(case: Case) -> Choose:
    return lambda _at, _silent, asked: len(case.curves) - asked


def _one_by_one(case: Case) -> Choose:
    return lambda _at, silent, asked: 0 if silent or asked == len(case.curves) else 1


def main() -> None:
    """Tries cases and prints how far from the best the rule was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=400)
    costs, offers = [], []
    for seed in range(parser.parse_args().cases):
        found = of_rule(draw(seed))
        costs.append((cost_ratio(seed, found), seed))
        offers.append((found.offers / fewest_offers(draw(seed), found), seed))
    for title, ratios in (("cost", costs), ("offers at equal fill", offers)):
        worst = ", ".join(f"{ratio:.3f} (seed {seed})" for ratio, seed in sorted(ratios)[:-6:-1])
        print(f"{title}: mean {fmean(ratio for ratio, _ in ratios):.4f}, worst {worst}")


if __name__ == "__main__":
    main()
