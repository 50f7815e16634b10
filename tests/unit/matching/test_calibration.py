"""Chances are moved to what came of such chances before, by as much as there is to go by."""

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.calibration import (
    AS_SAID,
    TENTHS,
    TRUST,
    Calibration,
    Score,
    score_of,
    tenth_of,
)
from services.matching.domain.tally import HALF_LIFE_WEEKS, weight

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANCES = st.floats(0, 1)


def scored(forecasts: float, said: float, happened: float) -> Score:
    """So many forecasts that all said the same, of which a share came true."""
    return Score(forecasts=forecasts, said=forecasts * said, happened=forecasts * happened)


def test_without_scores_everything_stays_as_said():
    assert AS_SAID.corrected("240", 0.3) == 0.3
    assert Calibration.of({("90", 3): scored(50, 0.35, 0.6)}).corrected("240", 0.3) == 0.3


def test_a_chance_goes_as_far_as_there_is_to_go_by():
    """As many scores as it is trusted for: half way. Very many: nearly all the way."""
    half = Calibration.of({("90", 6): scored(TRUST, 0.65, 0.45)})
    assert half.corrected("90", 0.65) == pytest.approx(0.55)
    whole = Calibration.of({("90", 6): scored(1000 * TRUST, 0.65, 0.45)})
    assert whole.corrected("90", 0.65) == pytest.approx(0.45, abs=0.001)


@given(
    st.dictionaries(
        st.integers(0, TENTHS - 1), st.tuples(st.floats(0.1, 1e6), CHANCES, CHANCES), max_size=10
    ),
    CHANCES,
    CHANCES,
)
def test_order_is_kept_and_what_is_certain_stays(found, one, other):
    scores = {
        ("today", tenth): scored(count, min(1.0, (tenth + within) / TENTHS), happened)
        for tenth, (count, within, happened) in found.items()
    }
    known = Calibration.of(scores)
    low, high = sorted((one, other))
    assert 0.0 <= known.corrected("today", low) <= known.corrected("today", high) <= 1.0
    assert (known.corrected("today", 0.0), known.corrected("today", 1.0)) == (0.0, 1.0)


def test_a_later_instant_is_never_less_likely():
    """Horizons are corrected each by its own scores; what would cross is kept apart."""
    known = Calibration.of({("90", 5): scored(1e6, 0.55, 0.9), ("240", 6): scored(1e6, 0.65, 0.4)})
    instants = [NOW + timedelta(minutes=240), NOW + timedelta(minutes=90)]
    late, early = known.corrected_all(["240", "90"], instants, [0.65, 0.55])
    assert early == late == pytest.approx(0.9, abs=0.001)


def test_scores_fade_as_lessons_do():
    """What was scored a half-life ago counts half; how chances were wrong is not forgotten."""
    then = NOW - timedelta(weeks=HALF_LIFE_WEEKS)
    told = score_of((10 * weight(then), 7000 * weight(then), 4 * weight(then)), NOW)
    assert (told.forecasts, told.said, told.happened) == pytest.approx((5, 3.5, 2))


def test_what_is_said_comes_true_of_one_who_is_always_too_sure():
    """Forecasts twice as far from a half, in log-odds, as they should be come right by their scores."""
    draw = Random(5)
    amounts: dict[tuple[str, int], list[float]] = {}
    truths = [draw.random() for _ in range(40_000)]
    for true in truths[:30_000]:
        said = too_sure(true)
        mine = amounts.setdefault(("240", tenth_of(said)), [0.0, 0.0, 0.0])
        for n, amount in enumerate((1.0, said, float(draw.random() < true))):
            mine[n] += amount
    known = Calibration.of(
        {
            key: Score(forecasts=count, said=said, happened=happened)
            for key, (count, said, happened) in amounts.items()
        }
    )
    asked = truths[30_000:]
    off = fmean(abs(too_sure(true) - true) for true in asked)
    left = fmean(abs(known.corrected("240", too_sure(true)) - true) for true in asked)
    assert left < off / 3


def too_sure(true: float) -> float:
    return true**2 / (true**2 + (1 - true) ** 2)


@pytest.mark.parametrize(("chance", "tenth"), [(0.0, 0), (0.099, 0), (0.1, 1), (0.95, 9), (1.0, 9)])
def test_tenths(chance: float, tenth: int):
    assert tenth_of(chance) == tenth
