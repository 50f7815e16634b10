"""Offers taken back, some or all of them."""

from typing import Literal
from uuid import UUID

from services.matching.domain import events
from services.matching.domain.placement import OPEN_OFFERS, offers_of
from services.matching.domain.turn import Turn

SingleBecause = Literal["by_person", "excluded", "suspended"]
AllBecause = Literal["placed", "referral_withdrawn", "requirement_changed", "divided"]


def take_back(turn: Turn, offer_ids: tuple[UUID, ...], because: SingleBecause) -> None:
    """Withdraw these offers, all of them open; nothing if there are none."""
    if not offer_ids:
        return
    stood = [one.offer_id for one in offers_of(turn.placement) if one.status == "accepted"]
    turn.record(
        events.OffersWithdrawn(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            offer_ids=offer_ids,
            because=because,
            stood=tuple(one for one in stood if one in offer_ids),
        )
    )


def withdraw_offers(turn: Turn, because: AllBecause) -> None:
    """Withdraw every offer that is live or stands, if there is any."""
    offer_ids = tuple(
        [offer.offer_id for offer in offers_of(turn.placement) if offer.status in OPEN_OFFERS]
    )
    if offer_ids:
        turn.record(
            events.OffersWithdrawn(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                offer_ids=offer_ids,
                because=because,
            )
        )
