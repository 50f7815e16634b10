"""A yes to a restart or a change that was recorded in time counts, though it is read after the silence."""

from dataclasses import replace

import pytest

from deploy.invariants.timeline import broken_in
from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events as E
from services.matching.domain import interventions as acts
from services.matching.domain.commands import WithdrawReferral
from services.matching.domain.people_commands import AmendRequirement, ExcludeProvider
from services.matching.domain.placement import Awarded, Ended, Ending, Paused, Searched, Started
from tests.unit.matching.package_world import (
    DAY,
    WEEK_OF_VISITS,
    Whole,
    requirement,
    running,
    searched,
)
from tests.unit.matching.world import (
    answers,
    at,
    award_of,
    by_hand,
    confirm,
    contract,
    like,
    market,
    pid,
    policy,
    provider,
    referral,
    tier,
    wanted,
    yes,
)

MORE = (*WEEK_OF_VISITS, WEEK_OF_VISITS[0])
TAKEN_BACK = (E.OffersWithdrawn, care.PlacementDivided)


def says(kind, recorded: float, *, agrees: bool = True, **more):
    """What A said about its award, at the instant that the providers service recorded."""
    return kind(
        provider_id=pid("A"),
        award_id=award_of("A"),
        recorded_at=at(recorded),
        response_id=pid(f"said at {recorded}"),
        agrees=agrees,
        **more,
    )


def restarted(recorded: float, agrees: bool = True):
    return says(asked.AnswerRestart, recorded, agrees=agrees)


def changed(recorded: float, agrees: bool = True, version: int = 2):
    return says(asked.AnswerChange, recorded, agrees=agrees, version=version)


def silent_about_a_restart() -> Whole:
    """A had until the second day at eight to say if it comes back; B and C are asked now."""
    whole = running().when(asked.PauseCare(held_until=at(14 * DAY), retainer=True), 60)
    whole.when(asked.RestartCare(restart_at=at(9 * DAY)), DAY).until(2 * DAY)
    assert whole.statuses() == ["ended", "searching"]
    return whole


def silent_about_a_change(paused: bool = False) -> Whole:
    """A had until the second day at eight to say if it gives a visit more."""
    whole = running().when(asked.ChangeCare(requirement=requirement(*MORE)), DAY)
    if paused:
        whole.when(asked.PauseCare(held_until=at(14 * DAY), retainer=True), DAY + 1)
    whole.until(2 * DAY)
    assert whole.statuses() == ["ending", "searching"]
    return whole


def silent_before_the_start(confirmed: bool = False) -> Whole:
    """The same of care that has not started: the search goes on without A."""
    whole = searched().when(answers(yes("A", 1)), 1)
    if confirmed:
        whole.when(confirm("A"), 2)
    more = AmendRequirement(by="broker", requirement=requirement(*MORE))
    whole.when(more, DAY).until(2 * DAY)
    assert whole.statuses() == ["searching"]
    return whole


def holds(whole: Whole) -> Whole:
    """What was written keeps the invariants."""
    assert broken_in([*whole.history, *whole.new]) == []
    return whole


def test_a_restart_that_was_agreed_in_time():
    """Care is resumed, and what was offered to others is taken back."""
    whole = silent_about_a_restart().when(restarted(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then(
        E.OffersWithdrawn,
        like(care.PlacementDivided, because="care_goes_on", placement_id=whole.id(1), into=()),
        like(care.CareResumed, restart_at=at(9 * DAY), response_id=pid(f"said at {2 * DAY - 1}")),
    )
    assert whole.statuses() == ["started", "ended"]
    whole.when(restarted(2 * DAY - 1), 2 * DAY + 6).then()
    whole.when(asked.EndCare(last_visit_at=at(20 * DAY)), 3 * DAY).then(care.CareEnding)


@pytest.mark.parametrize("parts", [False, True])
def test_care_that_went_on_is_searched_when_a_later_pause_lapses(parts: bool):
    """The search that came to nothing, or its parts, is none that would do it."""
    whole = silent_about_a_restart()
    if parts:
        whole.when(asked.Split(parts=((0, 1), (2,))), 2 * DAY + 1, about=whole.id(1))
    whole.when(restarted(2 * DAY - 1), 2 * DAY + 5)
    whole.when(asked.PauseCare(held_until=at(12 * DAY), retainer=False), 10 * DAY)
    whole.until(12 * DAY).when(asked.RestartCare(restart_at=at(14 * DAY)), 13 * DAY)
    holds(whole).then_some(like(E.SearchStarted, cause="pause_lapsed", follows=whole.id(0)))


@pytest.mark.parametrize("paused", [False, True])
def test_a_change_that_was_agreed_in_time(paused: bool):
    """It goes on with what is needed now, as long as nobody else has it; a pause goes on too."""
    whole = silent_about_a_change(paused).when(changed(2 * DAY - 1), 2 * DAY + 5)
    pause = (like(care.CarePaused, held_until=at(14 * DAY), retainer=True),) if paused else ()
    holds(whole).then(*TAKEN_BACK, like(care.ChangeAgreed, weekly_minutes=180), *pause)
    assert isinstance(whole.package.placements[0], Paused if paused else Started)
    assert not any(one.silence for one in whole.package.placements if isinstance(one, Searched))
    whole.when(changed(2 * DAY - 1), 2 * DAY + 6).then()


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_change_before_the_start_that_was_agreed_in_time(confirmed: bool):
    """It has the same award again, confirmed if it had been."""
    whole = silent_before_the_start(confirmed).when(changed(2 * DAY - 1), 2 * DAY + 5)
    again = (like(E.AwardConfirmed, response_id=None),) if confirmed else ()
    holds(whole).then(
        like(E.Awarded, award_id=award_of("A"), accepted_at=at(1), confirm_by=at(2 * DAY + 125)),
        E.OffersWithdrawn,
        E.EscalationClosed,
        like(care.ChangeAgreed, version=2),
        *again,
    )
    assert whole.statuses() == ["confirmed" if confirmed else "awarded"]


def test_a_change_before_the_start_of_an_award_by_hand():
    """Nobody was asked for it: that it had the package is the ground."""
    whole = searched().when(by_hand("B"), 1)
    whole.when(AmendRequirement(by="broker", requirement=requirement(*MORE)), DAY)
    said = whole.about(0, asked.AnswerChange, version=2, agrees=True)
    whole.until(2 * DAY).when(replace(said, recorded_at=at(DAY)), 2 * DAY + 5)
    again = like(E.Awarded, offer_id=None, via="hand", ground="continuity", rate_pence=1800)
    holds(whole).then_some(again)


def test_an_award_made_again_keeps_the_rate_that_was_quoted():
    """It was within the limit, and had the package at once."""
    rules = tier("spot", kind="spot", scope="any", award_rule="first", rate_limit_pence=2000)
    whole = Whole(
        policy=policy(rules), market=market(provider("A", contract("spot", rate_pence=1800)))
    )
    whole.when(referral(wanted(visits=WEEK_OF_VISITS)), 0)
    whole.when(answers(yes("A", 1, rate_pence=1950)), 1).then_some(like(E.Awarded, rate_pence=1950))
    more = AmendRequirement(by="broker", requirement=requirement(*MORE))
    whole.when(more, DAY).until(2 * DAY).when(changed(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then_some(like(E.Awarded, award_id=award_of("A"), rate_pence=1950))


SILENT = [
    (silent_about_a_restart, restarted),
    (silent_about_a_change, changed),
    (silent_before_the_start, changed),
]


@pytest.mark.parametrize(("silent", "said"), SILENT)
def test_after_the_deadline_or_a_no_nothing_is_given_back(silent, said):
    """Others are asked already."""
    for recorded, agrees in ((2 * DAY, True), (2 * DAY - 1, False)):
        whole = silent().when(said(recorded, agrees), 2 * DAY + 5)
        holds(whole).then(like(E.RequestRefused, code="not-awarded"))


@pytest.mark.parametrize(("silent", "said"), SILENT)
def test_once_another_provider_has_it_nothing_is_given_back(silent, said):
    """It was in time, and is told why it comes to nothing all the same."""
    whole = silent()
    whole.accepted("B", 2 * DAY + 1).when(said(2 * DAY - 1), 2 * DAY + 5)
    code = "not-awarded" if len(whole.package.placements) == 1 else "placed-meanwhile"
    holds(whole).then(like(E.RequestRefused, code=code))


@pytest.mark.parametrize(("silent", "said"), SILENT)
def test_to_a_provider_that_was_excluded_meanwhile_nothing_is_given_back(silent, said):
    """A person decided that it never gets this package; it is not told of it."""
    whole = silent().when(ExcludeProvider(provider_id=pid("A")), 2 * DAY + 1)
    holds(whole).then_some(like(acts.ProviderExcluded, provider_id=pid("A")))
    whole.when(said(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then(like(E.RequestRefused, code="not-awarded"))


def test_once_it_is_not_needed_any_more_nothing_is_given_back():
    """The person was readmitted meanwhile."""
    whole = silent_about_a_restart().when(WithdrawReferral(reason="readmitted"), 2 * DAY + 1)
    whole.when(restarted(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then(like(E.RequestRefused, code="placed-meanwhile"))


def test_an_answer_to_another_package_than_the_one_searched_now():
    """What is needed changed again before it was read; it is told that it is superseded."""
    whole = silent_before_the_start()
    again = AmendRequirement(by="broker", requirement=requirement(*WEEK_OF_VISITS[:1]))
    whole.when(again, 2 * DAY + 1).when(changed(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then(like(E.RequestRefused, code="requirement-changed"))
    other = silent_about_a_change().when(changed(2 * DAY - 1, version=1), 2 * DAY + 5)
    holds(other).then(like(E.RequestRefused, code="requirement-changed"))


@pytest.mark.parametrize(("silent", "said"), SILENT[:2])
def test_an_answer_to_less_than_what_is_searched_meanwhile(silent, said):
    """The search that followed was amended: to give the care back would leave visits to nobody."""
    more = AmendRequirement(by="broker", requirement=requirement(*MORE, *MORE))
    whole = silent().when(more, 2 * DAY + 1).when(said(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then(like(E.RequestRefused, code="requirement-changed"))


def test_care_that_went_on_may_be_handed_back():
    """It ends once more, now because its provider gives it up."""
    whole = silent_about_a_change().when(changed(2 * DAY - 1), 2 * DAY + 5)
    given = whole.about(0, asked.HandBack, reason="staffing", last_visit_at=at(9 * DAY))
    holds(whole.when(given, 3 * DAY)).then_some(like(care.HandedBack, award_id=award_of("A")))


def test_parts_of_the_search_that_followed_are_over_too():
    """Split meanwhile, and with bridging care asked for: nothing is left of it."""
    whole = silent_about_a_restart()
    whole.when(asked.Split(parts=((0, 1), (2,))), 2 * DAY + 1, about=whole.id(1))
    whole.when(asked.Bridge(until=at(9 * DAY)), 2 * DAY + 2, about=whole.id(2))
    whole.when(restarted(2 * DAY - 1), 2 * DAY + 5)
    assert [one.status for one in holds(whole).package.placements] == ["started", *["ended"] * 4]


def test_a_silence_is_kept_no_longer_than_it_matters():
    """A hand-back after it, or the end of the care, makes the answer come too late."""
    whole = silent_about_a_change()
    given = whole.about(0, asked.HandBack, reason="staffing", last_visit_at=at(9 * DAY))
    whole.when(given, 2 * DAY + 1).when(changed(2 * DAY - 1), 2 * DAY + 5)
    holds(whole).then(like(E.RequestRefused, code="not-awarded"))
    ending = whole.package.placements[0]
    assert isinstance(ending, Ending)
    assert ending.silence is None
    refused = running().when(asked.PauseCare(held_until=at(14 * DAY), retainer=True), 60)
    refused.when(asked.RestartCare(restart_at=at(9 * DAY)), DAY).when(
        restarted(DAY + 1, False), DAY + 1
    )
    ended = refused.package.placements[0]
    assert isinstance(ended, Ended)
    assert ended.paused is None
    held = silent_before_the_start().when(changed(2 * DAY - 1), 2 * DAY + 5).package.placements[0]
    assert isinstance(held, Awarded)
    assert held.silence is None
