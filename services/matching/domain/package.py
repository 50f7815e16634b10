"""Everything decided about one referral: its placements, in the order in which they began.

Most packages have one. A broker splits one into parts, or a later search begins when care that was
awarded ends early: each is a placement of its own, with its own clock, offers and award.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

from services.matching.domain.deadlines import next_due_at
from services.matching.domain.events import Event
from services.matching.domain.evolve import evolve
from services.matching.domain.placement import (
    Absent,
    Carried,
    Ending,
    Over,
    Placement,
    Present,
    offer_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A referral's placements. Empty: nothing is known of the referral."""

    placements: tuple[Present, ...] = ()

    def placement(self, placement_id: UUID) -> Placement:
        """The placement of that id; Absent if it has not begun."""
        for placement in self.placements:
            if placement.placement_id == placement_id:
                return placement
        return Absent()

    def open(self) -> tuple[Present, ...]:
        """The placements that have not ended: what a person may mean by "the package"."""
        going_on = [one for one in self.placements if not isinstance(one, Over)]
        return tuple([one for one in going_on if not isinstance(one, Ending)] or going_on)

    def with_offer(self, offer_id: UUID) -> Present:
        """The placement that made an offer; the first one for an offer that nobody made."""
        for placement in self.placements:
            if offer_of(placement, offer_id) is not None:
                return placement
        return self.placements[0]

    def with_award(self, award_id: UUID, response_id: UUID | None) -> Present:
        """The placement that made an award last, or that has heard this answer about it before; the
        first one for an award of nobody's."""
        for placement in self.placements:
            if response_id is not None and response_id in placement.heard:
                return placement
        for placement in self.placements:
            if isinstance(placement, Carried) and placement.award.award_id == award_id:
                return placement
        return self.placements[0]

    def replaced(self, placement: Present) -> "Package":
        """The same with one placement as it is now, or begun."""
        ids = [one.placement_id for one in self.placements]
        if placement.placement_id not in ids:
            return Package(placements=(*self.placements, placement))
        return Package(
            placements=tuple(
                [
                    placement if one.placement_id == placement.placement_id else one
                    for one in self.placements
                ]
            )
        )


NOTHING = Package()


def evolve_package(package: Package, event: Event) -> Package:
    """The package after the event. Raises ImpossibleEventError for one that cannot follow."""
    after = evolve(package.placement(event.placement_id), event)
    assert not isinstance(after, Absent)
    return package.replaced(after)


def fold(events: list[Event]) -> Package:
    """The package that these events, the whole history of one referral, amount to."""
    return reduce(evolve_package, events, NOTHING)


def package_due_at(package: Package) -> datetime | None:
    """When time alone must look at the package again; None when it changes nothing."""
    due = (next_due_at(one) for one in package.placements)
    return min((at for at in due if at is not None), default=None)


def pairs(before: Package, after: Package) -> Iterator[tuple[Placement, Placement]]:
    """Each placement before and after, where it is another one."""
    for placement in after.placements:
        was = before.placement(placement.placement_id)
        if was is not placement:
            yield was, placement
