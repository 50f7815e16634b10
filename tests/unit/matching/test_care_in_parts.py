"""What happens to care and happens to parts at the same time, and what must not be lost by it."""

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events as E
from services.matching.domain import interventions as acts
from services.matching.domain.commands import ConfirmAward, ReleaseAward, ReportStart
from services.matching.domain.people import NOTHING
from services.matching.domain.people_commands import Escalate, ExcludeProvider
from services.matching.domain.placement import Open
from tests.unit.matching.orders import assign, view
from tests.unit.matching.package_world import (
    DAY,
    WEEK_OF_VISITS,
    Whole,
    hand_back,
    requirement,
    running,
    searched,
)
from tests.unit.matching.world import TIME, at, like, pid

SPLIT = asked.Split(parts=((0, 1), (2,)))


def begun(whole: Whole, number: int, at_: float, name: str = "B") -> Whole:
    """A provider takes a placement and begins."""
    whole.accepted(name, at_, number).when(whole.about(number, ConfirmAward), at_)
    return whole.when(whole.about(number, ReportStart, started_at=at(at_)), at_)


def bridged() -> Whole:
    """Handed back, and B gives bridging care until the seventh day, C and others are asked."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY)
    whole.when(asked.Bridge(until=at(7 * DAY)), DAY + 1, about=whole.id(1))
    return begun(whole, 2, DAY + 2)


def test_bridging_care_that_is_handed_back_is_bridged_again():
    """Its visits are not searched for good a second time."""
    whole = bridged().when(hand_back(bridged(), at(3 * DAY), 2), 2 * DAY)
    assert (whole.begun().bridging_until, whole.begun().follows) == (at(7 * DAY), whole.id(1))
    late = bridged()
    late.when(hand_back(late, at(8 * DAY), 2), 7 * DAY + 5)
    assert not [one for one in late.new if isinstance(one, E.SearchStarted)]


def test_bridging_care_is_no_reablement_that_goes_on():
    """Its long-term search is there already."""
    whole = running("A", "B", "C", care_type="reablement").when(hand_back(running(), at(DAY)), 5)
    whole.when(asked.Bridge(until=at(7 * DAY)), 6, about=whole.id(1))
    begun(whole, 2, 7)
    whole.when(asked.ContinueLongTerm(requirement=requirement()), 8, about=whole.id(2))
    whole.then_refused("not-reablement")


def test_when_bridging_care_ends_early_the_gap_comes_back():
    """The next visit has nobody."""
    whole = bridged()
    whole.when(asked.EndCare(last_visit_at=at(3 * DAY)), 3 * DAY, about=whole.id(2))
    whole.then_some(
        like(care.CareGapMoved, placement_id=whole.id(1), gap_at=at(4 * DAY + 8 * 60)),
    )


def test_a_provider_that_people_excluded_is_not_asked_in_what_follows():
    """Parts, and the search after a hand-back."""
    whole = searched().when(ExcludeProvider(provider_id=pid("C")), 1).when(SPLIT, 2)
    assert whole.asked() == ["A", "B", "A", "B"]
    later = running().when(ExcludeProvider(provider_id=pid("C")), 10)
    later.when(hand_back(later, at(DAY)), 20)
    assert later.asked() == ["B"]


def test_a_change_that_was_asked_is_answered_though_care_is_paused():
    """Neither the question nor silence to it is lost."""
    whole = running().when(asked.ChangeCare(requirement=requirement(WEEK_OF_VISITS[0])), 60)
    whole.when(asked.PauseCare(held_until=at(20 * DAY), retainer=True), 70)
    whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=True), 80)
    whole.then(like(care.ChangeAgreed, weekly_minutes=30))
    silent = running().when(asked.ChangeCare(requirement=requirement(WEEK_OF_VISITS[0])), 60)
    silent.when(asked.PauseCare(held_until=at(20 * DAY), retainer=True), 70)
    silent.until(3 * DAY).then_some(like(care.ChangeRefused, because="silent"))


def test_a_lapsed_package_is_searched_once():
    """The second restart names what is there."""
    whole = running().when(asked.PauseCare(held_until=at(DAY), retainer=True), 60).until(DAY)
    home = asked.RestartCare(restart_at=at(9 * DAY))
    whole.when(home, 2 * DAY, about=whole.id(0)).then_some(like(E.SearchStarted))
    whole.when(home, 2 * DAY + 1, about=whole.id(0)).then_refused("already-asked")


def changed() -> Whole:
    """A refuses a change, and goes on as before until somebody else gives what is needed now."""
    whole = running("A", "B", "C").when(asked.ChangeCare(requirement=requirement()), 60)
    return whole.when(whole.about(0, asked.AnswerChange, version=2, agrees=False), 70)


def test_old_care_goes_on_until_every_part_that_follows_has_started():
    """The first part alone does not cover what the old provider gave."""
    whole = changed().when(SPLIT, 71, about=changed().id(1))
    begun(whole, 2, 72)
    assert whole.statuses() == ["ending", "ended", "started", "searching"]
    begun(whole, 3, 73).then_some(like(care.CareEnded, because="change_refused"))


def test_old_care_goes_on_when_the_one_to_follow_never_starts():
    """It ends with the start of whoever follows that one."""
    whole = changed().accepted("B", 71, 1)
    whole.when(whole.about(1, ConfirmAward), 72).when(hand_back(whole, at(73), 1), 73)
    assert whole.statuses() == ["ending", "ended", "searching"]
    begun(whole, 2, 74, "C").then_some(like(care.CareEnded, because="change_refused"))


def test_what_is_over_leaves_no_item_open():
    """Somebody asked for a look at care that was ending."""
    whole = running().when(asked.EndCare(last_visit_at=at(DAY)), 60).when(Escalate(), 70)
    whole.until(DAY).then(like(E.EscalationClosed, kind="by_hand"), care.CareEnded)


def test_a_release_that_is_heard_twice_has_one_outcome():
    """Also of a placement that is not the package's first."""
    whole = searched().when(SPLIT, 1).accepted("A", 2, 2)
    given_back = whole.about(2, ReleaseAward, reason="other")
    whole.when(given_back, 3).then_some(like(E.AwardReleased))
    whole.when(given_back, 4).then()


def test_parts_that_follow_different_care_are_not_merged():
    """Each has its own gap, and old care that ends with it."""
    whole = searched().when(SPLIT, 1)
    begun(whole, 1, 2, "A")
    whole.when(hand_back(whole, at(DAY), 1), 10)
    whole.when(asked.Merge(placement_ids=(whole.id(2), whole.id(3))), 11)
    whole.then_refused("not-searching")


def test_a_gap_is_told_again_after_an_award_that_did_not_last():
    """The alarm was closed by the award; the release leaves the visit with nobody."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY + 30)
    whole.then_some(like(E.EscalationOpened, kind="care_gap_ahead"))
    whole.accepted("B", DAY + 31, 1)
    whole.when(whole.about(1, ReleaseAward, reason="other"), DAY + 32)
    whole.then_some(like(E.EscalationOpened, kind="care_gap_ahead"))
    whole.when(TIME, DAY + 33).then()


def test_bridging_care_that_nobody_confirmed_is_over_on_its_day():
    """As confirmed bridging care is: it holds nothing, and no item waits for it."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY)
    whole.when(asked.Bridge(until=at(7 * DAY)), DAY + 1, about=whole.id(1))
    whole.accepted("B", DAY + 2, 2).until(7 * DAY - 1)
    assert whole.package.placements[2].escalations == ("confirmation_overdue",)
    whole.until(7 * DAY).then_some(
        like(E.EscalationClosed, kind="confirmation_overdue", placement_id=whole.id(2)),
        like(care.CareEnding, because="bridging_over", placement_id=whole.id(2)),
        like(care.CareEnded, placement_id=whole.id(2)),
    )
    assert whole.statuses()[2] == "ended"


def test_bridging_care_that_nobody_confirmed_is_over_when_care_that_lasts_has_started():
    """What it was to bridge to is there."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY)
    whole.when(asked.Bridge(until=at(7 * DAY)), DAY + 1, about=whole.id(1))
    whole.accepted("B", DAY + 2, 2)
    begun(whole, 1, DAY + 3, "B").then_some(like(care.CareEnding, because="bridging_over"))


def test_bridging_care_that_is_paused_is_over_on_its_day():
    """The person is away; nobody comes back to what only stood in."""
    whole = bridged()
    held = asked.PauseCare(held_until=at(20 * DAY), retainer=True)
    whole.when(held, 3 * DAY, about=whole.id(2)).until(7 * DAY)
    whole.then_some(like(care.CareEnding, because="bridging_over", placement_id=whole.id(2)))


def test_bridging_care_covers_the_parts_of_what_it_bridges_to():
    """Split, split again and merged back: no visit of theirs is without anybody before it ends."""
    whole = bridged().when(SPLIT, 2 * DAY, about=bridged().id(1))
    whole.when(asked.Split(parts=((0,), (1,))), 2 * DAY + 1, about=whole.id(3))
    parts = (whole.id(4), whole.id(5), whole.id(6))
    whole.when(asked.Merge(placement_ids=parts[1:]), 2 * DAY + 2)
    searches = {one.placement_id: one.facts.gap_at for one in whole.package.placements
                if isinstance(one, Open)}  # fmt: skip
    assert list(searches.values()) == [at(11 * DAY + 8 * 60), at(9 * DAY - 60)]
    whole.when(asked.Bridge(until=at(9 * DAY)), 2 * DAY + 3, about=whole.last.placement_id)
    whole.then_refused("already-asked")
    assert not [one for one in whole.until(6 * DAY).new if isinstance(one, E.EscalationOpened)
                and one.kind.startswith("care_gap")]  # fmt: skip
    whole.until(12 * DAY).then_some(
        *(like(E.EscalationOpened, kind="care_gap", placement_id=one) for one in searches)
    )


def test_bridging_care_goes_on_until_every_part_has_started():
    """One part alone does not give what it stands in for."""
    whole = bridged().when(SPLIT, 2 * DAY, about=bridged().id(1))
    begun(whole, 3, 2 * DAY + 1, "B")
    assert whole.statuses()[2:] == ["started", "started", "searching"]
    begun(whole, 4, 2 * DAY + 2, "B").then_some(
        like(care.CareEnding, because="bridging_over", placement_id=whole.id(2))
    )


def test_bridging_care_of_one_part_does_not_cover_the_whole():
    """Merged with another, the visits of that one have nobody."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY)
    whole.when(SPLIT, DAY + 1, about=whole.id(1))
    whole.when(asked.Bridge(until=at(9 * DAY)), DAY + 2, about=whole.id(2))
    begun(whole, 4, DAY + 3, "B")
    part = whole.package.placements[2]
    assert isinstance(part, Open)
    assert part.facts.gap_at == at(14 * DAY - 60)
    whole.when(asked.Merge(placement_ids=(whole.id(2), whole.id(3))), DAY + 4)
    merged = whole.last
    assert isinstance(merged, Open)
    assert merged.facts.gap_at == at(2 * DAY - 60)


AGREES = view("agrees", 1)
"""Told a minute past eight."""
VIEW = {"view": "agrees", "told_by_role": "ward", "told_at": at(1)}


def views(whole: Whole) -> list[tuple[str, bool]]:
    """What the person says of each placement, and whether somebody looks after it."""
    known = [one.by_people or NOTHING for one in whole.package.placements]
    return [(one.person_view, one.assignee_id == pid("kim")) for one in known]


def looked_after(whole: Whole, at_: float = 1) -> Whole:
    """The person agrees to the plan, and kim looks after it."""
    return whole.when(AGREES, at_).when(assign("kim"), at_)


def test_what_the_person_says_and_who_looks_after_it_hold_for_parts_and_bridging_care():
    """The plan is the same, and so is who is asked about it; each has it in its own timeline."""
    whole = looked_after(searched()).when(SPLIT, 2)
    for number in (1, 2):
        placement_id = whole.id(number)
        whole.then_some(like(acts.PersonViewRecorded, placement_id=placement_id, **VIEW))
        whole.then_some(like(acts.PlacementAssigned, placement_id=placement_id))
    whole.when(asked.Bridge(until=at(DAY)), 3, about=whole.id(1))
    whole.then_some(like(acts.PersonViewRecorded, placement_id=whole.id(3), **VIEW))
    whole.when(asked.Merge(placement_ids=(whole.id(1), whole.id(2))), 4)
    assert views(whole) == [("agrees", True)] * 5


def test_parts_of_which_the_person_says_different_things():
    """Merged, a refusal holds and is an item for a person; agreement to one of them says nothing."""
    for said, kept in (("refuses", "refuses"), ("agrees", "not_asked")):
        whole = searched().when(SPLIT, 2)
        whole.when(view(said, 3), 3, about=whole.id(1))
        whole.when(asked.Merge(placement_ids=(whole.id(1), whole.id(2))), 4)
        assert views(whole)[-1] == (kept, False)
        assert ("person_refuses" in whole.escalations()) == (kept == "refuses")


def test_once_care_was_given_the_person_is_asked_anew():
    """Handed back before the first visit the plan is what it was; after it, another provider is
    something new. Who looks after it stays."""
    before = looked_after(searched()).accepted("A", 2)
    before.when(before.about(0, ConfirmAward), 3).when(hand_back(before, at(9 * DAY)), 4)
    assert views(before) == [("agrees", True), ("agrees", True)]
    after = looked_after(running(), 6).when(hand_back(running(), at(9 * DAY)), 7)
    assert views(after) == [("agrees", True), ("not_asked", True)]
    away = looked_after(running(), 6).when(asked.PauseCare(held_until=at(DAY), retainer=True), 7)
    away.until(DAY).when(asked.RestartCare(restart_at=at(3 * DAY)), DAY + 1)
    assert views(away) == [("agrees", True), ("not_asked", True)]
