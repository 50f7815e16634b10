"""What the projection of packages makes of an award's life, and of the answers about it."""

from typing import Any, get_args

import pytest

from services.providers.domain import awards
from services.providers.needed import needed_now
from services.providers.projections import OUTCOMES, PACKAGES, SEARCHES
from services.providers.projections.searches import versions_of
from shared.contracts import care, placements
from shared.contracts.model import Event
from shared.ids import new_id
from tests.unit.providers.story import DAY, MINUTE, Story
from tests.unit.providers.test_projections import A, B, told


def after(story: Story, *events: Event) -> Any:
    """A's award after these events."""
    return told(PACKAGES, *events)[story.award_id(A)]


def leading(story: Story) -> dict[awards.AwardState, list[Event]]:
    """Events that lead to each state."""
    awarded = story.awarded(A, new_id())
    confirmed = story.of_award(placements.AwardConfirmed, A)
    started = story.of_award(placements.CareStarted, A, started_at=story.at)
    care_given = [awarded, confirmed, started]
    ended = story.of_care(care.CareEnded, A, because="handed_back")
    return {
        "reserved": [awarded],
        "confirmed": [awarded, confirmed],
        "started": care_given,
        "paused": [*care_given, story.paused(A)],
        "ending": [*care_given, story.handed_back(A)],
        "ended": [*care_given, story.handed_back(A), ended],
        "released": [awarded, story.of_award(placements.AwardReleased, A, reason="unsafe")],
        "cancelled": [awarded, story.cancelled(A)],
    }


def test_awards_follow_the_table_of_states():
    """An award passes from reserved to its end only as the table allows."""
    story = Story()
    ways = leading(story)
    resumed = story.of_award(care.CareResumed, A, restart_at=story.at)
    lapsed = story.of_care(care.PauseLapsed, A)
    goes_on = story.of_award(care.ChangeAgreed, A, version=2, weekly_minutes=120)
    by_another_way = {
        ("paused", "started"): resumed,
        ("paused", "ended"): lapsed,
        ("ended", "started"): resumed,
        ("ending", "started"): goes_on,
    }
    assert set(ways) == set(get_args(awards.AwardState))
    for before, events in ways.items():
        assert after(story, *events).state == before
        for state in awards.FOLLOWS[before]:
            last = by_another_way.get((before, state), ways[state][-1])
            assert after(story, *events, last).state == state


@pytest.mark.parametrize("because", ["transferred", "provider_failed", "no_longer_needed"])
def test_care_that_others_end_says_why_and_until_when(because: str):
    """Ending shows the last visit if it is known; ended keeps the reason."""
    story = Story()
    started = leading(story)["started"]
    ends = story.of_care(care.CareEnding, A, because=because, last_visit_at=story.at + DAY)
    row = after(story, *started, ends)
    assert (row.state, row.ended_because, row.last_visit_at) == (
        "ending",
        because,
        story.at + DAY,
    )
    over = story.of_care(care.CareEnded, A, because=because)
    row = after(story, *started, ends, over)
    assert (row.state, row.ended_because, row.ended_at) == ("ended", because, story.at)


def test_a_restart_is_a_question_with_a_number():
    """Each is told apart from the one before it; a longer pause takes it back."""
    story = Story()
    paused = leading(story)["paused"]
    asked = story.restart_asked(A)
    row = after(story, *paused, asked)
    assert (row.restarts, row.restart_at, row.restart_result) == (1, story.at + 2 * DAY, None)
    resumed = story.of_award(care.CareResumed, A, restart_at=story.at)
    row = after(story, *paused, asked, resumed)
    assert (row.state, row.restart_result, row.held_until) == ("started", "agreed", None)
    row = after(story, *paused, asked, resumed, story.paused(A), story.restart_asked(A))
    assert (row.restarts, row.restart_result) == (2, None)
    assert after(story, *paused, asked, story.paused(A)).restart_at is None


@pytest.mark.parametrize("because", ["refused", "silent"])
def test_a_restart_that_is_not_agreed_takes_the_package(because: str):
    """Refused or silent: it is the provider's no longer."""
    story = Story()
    paused = leading(story)["paused"]
    refused = story.of_award(care.RestartRefused, A, because=because)
    row = after(story, *paused, story.restart_asked(A), refused)
    assert (row.state, row.ended_because, row.restart_result) == (
        "ended",
        "restart_refused",
        because,
    )


def test_what_is_needed_follows_a_change_once_it_is_agreed():
    """Until then the package is what it was; who it is for never changes."""
    story = Story()
    search = story.search_started()
    (searched,) = told(SEARCHES, search).values()
    started = leading(story)["started"]
    agreed = story.of_award(care.ChangeAgreed, A, version=2, weekly_minutes=120)
    asked = after(story, *started, story.change_asked(A))
    assert (asked.needed, asked.change_version, asked.change_result) == (None, 2, None)
    row = after(story, *started, story.change_asked(A), agreed)
    now = needed_now(searched.needed, row.needed)
    assert now is not None
    assert (now.outcode, now.weekly_hours, now.needs) == ("E10", 2.0, ())
    assert (now.urgency, now.source_kind) == ("routine", "hospital")
    refused = story.of_award(care.ChangeRefused, A, version=2, because="silent")
    row = after(story, *started, story.change_asked(A), refused)
    assert (row.needed, row.change_result) == (None, "silent")


def test_a_change_before_the_start_keeps_the_award_up_to_date():
    """Agreed, it has new instants; amended within tolerance, what was asked is no question any more."""
    story = Story()
    taken = [story.search_started(), story.awarded(A)]
    agreed = story.of_award(
        care.ChangeAgreed,
        A,
        version=2,
        weekly_minutes=120,
        confirm_by=story.at + DAY,
        start_by=story.at + 2 * DAY,
    )
    row = after(story, *taken, story.amended(A, change="material"), story.change_asked(A))
    assert (row.state, row.change_version, row.change_result) == ("reserved", 2, None)
    row = after(story, *taken, story.change_asked(A), agreed)
    assert (row.confirm_by, row.start_by) == (story.at + DAY, story.at + 2 * DAY)
    kept = story.amended(A, change="date", version=3, start_by=story.at + 9 * DAY)
    row = after(story, *taken, story.change_asked(A), agreed, story.change_asked(A), kept)
    assert (row.change_version, row.needed, row.start_by) == (None, None, story.at + 9 * DAY)


def test_a_search_knows_which_versions_an_answer_may_be_about():
    """A change within tolerance keeps what was said of the version before; a material one does not."""
    story = Story()
    search = story.search_started()
    (row,) = told(SEARCHES, search).values()
    assert versions_of(row) == versions_of(None) == (1, 1)
    (row,) = told(SEARCHES, search, story.amended(None, change="date")).values()
    assert versions_of(row) == (1, 2)
    events = (story.amended(None, change="date"), story.amended(None, change="material", version=3))
    (row,) = told(SEARCHES, search, *events).values()
    assert versions_of(row) == (3, 3)


def test_each_part_has_its_own_award_and_its_own_needs():
    """Two placements of a referral are two packages, though one provider may have both."""
    whole = Story()
    parts = [whole.part(), whole.part()]
    events = [event for part in parts for event in (part.search_started(), part.awarded(A))]
    rows = told(PACKAGES, *events)
    assert {row.placement_id for row in rows.values()} == {part.placement_id for part in parts}
    assert set(told(SEARCHES, *events)) == {part.placement_id for part in parts}


def test_bridging_care_says_until_when():
    """Who is asked for it knows before the award that it ends."""
    story = Story()
    (row,) = told(SEARCHES, story.search_started(bridging_until=story.at + 9 * DAY)).values()
    needed = needed_now(row.needed, None)
    assert needed is not None
    assert needed.until == story.at + 9 * DAY


def test_an_event_about_an_award_that_nobody_saw_makes_no_row():
    """What was awarded before our history began stays unknown."""
    story = Story()
    assert told(PACKAGES, story.handed_back(B), story.paused(B)) == {}


@pytest.mark.parametrize(
    ("kind", "result", "fields"),
    [
        (placements.AwardConfirmed, "confirmed", {}),
        (placements.AwardReleased, "released", {"reason": "other"}),
        (placements.CareStarted, "started", {"started_at": Story().at + MINUTE}),
        (care.CareResumed, "restart_agreed", {"restart_at": Story().at}),
        (care.RestartRefused, "restart_refused", {"because": "refused"}),
        (care.ChangeAgreed, "change_agreed", {"version": 2, "weekly_minutes": 60}),
        (care.ChangeRefused, "change_refused", {"version": 2, "because": "refused"}),
    ],
)
def test_what_was_said_about_awards_gets_its_outcome(kind, result, fields):
    """Each is found by the response that asked for it; one that nobody asked for is none."""
    story = Story()
    response_id = new_id()
    event = story.of_award(kind, A, response_id, **fields)
    assert told(OUTCOMES, event)[response_id].first_result == result
    assert told(OUTCOMES, story.of_award(kind, A, None, **fields)) == {}


def test_a_hand_back_gets_its_outcome():
    """It is found by its response."""
    response_id = new_id()
    rows = told(OUTCOMES, Story().handed_back(A, response_id))
    assert rows[response_id].first_result == "handed_back"
