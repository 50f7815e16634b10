"""Releases personal details to the provider that holds an award, and to nobody else.

Each part of a package has its own award; care that is ending keeps its access until the last visit.

The audit is written in a transaction of its own before anything is answered, so there may be an
audit without a release, never a release without an audit. Source: domain rule 7.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.referrals.store import QUERIES, REFERRALS
from shared import clock
from shared.postgres.connection import Connection
from shared.web.problems import Problem, not_found, unavailable

CONSUMER = "referrals"
_BEHIND_RETRY_SECONDS = 1

Part = Literal["person", "key_safe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is asked for, and under which award."""

    part: Part
    referral_id: UUID
    provider_id: UUID
    award_id: UUID
    placement_sequence: int
    """The last event of the placement that the caller has seen: we must have seen as much."""
    read_by: str


async def has_reached(connection: Connection, release: Release) -> bool:
    """Says whether this service has read as much of the placement as the caller has."""
    reached = await QUERIES.placements_reached(
        connection, consumer=CONSUMER, referral_id=release.referral_id
    )
    return (reached or 0) >= release.placement_sequence


async def record_release(
    connection: Connection, release: Release, *, key_safe_lead: timedelta
) -> None:
    """Writes the audit of a release that may happen; commit it before answering anything.

    Raises Problem 503 while this service is behind on the placement, 404 unless the provider holds
    the award, 409 `too-early` for a key safe longer than `key_safe_lead` before the start.
    """
    if not await has_reached(connection, release):
        raise unavailable("The referrals service", seconds=_BEHIND_RETRY_SECONDS)
    row = (await REFERRALS.load(connection, [release.referral_id])).get(release.referral_id)
    award = await QUERIES.live_award(
        connection,
        referral_id=release.referral_id,
        provider_id=release.provider_id,
        award_id=release.award_id,
    )
    if award is None or row is None:
        raise not_found("package")
    now = await clock.now(connection)
    if release.part == "key_safe":
        _check_near_start(award["ready_at"] or row.ready_at, key_safe_lead, now)
    await QUERIES.record_person_read(
        connection,
        referral_id=release.referral_id,
        part=release.part,
        provider_id=release.provider_id,
        award_id=release.award_id,
        read_by=release.read_by,
        read_at=now,
    )


def _check_near_start(ready_at: datetime | None, lead: timedelta, now: datetime) -> None:
    # Without a ready instant nothing says that the start is near.
    released_from = None if ready_at is None else ready_at - lead
    if released_from is not None and now >= released_from:
        return
    when = "when the start is set" if released_from is None else f"from {released_from.isoformat()}"
    problem = Problem(409, "too-early", "The key safe is not released yet", f"Ask again {when}.")
    problem.members["from"] = None if released_from is None else released_from.isoformat()
    raise problem
