"""Follows matching: what it decides moves the board, the awards and the end of a referral."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.referrals.domain import referral as domain
from services.referrals.projections import AWARDS, BOARD
from services.referrals.store import QUERIES, REFERRALS, ReferralRow, columns_of, state_of
from shared.contracts import placements
from shared.messaging.received import Received
from shared.postgres.connection import Connection
from shared.postgres.wakeups import notify


async def follow_placements(connection: Connection, batch: Sequence[Received]) -> None:
    """Takes a batch of placements.v1, all of it or nothing, in the caller's transaction.

    The referrals' rows are locked first, in order, as by everyone who changes a board row.
    """
    keys = list(dict.fromkeys(received.key for received in batch))
    rows: dict[UUID, ReferralRow] = await REFERRALS.load(connection, keys, lock=True)
    events = [received.event for received in batch]
    changed: dict[UUID, ReferralRow] = {}
    for received in batch:
        fact = _fact(received.event)
        row = rows.get(received.key)
        if fact is not None and row is not None:
            after = domain.evolve(state_of(row), fact)
            changed[received.key] = rows[received.key] = replace(row, **columns_of(after))
    await REFERRALS.save(connection, changed.values())
    over = [key for key, row in changed.items() if not domain.is_open(state_of(row))]
    if over:
        await QUERIES.release_nhs_numbers(connection, referral_ids=over)
    await BOARD.apply(connection, events)
    await AWARDS.apply(connection, events)
    await notify(connection)


def _fact(event: object) -> domain.Fact | None:
    match event:
        case placements.PlacementWithdrawn():
            return domain.PackageEnded(reason=event.reason)
        case placements.CareStarted():
            return domain.CareStarted()
        case _:
            return None
