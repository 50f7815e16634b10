"""Events of `placements.v1`: everything that matching decides. Written by the matching service.

The same facts are matching's own history: the body of a record is the row of its `events` table.
Those about a search, its offers and its award are here; `interventions`, `negotiations` and `care`
have what people decide, what is negotiated, and what becomes of care.
"""

from shared.contracts.asking import (
    AcceptanceStood,
    AskingPlanned,
    Components,
    Expected,
    Measured,
    OfferDeclined,
    OfferMade,
    OffersLapsed,
    OffersMade,
    OffersWithdrawn,
    PassedOver,
    Price,
    Ranked,
    Reckoning,
    RequestRefused,
    SettlementMoved,
    TierOpened,
)
from shared.contracts.awarding import (
    AwardCancelled,
    AwardConfirmed,
    Awarded,
    AwardReleased,
    CareStarted,
    Terms,
)
from shared.contracts.placement_event import TOPIC, PlacementEvent
from shared.contracts.searching import (
    AwaitingInformation,
    EscalationClosed,
    EscalationOpened,
    OutlookChanged,
    PlacementWithdrawn,
    SearchExhausted,
    SearchReopened,
    SearchStarted,
)

__all__ = [
    "TOPIC",
    "AcceptanceStood",
    "AskingPlanned",
    "AwaitingInformation",
    "AwardCancelled",
    "AwardConfirmed",
    "AwardReleased",
    "Awarded",
    "CareStarted",
    "Components",
    "EscalationClosed",
    "EscalationOpened",
    "Expected",
    "Measured",
    "OfferDeclined",
    "OfferMade",
    "OffersLapsed",
    "OffersMade",
    "OffersWithdrawn",
    "OutlookChanged",
    "PassedOver",
    "PlacementEvent",
    "PlacementWithdrawn",
    "Price",
    "Ranked",
    "Reckoning",
    "RequestRefused",
    "SearchExhausted",
    "SearchReopened",
    "SearchStarted",
    "SettlementMoved",
    "Terms",
    "TierOpened",
]
