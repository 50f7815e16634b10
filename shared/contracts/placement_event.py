"""What every event of `placements.v1` has."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.model import ReferralEvent

TOPIC = "placements.v1"


class PlacementEvent(ReferralEvent):
    """An event of one placement. A referral has one placement unless a broker splits it."""

    TOPIC: ClassVar[str] = TOPIC

    placement_id: UUID
