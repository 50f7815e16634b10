"""Which placement the id in a route means: that of a placement, or of a referral with one open part."""

from dataclasses import dataclass
from uuid import UUID

from services.matching.projections import SUMMARIES, Summary
from services.matching.store import QUERIES
from shared.postgres.connection import Connection
from shared.web.problems import Problem, not_found

_OVER = ("ended", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A referral, and the placement of it that is meant; None: the only one that is open."""

    referral_id: UUID
    about: UUID | None


async def meant_by(connection: Connection, id: UUID) -> Meant:
    """What a command is about. Raises the Problem of an unknown id."""
    rows = await QUERIES.summaries_meant(connection, id=id)
    if not rows:
        raise not_found("placement")
    referral_id: UUID = rows[0]["referral_id"]
    return Meant(referral_id=referral_id, about=None if referral_id == id else id)


async def shown_by(connection: Connection, id: UUID) -> tuple[Summary, list[Summary]]:
    """The placement to show, and all of its referral. Raises the Problem of an unknown id, or of
    a referral with several open parts, which it names."""
    rows = await QUERIES.summaries_meant(connection, id=id)
    if not rows:
        raise not_found("placement")
    found = [SUMMARIES.rows.from_record(row) for row in rows]
    if found[0].referral_id != id:
        rows = await QUERIES.summaries_of(connection, referral_id=found[0].referral_id)
        return found[0], [SUMMARIES.rows.from_record(row) for row in rows]
    going_on = [one for one in found if one.status not in _OVER]
    held = [one for one in going_on if one.status != "ending"] or going_on
    if len(held) > 1:
        named = ", ".join(f"{one.placement_id} ({one.status})" for one in held)
        raise Problem(
            409,
            "several-parts",
            "This package is placed in parts",
            f"Say which one, by its id in the route: {named}.",
        )
    return (held or found[-1:])[0], found
