"""Reads `placements.v1`: a batch in, the projections and the offers' feed brought up to date."""

from collections.abc import Sequence
from uuid import UUID

from services.providers.projections import FROM_PLACEMENTS
from services.providers.projections.offers import offers_of
from services.providers.store import QUERIES
from shared.contracts.interventions import PackageLinked
from shared.contracts.placements import Awarded
from shared.messaging.received import Received
from shared.postgres.connection import Connection
from shared.postgres.wakeups import notify


async def follow_placements(connection: Connection, batch: Sequence[Received]) -> None:
    """Takes what matching decided, in one transaction, and wakes those who wait for it."""
    events = [received.event for received in batch]
    for projection in FROM_PLACEMENTS:
        await projection.apply(connection, events)
    awards = {
        received.event.award_id: received.sequence
        for received in batch
        if isinstance(received.event, Awarded)
    }
    if awards:
        await QUERIES.place_awards(
            connection, award_ids=list(awards), sequences=list(awards.values())
        )
    linked = [event for event in events if isinstance(event, PackageLinked)]
    changed = list(dict.fromkeys(offer_id for event in events for offer_id in offers_of(event)))
    if linked:
        changed = list(dict.fromkeys((*changed, *await _seen_anew(connection, linked))))
    if changed:
        await QUERIES.extend_feed(connection, offer_ids=changed)
    await notify(connection)


async def _seen_anew(connection: Connection, linked: Sequence[PackageLinked]) -> list[UUID]:
    """Live offers of both packages: each says now that there is the other."""
    about = [event.referral_id for event in linked]
    rows = await QUERIES.live_offers_of(connection, referral_ids=about)
    return [row["offer_id"] for row in rows]
