"""A referral's placements as its ward needs them: who has which part, until when, and what is open.

A package is placed whole or in parts; a later search follows care that ends; bridging care stands
in until the care that is to last begins. Source: domain page, placement, part and hand-back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

PartState = Literal[
    "waiting",  # something is missing; nobody can be asked
    "searching",  # offers are out, or go out next
    "exhausted",  # nobody is left to ask
    "taken",  # reserved for a provider that has yet to confirm
    "confirmed",
    "started",
    "paused",  # held for its provider while the person is away
    "ending",  # its provider gives care until the last visit, and holds it no longer
    "lapsed",  # a pause was over: held by nobody until the person comes home
    "ended",
    "divided",  # searched in other placements instead
    "withdrawn",
]
SEARCHED: frozenset[PartState] = frozenset({"waiting", "searching", "exhausted"})
HELD: frozenset[PartState] = frozenset({"taken", "confirmed", "started", "paused"})
SURE: frozenset[PartState] = frozenset({"confirmed", "started"})
"""Care will come, or comes: what a ward may plan on."""

EMPTY: Mapping[str, datetime] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One placement: its search, and the award that it has or had last. Instants, no words."""

    placement_id: str
    state: PartState = "searching"
    cause: str = "referral"
    follows: str | None = None
    """The placement whose care ends, or which bridging care bridges to."""
    into: tuple[str, ...] = ()
    """Of a divided one: the placements that are searched instead."""
    bridging_until: datetime | None = None
    received_at: datetime | None = None
    targets: tuple[int, ...] = ()
    tier_name: str | None = None
    live: Mapping[str, datetime] = field(default_factory=dict)
    """Offers that are out, with their deadlines."""
    standing: Mapping[str, datetime] = field(default_factory=dict)
    """Acceptances that stand, with when they are decided."""
    on_hold_until: datetime | None = None
    """A person holds the search until then."""
    outlook: str | None = None
    award_id: str | None = None
    provider_id: str | None = None
    provider_name: str | None = None
    filled_at: datetime | None = None
    confirm_by: datetime | None = None
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    held_until: datetime | None = None
    restart_at: datetime | None = None
    restart_by: datetime | None = None
    change_by: datetime | None = None
    """Its provider is asked whether it can give what is needed now, and answers by then."""
    last_visit_at: datetime | None = None
    gap_at: datetime | None = None
    """From when nobody holds a visit, unless this is filled."""
    contingency: str | None = None
    over_at: datetime | None = None
    """When it began to be settled: care started, or everything ended."""

    @property
    def is_bridging(self) -> bool:
        """Whether it only stands in."""
        return self.bridging_until is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """All placements of a referral, in the order in which they began."""

    parts: tuple[Part, ...] = ()

    def part(self, placement_id: str) -> Part:
        """The placement of that id; one that nothing is known of yet, else."""
        known = (part for part in self.parts if part.placement_id == placement_id)
        return next(known, Part(placement_id=placement_id))

    def replaced(self, part: Part) -> "Package":
        """The same with one placement as it is now, or begun."""
        if all(one.placement_id != part.placement_id for one in self.parts):
            return Package(parts=(*self.parts, part))
        return Package(
            parts=tuple(
                [part if one.placement_id == part.placement_id else one for one in self.parts]
            )
        )

    def active(self) -> tuple[Part, ...]:
        """The placements on which every visit that is to last depends now."""
        return tuple(
            [one for one in self.parts if not one.is_bridging and one.state in SEARCHED | HELD]
        )

    def searched(self) -> tuple[Part, ...]:
        """Those that nobody has."""
        return tuple([one for one in self.active() if one.state in SEARCHED])

    def held(self) -> tuple[Part, ...]:
        """Those that somebody has."""
        return tuple([one for one in self.active() if one.state in HELD])

    def is_filled(self) -> bool:
        """Whether every visit is held by an award that is to last. Source: domain page, part."""
        return bool(self.held()) and not self.searched()

    def is_covered(self) -> bool:
        """The same with bridging care, and care that is ending, counted too."""
        active = self.active()
        return bool(active) and all(one.state in HELD or self._stands_in(one) for one in active)

    def asked(self) -> tuple[Part, ...]:
        """Those whose provider is asked, before the start, whether it can give what is needed now."""
        return tuple(
            [
                one
                for one in self.held()
                if one.change_by is not None and one.state in ("taken", "confirmed")
            ]
        )

    def can_be_planned_on(self) -> bool:
        """Whether every visit is confirmed, by who is to last or by who stands in."""
        active = self.active()
        return (
            bool(active)
            and not self.asked()
            and all(
                one.state in SURE or any(other.state in SURE for other in self.bridging_of(one))
                for one in active
            )
        )

    def _stands_in(self, part: Part) -> bool:
        return self.before(part) is not None or any(
            other.state in HELD for other in self.bridging_of(part)
        )

    def before(self, part: Part) -> Part | None:
        """The care that ends and is still given, if the placement is to follow it."""
        for one in self.parts:
            if one.placement_id == part.follows and one.state == "ending":
                return None if part.is_bridging else one
        return None

    def bridging(self) -> tuple[Part, ...]:
        """Bridging care that is searched, held or ending."""
        states = SEARCHED | HELD | {"ending"}
        return tuple([one for one in self.parts if one.is_bridging and one.state in states])

    def bridging_of(self, part: Part) -> Iterator[Part]:
        """What stands in for a placement, or for the one that it is a part of."""
        for one in self.bridging():
            if one.follows is not None and part.placement_id in self._parts_of(one.follows):
                yield one

    def _parts_of(self, placement_id: str) -> Iterator[str]:
        yield placement_id
        for into in self.part(placement_id).into:
            yield from self._parts_of(into)

    def first(self) -> tuple[Part, ...]:
        """The placements that the referral itself asked for: the headline clock is theirs."""
        return tuple(
            [
                one
                for one in self.parts
                if one.follows is None and not one.is_bridging and one.state != "divided"
            ]
        )

    def filled_at(self) -> datetime | None:
        """When the last visit of the referral was filled; care undone before its start was not.

        Source: domain glossary, filled.
        """
        return _last(self._filled_at(one) for one in self.first())

    def _filled_at(self, part: Part) -> datetime | None:
        if part.filled_at is not None and (part.state in HELD or part.started_at is not None):
            return part.filled_at
        return _last(self._filled_at(one) for one in self.after(part))

    def after(self, part: Part) -> Sequence[Part]:
        """The later searches that follow a placement."""
        return [
            one
            for one in self.parts
            if one.follows == part.placement_id and not one.is_bridging and one.state != "divided"
        ]

    def has_started(self) -> bool:
        """Whether every visit of the referral has, or had, somebody who came."""
        first = self.first()
        return bool(first) and all(self._has_started(one) for one in first)

    def _has_started(self, part: Part) -> bool:
        if part.started_at is not None:
            return True
        after = self.after(part)
        return bool(after) and all(self._has_started(one) for one in after)

    def later(self) -> tuple[Part, ...]:
        """The placements of the newest later search, if one is under way or has been filled."""
        return tuple([one for one in self.active() if one.follows is not None])

    def is_over(self) -> bool:
        """Whether nobody is asked, nobody has it and nobody gives care."""
        states = SEARCHED | HELD | {"ending"}
        known = [one for one in self.parts if one.state != "divided"]
        return bool(known) and all(one.state not in states for one in known)


def _last(instants: Iterable[datetime | None]) -> datetime | None:
    """The latest, or None without any or if one has not come."""
    known = list(instants)
    return None if None in known else max((at for at in known if at is not None), default=None)
