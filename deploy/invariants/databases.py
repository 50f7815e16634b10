"""Invariants over the three databases: I1, I2, I4, I10, and that a state is the fold of its events."""

from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from uuid import UUID

from deploy.installation import Installation
from deploy.invariants.timeline import broken_in
from services.matching.domain.events import Event
from services.matching.domain.package import fold
from services.matching.history import read_event, read_package
from shared.messaging.store import QUERIES
from shared.postgres.connection import Connection

BATCH_KEYS = 500
_SHOWN = 20
_HISTORIES = """
with keys as (
    select distinct key from events
    where topic = 'placements.v1' and key > $1 order by key limit $2
)
select e.key, e.type, e.body, p.status, p.state, p.sequence as stored_sequence,
       e.sequence as sequence
from keys k join events e on e.topic = 'placements.v1' and e.key = k.key
left join placements p on p.referral_id = e.key
order by e.key, e.sequence
"""
_STUCK = """
select referral_id, s.status from summaries s join placements p using (referral_id)
where s.status in ('awaiting_information', 'searching', 'exhausted', 'awarded', 'paused')
  and p.next_due_at is null and s.escalations = '' and s.offers_out = 0
"""
_OVERDUE = """
select referral_id from placements where next_due_at < homeward_now() - make_interval(secs => $1)
"""


async def placements_hold(where: Installation) -> list[str]:
    """I1, I3, I4, I5 of every placement, and its state row against the fold of its events."""
    faults: list[str] = []
    async with where.connection("matching") as connection:
        async for key, events, stored in _histories(connection):
            faults += [f"{fault} (referral {key})" for fault in broken_in(events)]
            if stored is None or stored != (fold(events), len(events)):
                faults.append(f"I7: the state of placement {key} is not the fold of its events")
        twice = await connection.fetch(
            "select placement_id from awards where state = 'live'"
            " group by placement_id having count(*) > 1"
        )
        faults += [f"I1: placement {row['placement_id']} has two live awards" for row in twice]
    return faults[:_SHOWN]


async def _histories(
    connection: Connection,
) -> AsyncIterator[tuple[UUID, list[Event], tuple[object, int] | None]]:
    """(key, its events, its stored state and sequence), in order of key."""
    after = UUID(int=0)
    while rows := await connection.fetch(_HISTORIES, after, BATCH_KEYS):
        for key, group in groupby(rows, key=lambda row: row["key"]):
            history = list(group)
            first = history[0]
            stored = (
                None
                if first["state"] is None
                else (read_package(first["status"], first["state"]), first["stored_sequence"])
            )
            yield key, [read_event(row["type"], row["body"]) for row in history], stored
        after = rows[-1]["key"]


async def referrals_go_on(where: Installation, overdue_seconds: float) -> list[str]:
    """I2: every acknowledged referral is known to matching, and none waits for nothing.

    A deadline may be `overdue_seconds` (of the service's clock) late before it counts as stuck.
    """
    async with where.connection("referrals") as connection:
        acknowledged = {row["referral_id"] for row in await connection.fetch(
            "select referral_id from referrals")}  # fmt: skip
        announced = {row["key"] for row in await connection.fetch(
            "select distinct key from events where topic = 'referrals.v1'")}  # fmt: skip
    async with where.connection("matching") as connection:
        known = {row["referral_id"] for row in await connection.fetch(
            "select referral_id from summaries")}  # fmt: skip
        stuck = await connection.fetch(_STUCK)
        overdue = await connection.fetch(_OVERDUE, overdue_seconds)
        blocked = {row["key"] for row in await connection.fetch(
            "select encode(key, 'escape') as key from parked where key is not null")}  # fmt: skip
    faults = [f"I2: referral {key} was never announced" for key in acknowledged - announced]
    # A blocked key is an open item for an operator: it counts as escalated.
    lost = [key for key in acknowledged - known if str(key) not in blocked]
    faults += [f"I2: matching does not know referral {key}" for key in lost]
    faults += [
        f"I2: {row['status']} referral {row['referral_id']} waits for nothing" for row in stuck
    ]
    faults += [
        f"I2: referral {row['referral_id']} has a deadline that did not fire" for row in overdue
    ]
    return faults[:_SHOWN]


async def answers_agree(where: Installation) -> list[str]:
    """I4: what providers were told of their answers is what matching decided, and all were told."""
    async with where.connection("providers") as connection:
        told = {
            row["response_id"]: row["first_result"]
            for row in await connection.fetch(
                "select r.response_id, o.first_result from responses r"
                " left join outcomes o using (response_id)"
            )
        }
    async with where.connection("matching") as connection:
        decided = {
            row["response_id"]
            for row in await connection.fetch(
                "select distinct (body->>'response_id')::uuid as response_id from events"
                " where topic = 'placements.v1' and body->>'response_id' is not null"
            )
        }
        blocked = await QUERIES.count_blocked(connection)
    faults = [f"I4: response {key} was decided and nobody was told" for key in decided
              if told.get(key) is None]  # fmt: skip
    if not blocked:
        faults += [f"I4: response {key} was never decided" for key in told if key not in decided]
    return faults[:_SHOWN]


async def nothing_blocked(where: Installation, services: Sequence[str]) -> list[str]:
    """I10, as far as it shows: which keys wait behind a record that could not be handled."""
    faults = []
    for service in services:
        async with where.connection(service) as connection:
            count = await QUERIES.count_blocked(connection)
        if count:
            faults.append(
                f"I10: {count} keys of {service} are blocked; see `homeward dead-letters list`"
            )
    return faults
