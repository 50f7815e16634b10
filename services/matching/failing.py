"""A provider fails: all its packages are taken from it and searched, those at most risk first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.matching.domain.care_commands import TransferCare
from services.matching.domain.events import Event, SearchStarted
from services.matching.domain.people_commands import CancelAward
from services.matching.domain.refusal import Refusal
from services.matching.domain.requirement import Requirement
from services.matching.handlers import Matching
from services.matching.store import QUERIES, load_placements, read_origins
from shared.postgres.connection import Connection

LIVES_ALONE, DOUBLE_HANDED, TIME_CRITICAL = 4, 2, 1
"""What each adds to a package's risk. Source: domain page; that one outweighs those after it is assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One package of a provider that fails, and what was decided about it."""

    referral_id: UUID
    placement_id: UUID
    risk: int
    outcode: str
    events: tuple[Event, ...] = ()

    @property
    def search_id(self) -> UUID | None:
        """The placement that is searched now; the same one where care had not been confirmed."""
        return next((one.placement_id for one in self.events if one.TYPE.endswith(_OFFERS)), None)

    @property
    def gap_at(self) -> datetime | None:
        """The first visit that nobody holds."""
        return next((one.gap_at for one in self.events if isinstance(one, SearchStarted)), None)


_OFFERS = (".search-started.v1", ".search-reopened.v1")


def risk_of(requirement: Requirement) -> int:
    """How much it hurts if a package has nobody, from 0 to 7."""
    return (
        LIVES_ALONE * ("lives_alone" in requirement.risks)
        + DOUBLE_HANDED * any(visit.carers > 1 for visit in requirement.visits)
        + TIME_CRITICAL * any(visit.time_critical for visit in requirement.visits)
    )


async def fail_provider(
    matching: Matching, connection: Connection, provider_id: UUID, last_visit_at: datetime
) -> Sequence[Failing]:
    """Takes every package that the provider has, in order of risk (by outcode only within equal
    risk), in the caller's transaction. Done again, it takes what is left."""
    rows = await QUERIES.packages_of_provider(connection, provider_id=provider_id)
    live = [row for row in rows if row["state"] == "live"]
    # All are locked first, in the order in which everybody locks.
    await load_placements(connection, list({row["referral_id"] for row in live}))
    found = []
    for row in live:
        origins = await read_origins(connection, row["referral_id"])
        origin = origins[row["placement_id"]]
        found.append(
            Failing(
                referral_id=row["referral_id"],
                placement_id=row["placement_id"],
                risk=risk_of(origin.requirement),
                outcode=origin.outcode,
            )
        )
    found.sort(key=lambda one: (-one.risk, one.outcode, one.placement_id))
    return [await _take(matching, connection, one, last_visit_at) for one in found]


async def _take(
    matching: Matching, connection: Connection, one: Failing, last_visit_at: datetime
) -> Failing:
    command = TransferCare(because="provider_failed", last_visit_at=last_visit_at)
    about = one.placement_id
    outcome = await matching.command(connection, one.referral_id, command, about=about)
    if isinstance(outcome, Refusal):
        # Nobody had confirmed it yet: the award ends, and the search goes on.
        outcome = await matching.command(connection, one.referral_id, CancelAward(), about=about)
    decided = () if isinstance(outcome, Refusal) else outcome
    return Failing(
        referral_id=one.referral_id,
        placement_id=one.placement_id,
        risk=one.risk,
        outcode=one.outcode,
        events=decided,
    )
