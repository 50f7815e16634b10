"""How forecasts are scored."""

import pytest

from deploy.simulator.figures_forecasts import forecast_figures
from deploy.simulator.outcomes import Forecast
from tests.unit.simulator.synthetic import package, run


def _forecast(chance, happened, *, at=0.0, horizon="90", oracle=None):
    return Forecast(
        at_minute=at, horizon=horizon, chance=chance, oracle_chance=oracle, happened=happened
    )


def _runs(*forecasts, seeds=3):
    return [
        run(*(package(n, forecasts=(one,)) for n, one in enumerate(forecasts)), seed=seed)
        for seed in range(seeds)
    ]


def test_a_perfect_forecast_has_skill_one_and_the_base_rate_none():
    """Skill is what a forecast takes away from the Brier score of the base rate of its age."""
    perfect = forecast_figures(_runs(_forecast(1.0, True), _forecast(0.0, False)))[0]
    assert perfect.skill is not None
    assert perfect.skill.mean == 1
    base = forecast_figures(_runs(_forecast(0.5, True), _forecast(0.5, False)))[0]
    assert base.skill is not None
    assert base.brier is not None
    assert (base.brier.mean, base.skill.mean) == (0.25, 0)


def test_the_base_rate_is_of_placements_of_the_same_age():
    """Knowing only how old a placement is earns nothing."""
    young = [_forecast(0.75, n < 3, at=4.0) for n in range(4)]
    old = [_forecast(0.25, n < 1, at=64.0) for n in range(4)]
    told = forecast_figures(_runs(*young, *old))[0]
    assert told.skill is not None
    assert told.skill.mean == pytest.approx(0)


def test_an_oracle_is_scored_only_where_it_was_asked_throughout():
    """A forecaster that knows the habits has a skill of its own, or none is told."""
    asked = forecast_figures(
        _runs(_forecast(0.5, True, oracle=0.9), _forecast(0.5, False, oracle=0.1))
    )[0]
    assert asked.oracle_skill is not None
    assert asked.oracle_skill.mean == pytest.approx(1 - 0.01 / 0.25)
    partly = _runs(_forecast(0.5, True, oracle=0.9), _forecast(0.5, False))
    assert forecast_figures(partly)[0].oracle_skill is None


def test_tenths_say_what_was_said_and_what_happened():
    """Forecasts of a tenth are averaged; chance 1 belongs to the last."""
    told = forecast_figures(
        _runs(*(_forecast(0.71, n < 6) for n in range(10)), _forecast(1.0, True))
    )[0]
    low, high = told.tenths
    assert (low.forecasts, high.forecasts) == (30, 3)
    assert (low.said, low.happened) == pytest.approx((0.71, 0.6))
    assert 0.05 < low.sampling_error < 0.3
    assert high.happened == 1


def test_forecasts_of_one_package_are_one_look():
    """The same news ten times over makes nobody surer."""
    many = [
        run(package(forecasts=tuple(_forecast(0.5, True) for _ in range(10))), seed=0),
        run(package(forecasts=tuple(_forecast(0.5, False) for _ in range(10))), seed=1),
    ]
    few = [
        run(package(forecasts=(_forecast(0.5, True),)), seed=0),
        run(package(forecasts=(_forecast(0.5, False),)), seed=1),
    ]
    one, other = forecast_figures(many)[0].tenths[0], forecast_figures(few)[0].tenths[0]
    assert one.sampling_error == pytest.approx(other.sampling_error)


def test_horizons_without_forecasts_are_left_out():
    """A policy without forecasts has no reliability to show."""
    assert forecast_figures(_runs()) == ()
    told = forecast_figures(_runs(_forecast(0.5, True, horizon="today")))
    assert [one.horizon for one in told] == ["today"]
