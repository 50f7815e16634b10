"""The board's row and its words when a package is in parts, paused, handed back or ending."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.referrals.api.places import Place
from services.referrals.projections.board import BoardRow, project_board
from shared.contracts import care, interventions, placements, referrals
from shared.ids import new_id
from tests.unit.referrals.telling import DAY, LARCH, ROWAN, T0, Told

HOUR = timedelta(hours=1)


def board(told: Told) -> BoardRow:
    """The row, once the referral was received complete."""
    row = project_board(None, received(told), told.referral_id)
    for event in told:
        row = project_board(row, event, told.referral_id)
    return row


def received(told: Told) -> referrals.ReferralReceived:
    """A complete referral at 09:00 on Monday."""
    return referrals.ReferralReceived(
        referral_id=told.referral_id,
        at=T0,
        received_at=T0,
        source=referrals.Source(kind="hospital", organisation="whipps", ward="aspen"),
        pathway="P1",
        urgency="routine",
        discharge_ready_at=None,
        complete_at=T0,
        missing=(),
        wanted=None,
    )


def place(told: Told, now: datetime | None = None) -> Place:
    """What a ward reads at an instant, in local time."""
    row = board(told)
    shown: dict[str, Any] = {name: getattr(row, name) for name in BoardRow.__dataclass_fields__}
    fields = {
        "now_missing": "[]",
        "linked": "[]",
        "ready_at": None,
        "discharge_ready_at": None,
        "urgency": "routine",
        "pathway": "P1",
        "next_deadline_local": None,
        "confirm_by_local": "11:00",
    }
    return Place.of({**shown, **fields}, None, now or told.at, "Europe/London")


def in_parts() -> tuple[Told, Any, Any]:
    """A package that is searched in two parts."""
    told = Told()
    whole = told.search()
    one, two = new_id(), new_id()
    told.say(care.PlacementDivided, whole, because="split", into=(one, two))
    told.search(one, cause="split")
    told.search(two, cause="split")
    return told, one, two


def test_one_of_two_parts_taken():
    """The status is that of the part that is farthest from care; the words say who has the other."""
    told, one, two = in_parts()
    assert place(told).words.startswith("0 of 2 parts taken. Asking providers in framework lot")
    told.started(one)
    shown = place(told)
    assert shown.words == (
        "1 of 2 parts taken (Larch Home Care). Asking providers in framework lot: the next offers"
        " are about to go out"
    )
    assert (shown.status, shown.parts_taken, shown.parts_total) == ("asking_providers", 1, 2)
    assert (shown.filled, shown.covered, shown.filled_by) == (False, False, None)
    assert shown.hint is not None
    assert (board(told).section, board(told).filled_at) == (0, None)
    told.confirmed(two, ROWAN)
    shown = place(told)
    assert (shown.status, shown.words) == (
        "confirmed",
        "Confirmed: Larch Home Care and Rowan Care",
    )
    assert (shown.filled, shown.hint, board(told).section) == (True, None, 1)
    assert (board(told).award_id, board(told).provider_id) == (None, None)


def test_bridging_care_lets_a_ward_plan():
    """Who stands in is named with the day; once it is confirmed transport may be booked."""
    told = Told()
    whole = told.search()
    bridging = told.search(cause="bridging", follows=whole, bridging_until=T0 + 9 * DAY)
    assert "Bridging care until 11 Mar 09:00 is searched as well" in place(told).words
    told.awarded(bridging, ROWAN)
    assert "Rowan Care stands in until 11 Mar 09:00 (not confirmed yet)" in place(told).words
    assert place(told).hint is not None
    told.of_award(placements.AwardConfirmed, bridging, ROWAN)
    shown = place(told)
    assert shown.words.endswith(". Rowan Care stands in until 11 Mar 09:00")
    assert (shown.filled, shown.covered, shown.hint) == (False, True, None)
    assert (shown.status, board(told).section) == ("asking_providers", 0)
    assert [part.bridging_until for part in shown.parts] == [None, T0 + 9 * DAY]


def test_handed_back_and_searched_again_on_its_own_clock():
    """The referral's own clock stands where it was filled; the later search has one of its own."""
    told = Told()
    placement = told.search()
    told.at = T0 + HOUR
    told.started(placement)
    assert board(told).section == 2
    told.at = T0 + 3 * DAY
    told.handed_back(placement, days=2)
    later = told.search(
        cause="handed_back", follows=placement, gap_at=T0 + 6 * DAY, gap_alarm_at=T0 + 5 * DAY
    )
    shown = place(told, T0 + 3 * DAY + 2 * HOUR)
    assert shown.words == (
        "Larch Home Care has handed the package back; searched again since 09:00. Asking providers"
        " in framework lot: the next offers are about to go out. Larch Home Care goes on until"
        " Sat 09:00. Nobody has visits from Sun 09:00 yet"
    )
    assert (shown.minutes_on_the_clock, shown.filled_at) == (60, T0 + HOUR)
    assert shown.later_search is not None
    assert (shown.later_search.cause, shown.later_search.minutes_on_the_clock) == (
        "handed_back",
        120,
    )
    assert [target.state for target in shown.later_search.targets] == ["over", "running"]
    assert (shown.covered, shown.care_gap_at) == (True, T0 + 6 * DAY)
    row = board(told)
    assert (row.section, row.sort_key) == (0, int(told.at.timestamp() * 1_000_000))
    told.of_award(care.CareEnded, placement, because="handed_back")
    told.say(care.ContingencyRecorded, later, contingency="family")
    assert place(told, T0 + 7 * DAY).words.endswith(
        ". Nobody cares since Sun 09:00: the family helps meanwhile"
    )
    told.say(care.CareGapMoved, later, gap_at=None, gap_alarm_at=None)
    assert place(told).care_gap_at is None
    told.started(later, ROWAN)
    shown = place(told)
    assert (shown.status, shown.filled_by, shown.filled_at) == (
        "care_started",
        "Rowan Care",
        T0 + HOUR,
    )
    assert shown.later_search is not None
    assert shown.later_search.filled_at == told.at


def test_paused_and_coming_home():
    """Until when it is held; then who is asked and by when; then as before."""
    told = Told()
    placement = told.search()
    told.started(placement)
    told.paused(placement)
    shown = place(told)
    assert shown.words == "Paused: Larch Home Care holds the package until 16 Mar 09:00"
    assert (shown.status, shown.paused_until) == ("paused", T0 + 14 * DAY)
    assert shown.hint is not None
    assert board(told).section == 1
    told.of_award(care.RestartAsked, placement, restart_at=T0 + 2 * DAY, answer_by=T0 + 8 * HOUR)
    assert place(told).words == (
        "Coming home Wed 09:00: Larch Home Care is asked if it goes on; its answer is due by 17:00"
    )
    told.of_award(care.CareResumed, placement, restart_at=T0 + 2 * DAY)
    shown = place(told)
    assert (shown.status, shown.restart_at, shown.hint) == ("care_started", None, None)


def test_a_pause_that_lapsed():
    """Nobody has it and nobody is asked, and the words say what happens next."""
    told = Told()
    placement = told.search()
    told.started(placement)
    told.paused(placement)
    told.of_award(care.PauseLapsed, placement)
    shown = place(told)
    assert (shown.status, shown.filled, board(told).section) == ("pause_lapsed", False, 2)
    told.search(cause="pause_lapsed", follows=placement)
    assert place(told).words.startswith(
        "The person comes home after the package was held no longer; searched again since 09:00. "
    )


def test_care_that_ends_for_good():
    """Ending, with its last visit, then ended: nothing is searched."""
    told = Told()
    placement = told.search()
    told.started(placement)
    told.of_award(
        care.CareEnding, placement, because="no_longer_needed", last_visit_at=T0 + 4 * DAY
    )
    shown = place(told)
    assert shown.words == "Care ends on Fri 09:00: Larch Home Care"
    assert (shown.status, shown.filled_by, board(told).section) == (
        "ending",
        "Larch Home Care",
        1,
    )
    told.of_award(care.CareEnded, placement, because="no_longer_needed")
    assert (place(told).words, board(told).section) == ("Care has ended", 2)


@pytest.mark.parametrize("ends_first", [True, False])
def test_a_withdrawal_of_care_that_only_ends(ends_first: bool):
    """It is withdrawn as soon as nothing is left, in whichever order the two are told."""
    told = Told()
    placement = told.search()
    told.started(placement)
    told.handed_back(placement)
    told.of_award(care.CareEnded, placement, because="handed_back")
    asked = referrals.WithdrawalRequested(
        referral_id=told.referral_id, at=T0, requested_at=T0, reason="died"
    )
    events = [received(told), *told]
    events.insert(len(events) if ends_first else -1, asked)
    row = None
    for event in events:
        row = project_board(row, event, told.referral_id)
    assert row is not None
    assert row.status == "withdrawn"


def test_two_providers_of_one_name_are_named_once():
    """Parts in the same hands are told as one provider, by its id too."""
    told, one, two = in_parts()
    told.confirmed(one)
    told.confirmed(two)
    assert (board(told).provider_name, board(told).provider_id) == ("Larch Home Care", LARCH)


def test_the_least_sure_part_is_the_outlook():
    """A ward is not told of the part that is likely, while another is not."""
    told, one, two = in_parts()
    told.say(placements.OutlookChanged, one, outlook="likely_today")
    assert board(told).outlook is None
    told.say(placements.OutlookChanged, two, outlook="uncertain")
    assert board(told).outlook == "uncertain"


def test_one_part_on_hold():
    """While the brokerage team holds a part, the package stands where that part stands."""
    told, one, two = in_parts()
    until = T0 + 3 * HOUR
    told.say(interventions.SearchHeld, one, until=until, standing=(), decided_by=None)
    row = board(told)
    assert (row.status, row.next_deadline_at) == ("on_hold", until)
    resumed = {"because": "by_person", "closes_at": None, "standing": (), "decided_by": None}
    told.say(interventions.SearchResumed, one, **resumed)
    assert (board(told).status, board(told).next_deadline_at) == ("asking_providers", None)
    told.say(interventions.SearchHeld, one, until=until, standing=(), decided_by=None)
    told.awarded(one)
    told.awarded(two, ROWAN)
    assert board(told).status == "taken"


def test_a_change_before_the_start_is_a_question():
    """The ward reads who is asked and until when, and does not book on it; then it may again."""
    told = Told()
    whole = told.search()
    told.confirmed(whole)
    assert place(told).hint is None
    told.change_asked(whole)
    asked = place(told)
    assert asked.status == "confirmed"
    assert asked.words.startswith(
        "Confirmed: Larch Home Care. What is needed has changed: Larch Home Care is asked if it can"
        " give that; its answer is due by Tue"
    )
    assert asked.hint == "Do not book transport until confirmed."
    told.of_award(care.ChangeAgreed, whole, version=2, weekly_minutes=240)
    assert (place(told).words, place(told).hint) == ("Confirmed: Larch Home Care", None)
    told.change_asked(whole, version=3)
    told.of_award(care.ChangeRefused, whole, version=3, because="silent")
    told.of_award(placements.AwardCancelled, whole, because="change_refused")
    assert place(told).status == "asking_providers"
