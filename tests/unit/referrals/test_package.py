"""Filled, covered, started and over, with parts, bridging care and later searches."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.referrals.domain.package import Package
from shared.contracts import care, placements
from shared.ids import new_id
from tests.unit.referrals.telling import DAY, LARCH, ROWAN, T0, Told

HOUR = timedelta(hours=1)


def counted(package: Package) -> tuple[bool, bool, bool]:
    """Filled, covered, and whether a ward may plan on it."""
    return package.is_filled(), package.is_covered(), package.can_be_planned_on()


def split(told: Told) -> tuple[Told, list[UUID]]:
    """A search that is divided into two parts."""
    whole = told.search()
    into = (new_id(), new_id())
    told.say(care.PlacementDivided, whole, because="split", into=into)
    for part in into:
        told.search(part, cause="split")
    return told, list(into)


def test_a_whole_package_is_filled_by_its_award():
    """Filled and covered with the award, to be planned on with the confirmation."""
    told = Told()
    placement = told.search()
    assert counted(told.package()) == (False, False, False)
    told.awarded(placement)
    assert counted(told.package()) == (True, True, False)
    told.of_award(placements.AwardConfirmed, placement)
    assert counted(told.package()) == (True, True, True)


def test_parts_are_filled_when_each_is():
    """The package is filled at the instant of its last part, on the clock of the referral."""
    told, (one, two) = split(Told())
    told.at = T0 + HOUR
    told.started(one)
    assert (counted(told.package()), told.package().filled_at()) == ((False, False, False), None)
    assert not told.package().has_started()
    told.at = T0 + 3 * HOUR
    told.confirmed(two, ROWAN)
    assert counted(told.package()) == (True, True, True)
    assert told.package().filled_at() == T0 + 3 * HOUR
    assert not told.package().has_started()
    told.of_award(placements.CareStarted, two, ROWAN, started_at=told.at)
    assert told.package().has_started()


def test_bridging_care_covers_and_does_not_fill():
    """A ward may plan on it once it is confirmed; the search that is to last goes on."""
    told = Told()
    whole = told.search()
    bridging = told.search(cause="bridging", follows=whole, bridging_until=T0 + 9 * DAY)
    told.awarded(bridging)
    assert counted(told.package()) == (False, True, False)
    told.of_award(placements.AwardConfirmed, bridging)
    assert counted(told.package()) == (False, True, True)
    told.of_award(placements.CareStarted, bridging, started_at=T0)
    package = told.package()
    assert (package.filled_at(), package.has_started(), package.later()) == (None, False, ())
    told.of_award(care.CareEnding, bridging, because="bridging_over", last_visit_at=T0)
    assert counted(told.package()) == (False, False, False)


def test_bridging_care_covers_the_parts_of_what_it_bridges_to():
    """A search that is split while it is bridged is still covered, in each part."""
    told = Told()
    whole = told.search()
    bridging = told.search(cause="bridging", follows=whole, bridging_until=T0 + 9 * DAY)
    told.confirmed(bridging)
    into = (new_id(), new_id())
    told.say(care.PlacementDivided, whole, because="split", into=into)
    for part in into:
        told.search(part, cause="split")
    assert counted(told.package()) == (False, True, True)


def test_one_part_handed_back_leaves_the_other_alone():
    """Covered until the last visit, not filled; the clock of the referral stands still."""
    told, (one, two) = split(Told())
    told.at = T0 + HOUR
    told.started(one)
    told.started(two, ROWAN)
    told.at = T0 + DAY
    told.handed_back(one)
    later = told.search(cause="handed_back", follows=one)
    package = told.package()
    assert counted(package) == (False, True, False)
    assert (package.filled_at(), package.has_started()) == (T0 + HOUR, True)
    assert [part.placement_id for part in package.later()] == [str(later)]
    assert package.part(str(two)).state == "started"
    told.of_award(care.CareEnded, one, because="handed_back")
    assert counted(told.package()) == (False, False, False)
    told.confirmed(later, ROWAN)
    assert counted(told.package()) == (True, True, True)
    assert told.package().filled_at() == T0 + HOUR


def test_a_hand_back_before_the_start_was_no_fill():
    """The referral's clock runs on until somebody else has it. Source: domain glossary, filled."""
    told = Told()
    placement = told.search()
    told.at = T0 + HOUR
    told.confirmed(placement)
    told.handed_back(placement, days=0)
    later = told.search(cause="handed_back", follows=placement)
    assert told.package().filled_at() is None
    told.at = T0 + 5 * HOUR
    told.started(later, ROWAN)
    assert told.package().filled_at() == T0 + 5 * HOUR
    assert told.package().has_started()


@pytest.mark.parametrize("event", [care.PauseLapsed, care.CareEnded, "withdrawn", "refused"])
def test_over(event):
    """Nobody gives care and nobody is asked: until it is searched anew."""
    told = Told()
    placement = told.search()
    told.started(placement)
    told.paused(placement)
    assert not told.package().is_over()
    if event == "withdrawn":
        told.say(placements.PlacementWithdrawn, placement, reason="died")
    elif event == "refused":
        told.of_award(care.RestartRefused, placement, because="silent")
    elif event is care.CareEnded:
        told.of_award(
            care.CareEnding, placement, because="no_longer_needed", last_visit_at=T0 + DAY
        )
        assert not told.package().is_over()
        told.of_award(care.CareEnded, placement, because="no_longer_needed")
    else:
        told.of_award(event, placement)
    assert told.package().is_over()
    told.search(cause="pause_lapsed", follows=placement)
    assert not told.package().is_over()


def test_what_is_about_a_replaced_award_changes_nothing():
    """An award by hand takes the place; what is said of the other one came too late."""
    told = Told()
    placement = told.search()
    told.awarded(placement, LARCH)
    told.awarded(placement, ROWAN)
    before = told.package()
    told.handed_back(placement, LARCH)
    told.of_award(placements.AwardConfirmed, placement, LARCH)
    assert told.package() == before


def test_nothing_is_known_of_nothing():
    """Without placements nothing is filled, covered, started or over."""
    package = Package()
    assert counted(package) == (False, False, False)
    assert (package.filled_at(), package.has_started(), package.is_over()) == (None, False, False)
