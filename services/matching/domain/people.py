"""What people have decided about a placement, as far as later decisions must know it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.matching.domain.codes import PersonView, PersonViewBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nobody new is asked while now < `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPeople:
    """Everything here is empty for most placements, so a state keeps None instead."""

    excluded: tuple[UUID, ...] = ()
    """Not asked any more for this package."""
    proposed: tuple[UUID, ...] = ()
    """Exclusions that wait for a person's word."""
    skipped: tuple[UUID, ...] = ()
    """Not asked in this round."""
    person_view: PersonView = "not_asked"
    told_by_role: PersonViewBy | None = None
    told_at: datetime | None = None
    assignee_id: UUID | None = None
    linked_referral_id: UUID | None = None
    """Of the person who lives with this one."""


NOTHING = ByPeople()
