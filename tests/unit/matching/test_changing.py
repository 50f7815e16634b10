"""Another package between award and start: who has it is asked first, and answers name what they are about."""

from dataclasses import replace

import pytest

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events as E
from services.matching.domain import interventions as acts
from services.matching.domain.people_commands import AmendRequirement
from services.matching.domain.placement import Awarded, Confirmed
from tests.unit.matching.orders import amend
from tests.unit.matching.package_world import (
    DAY,
    WEEK_OF_VISITS,
    Whole,
    hand_back,
    requirement,
    searched,
)
from tests.unit.matching.world import (
    TIME,
    Story,
    answers,
    at,
    award_of,
    by_hand,
    confirm,
    like,
    no,
    pid,
    release,
    searching,
    start,
    yes,
)

SEARCHES = (E.SearchReopened, E.TierOpened, E.OffersMade)
MORE = (*WEEK_OF_VISITS, WEEK_OF_VISITS[0])


def amended(*visits, **changes) -> AmendRequirement:
    """What a broker writes down that is needed now."""
    return AmendRequirement(by="broker", requirement=requirement(*visits, **changes))


def taken(confirmed: bool = False) -> Whole:
    """A package that A has been awarded, and has confirmed."""
    whole = searched().when(answers(yes("A", 1)), 1)
    return whole.when(confirm("A"), 2) if confirmed else whole


def asked_about_more(confirmed: bool = False, at_: float = 10) -> Whole:
    """The same, asked whether it takes another package."""
    return taken(confirmed).when(amended(*MORE), at_)


def answered(whole: Whole, agrees: bool, at_: float, version: int = 2) -> Whole:
    said = whole.about(0, asked.AnswerChange, version=version, agrees=agrees)
    return whole.when(replace(said, response_id=pid(f"answer at {at_}")), at_)


def test_a_discharge_that_slips_by_ten_days_is_a_question_and_by_one_day_none():
    """Its provider keeps the award by a day, with a later date for the start; by ten it is asked."""
    whole = taken(confirmed=True).when(amended(ready_at=at(DAY)), 10)
    whole.then(like(acts.RequirementAmended, change="date", start_by=at(2 * DAY)))
    whole.when(amended(ready_at=at(10 * DAY)), 11).then(
        like(acts.RequirementAmended, change="material", start_by=None, award_id=award_of("A")),
        like(care.ChangeAsked, version=3, provider_id=pid("A"), answer_by=at(DAY + 11)),
    )
    assert whole.statuses() == ["confirmed"]
    answered(whole, True, 20, version=3).then(
        like(care.ChangeAgreed, version=3, confirm_by=None, start_by=at(11 * DAY))
    )
    assert whole.until(9 * DAY).escalations() == ()
    whole.until(11 * DAY).then(like(E.EscalationOpened, kind="start_overdue"))


def test_it_agrees_before_it_has_confirmed():
    """It has as much time to confirm as a new award has; until it answers it need not confirm."""
    whole = asked_about_more().until(DAY).then()
    answered(whole, True, DAY + 1)
    whole.then(like(care.ChangeAgreed, weekly_minutes=180, confirm_by=at(DAY + 121)))
    whole.when(confirm("A"), DAY + 2).then(E.AwardConfirmed)


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("because", ["refused", "silent"])
def test_on_its_refusal_or_silence_the_same_search_goes_on(confirmed: bool, because: str):
    """Others are asked for what is needed now; the award was undone, and its clock never stopped."""
    whole = asked_about_more(confirmed)
    if because == "refused":
        answered(whole, False, 20)
    else:
        whole.until(DAY + 10)
    late = (like(E.EscalationOpened, kind="target_overdue"),) if because == "silent" else ()
    whole.then(
        like(care.ChangeRefused, version=2, because=because),
        like(E.AwardCancelled, because="change_refused", provider_id=pid("A")),
        like(E.SearchReopened, because="requirement_changed", left_out=(pid("A"),)),
        E.TierOpened,
        like(E.OffersMade, requirement_version=2),
        *late,
    )
    assert whole.asked() == ["B", "C"]
    assert whole.statuses() == ["searching"]


def test_who_said_no_to_less_is_asked_for_more():
    """A no to the package before is none to this one."""
    whole = searched().when(answers(no("B", 1)), 1).when(answers(yes("A", 2)), 2)
    whole.when(amended(*MORE), 10)
    assert answered(whole, False, 20).asked() == ["B", "C"]


def test_it_cannot_confirm_what_it_was_not_asked_about():
    """A confirmation while the question is open is refused with what to do; so is one by an older
    version than what it agreed to."""
    whole = asked_about_more().when(confirm("A"), 11)
    whole.then(like(E.RequestRefused, request="confirm", code="change-unanswered"))
    answered(whole, True, 12)
    older = replace(confirm("A", response_id=pid("again")), version=1)
    whole.when(older, 13).then(like(E.RequestRefused, code="requirement-changed"))
    newer = replace(confirm("A", response_id=pid("once more")), version=2)
    whole.when(newer, 14).then(E.AwardConfirmed)


def test_only_the_newest_question_is_answered():
    """Changed twice: an answer about the first is told that it is superseded."""
    whole = asked_about_more().when(amended(*WEEK_OF_VISITS[:1]), 11)
    whole.then(acts.RequirementAmended, like(care.ChangeAsked, version=3))
    answered(whole, True, 12).then(
        like(E.RequestRefused, request="change", code="requirement-changed")
    )
    answered(whole, True, 13, version=3).then(care.ChangeAgreed)
    answered(whole, True, 14, version=3).then(like(E.RequestRefused, code="not-awarded"))


def test_a_change_that_is_taken_back_is_no_question_any_more():
    """Measured from what it was awarded: back within tolerance it keeps the package unasked."""
    whole = asked_about_more(confirmed=True).when(amended(), 11)
    whole.then(like(acts.RequirementAmended, change="small", version=3, start_by=at(DAY + 11)))
    assert isinstance(whole.last, Confirmed)
    assert whole.last.change is None
    answered(whole, True, 12).then(like(E.RequestRefused, code="requirement-changed"))
    whole.until(DAY + 10).then()


def test_many_small_steps_are_no_small_change():
    """Three days and three more are six: the tolerance counts from what the provider was awarded."""
    whole = taken().when(amended(ready_at=at(3 * DAY)), 10).then(acts.RequirementAmended)
    whole.when(amended(ready_at=at(6 * DAY)), 11)
    whole.then(like(acts.RequirementAmended, change="material"), care.ChangeAsked)
    answered(whole, True, 12, version=3)
    whole.when(amended(ready_at=at(9 * DAY)), 13).then(like(acts.RequirementAmended, change="date"))


def test_what_else_may_happen_while_it_is_asked():
    """It may release, be replaced by hand, start care or hand it back; nothing is asked twice."""
    released = asked_about_more().when(release("A"), 11)
    released.then(E.AwardReleased, E.EscalationOpened, *SEARCHES)
    by_a_person = asked_about_more().when(by_hand("B"), 11).then(E.AwardCancelled, E.Awarded)
    assert isinstance(by_a_person.last, Awarded)
    assert by_a_person.last.change is None
    begun = asked_about_more().when(start("A"), 11).then(E.AwardConfirmed, E.CareStarted)
    answered(begun, False, 12).then(
        care.ChangeRefused, care.CareEnding, E.SearchStarted, E.TierOpened, E.OffersMade
    )
    given = asked_about_more(confirmed=True)
    given.when(hand_back(given, at(DAY)), 11)
    given.then(care.HandedBack, E.SearchStarted, E.TierOpened, E.OffersMade)
    assert given.begun().requirement.visits == MORE


def test_versions_go_on_once_care_runs():
    """A change of running care has a version that no change before the start had."""
    whole = taken(confirmed=True).when(amended(ready_at=at(DAY)), 3).when(start("A"), 5)
    whole.when(asked.ChangeCare(requirement=requirement(*MORE)), 10)
    whole.then(like(care.ChangeAsked, version=3))


def lapsed_and_amended() -> Story:
    """A was asked for another package than the one that is searched now, and its offer lapsed."""
    told = searching("A").when(TIME, 30)
    visits = (replace(WEEK_OF_VISITS[0], minutes=90),)
    return told.when(amend(visits=visits), 31)


def test_a_late_read_yes_to_another_package_is_none():
    """It was in time, and about what is needed no longer: a code of its own says so."""
    told = lapsed_and_amended().when(answers(yes("A", 5)), 32)
    told.then(like(E.RequestRefused, request="accept", code="requirement-changed"))


@pytest.mark.parametrize(("version", "counts"), [(None, True), (1, False), (2, True), (3, False)])
def test_a_yes_names_the_version_that_it_is_about(version: int | None, counts: bool):
    """An older version is refused; none named is that which the offer was made for."""
    told = lapsed_and_amended()
    said = replace(yes("A", 33, round_=2), version=version)
    told.when(answers(said), 33)
    told.then_some(
        like(E.Awarded) if counts else like(E.RequestRefused, code="requirement-changed")
    )


def test_a_version_within_tolerance_still_counts():
    """The offer was kept through a change of the date, and so is what was said of the version before."""
    told = searching("A").when(amend(ready_at=at(DAY)), 1)
    told.when(answers(replace(yes("A", 2), version=1)), 2).then(E.Awarded)


def test_offers_say_what_they_are_for():
    """The version of what is needed is in the event, and grows with each change."""
    told = searching("A")
    assert [wave.requirement_version for wave in told.of(E.OffersMade)] == [1]
    assert [one.requirement_version for one in lapsed_and_amended().of(E.OffersMade)] == [2]
