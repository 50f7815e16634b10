"""What a search will go on to do: the same windows, budgets and targets as when it does it."""

from services.matching.domain.deadlines import next_due_at
from services.matching.domain.following import Attempt, attempts
from services.matching.domain.placement import Searching
from tests.unit.matching.world import (
    EIGHT,
    TIME,
    Story,
    at,
    contract,
    paced,
    provider,
    ranks,
    referral,
    searching,
    story,
    tier,
)

DPS = tier("dps", kind="dps", scope="any")


def course(told: Story, minutes: float, until: float = 600) -> list[Attempt]:
    """The offers that are out and to come, in open minutes from then."""
    assert isinstance(told.placement, Searching)
    return list(attempts(told.placement, until, at(minutes), told.policy, told.market))


def test_those_that_are_out_come_first_and_as_they_are():
    """Two live ones for eleven minutes, of a window of thirty."""
    told = searching("A", "B")
    assert [(one.start, one.age, one.end) for one in course(told, 11)[:2]] == [(0, 11, 19)] * 2


def test_a_window_runs_by_the_clock_and_counts_little_at_night():
    """The lot's time is up at seven in the evening; the DPS offers that follow run from then until
    ten, and of that it is day for an hour."""
    hours = {"routine": 180, "urgent": 180}
    lot = tier(window_minutes={"routine": 660, "urgent": 660},
               budget_minutes={"routine": 660, "urgent": 660})  # fmt: skip
    late = tier("dps", kind="dps", scope="any", window_minutes=hours, budget_minutes=hours)
    told = story(*ranks("A"), provider("dps", contract("dps")), tiers=(lot, late)).when(referral())
    _, after = course(told, 600)
    assert 50 <= after.start <= 60
    assert 55 <= after.end - after.start <= 75


def test_past_its_last_target_a_search_hurries_towards_the_next_as_pacing_does():
    """A target of four hours that is missed is set again at eight: before that many are asked."""
    told = paced(*[f"P{n:02}" for n in range(60)], prices=20)
    while (due_at := next_due_at(told.placement)) is not None and due_at < at(229):
        told.when(TIME, (due_at - EIGHT).total_seconds() / 60)
    starts = [one.start for one in course(told, 229, until=420) if one.start > 0]
    eighth_hour = 480 - 229
    assert sum(one < eighth_hour for one in starts) > 2 * sum(one > eighth_hour for one in starts)
