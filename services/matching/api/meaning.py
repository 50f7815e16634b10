"""Which placement the id in a route means: that of a placement, or of a referral with one open part."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.matching.api.shapes import LinkedPlacement
from services.matching.projections import SUMMARIES
from services.matching.store import QUERIES
from services.matching.summary import Summary
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


async def shown_by(connection: Connection, id: UUID) -> tuple[Summary, list[Summary], str | None]:
    """The placement to show, all of its referral, and who looks after it. Raises the Problem of an unknown id, or of
    a referral with several open parts, which it names."""
    rows = await QUERIES.summaries_meant(connection, id=id)
    if not rows:
        raise not_found("placement")
    referral_id = rows[0]["referral_id"]
    all_rows = await QUERIES.summaries_of(connection, referral_id=referral_id)
    whole = [SUMMARIES.rows.from_record(row) for row in all_rows]
    assignees = {row["placement_id"]: row["assignee"] for row in all_rows}
    shown = _only_open(whole) if referral_id == id else SUMMARIES.rows.from_record(rows[0])
    return shown, whole, assignees[shown.placement_id]


async def linked_to(
    connection: Connection, referral_ids: Sequence[UUID]
) -> dict[UUID, list[LinkedPlacement]]:
    """By referral: what is placed for whoever lives with its person."""
    found: dict[UUID, list[LinkedPlacement]] = {}
    for row in await QUERIES.linked_to(connection, referral_ids=referral_ids):
        found.setdefault(row["of_referral_id"], []).append(LinkedPlacement(**row))
    return found


def _only_open(whole: list[Summary]) -> Summary:
    going_on = [one for one in whole if one.status not in _OVER]
    held = [one for one in going_on if one.status != "ending"] or going_on
    if len(held) > 1:
        named = ", ".join(f"{one.placement_id} ({one.status})" for one in held)
        raise Problem(
            409,
            "several-parts",
            "This package is placed in parts",
            f"Say which one, by its id in the route: {named}.",
        )
    return (held or whole[-1:])[0]
