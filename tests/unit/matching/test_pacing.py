"""How many are asked and when: what the rule does at its limits, and what may never change."""

from math import exp

from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.curve import BIN_MINUTES, BINS, Curve
from services.matching.domain.pacing import LOOK_AGAIN_MINUTES, Goal, Live, Next, plan


def curve(yes: float = 0.3, rate: float = 0.03, answers: float = 0.9) -> Curve:
    """Answers at a constant rate a minute, of those that answer at all."""
    silent = [1 - answers * (1 - exp(-rate * BIN_MINUTES * k)) for k in range(BINS + 1)]
    return Curve(yes=yes, silent=tuple(silent))


def following(count: int, window: float = 240.0) -> list[Next]:
    return [Next(curve(), window)] * count


def goals(early: float, late: float) -> list[Goal]:
    return [Goal(90.0, early), Goal(240.0, late)]


def test_nobody_left_to_ask():
    """Nothing to decide: no look ahead, and the chances are those of what is out."""
    found = plan([Live(curve(), 0.0, 240.0)], [], goals(10, 10))
    assert (found.ask, found.again_in) == (0, None)
    assert 0 < found.missed[1] < found.missed[0] < 1


def test_a_miss_that_is_worth_nothing():
    """One at a time, and the next is thought of later: also who is late goes on being asked."""
    found = plan([], following(5), goals(0, 0))
    assert (found.ask, found.again_in) == (1, LOOK_AGAIN_MINUTES)
    assert plan([Live(curve(), 5.0, 200.0)], following(5), goals(0, 0)).ask == 0


def test_a_miss_that_is_worth_more_than_everybody():
    """All at once."""
    assert plan([], following(8), goals(1e6, 1e6)).ask == 8


def test_in_between_some_are_asked_now_and_the_next_at_a_planned_instant():
    """More than one and fewer than all; the next look lies ahead."""
    found = plan([], following(8), goals(20, 100))
    assert 1 < found.ask < 8
    assert found.again_in is not None
    assert 0 < found.again_in <= 90


def test_goals_that_are_past_are_ignored():
    """They change nothing; without any goal ahead one is asked at a time."""
    past = [Goal(-5.0, 100.0), Goal(60.0, 10.0)]
    assert plan([], following(5), past) == plan([], following(5), past[1:])
    assert plan([], following(5), [Goal(0.0, 1e6)]).ask == 1


def test_a_window_shorter_than_the_time_left_loses_nothing_by_waiting():
    """Who must answer within half an hour need not be asked hours before the only goal."""
    late = [Goal(240.0, 1e4)]
    assert plan([], following(4, window=30.0), late).ask < 4
    assert plan([], following(4, window=240.0), late).ask == 4


def test_settling_takes_time_that_others_must_make_up_for():
    """Who must have said yes half an hour before the goal is asked beside more others."""
    quick = plan([], following(6), goals(20, 60))
    slow = plan([], following(6), goals(20, 60), settling=30.0)
    assert slow.ask > quick.ask


def test_silence_makes_a_live_offer_worth_less():
    """Who has been silent for long is less likely to answer, so that the next is asked sooner."""
    fresh = plan([Live(curve(), 0.0, 240.0)] * 3, following(6), goals(4, 20))
    stale = plan([Live(curve(), 150.0, 90.0)] * 3, following(6), goals(4, 20))
    assert stale.missed[0] > fresh.missed[0] or stale.ask > fresh.ask
    assert (stale.ask, -(stale.again_in or 0)) >= (fresh.ask, -(fresh.again_in or 0))


CHANCES = st.floats(0.02, 0.95)
CURVES = st.builds(curve, CHANCES, st.floats(0.002, 0.2), st.floats(0.1, 1.0))
MINUTES = st.floats(1.0, 400.0)
LIVE = st.lists(st.builds(Live, CURVES, st.floats(0.0, 300.0), MINUTES), max_size=8)
FOLLOWING = st.lists(st.builds(Next, CURVES, MINUTES), max_size=8)
PRICES = st.floats(0.0, 500.0)


@given(LIVE, FOLLOWING, PRICES, PRICES, st.floats(0.0, 60.0))
def test_a_plan_is_always_sensible(live, following, early, late, settling):
    """Never more than there are; somebody is live or asked; looks lie ahead; chances are chances."""
    found = plan(live, following, goals(early, late), settling=settling)
    assert 0 <= found.ask <= len(following)
    assert found.ask or live or not following
    assert found.again_in is None or found.again_in > 0
    assert found.again_in is not None or found.ask == len(following)
    assert all(-1e-9 <= chance <= 1 + 1e-9 for chance in found.missed)
    assert found.missed[1] <= found.missed[0] + 1e-9
    assert found.cost >= 0


@given(st.integers(1, 8), PRICES, PRICES, st.floats(1.0, 5.0))
def test_a_dearer_miss_never_asks_fewer(count, early, late, factor):
    """Among equals: whatever the prices, higher ones ask at least as many now."""
    less = plan([], following(count), goals(early, late))
    more = plan([], following(count), goals(early * factor, late * factor))
    assert more.ask >= less.ask
