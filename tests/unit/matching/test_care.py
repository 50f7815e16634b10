"""Care after the award: handed back, paused, restarted, changed, ended, and who has none."""

from dataclasses import replace

import pytest

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain.commands import ReportStart
from tests.unit.matching.package_world import (
    DAY,
    WEEK_OF_VISITS,
    Whole,
    hand_back,
    requirement,
    running,
    searched,
)
from tests.unit.matching.world import (
    TIME,
    WITHDRAW,
    answers,
    at,
    confirm,
    like,
    pid,
    policy,
    referral,
    release,
    start,
    wanted,
    yes,
)

E = events
SEARCH = (E.SearchStarted, E.TierOpened, E.OffersMade)
PAUSE = asked.PauseCare(held_until=at(14 * DAY), retainer=True)
HOME = asked.RestartCare(restart_at=at(5 * DAY))


def paused() -> Whole:
    return running().when(PAUSE, DAY)


def test_a_hand_back_begins_a_later_search_with_its_own_clock():
    """The old award keeps care until its last visit; the giver is not asked; the new clock starts."""
    whole = running().when(hand_back(running(), at(21 * DAY)), 10 * DAY)
    whole.then(
        like(care.HandedBack, reason="staffing", breach=True, last_visit_at=at(21 * DAY)),
        like(
            E.SearchStarted, cause="handed_back", received_at=at(10 * DAY), urgency="routine",
            follows=whole.id(0),
        ),
        E.TierOpened,
        E.OffersMade,
    )  # fmt: skip
    assert whole.asked() == ["B", "C"]
    assert whole.statuses() == ["ending", "searching"]
    whole.until(21 * DAY).then_some(like(care.CareEnded, because="handed_back"))
    assert whole.statuses()[0] == "ended"


def going_on_until_another_begins() -> Whole:
    """A has refused a change, and goes on as before until somebody else gives what is needed now."""
    more = requirement(*WEEK_OF_VISITS, WEEK_OF_VISITS[0])
    whole = running().when(asked.ChangeCare(requirement=more), 10 * DAY)
    return whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=False), 10 * DAY + 5)


@pytest.mark.parametrize(("last", "breach"), [(39 * DAY, False), (12 * DAY, True)])
def test_care_without_a_last_day_is_handed_back(last: float, breach: bool):
    """The notice is owed, the day becomes known, and the search knows from when nobody comes."""
    whole = going_on_until_another_begins()
    assert whole.until(12 * DAY - 60).escalations() == ("nobody_left", "target_overdue")
    whole = going_on_until_another_begins().when(hand_back(whole, at(last)), 11 * DAY)
    gap_at = at(14 * DAY - 60 if breach else 39 * DAY + 7 * 60)
    whole.then_some(
        like(care.HandedBack, breach=breach, notice_until=at(39 * DAY), last_visit_at=at(last)),
        like(care.CareGapMoved, gap_at=gap_at),
    )
    assert whole.statuses() == ["ending", "exhausted"]
    whole.until(last).then_some(like(care.CareEnded, because="handed_back"))
    assert ("care_gap_ahead" in whole.escalations()) != breach
    gap = (gap_at - at(0)).total_seconds() / 60
    whole.until(gap).then_some(like(E.EscalationOpened, kind="care_gap"))
    again = replace(hand_back(going_on_until_another_begins(), at(last)), response_id=pid("again"))
    whole.when(again, gap + 1).then(like(E.RequestRefused, code="not-awarded"))


def test_the_day_is_known_to_every_search_that_follows():
    """Split in two, one of them awarded and given back: each part has its gap."""
    whole = going_on_until_another_begins()
    whole.when(asked.Split(parts=((0, 1), (2, 3))), 10 * DAY + 6)
    whole.accepted("B", 10 * DAY + 7, 2)
    whole.when(hand_back(whole, at(12 * DAY), reason="safety"), 10 * DAY + 8)
    whole.then_some(
        like(care.CareGapMoved, placement_id=whole.id(2)),
        like(care.CareGapMoved, placement_id=whole.id(3)),
    )
    proposed = like(acts.ExclusionProposed, placement_id=whole.id(3), because="safety")
    whole.then_some(proposed)
    assert [one.status for one in whole.package.placements[2:]] == ["awarded", "searching"]
    released = replace(
        release("B"),
        award_id=whole.package.placements[2].award.award_id,  # type: ignore[union-attr]
    )
    gap_at = next(
        one.gap_at for one in whole.new
        if isinstance(one, care.CareGapMoved) and one.placement_id == whole.id(2)
    )  # fmt: skip
    assert gap_at is not None
    whole.when(released, 10 * DAY + 9).until((gap_at - at(0)).total_seconds() / 60)
    whole.then_some(like(E.EscalationOpened, at=gap_at, placement_id=whole.id(2), kind="care_gap"))


@pytest.mark.parametrize(("last", "breach"), [(38 * DAY, False), (38 * DAY - 1, True)])
def test_notice_shorter_than_the_contract_s_is_a_breach(last: float, breach: bool):
    """28 days from the hand-back are owed; a minute less is recorded, and never refused."""
    whole = running().when(hand_back(running(), at(last)), 10 * DAY)
    whole.then_some(like(care.HandedBack, breach=breach, notice_until=at(38 * DAY)))


def test_a_hand_back_of_the_same_day_is_urgent():
    """The first visit that nobody holds is less than a day away."""
    # Monday 2 March at eight; the visit on Wednesday morning at seven is the first without anybody.
    whole = running().when(hand_back(running(), at(DAY + 60)), DAY + 30)
    whole.then_some(
        like(E.SearchStarted, urgency="urgent", gap_at=at(2 * DAY - 60)),
        like(E.EscalationOpened, kind="care_gap_ahead"),
    )
    whole.until(2 * DAY).then_some(like(E.EscalationOpened, kind="care_gap"))
    assert "care_gap_ahead" not in whole.escalations()


def test_the_care_gap_alarm_comes_a_day_ahead_and_again_when_it_opens():
    """Neither comes if the package is awarded before."""
    whole = running().when(hand_back(running(), at(7 * DAY + 60)), DAY)
    gap = 9 * DAY - 60
    whole.until(gap - DAY - 1)
    assert "care_gap_ahead" not in whole.escalations()
    whole.until(gap - DAY).then_some(like(E.EscalationOpened, kind="care_gap_ahead"))
    whole.when(asked.RecordContingency(contingency="family"), gap - 30)
    whole.then(like(care.ContingencyRecorded, contingency="family"))
    whole.until(gap).then_some(
        like(E.EscalationClosed, kind="care_gap_ahead"), like(E.EscalationOpened, kind="care_gap")
    )
    filled = running().when(hand_back(running(), at(7 * DAY + 60)), DAY).accepted("B", DAY + 1)
    filled.until(gap + DAY)
    assert not any(kind.startswith("care_gap") for kind in filled.escalations())


def test_a_hand_back_of_care_that_never_started_counts():
    """A confirmed award is handed back like one that runs."""
    whole = searched().when(answers(yes("A", 1)), 1).when(confirm("A"), 2)
    whole.when(hand_back(whole, at(DAY)), 60).then_some(like(care.HandedBack))
    assert whole.statuses() == ["ending", "searching"]


def test_a_hand_back_by_somebody_else_is_refused_by_an_event():
    """Only who holds the award can give it up, and a repeat changes nothing."""
    whole = running()
    stranger = replace(hand_back(whole, at(DAY)), provider_id=pid("B"), response_id=pid("r"))
    whole.when(stranger, 60).then(like(E.RequestRefused, request="hand_back", code="not-awarded"))
    given = hand_back(whole, at(30 * DAY))
    whole.when(given, 61).when(given, 62).then()


def test_a_package_is_held_while_the_person_is_away():
    """No search, no offers; a warning two days before it lapses, and then the end of the award."""
    whole = paused().then(like(care.CarePaused, held_until=at(14 * DAY), retainer=True))
    whole.until(12 * DAY - 1)
    assert whole.statuses() == ["paused"]
    assert not whole.escalations()
    whole.until(12 * DAY).then(like(E.EscalationOpened, kind="pause_ending"))
    whole.until(14 * DAY).then(E.EscalationClosed, care.PauseLapsed)
    assert whole.statuses() == ["ended"]


def test_a_pause_can_be_prolonged_and_warns_again():
    """The new date counts, for the warning too."""
    whole = paused().until(12 * DAY)
    whole.when(asked.PauseCare(held_until=at(20 * DAY), retainer=False), 13 * DAY)
    whole.then(E.EscalationClosed, care.CarePaused)
    whole.until(18 * DAY).then(like(E.EscalationOpened, kind="pause_ending"))


def test_a_restart_asks_the_holder_and_nobody_else():
    """It agrees, and care runs as before."""
    whole = paused().when(HOME, 2 * DAY).then(like(care.RestartAsked, answer_by=at(3 * DAY)))
    whole.when(whole.about(0, asked.AnswerRestart, agrees=True), 2 * DAY + 5)
    whole.then(like(care.CareResumed, restart_at=at(5 * DAY)))
    assert whole.statuses() == ["started"]


@pytest.mark.parametrize("silent", [True, False])
def test_a_refused_restart_or_silence_starts_a_search(silent: bool):
    """The holder is not asked again; care is wanted from the day of the restart."""
    whole = paused().when(HOME, 2 * DAY)
    if silent:
        whole.until(3 * DAY)
    else:
        whole.when(whole.about(0, asked.AnswerRestart, agrees=False), 2 * DAY + 5)
    whole.then(
        like(care.RestartRefused, because="silent" if silent else "refused"),
        like(E.SearchStarted, cause="restart_refused"),
        E.TierOpened,
        E.OffersMade,
    )
    assert whole.asked() == ["B", "C"]
    assert whole.statuses() == ["ended", "searching"]


def test_after_a_lapsed_pause_a_restart_searches_with_the_old_provider_first():
    """Continuity: it comes first in the order, and may say no like anybody."""
    whole = paused().until(14 * DAY).when(asked.RestartCare(restart_at=at(20 * DAY)), 15 * DAY)
    whole.then(like(E.SearchStarted, cause="pause_lapsed"), E.TierOpened, E.OffersMade)
    assert whole.asked() == ["A", "B", "C"]
    assert whole.begun().requirement.continuity_provider_id == pid("A")


def test_a_change_asks_the_provider_of_running_care_first():
    """It agrees: the same award, with the new hours; nobody else is asked."""
    more = requirement(*WEEK_OF_VISITS, WEEK_OF_VISITS[0])
    whole = running().when(asked.ChangeCare(requirement=more), DAY)
    whole.then(like(care.ChangeAsked, version=2, answer_by=at(2 * DAY)))
    whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=True), DAY + 5)
    whole.then(like(care.ChangeAgreed, version=2, weekly_minutes=180))
    assert whole.statuses() == ["started"]


def test_an_answer_about_a_superseded_version_is_refused():
    """The requirement was changed twice; only the newest question can be answered."""
    one, two = requirement(*WEEK_OF_VISITS[:2]), requirement(*WEEK_OF_VISITS[:1])
    whole = running().when(asked.ChangeCare(requirement=one), DAY)
    whole.when(asked.ChangeCare(requirement=two), DAY + 1).then(like(care.ChangeAsked, version=3))
    whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=True), DAY + 2)
    whole.then(like(E.RequestRefused, request="change", code="requirement-changed"))


@pytest.mark.parametrize("silent", [True, False])
def test_a_refused_change_searches_what_is_needed_now_and_the_old_care_goes_on(silent: bool):
    """The old provider keeps care until the new one has started."""
    more = requirement(*WEEK_OF_VISITS, WEEK_OF_VISITS[0])
    whole = running().when(asked.ChangeCare(requirement=more), DAY)
    if silent:
        whole.until(2 * DAY)
    else:
        whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=False), DAY + 5)
    whole.then(
        care.ChangeRefused,
        like(care.CareEnding, because="change_refused", last_visit_at=None),
        like(E.SearchStarted, cause="change_refused", gap_at=None),
        E.TierOpened,
        E.OffersMade,
    )
    assert len(whole.begun().requirement.visits) == 4
    whole.accepted("B", 2 * DAY + 10 if silent else DAY + 10)
    whole.until(30 * DAY)
    assert whole.statuses()[0] == "ending"
    whole.when(whole.about(1, ReportStart, started_at=at(30 * DAY)), 30 * DAY + 1)
    whole.then_some(like(care.CareEnded, because="change_refused"))
    assert whole.statuses() == ["ended", "started"]


def test_care_that_is_needed_no_longer_ends_with_no_search():
    """Until its last visit the provider keeps it."""
    whole = running().when(asked.EndCare(last_visit_at=at(3 * DAY)), DAY)
    whole.then(like(care.CareEnding, because="no_longer_needed"))
    whole.until(3 * DAY).then(care.CareEnded)
    assert whole.statuses() == ["ended"]


@pytest.mark.parametrize("because", ["transferred", "provider_failed"])
def test_a_transfer_searches_without_the_old_provider(because: str):
    """Its search is a placement of its own, wanted from the visit after the last."""
    whole = running().when(
        asked.TransferCare(because=because, last_visit_at=at(14 * DAY)),  # type: ignore[arg-type]
        DAY,
    )
    whole.then(
        like(care.CareEnding, because=because), like(E.SearchStarted, cause=because), *SEARCH[1:]
    )
    assert whole.asked() == ["B", "C"]


def test_reablement_is_reviewed_after_six_weeks_and_goes_on_with_the_same_provider_first():
    """The review is an open item; long-term care is searched while reablement goes on."""
    whole = searched(care_type="reablement")
    whole.when(answers(yes("A", 1)), 1).when(confirm("A"), 2).when(start("A"), 5)
    whole.until(42 * DAY).then(like(E.EscalationOpened, kind="review_due"))
    long_term = requirement()
    whole.when(asked.ContinueLongTerm(requirement=long_term), 43 * DAY)
    whole.then(
        E.EscalationClosed,
        like(care.CareEnding, because="reablement_ended", last_visit_at=None),
        like(E.SearchStarted, cause="reablement_ended"),
        *SEARCH[1:],
    )
    assert whole.asked()[0] == "A"


def test_care_that_does_not_start_is_overdue_once():
    """A day after the planned start a person is told; the start closes it."""
    whole = searched().when(answers(yes("A", 1)), 1).when(confirm("A"), 2)
    whole.until(10 * DAY).then(like(E.EscalationOpened, kind="start_overdue"))
    whole.until(20 * DAY).then()
    whole.when(start("A"), 20 * DAY + 1).then(
        like(E.EscalationClosed, kind="start_overdue"), E.CareStarted
    )


def test_a_withdrawal_ends_every_placement_of_the_package():
    """The search that goes on, and the care that was ending."""
    whole = running().when(hand_back(running(), at(30 * DAY)), DAY).when(WITHDRAW, 2 * DAY)
    assert set(whole.statuses()) == {"ended", "withdrawn"}
    whole.until(60 * DAY).then()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PAUSE, "not-started"),
        (HOME, "not-paused"),
        (asked.ChangeCare(requirement=requirement()), "not-started"),
        (asked.EndCare(last_visit_at=at(DAY)), "no-care-to-end"),
        (
            asked.TransferCare(because="transferred", last_visit_at=at(DAY)),
            "no-care-to-end",
        ),
        (asked.ContinueLongTerm(requirement=requirement()), "not-reablement"),
    ],
)
def test_what_needs_care_is_refused_while_a_package_is_searched(
    command: asked.CareOrder, code: str
):
    """Each refusal is a sentence that says what to do."""
    searched().when(command, 1).then_refused(code)


def test_a_change_to_nothing_is_refused():
    """Care without a visit is ended, not changed."""
    nothing = replace(requirement(), visits=())
    running().when(asked.ChangeCare(requirement=nothing), DAY).then_refused("no-visits")


def test_dates_in_the_past_are_refused():
    """A pause or a restart lies ahead."""
    past = asked.PauseCare(held_until=at(0), retainer=False)
    running().when(past, DAY).then_refused("in-the-past")
    paused().when(asked.RestartCare(restart_at=at(DAY)), 2 * DAY).then_refused("in-the-past")


def test_time_alone_changes_nothing_of_care_that_runs():
    """A timer that fires for nothing decides nothing."""
    running().when(TIME, DAY).then()


def test_paperwork_that_does_not_come_is_told_once():
    """Urgent care may start without it; when it is due and not there, a person is told."""
    whole = Whole(policy=policy(), market=searched().market)
    whole.when(referral(replace(wanted(), paperwork_due_at=at(3 * DAY))), 0)
    whole.when(answers(yes("A", 1)), 1).when(confirm("A"), 2).when(start("A"), 5)
    whole.until(3 * DAY - 1)
    assert not whole.escalations()
    whole.until(3 * DAY).then(like(E.EscalationOpened, kind="authorisation_overdue"))
    whole.until(9 * DAY).then()


def test_more_hours_than_were_agreed_are_told():
    """At the beginning, and when a running package is changed to more; the search goes on."""
    little = replace(wanted(visits=WEEK_OF_VISITS), authorised_minutes=60)
    whole = Whole(policy=policy(), market=searched().market).when(referral(little), 0)
    whole.then_some(like(E.EscalationOpened, kind="authorisation_exceeded"))
    assert whole.asked() == ["A", "B", "C"]
    enough = replace(little, authorised_minutes=150)
    whole = Whole(policy=policy(), market=searched().market).when(referral(enough), 0)
    assert not whole.escalations()
    whole.when(answers(yes("A", 1)), 1).when(confirm("A"), 2).when(start("A"), 5)
    more = requirement(*WEEK_OF_VISITS, WEEK_OF_VISITS[0])
    whole.when(asked.ChangeCare(requirement=more), DAY)
    whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=True), DAY + 5)
    whole.then(care.ChangeAgreed, like(E.EscalationOpened, kind="authorisation_exceeded"))
