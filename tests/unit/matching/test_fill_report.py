"""Fill times: what counts as filled, what a percentage is of, and who is hidden."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.bank_holidays import bank_holidays
from services.matching.domain.calendar import Calendar, working_minutes_between
from services.matching.domain.london import LONDON
from services.matching.reporting.fill_figures import BIN_HOURS, distribution, figures, timed
from services.matching.reporting.fill_report import PARTS
from services.matching.reporting.searches import Counted, searches
from services.matching.reporting.small import FEWEST, kept_apart
from services.matching.reporting.working import WorkingClock
from tests.unit.matching.world import policy

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = NINE + timedelta(days=30)
OFFICE = Calendar(
    weekdays=frozenset(range(5)), opens_minute=540, closes_minute=1020,
    holidays=frozenset(bank_holidays()),
)  # fmt: skip
CLOCK = WorkingClock(OFFICE, NINE - timedelta(days=400), NOW)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def row(referral: int, placement: int | None = None, **values: Any) -> dict[str, Any]:
    """A placement received at nine, with nothing yet."""
    return {
        "referral_id": UUID(int=referral), "placement_id": UUID(int=placement or referral),
        "status": "searching", "cause": "referral", "follows": None, "urgency": "routine",
        "source_kind": "hospital", "organisation": "barts", "ward": "cedar", "outcode": "E17",
        "tier_name": None, "lot": None, "received_at": NINE, "complete_at": NINE,
        "filled_at": None, "confirmed_at": None, "started_at": None, "withdrawn_at": None,
        "offers_made": 0, "care_type": "personal_care", "needs": "", "languages": "",
        "double_handed": False, "divided": False, "ground": None, **values,
    }  # fmt: skip


def counted(*rows: dict[str, Any]) -> Counted:
    return searches(rows)


def told(*rows: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = figures("all", timed(searches(rows).first, NOW, CLOCK), (90, 240))
    return found


def test_a_denominator_is_every_referral_whose_target_instant_has_passed():
    """Unfilled and later withdrawn ones are in it; one withdrawn before is not; one minute decides."""
    report = told(
        row(1, filled_at=at(90)), row(2, filled_at=at(91)), row(3),
        row(4, withdrawn_at=at(89)), row(5, withdrawn_at=at(90)),
        row(6, received_at=NOW - timedelta(minutes=89)),
    )  # fmt: skip
    first = report["targets"][0]
    assert (first["due"], first["met"], first["percent"]) == (4, 1, 25.0)
    assert (report["count"], report["never_filled"], report["unfilled_now"]) == (6, 2, 2)


def test_from_complete_has_a_denominator_of_its_own():
    """What was never complete has no target from complete, and one from received."""
    report = told(row(1, complete_at=None), row(2, complete_at=at(60), filled_at=at(120)))
    first = report["targets"][0]
    assert (first["due"], first["met"]) == (2, 0)
    assert (first["due_from_complete"], first["met_from_complete"]) == (1, 1)
    assert report["incomplete_now"] == 1


def test_a_referral_in_parts_is_filled_when_every_part_is():
    """The whole that was divided and bridging care do not count; the last part's award does."""
    whole = row(1, 10, divided=True, status="ended")
    one = row(1, 11, cause="split", filled_at=at(30), tier_name="lot")
    other = row(1, 12, cause="split")
    bridge = row(1, 13, cause="bridging", follows=UUID(int=12), filled_at=at(50))
    report = told(whole, one, other, bridge)
    assert (report["count"], report["filled"], report["covered"], report["in_parts"]) == (
        1,
        0,
        1,
        1,
    )
    filled = told(whole, one, row(1, 12, cause="split", filled_at=at(100)), bridge)
    assert (filled["filled"], filled["minutes_from_received"]["median"]) == (1, 100.0)
    assert len(counted(whole, one, other, bridge).bridging) == 1


def test_a_withdrawn_part_does_not_keep_the_others_from_being_filled():
    """Only if all are withdrawn is the referral."""
    one = row(1, 11, cause="split", filled_at=at(30))
    gone = row(1, 12, cause="split", withdrawn_at=at(40))
    report = told(row(1, 10, divided=True), one, gone)
    assert (report["filled"], report["withdrawn"]) == (1, 0)


def test_later_searches_and_arranged_awards_are_counted_apart():
    """Neither helps nor harms the percentage of referrals."""
    later = row(1, 12, cause="handed_back", received_at=at(5000), filled_at=at(5010))
    arranged = row(2, tier_name="by_hand", ground="continuity", filled_at=at(1))
    nobody_left = row(3, tier_name="by_hand", ground="none_answered", filled_at=at(500))
    found = counted(row(1, 11), later, arranged, nobody_left)
    assert [len(found.first), len(found.later), len(found.arranged)] == [2, 1, 1]
    assert found.later[0].cause == "handed_back"


@pytest.mark.parametrize(
    ("what", "received", "filled", "minutes", "working"),
    [
        ("over Easter", "2026-04-02 16:00", "2026-04-07 10:00", 114 * 60, 120),
        ("over the early May holiday", "2026-05-01 16:30", "2026-05-05 09:30", 89 * 60, 60),
        ("as clocks go forward", "2026-03-27 16:00", "2026-03-30 10:00", 65 * 60, 120),
        ("as clocks go back", "2026-10-23 16:00", "2026-10-26 10:00", 67 * 60, 120),
        ("in the night of the change", "2026-10-24 23:00", "2026-10-25 03:00", 5 * 60, 0),
    ],
)
def test_minutes_over_weekends_of_which_something_is_odd(what, received, filled, minutes, working):
    """Minutes of the clock are those that pass, working ones stand still over all that is closed."""
    start, end = (
        datetime.fromisoformat(one).replace(tzinfo=LONDON).astimezone(UTC)
        for one in (received, filled)
    )
    found = searches([row(1, received_at=start, complete_at=start, filled_at=end)]).first
    (one,) = timed(found, NOW, WorkingClock(OFFICE, start, end))
    assert (one.received, one.working_received) == (minutes, working), what


@given(st.lists(st.integers(0, 60 * 24 * 390), min_size=2, max_size=2))
def test_the_fast_working_clock_agrees_with_the_plain_one(minutes):
    """Over both clock changes and every holiday of a year."""
    start, end = sorted(NINE - timedelta(days=395) + timedelta(minutes=n) for n in minutes)
    plain = working_minutes_between(start, end, OFFICE)
    assert abs(CLOCK.minutes(start, end) - plain) < 1e-6


def test_the_distribution_holds_everybody_once():
    """Its bins and the last row, never filled, add up to all."""
    found = timed(
        searches([row(n, filled_at=at(n * 17) if n % 3 else None) for n in range(1, 200)]).first,
        NOW,
        CLOCK,
    )
    rows = distribution(found)
    assert sum(one["from_received"] for one in rows) == len(found)
    assert rows[-1]["from_received"] == sum(one.received is None for one in found)
    assert len(rows) == len(BIN_HOURS) + 2
    assert all(a["up_to_hours"] == b["over_hours"] for a, b in pairwise(rows[:-1]))


def test_a_referral_counts_in_each_of_its_needs_and_in_its_week():
    """And has a part of its own where it has none; a week begins on Monday in London."""
    (one,) = searches([row(1, needs="dementia hoist", received_at=NINE)]).first
    assert PARTS["need"](one, policy()) == ["dementia", "hoist"]
    assert PARTS["week"](one, policy()) == ("2026-03-02",)
    assert list(PARTS["language"](one, policy())) == ["-"]


@given(st.lists(st.integers(0, 30), max_size=8))
def test_a_hidden_part_cannot_be_found_by_subtraction(counts):
    """From the total and what is shown follows a sum of two or more parts that is not small."""
    kept = kept_apart(counts)
    hidden = [count for count, keep in zip(counts, kept, strict=True) if not keep]
    assert all(count >= FEWEST for count, keep in zip(counts, kept, strict=True) if keep)
    if hidden and any(kept):
        assert len(hidden) > 1
        assert sum(hidden) >= FEWEST
