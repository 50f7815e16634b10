"""The figures of runs: denominators, intervals over seeds, fair shares."""

import math
from dataclasses import replace

import pytest

from deploy.simulator.figures import GOALS, MEASURES, figures_of
from deploy.simulator.figures_shares import (
    Peer,
    hours_won,
    median_minutes,
    peers_of,
    share_by_speed,
)
from deploy.simulator.intervals import Interval, jackknife, over_seeds, t_quantile
from deploy.simulator.market import AnswerMinutes
from tests.unit.simulator.small import small
from tests.unit.simulator.synthetic import PEERS, package, run, runs_of


def test_every_referral_counts_in_a_fill_percentage():
    """One never filled is a miss of every target, not left out."""
    told = figures_of([run(package(1, filled=90), package(2, filled=91), package(3, filled=None))])
    assert told.mean("filled_90") == pytest.approx(100 / 3)
    assert told.mean("filled_240") == pytest.approx(200 / 3)
    assert told.mean("never") == pytest.approx(100 / 3)


def test_a_quantile_counts_the_unfilled_as_endless():
    """The median of ten with six never filled is never reached, whatever the four took."""
    packages = [package(n, filled=10.0 if n < 4 else None) for n in range(10)]
    assert figures_of([run(*packages)]).intervals["median_minutes"] is None
    packages = [package(n, filled=float(n + 1)) for n in range(10)]
    told = figures_of([run(*packages)])
    assert (told.mean("median_minutes"), told.mean("p90_minutes")) == (5.0, 9.0)


def test_counts_are_a_package_or_a_hundred_packages():
    """Offers are told for each package, lost races and interventions for a hundred."""
    told = figures_of([run(package(1, offers=3, accepted_lost=1), package(2, interventions=3))])
    assert told.mean("offers") == 3.5
    assert told.mean("lost_races") == 50
    assert told.mean("interventions") == 150


def test_shares_and_rates_are_of_what_was_filled():
    """The framework's share counts filled packages, the mean rate weighs by weekly hours."""
    told = figures_of(
        [
            run(
                package(1, weekly_minutes=60, rate_pence=2000),
                package(2, weekly_minutes=180, rate_pence=1600, kind="dps"),
                package(3, filled=None),
            )
        ]
    )
    assert told.mean("framework_share") == 50
    assert told.mean("mean_rate_pence") == 1700


def test_one_seed_has_no_interval_and_reaches_no_goal():
    """A single run proves nothing, even one that fills everything at once."""
    told = figures_of([run(package(filled=1.0))])
    assert told.intervals["filled_90"] == Interval(100.0, None, None)
    assert not told.reaches_all()


def test_a_goal_is_reached_at_the_lower_end_only():
    """A mean above the goal is not enough where the interval lies across it."""
    sure = figures_of([run(package(filled=1.0), seed=seed) for seed in range(4)])
    assert sure.reaches_all()
    halves = [(1.0, 1.0), (1.0, 1.0), (1.0, None)]
    unsure = figures_of(
        [run(*(package(filled=f) for f in fills), seed=n) for n, fills in enumerate(halves)]
    )
    assert unsure.mean("filled_90") > GOALS[0].percent
    assert not unsure.reaches(GOALS[0])


def test_a_percentage_ends_at_a_hundred():
    """An interval's ends are values that the figure can have."""
    told = figures_of(runs_of("fast", never=0.0, median=20))
    assert {one.key for one in told.measures} == {one.key for one in MEASURES}
    for measure in told.measures:
        interval = told.intervals[measure.key]
        if interval is not None and interval.high is not None and interval.low is not None:
            assert 0 <= interval.low <= interval.mean <= interval.high <= measure.most


def test_a_t_interval_over_seeds():
    """Student's quantiles to four places (published tables), and the mean's standard error."""
    published = {1: 12.7062, 2: 4.3027, 5: 2.5706, 9: 2.2622, 30: 2.0423, 99: 1.9842}
    for freedom, quantile in published.items():
        assert t_quantile(freedom) == pytest.approx(quantile, abs=5e-5)
    told = over_seeds([1.0, 2.0, 3.0])
    assert told is not None
    assert told.high == pytest.approx(2 + 4.302653 / math.sqrt(3))
    assert over_seeds([1.0, None]) is None
    assert over_seeds([]) is None


def test_leaving_one_out_agrees_with_the_t_interval_for_a_mean():
    """For a plain mean the jackknife is the t-interval."""
    values = [3.0, 1.0, 4.0, 1.5]
    jacked = jackknife(lambda seeds: sum(values[n] for n in seeds) / len(seeds), 4)
    direct = over_seeds(values)
    assert jacked is not None
    assert direct is not None
    assert (jacked.low, jacked.high) == pytest.approx((direct.low, direct.high))
    assert jackknife(lambda _: None, 4) is None
    assert jackknife(lambda seeds: None if len(seeds) == 3 else 1.0, 4) is None
    assert jackknife(lambda _: 1.0, 1) == Interval(1.0, None, None)


def _peer(name, minutes, group="framework"):
    return Peer(name=name, kind="dps", group=group, answer_minutes=minutes, hours_a_week=100)


def test_fair_share_holds_the_slow_against_the_quick_of_equal_contracts():
    """Half the hours for the slow is 50%; a group of one has nobody to be held against."""
    peers = [_peer("quick", 5), _peer("middle", 10), _peer("slow", 60), _peer("alone", 5, "spot")]
    won = run(
        package(1, provider="quick"),
        package(2, provider="quick"),
        package(3, provider="slow"),
        package(4, provider="middle"),
        package(5, provider="alone"),
    )
    assert share_by_speed(won, peers) == pytest.approx(50)
    assert share_by_speed(won, peers[3:]) is None
    assert share_by_speed(run(package(provider="slow")), peers) is None


def test_where_most_are_as_quick_as_each_other_they_are_the_quicker_half():
    """A group of two speeds is told apart, whichever of them is the rarer; one speed is not."""
    usual = Peer(name="a", kind="dps", group="dps", answer_minutes=15, hours_a_week=100)
    same, slow = replace(usual, name="b"), replace(usual, name="c", answer_minutes=30)
    won = run(*(package(n, provider=name) for n, name in enumerate("aabbc")))
    assert share_by_speed(won, (usual, same, slow)) == pytest.approx(50)
    assert share_by_speed(won, (usual, same)) is None


def test_peers_have_the_names_that_outcomes_carry(tmp_path):
    """A provider's display name where it has one, else its id: so hours find their provider."""
    assert [peer.name for peer in peers_of(small(tmp_path))] == ["First Care", "second", "third"]


def test_hours_won_are_weekly_hours_a_week_of_the_run():
    """Two packages of ten weekly hours in two weeks are ten hours a week."""
    won = run(package(1, provider="a"), package(2, provider="a"), package(filled=None), weeks=2)
    assert hours_won(won) == {"a": 10.0}


def test_the_median_of_a_mixture():
    """Half of the answers have come by then; one part alone has its own median."""
    one = AnswerMinutes(median=25.0, sigma=0.8)
    assert median_minutes([one]) == 25.0
    parts = [
        AnswerMinutes(median=10.0, sigma=0.0, share=0.6),
        AnswerMinutes(median=100.0, sigma=0.5, share=0.4),
    ]
    assert median_minutes(parts) == pytest.approx(10.0, abs=1e-5)


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [run(package(), seed=1), run(package(), seed=1)],
        [run(package(), seed=1), run(package(), seed=2, policy="other")],
    ],
)
def test_figures_of_runs_that_do_not_belong_together_are_refused(runs):
    """No run, a seed twice, or two policies."""
    with pytest.raises(ValueError, match="one policy on one market"):
        figures_of(runs)


def test_figures_know_the_fair_share_only_with_peers():
    """Without the market's providers there is a dash, not a guess."""
    runs = runs_of("any")
    assert figures_of(runs).intervals["speed_share"] is None
    assert figures_of(runs, PEERS).intervals["speed_share"] is not None
