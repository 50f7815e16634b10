"""Whether the money that was agreed covers what is needed. Source: domain page, authorisation."""

from services.matching.domain.placement import Searched
from services.matching.domain.turn import Turn


def escalate_if_exceeded(turn: Turn) -> None:
    """Tell a person where more is needed than was agreed; it stops nothing by itself."""
    placement = turn.placement
    if not isinstance(placement, Searched):
        return
    agreed = placement.facts.authorised_minutes
    if agreed is not None and placement.facts.needed.weekly_minutes > agreed:
        turn.escalate("authorisation_exceeded")
