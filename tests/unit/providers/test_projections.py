"""What the projections make of matching's events."""

from typing import Any, get_args
from uuid import UUID

import pytest

from services.providers.domain import offers
from services.providers.domain.ids import answer_id
from services.providers.needed import Needed
from services.providers.projections import OFFERS, OUTCOMES, PACKAGES, SEARCHES
from shared.contracts import placements
from shared.contracts.model import Event
from shared.ids import new_id
from shared.messaging.projection import Projection
from tests.unit.providers.story import Story

A, B = new_id(), new_id()


def told(projection: Projection, *events: Event) -> dict[UUID, Any]:
    """All rows after the events."""
    rows: dict[UUID, Any] = {}
    for event in events:
        for key in projection.keys(event):
            row = projection.project(rows.get(key), event, key)
            if row is not None:
                rows[key] = row
    return rows


def test_one_event_makes_the_rows_of_several_providers():
    """A wave fans out: each provider has its own row, and only what the event said of it."""
    story = Story()
    rows = told(OFFERS, story.offers_made(A, B))
    assert {row.provider_id: row.offer_id for row in rows.values()} == {
        A: story.offer_id(A),
        B: story.offer_id(B),
    }
    assert {row.status for row in rows.values()} == {"live"}


def offer_after(story: Story, *events: Event) -> Any:
    """A's offer after these events."""
    return told(OFFERS, story.offers_made(A), *events)[story.offer_id(A)]


@pytest.mark.parametrize("before", get_args(offers.OfferStatus))
def test_offers_follow_the_table_of_states(before):
    """Each event of matching leads from each state it may come in to one the table allows."""
    story = Story()
    leading = {
        "live": [],
        "standing": [story.stood(A, new_id())],
        "accepted": [story.awarded(A, new_id())],
        "declined": [story.declined(A, new_id())],
        "lapsed": [story.lapsed(A)],
        "withdrawn": [story.withdrawn(A)],
        "waiting": [story.quoted(A, new_id())],
        "conditional": [story.conditional(A, new_id())],
        "countered": [story.conditional(A, new_id()), story.countered(A, new_id())],
        "refused": [story.conditional(A, new_id()), story.refused_terms(A, new_id())],
    }
    assert offer_after(story, *leading[before]).status == before
    answered = ("standing", "accepted", "declined")
    for after in offers.FOLLOWS[before]:
        corrected = before in answered and after in ("live", "lapsed", "withdrawn")
        then = [story.corrected(A, after)] if corrected else leading[after]
        assert offer_after(story, *leading[before], *then).status == after


@pytest.mark.parametrize(
    ("then", "result", "code"),
    [
        ("refused_terms", "refused", "condition-refused"),
        ("countered", "countered", None),
        ("awarded", "awarded", None),
        ("stood", "standing", None),
    ],
)
def test_what_came_of_a_yes_with_a_question(then, result, code):
    """A conditional yes has its first word at once, and a later one when a broker has decided."""
    story, response_id = Story(), answer_id(Story().referral_id)
    later = getattr(story, then)(A, response_id)
    rows = told(OUTCOMES, story.conditional(A, response_id), later)
    row = rows[response_id]
    assert (row.first_result, row.later_result, row.later_code) == ("conditional", result, code)


def test_an_event_about_an_unknown_offer_makes_no_row():
    """What was made before our history began stays unknown."""
    story = Story()
    assert told(OFFERS, story.lapsed(A), story.awarded(A), story.declined(A)) == {}


def test_two_awards_of_one_referral_are_two_packages():
    """Who released keeps its own row when the package goes to another."""
    story = Story()
    first = story.awarded(A)
    released = story.of_award(placements.AwardReleased, A, reason="start_date")
    rows = told(PACKAGES, first, released, story.awarded(B))
    assert {(row.provider_id, row.state) for row in rows.values()} == {
        (A, "released"),
        (B, "reserved"),
    }


def test_need_to_know_and_nothing_more():
    """Before an award a provider learns these fields: no ward, no other providers, no funder."""
    story = Story()
    (row,) = told(SEARCHES, story.search_started()).values()
    needed = Needed.model_validate_json(row.needed)
    assert set(Needed.model_fields) == {
        "urgency", "source_kind", "outcode", "care_type", "visits", "weekly_hours", "needs",
        "risks", "equipment", "ready_at", "gender", "carer_gender", "languages", "until",
    }  # fmt: skip
    assert needed.weekly_hours == 1.5
    assert "ward-1" not in row.needed
    assert "whipps" not in row.needed


def test_the_first_word_about_a_response_stays():
    """A later event about a decided response changes nothing."""
    story = Story()
    response_id = answer_id(story.offer_id(A))
    rows = told(
        OUTCOMES,
        story.refused(A, "accept", "offer-lapsed", response_id),
        story.awarded(A, response_id),
    )
    assert rows[response_id].first_result == "refused"
    assert rows[response_id].later_result is None


@pytest.mark.parametrize(
    ("how", "result", "code"),
    [
        ("awarded", "awarded", None),
        ("by_hand", "standing", None),
        ("placed", "refused", "already-placed"),
        ("ended", "refused", "offer-withdrawn"),
        ("divided", "refused", "offer-withdrawn"),
    ],
)
def test_a_standing_acceptance_gets_its_later_outcome_beside_the_first(how, result, code):
    """Standing stays the first word; award or withdrawal is written beside it."""
    story = Story()
    response_id = answer_id(story.offer_id(A))
    later = {
        "awarded": story.awarded(A, response_id),
        "by_hand": story.awarded(A, via="hand"),
        "placed": story.withdrawn(A),
        "ended": story.withdrawn(A, because="referral_withdrawn"),
        "divided": story.withdrawn(A, because="divided"),
    }
    row = told(OUTCOMES, story.stood(A, response_id), later[how])[response_id]
    assert row.first_result == "standing"
    assert (row.later_result or "standing", row.later_code) == (result, code)


def test_withdrawing_an_offer_that_nobody_answered_is_no_outcome():
    """Only responses have outcomes."""
    story = Story()
    assert told(OUTCOMES, story.withdrawn(A), story.lapsed(B)) == {}
