"""Luck: arrivals, packages and answers follow from the seed and from nothing else."""

from collections import Counter

import numpy as np
import pytest

from deploy.simulator.drawing import DAY_MINUTES, REABLEMENT_WEEKS, WEEK_MINUTES, Draws, minute
from deploy.simulator.market import Factors, changed
from shared.contracts.requirement import Requirement
from tests.unit.simulator.small import small


def test_the_same_seed_draws_the_same(tmp_path):
    """Two draws of a seed agree in every package and every chance; another seed differs."""
    market = small(tmp_path)
    one, same, other = (Draws(market, seed, 5) for seed in (1, 1, 2))
    assert one.packages == same.packages != other.packages
    assert one.luck(3, 1) == same.luck(3, 1) != other.luck(3, 1)
    assert one.held_until(0) == same.held_until(0)


def test_a_longer_run_begins_like_a_shorter_one(tmp_path):
    """More weeks add packages at the end and change none before it."""
    market = small(tmp_path)
    short, long = Draws(market, 1, 5), Draws(market, 1, 9)
    count = len(short.packages)
    assert long.packages[:count] == short.packages
    assert [long.luck(n, 2) for n in range(count)] == [short.luck(n, 2) for n in range(count)]


def test_other_habits_meet_the_same_luck(tmp_path):
    """A market with factors on acceptance and speed has the same packages and the same chances."""
    market = small(tmp_path)
    worse = changed(market, Factors(acceptance=0.7, answer_minutes=2))
    one, other = Draws(market, 1, 5), Draws(worse, 1, 5)
    assert one.packages == other.packages
    assert one.luck(4, 0) == other.luck(4, 0)


def test_packages_come_when_they_may(tmp_path):
    """Arrivals keep to the hours, weigh weekends as told, and are about as many as told."""
    packages = Draws(small(tmp_path), 1, 200).packages
    received = np.array([minute(one.received_at) for one in packages])
    assert all(np.diff(received) >= 0)
    assert received[-1] < 200 * WEEK_MINUTES
    of_day = received % DAY_MINUTES
    assert of_day.min() >= 8 * 60
    assert of_day.max() < 18 * 60
    assert len(packages) == pytest.approx(20 * 200, rel=0.05)
    days = Counter((received % WEEK_MINUTES // DAY_MINUTES).astype(int).tolist())
    assert (days[5] + days[6]) / len(packages) == pytest.approx(0.8 / 5.8, abs=0.02)


def test_packages_are_what_was_described(tmp_path):
    """Shares, medians and spreads come out as they are written."""
    packages = Draws(small(tmp_path), 1, 200).packages
    count = len(packages)

    def share(of) -> float:
        return sum(1 for one in packages if of(one)) / count

    assert share(lambda one: one.wanted.outcode == "E4") == pytest.approx(0.6, abs=0.03)
    assert share(lambda one: one.source_kind == "hospital") == pytest.approx(0.7, abs=0.03)
    assert share(lambda one: one.urgency == "urgent") == pytest.approx(0.2, abs=0.03)
    assert share(lambda one: one.double_handed) == pytest.approx(0.15, abs=0.03)
    needs = [one.wanted.requirement.needs for one in packages]
    assert sum("medication" in one for one in needs) / count == pytest.approx(0.5, abs=0.03)
    reabled = [one for one in packages if one.wanted.requirement.care_type == "reablement"]
    assert len(reabled) / count == pytest.approx(0.2, abs=0.03)
    assert max(one.weeks for one in reabled) <= REABLEMENT_WEEKS
    hours = [one.weekly_minutes / 60 for one in packages]
    assert np.median(hours) == pytest.approx(12, rel=0.05)
    waits = [minute(one.complete_at) - minute(one.received_at) for one in packages]
    assert np.median(waits) == pytest.approx(10, rel=0.08)
    assert np.std([one.hardness for one in packages]) == pytest.approx(0.7, rel=0.05)


def test_a_referral_without_a_wait_is_complete_at_once(tmp_path):
    """Where the file names no minutes until it is complete, nothing is missing."""
    market = small(tmp_path, ("  complete_after_minutes: {median: 10, sigma: 0.8}\n", ""))
    assert all(one.complete_at == one.received_at for one in Draws(market, 1, 5).packages)


def test_what_is_asked_for_could_be_asked_on_the_wire(tmp_path):
    """Every package's requirement is one that the referrals service would take."""
    for one in Draws(small(tmp_path), 1, 20).packages:
        requirement = one.wanted.requirement
        Requirement.model_validate(
            {
                "care_type": requirement.care_type,
                "needs": requirement.needs,
                "ready_at": requirement.ready_at,
                "visits": [
                    {"weekday": v.weekday, "band": v.band, "minutes": v.minutes, "carers": v.carers}
                    for v in requirement.visits
                ],
            }
        )
        assert one.weekly_minutes == requirement.weekly_minutes


def test_providers_begin_with_what_they_hold(tmp_path):
    """The share of hours held at the start is taken by packages that end one after another."""
    market = small(tmp_path, ("reablement: 0.2", "reablement: 0.2\n  held_at_start: 0.5"))
    held = Draws(market, 1, 1).held_until(0)
    assert sum(minutes for minutes, _ in held) == pytest.approx(450 * 60, rel=0.15)
    assert all(end > 0 for _, end in held)
    assert Draws(small(tmp_path), 1, 1).held_until(0) == []
