"""Every state of an award against every request, and against what was asked before."""

from dataclasses import replace
from typing import get_args

import pytest

from services.providers.domain.awards import (
    Asked,
    Award,
    AwardState,
    decide_award_request,
    may_read_person,
)
from services.providers.domain.ids import AwardRequest, award_request_id
from services.providers.domain.verdicts import Join, Refusal, Respond
from shared.ids import new_id
from tests.unit.providers.story import DAY, MINUTE, START

AWARD = Award(
    award_id=new_id(), state="reserved", accepted_at=START, confirmed=False, started_at=None
)
NOTHING = Asked()
NOW = START + 60 * MINUTE
STARTED = START + 30 * MINUTE
IN_STATE: dict[AwardState, Award] = {
    "reserved": AWARD,
    "confirmed": replace(AWARD, state="confirmed", confirmed=True),
    "started": replace(AWARD, state="started", confirmed=True, started_at=STARTED),
    "paused": replace(AWARD, state="paused", confirmed=True, started_at=STARTED),
    "ending": replace(AWARD, state="ending", confirmed=True, started_at=STARTED),
    "ended": replace(AWARD, state="ended", confirmed=True, started_at=STARTED),
    "released": replace(AWARD, state="released"),
    "cancelled": replace(AWARD, state="cancelled", confirmed=True),
}
NOT_AWARDED = Refusal(code="not-awarded")
CONFIRMED = Refusal(code="already-confirmed")
SUPERSEDED = Refusal(code="requirement-changed")
LAST_VISIT = NOW + 28 * DAY


def new(request: AwardRequest) -> Respond:
    """A first request of its kind."""
    return Respond(response_id=award_request_id(AWARD.award_id, request))


EXPECTED: dict[tuple[AwardState, AwardRequest], object] = {
    ("reserved", "confirm"): new("confirm"),
    ("reserved", "release"): new("release"),
    ("reserved", "start"): new("start"),
    ("confirmed", "confirm"): Join(response_id=None),
    ("confirmed", "release"): CONFIRMED,
    ("confirmed", "start"): new("start"),
    ("started", "confirm"): Join(response_id=None),
    ("started", "release"): CONFIRMED,
    ("started", "start"): Join(response_id=None),
    ("paused", "confirm"): Join(response_id=None),
    ("paused", "release"): CONFIRMED,
    ("paused", "start"): Join(response_id=None),
    ("ending", "confirm"): Join(response_id=None),
    ("ending", "release"): CONFIRMED,
    ("ending", "start"): Join(response_id=None),
    ("ended", "confirm"): NOT_AWARDED,
    ("ended", "release"): NOT_AWARDED,
    ("ended", "start"): NOT_AWARDED,
    ("reserved", "hand_back"): Refusal(code="not-confirmed"),
    ("confirmed", "hand_back"): new("hand_back"),
    ("started", "hand_back"): new("hand_back"),
    ("paused", "hand_back"): new("hand_back"),
    ("ending", "hand_back"): Refusal(code="already-ending"),
    ("ended", "hand_back"): NOT_AWARDED,
    ("released", "hand_back"): NOT_AWARDED,
    ("cancelled", "hand_back"): NOT_AWARDED,
    ("released", "confirm"): NOT_AWARDED,
    ("released", "release"): Join(response_id=None),
    ("released", "start"): NOT_AWARDED,
    ("cancelled", "confirm"): NOT_AWARDED,
    ("cancelled", "release"): NOT_AWARDED,
    ("cancelled", "start"): NOT_AWARDED,
}


def decide(
    award: Award | None,
    request: AwardRequest,
    asked: Asked = NOTHING,
    started_at=STARTED,
    last_visit_at=LAST_VISIT,
):
    """The verdict an hour after the award."""
    return decide_award_request(
        award, request, asked, now=NOW, started_at=started_at, last_visit_at=last_visit_at
    )


def test_the_table_names_every_state_and_request():
    """No state or request is left out of the expectations."""
    pairs = {(s, r) for s in get_args(AwardState) for r in get_args(AwardRequest)}
    assert set(EXPECTED) == pairs


@pytest.mark.parametrize(("state", "request_"), EXPECTED)
def test_a_first_request(state: AwardState, request_: AwardRequest):
    """What a request comes to depends on the award's state, as the table says."""
    assert decide(IN_STATE[state], request_) == EXPECTED[state, request_]


@pytest.mark.parametrize("request_", get_args(AwardRequest))
def test_without_an_award_nothing_is_awarded(request_: AwardRequest):
    """One who was offered the package and did not get it can do nothing with it."""
    assert decide(None, request_) == NOT_AWARDED


CONFIRM = Asked(confirm_id=award_request_id(AWARD.award_id, "confirm"))
RELEASE = Asked(release_id=award_request_id(AWARD.award_id, "release"))
REPORTED = Asked(start_id=award_request_id(AWARD.award_id, "start"), started_at=STARTED)


def test_the_first_of_confirm_and_release_counts_before_matching_has_said_anything():
    """A release after a recorded confirmation or start is refused, and the other way round."""
    assert decide(AWARD, "release", CONFIRM) == CONFIRMED
    assert decide(AWARD, "release", REPORTED) == CONFIRMED
    assert decide(AWARD, "confirm", RELEASE) == NOT_AWARDED
    assert decide(AWARD, "start", RELEASE) == NOT_AWARDED


def test_a_start_implies_the_confirmation():
    """A confirmation after a recorded start waits for the start's answer; the other order is two."""
    assert decide(AWARD, "confirm", REPORTED) == Join(response_id=REPORTED.start_id)
    assert decide(AWARD, "start", CONFIRM) == new("start")


@pytest.mark.parametrize("award", IN_STATE.values(), ids=IN_STATE)
def test_the_same_again_joins_whatever_became_of_the_award(award: Award):
    """A repeated request waits for the answer of the first."""
    assert decide(award, "confirm", CONFIRM) == Join(response_id=CONFIRM.confirm_id)
    assert decide(award, "release", RELEASE) == Join(response_id=RELEASE.release_id)
    assert decide(award, "start", REPORTED) == Join(response_id=REPORTED.start_id)


def test_a_start_has_one_instant():
    """A second report with another instant is refused, by whichever way the first came."""
    other = STARTED + MINUTE
    answered = Refusal(code="already-answered")
    assert decide(AWARD, "start", REPORTED, other) == answered
    assert decide(IN_STATE["started"], "start", NOTHING, other) == answered


def test_a_start_lies_between_the_award_and_now():
    """Care starts neither before the provider said yes nor in the future."""
    early, late = START - MINUTE, NOW + MINUTE
    assert decide(AWARD, "start", started_at=early) == Refusal(code="started-too-early")
    assert decide(AWARD, "start", started_at=late) == Refusal(code="started-in-future")
    assert decide(AWARD, "start", started_at=NOW) == new("start")
    assert decide(AWARD, "start", started_at=START) == new("start")


def test_a_start_and_a_hand_back_need_their_instant():
    """One without it is a bug of the caller, not a refusal."""
    with pytest.raises(ValueError, match="instant"):
        decide(AWARD, "start", started_at=None)
    with pytest.raises(ValueError, match="instant"):
        decide(AWARD, "hand_back", last_visit_at=None)


HANDED_BACK = Asked(
    hand_back_id=award_request_id(AWARD.award_id, "hand_back"), last_visit_at=LAST_VISIT
)


def test_a_hand_back_has_one_last_visit():
    """The same again joins, whatever became of the award; another date is refused."""
    for award in IN_STATE.values():
        assert decide(award, "hand_back", HANDED_BACK) == Join(response_id=HANDED_BACK.hand_back_id)
    other = decide(IN_STATE["ending"], "hand_back", HANDED_BACK, last_visit_at=LAST_VISIT + DAY)
    assert other == Refusal(code="already-answered")


def test_care_that_ends_with_somebody_else_s_first_visit_is_handed_back():
    """Its last day is not known yet; of care that ends on a day it is too late."""
    ends_openly = replace(IN_STATE["ending"], ends_openly=True)
    assert decide(ends_openly, "hand_back") == new("hand_back")
    assert decide(IN_STATE["ending"], "hand_back") == Refusal(code="already-ending")


def test_a_hand_back_given_by_telephone_is_joined():
    """What the brokerage team wrote down counts: nothing more is sent."""
    for state in ("ending", "ended"):
        award = replace(IN_STATE[state], handed_back=True)
        assert decide(award, "hand_back") == Join(response_id=None)


def test_what_is_confirmed_by_a_recorded_answer_can_be_handed_back():
    """The order of what was recorded counts, before matching has said anything."""
    for asked in (CONFIRM, REPORTED):
        assert decide(AWARD, "hand_back", asked) == new("hand_back")
    assert decide(AWARD, "hand_back", RELEASE) == NOT_AWARDED
    confirmed = IN_STATE["confirmed"]
    assert decide(confirmed, "start", HANDED_BACK) == Refusal(code="already-ending")


@pytest.mark.parametrize(
    ("last_visit_at", "verdict"),
    [
        (NOW - DAY, new("hand_back")),
        (NOW - DAY - MINUTE, Refusal(code="last-visit-in-past")),
        (NOW, new("hand_back")),
        (NOW + 366 * DAY, new("hand_back")),
        (NOW + 366 * DAY + MINUTE, Refusal(code="last-visit-too-far")),
    ],
)
def test_a_last_visit_is_near_enough_to_be_meant(last_visit_at, verdict):
    """From a day ago to a year ahead; short notice is no reason to refuse."""
    assert decide(IN_STATE["started"], "hand_back", last_visit_at=last_visit_at) == verdict


def test_a_refused_request_can_be_made_again():
    """After matching refused it, the same request is a new one with an id of its own."""
    verdict = decide(AWARD, "confirm", Asked(refused=1))
    assert verdict == Respond(response_id=award_request_id(AWARD.award_id, "confirm", 1))
    assert verdict != new("confirm")


@pytest.mark.parametrize("state", get_args(AwardState))
def test_personal_details_are_read_while_the_award_is_held(state: AwardState):
    """Neither before an award nor after a release or an end; care that is ending still needs it."""
    held = ("reserved", "confirmed", "started", "paused", "ending")
    assert may_read_person(IN_STATE[state]) is (state in held)
    assert not may_read_person(None)


def test_a_confirmation_is_of_what_is_needed_now():
    """An open question comes first, and an older version than what was agreed is refused."""
    asked = replace(AWARD, change_open=True)
    assert decide(asked, "confirm") == Refusal(code="change-unanswered")
    assert decide(asked, "release") == new("release")
    agreed = replace(AWARD, versions=(2, 2))
    for version, verdict in ((None, new("confirm")), (2, new("confirm")), (1, SUPERSEDED)):
        said = decide_award_request(agreed, "confirm", NOTHING, now=NOW, version=version)
        assert said == verdict
