"""A package in parts: split, merged, and bridged while the long-term search goes on."""

import pytest

from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain.commands import ConfirmAward, ReleaseAward, ReportStart
from services.matching.domain.people_commands import AmendRequirement
from tests.unit.matching.orders import link
from tests.unit.matching.package_world import DAY, Whole, hand_back, requirement, running, searched
from tests.unit.matching.world import WITHDRAW, answers, at, like, yes

E = events
SPLIT = asked.Split(parts=((0, 1), (2,)))


def confirmed(whole: Whole, number: int, at_: float) -> Whole:
    return whole.when(whole.about(number, ConfirmAward), at_)


def started(whole: Whole, number: int, at_: float) -> Whole:
    return whole.when(whole.about(number, ReportStart, started_at=at(at_)), at_)


def test_a_split_withdraws_the_offers_and_searches_each_part_on_the_same_clock():
    """Two placements with the visits of each; the headline clock is that of the referral."""
    whole = searched().when(SPLIT, 10)
    whole.then(
        like(E.OffersWithdrawn, because="divided"),
        like(care.PlacementDivided, because="split", into=(whole.id(1), whole.id(2))),
        like(E.SearchStarted, cause="split", received_at=at(0)), E.TierOpened, E.OffersMade,
        like(E.SearchStarted, cause="split", received_at=at(0)), E.TierOpened, E.OffersMade,
    )  # fmt: skip
    begun = [event for event in whole.new if isinstance(event, E.SearchStarted)]
    assert [len(one.requirement.visits) for one in begun] == [2, 1]
    assert whole.statuses() == ["ended", "searching", "searching"]


def test_parts_are_awarded_apart_and_one_handed_back_leaves_the_other_untouched():
    """Each offer belongs to its part; a hand-back of one begins a later search for it alone."""
    whole = searched().when(SPLIT, 10).accepted("A", 11, 1).accepted("A", 12, 2)
    assert whole.statuses() == ["ended", "awarded", "awarded"]
    confirmed(confirmed(whole, 1, 13), 2, 14)
    started(started(whole, 1, 15), 2, 16)
    other = whole.package.placements[2]
    whole.when(hand_back(whole, at(60), 1), 30)
    assert whole.statuses() == ["ended", "ending", "started", "searching"]
    assert whole.package.placements[2] is other
    assert len(whole.begun().requirement.visits) == 2


def test_a_link_holds_for_the_whole_package():
    """Recorded once, kept by the parts that come of it, and taken away from all of them."""
    whole = searched().when(link("the other"), 5).then(acts.PackageLinked)
    whole.when(link("the other"), 6).then()
    whole.when(SPLIT, 10)
    assert sum(isinstance(event, acts.PackageLinked) for event in whole.new) == 2
    whole.when(link(None), 11).then(acts.PackageLinked, acts.PackageLinked)
    assert {event.placement_id for event in whole.new} == {whole.id(1), whole.id(2)}
    whole.when(WITHDRAW, 12).when(link("the other"), 13).then()


def test_a_command_about_a_package_in_parts_must_say_which():
    """The refusal names them; with the id it is done, and nothing happens to the other."""
    whole = searched().when(SPLIT, 10).accepted("A", 11, 1).accepted("A", 12, 2)
    confirmed(confirmed(whole, 1, 13), 2, 14)
    command = asked.EndCare(last_visit_at=at(DAY))
    whole.when(command, 20).then_refused("several-parts")
    assert whole.refusal is not None
    assert str(whole.id(1)) in whole.refusal.sentence
    whole.when(command, 20, about=whole.id(2)).then(care.CareEnding)
    assert whole.statuses() == ["ended", "confirmed", "ending"]


@pytest.mark.parametrize(
    "parts", [((0, 1, 2),), ((0,), (1,)), ((0, 1), (1, 2)), ((0, 1, 2), ()), ((0, 1), (3,))]
)
def test_every_visit_is_in_exactly_one_part(parts: tuple[tuple[int, ...], ...]):
    """One part, a visit left out, twice, none, or one that there is not: refused with what is right."""
    searched().when(asked.Split(parts=parts), 10).then_refused("parts-do-not-add-up")


def test_only_what_is_searched_is_split():
    """Care that somebody has is changed or handed over instead."""
    running().when(SPLIT, DAY).then_refused("not-searching")


def test_parts_that_nobody_has_are_merged_into_one_search():
    """All visits again, on the same clock."""
    whole = searched().when(SPLIT, 10)
    whole.when(asked.Merge(placement_ids=(whole.id(1), whole.id(2))), 20)
    assert whole.statuses() == ["ended", "ended", "ended", "searching"]
    assert len(whole.begun().requirement.visits) == 3
    assert whole.begun().received_at == at(0)
    (into,) = [one.into for one in whole.new if isinstance(one, care.PlacementDivided) and one.into]
    assert into == (whole.id(3),)


def test_a_part_that_somebody_has_is_not_merged():
    """The other goes on being searched."""
    whole = searched().when(SPLIT, 10).accepted("A", 11, 1)
    merge = asked.Merge(placement_ids=(whole.id(1), whole.id(2)))
    whole.when(merge, 20).then_refused("not-searching")


def test_bridging_care_covers_until_the_long_term_search_ends():
    """The gap opens only when bridging ends; both searches go on side by side."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY)
    assert whole.begun().gap_at == at(2 * DAY - 60)
    whole.when(asked.Bridge(until=at(7 * DAY)), DAY + 1, about=whole.id(1))
    assert whole.statuses() == ["ending", "searching", "searching"]
    assert whole.begun().bridging_until == at(7 * DAY)
    whole.accepted("B", DAY + 2, 2).then_some(like(care.CareGapMoved, gap_at=at(9 * DAY - 60)))
    assert not whole.escalations(1)
    confirmed(whole, 2, DAY + 3)
    whole.until(6 * DAY)
    assert not [one for one in whole.escalations(1) if one.startswith("care_gap")]
    whole.until(7 * DAY).then_some(like(care.CareEnding, because="bridging_over"))
    whole.until(9 * DAY).then_some(like(E.EscalationOpened, kind="care_gap"))


def test_bridging_care_that_is_handed_back_moves_the_gap_back():
    """What it covered is uncovered again, at once."""
    whole = running().when(hand_back(running(), at(DAY + 60)), DAY)
    whole.when(asked.Bridge(until=at(7 * DAY)), DAY + 1, about=whole.id(1)).accepted(
        "B", DAY + 2, 2
    )
    confirmed(whole, 2, DAY + 3)
    whole.when(hand_back(whole, at(DAY + 90), 2), DAY + 60)
    whole.then_some(
        like(care.CareGapMoved, placement_id=whole.id(1), gap_at=at(2 * DAY - 60)),
        like(E.EscalationOpened, placement_id=whole.id(1), kind="care_gap_ahead"),
    )


def bridged_and_awarded() -> Whole:
    """B bridges what A gives up, until C, who has the long-term award, is to start."""
    whole = running("A", "B", "C").when(hand_back(running(), at(DAY + 60)), DAY)
    whole.when(asked.Bridge(until=at(30 * DAY)), DAY + 1, about=whole.id(1))
    whole.accepted("B", DAY + 2, 2)
    confirmed(whole, 2, DAY + 3)
    started(whole, 2, DAY + 4)
    return whole.accepted("C", DAY + 5, 1).until(DAY + 16)


def test_a_gap_that_opened_while_an_award_waited_is_told_when_the_award_is_undone():
    """Nobody has come since the bridging care was handed back; not only the next visit is meant."""
    whole = bridged_and_awarded()
    whole.when(hand_back(whole, at(2 * DAY), 2), DAY + 60)
    friday = at(4 * DAY + 8 * 60)
    whole.then_some(like(care.CareGapMoved, placement_id=whole.id(1), gap_at=friday))
    whole.until(5 * DAY)
    assert not [one for one in whole.escalations(1) if one.startswith("care_gap")]
    whole.when(whole.about(1, ReleaseAward, reason="other"), 5 * DAY)
    whole.then_some(like(E.EscalationOpened, placement_id=whole.id(1), kind="care_gap"))


def test_a_gap_since_a_silent_restart_is_told_when_the_award_is_undone_by_silence_too():
    """Bridging care is paused and not restarted; the long-term award is asked about a change."""
    whole = bridged_and_awarded()
    held = asked.PauseCare(held_until=at(20 * DAY), retainer=True)
    whole.when(held, DAY + 20, about=whole.id(2))
    whole.when(asked.RestartCare(restart_at=at(5 * DAY)), DAY + 21, about=whole.id(2))
    whole.until(2 * DAY + 30).then_some(
        like(care.RestartRefused, because="silent"),
        like(care.CareGapMoved, placement_id=whole.id(1), gap_at=at(4 * DAY + 8 * 60)),
    )
    needed = requirement(care_type="reablement")
    ask = AmendRequirement(by="broker", requirement=needed)
    whole.when(ask, 4 * DAY, about=whole.id(1)).until(5 * DAY + 1)
    whole.then_some(
        like(care.ChangeRefused, placement_id=whole.id(1), because="silent"),
        like(E.EscalationOpened, at=at(5 * DAY), placement_id=whole.id(1), kind="care_gap"),
    )


def test_bridging_ends_when_the_long_term_care_has_started():
    """The bridging search or care is over; the long-term award is the one that lasts."""
    whole = searched().when(asked.Bridge(until=at(30 * DAY)), 5)
    whole.accepted("A", 6, 1)
    confirmed(whole, 1, 7)
    started(whole, 1, 8)
    whole.when(answers(yes("A", 9)), 9)
    confirmed(whole, 0, 10)
    assert whole.statuses() == ["confirmed", "started"]
    started(whole, 0, 20)
    whole.then_some(like(care.CareEnding, because="bridging_over"))
    assert whole.statuses() == ["started", "ended"]


def test_a_bridging_search_that_finds_nobody_ends_on_its_day():
    """Nobody is searched for a time that is over."""
    whole = searched().when(asked.Bridge(until=at(25)), 5).until(25)
    whole.then_some(like(care.PlacementDivided, because="bridging_over", into=()))
    whole.when(asked.Bridge(until=at(20)), 26).then_refused("in-the-past")


def test_one_bridge_at_a_time():
    """A second one is refused while the first is there."""
    whole = searched().when(asked.Bridge(until=at(DAY)), 5)
    whole.when(asked.Bridge(until=at(DAY)), 6, about=whole.id(0)).then_refused("already-asked")


def test_a_withdrawal_ends_every_part():
    """Nothing is left due."""
    whole = searched().when(SPLIT, 10).accepted("A", 11, 1).when(WITHDRAW, 12)
    assert whole.statuses() == ["ended", "withdrawn", "withdrawn"]
    whole.until(60 * DAY).then()
