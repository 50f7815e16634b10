"""What is needed has changed before the start: dates, small changes, and other packages."""

import pytest

from services.matching.domain import events as E
from services.matching.domain import interventions as acts
from services.matching.domain.carrying import present
from services.matching.domain.requirement import Visit
from tests.unit.matching.orders import amend, hold
from tests.unit.matching.talks import counter, counter_answer, yes_if
from tests.unit.matching.world import (
    INCOMPLETE,
    TIME,
    WITHDRAW,
    answers,
    at,
    like,
    no,
    pid,
    ranks,
    release,
    searching,
    start,
    story,
    yes,
)

DAY = 24 * 60
LONGER = (Visit(weekday="mon", band="morning", minutes=33),)
MORE = (Visit(weekday="mon", band="morning", minutes=60),)


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        ({"ready_at": at(3 * DAY)}, "date"),
        ({"ready_at": at(3 * DAY + 1)}, "material"),
        ({"visits": LONGER}, "small"),
        ({"visits": LONGER, "ready_at": at(DAY)}, "small"),
        ({"visits": MORE}, "material"),
        ({"needs": ("hoist",)}, "material"),
        ({"visits": (Visit(weekday="mon", band="morning", minutes=30, carers=2),)}, "material"),
    ],
)
def test_how_much_is_changed(changes, change):
    """Within tolerance, little, or another package; each is a new version."""
    told = searching("A").when(amend(**changes), 1)
    told.then_some(like(acts.RequirementAmended, change=change, version=2, source="broker"))


def test_a_date_within_tolerance_keeps_offers_and_award():
    """Nobody is asked anew; an award that is not confirmed can still be released."""
    told = searching("A", "B").when(amend(ready_at=at(DAY)), 1).then(acts.RequirementAmended)
    told.when(amend(ready_at=at(DAY)), 2).then_nothing()
    told.when(answers(yes("A", 3)), 3).then(E.Awarded, E.OffersWithdrawn)
    told.when(amend(ready_at=at(2 * DAY)), 4).then(like(acts.RequirementAmended, version=3))
    told.when(release("A", reason="start_date"), 5).then_some(like(E.SearchReopened))


def test_a_material_change_takes_offers_back_and_searches_again():
    """Everybody may be asked, also who said no to what was needed before."""
    told = searching("A", "B").when(answers(no("A", 1)), 1).when(amend(visits=MORE), 2)
    told.then(
        acts.RequirementAmended,
        like(E.OffersWithdrawn, because="requirement_changed"),
        like(E.SearchReopened, because="requirement_changed", left_out=()),
        E.TierOpened,
        E.OffersMade,
    )
    assert told.asked() == ["A", "B"]
    told.when(answers(yes("B", 3)), 3).then(like(E.RequestRefused, code="requirement-changed"))
    told.when(answers(no("A", 4, round_=2)), 4)
    told.when(answers(yes("B", 5, round_=2)), 5).when(release("B", round_=2), 6)
    assert told.passed_over() == {"A": "already_declined", "B": "released_before"}


def test_a_search_that_ended_goes_on_for_another_package():
    """A changed date alone does not; nobody said no because of it by then."""
    told = searching("A").when(TIME, 30).when(amend(ready_at=at(DAY)), 31)
    told.then(acts.RequirementAmended)
    told.when(amend(visits=MORE), 32).then(
        acts.RequirementAmended, E.SearchReopened, E.EscalationClosed, E.TierOpened, E.OffersMade
    )


def test_a_hold_outlasts_a_change():
    """Nobody is asked for the new package before it ends."""
    told = searching("A").when(hold(60), 1).when(amend(visits=MORE), 2)
    told.then(acts.RequirementAmended, E.OffersWithdrawn, E.SearchReopened)
    told.when(TIME, 60).then(acts.SearchResumed, E.TierOpened, E.OffersMade)


def test_terms_for_another_package_are_over():
    """An answer to terms that were put before the change is told why."""
    told = searching("A").when(yes_if("A", 1), 1).when(counter("A"), 2).when(amend(visits=MORE), 3)
    told.when(counter_answer("A", 4), 4)
    told.then(like(E.RequestRefused, code="requirement-changed"))


def test_what_comes_too_late():
    """A broker is refused; what a ward sent is an item for a person, or nothing once it is over."""
    begun = searching("A").when(answers(yes("A", 1)), 1).when(start("A"), 2)
    begun.when(amend(visits=MORE), 3).then_refused("already-started")
    begun.when(amend("referral", visits=MORE), 4)
    begun.then(like(E.EscalationOpened, kind="requirement_changed"))
    over = searching("A").when(WITHDRAW, 1).when(amend(visits=MORE), 2)
    over.then_refused("already-withdrawn")
    over.when(amend("referral", visits=MORE), 3).then_nothing()
    waiting = story(*ranks("A")).when(INCOMPLETE).when(amend(visits=MORE), 1)
    waiting.then_refused("not-complete")


def test_another_area_comes_from_the_referral():
    """The new outcode's lots are asked."""
    told = searching("A").when(amend("referral", outcode="E17"), 1)
    told.then_some(like(acts.RequirementAmended, change="material", outcode="E17"))
    assert present(told.placement).facts.needed.outcode == "E17"  # type: ignore[union-attr]
    assert pid("A") not in {
        one.provider_id for wave in told.of(E.OffersMade) for one in wave.offers
    }
