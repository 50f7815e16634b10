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
    Ended,
    Ending,
    Over,
    Placement,
    Present,
    Searched,
    offer_of,
)

_DIVIDED = ("split", "merged", "care_goes_on")


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

    def undivided(self) -> tuple[Present, ...]:
        """The placements without those whose search was divided: others go on for them, or the
        provider from before does."""
        return tuple(
            [
                one
                for one in self.placements
                if not (isinstance(one, Ended) and one.because in _DIVIDED)
            ]
        )

    def came_of(self, placement_id: UUID) -> Iterator[UUID]:
        """The placement, and those whose search it goes on with: all of its visits were theirs.

        What a merged part was searched for is less, so that only the first of all is named there.
        """
        whole, merged = placement_id, False
        yield whole
        while (before := self._divided_into(whole)) is not None:
            whole, merged = before.placement_id, merged or before.because == "merged"
            if not merged:
                yield whole
        if merged:
            yield whole

    def _divided_into(self, placement_id: UUID) -> Ended | None:
        for one in self.placements:
            if isinstance(one, Ended) and placement_id in one.into:
                return one
        return None

    def goes_on_in(self, placement_id: UUID) -> Iterator[Present]:
        """The placement, or those that are searched in its place by now."""
        placement = self.placement(placement_id)
        if isinstance(placement, Ended) and placement.into:
            for into in placement.into:
                yield from self.goes_on_in(into)
        elif not isinstance(placement, Absent):
            yield placement

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
            if award_id in _awards_of(placement):
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


def _awards_of(placement: Present) -> tuple[UUID, ...]:
    """The award that a placement has, or that its provider's silence ended."""
    known: list[UUID] = []
    if isinstance(placement, Carried):
        known.append(placement.award.award_id)
    if isinstance(placement, Searched) and placement.silence is not None:
        known.append(placement.silence.award.award_id)
    if isinstance(placement, Ended) and placement.paused is not None:
        known.append(placement.paused.award.award_id)
    return tuple(known)


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
