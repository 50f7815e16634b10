"""Follows matching: what it decides moves the board, the awards, the orders and a referral's end."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from services.referrals.domain import referral as domain
from services.referrals.ordering import make_orders
from services.referrals.projections import AWARDS, BOARD, NEEDS
from services.referrals.projections.board import BoardRow
from services.referrals.projections.parts import package_in
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
    for projection in (BOARD, AWARDS, NEEDS):
        await projection.apply(connection, events)
    withdrawn = {
        event.referral_id: event
        for event in events
        if isinstance(event, placements.PlacementWithdrawn)
    }
    board: dict[UUID, BoardRow] = await BOARD.rows.load(connection, list(rows))
    changed: dict[UUID, ReferralRow] = {}
    for key, row in rows.items():
        before = state = state_of(row)
        for fact in _facts(board[key], withdrawn.get(key)):
            state = domain.evolve(state, fact)
        if state != before:
            changed[key] = replace(row, **columns_of(state))
    await REFERRALS.save(connection, changed.values())
    over = [key for key, row in changed.items() if not domain.is_open(state_of(row))]
    if over:
        await QUERIES.release_nhs_numbers(connection, referral_ids=over)
    await make_orders(connection, events, rows)
    await notify(connection)


def _facts(row: BoardRow, withdrawn: placements.PlacementWithdrawn | None) -> Iterator[domain.Fact]:
    """What a batch comes to for one referral: its placements as they are after all of it."""
    if withdrawn is not None:
        yield domain.PackageEnded(reason=withdrawn.reason)
    package = package_in(row.parts)
    if package.has_started():
        yield domain.CareStarted()
    yield domain.CareOver() if package.is_over() else domain.CareGoesOn()
