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
from tests.unit.providers.story import MINUTE, START

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
    "released": replace(AWARD, state="released"),
    "cancelled": replace(AWARD, state="cancelled", confirmed=True),
}
NOT_AWARDED = Refusal(code="not-awarded")
CONFIRMED = Refusal(code="already-confirmed")


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
    ("released", "confirm"): NOT_AWARDED,
    ("released", "release"): Join(response_id=None),
    ("released", "start"): NOT_AWARDED,
    ("cancelled", "confirm"): NOT_AWARDED,
    ("cancelled", "release"): NOT_AWARDED,
    ("cancelled", "start"): NOT_AWARDED,
}


def decide(award: Award | None, request: AwardRequest, asked: Asked = NOTHING, started_at=STARTED):
    """The verdict an hour after the award."""
    return decide_award_request(award, request, asked, now=NOW, started_at=started_at)


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


def test_a_start_needs_its_instant():
    """A start without one is a bug of the caller, not a refusal."""
    with pytest.raises(ValueError, match="instant"):
        decide(AWARD, "start", started_at=None)


def test_a_refused_request_can_be_made_again():
    """After matching refused it, the same request is a new one with an id of its own."""
    verdict = decide(AWARD, "confirm", Asked(refused=1))
    assert verdict == Respond(response_id=award_request_id(AWARD.award_id, "confirm", 1))
    assert verdict != new("confirm")


@pytest.mark.parametrize("state", get_args(AwardState))
def test_personal_details_are_read_while_the_award_is_held(state: AwardState):
    """Neither before an award nor after a release or an end."""
    assert may_read_person(IN_STATE[state]) is (state in ("reserved", "confirmed", "started"))
    assert not may_read_person(None)
