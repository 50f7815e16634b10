"""What every award has in common, whoever won it and however."""

from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import ids
from services.matching.domain.carrying import searched
from services.matching.domain.placement import Searched
from services.matching.domain.turn import Turn
from services.matching.domain.withdrawing import withdraw_offers


def next_award_id(turn: Turn, provider_id: UUID) -> UUID:
    """The id of the award that is about to be made."""
    placement = searched(turn.placement)
    return ids.award_id(turn.placement_id, placement.round, provider_id, placement.awards)


def provider_name(turn: Turn, provider_id: UUID) -> str:
    """The organisation's public name; empty for one that has left the register."""
    provider = turn.market.providers.get(provider_id)
    return provider.name if provider else ""


def confirm_by(turn: Turn) -> datetime:
    """Until when an award made now should be confirmed."""
    placement = turn.placement
    urgency = placement.facts.urgency if isinstance(placement, Searched) else "routine"
    return turn.policy.confirm_by(urgency, turn.now)


def start_by(turn: Turn, ready_at: datetime | None) -> datetime | None:
    """When care awarded now is overdue if it has not started; None where no start is planned."""
    if ready_at is None:
        return None
    return max(ready_at, turn.now) + timedelta(hours=turn.policy.start_overdue_hours)


def after_award(turn: Turn) -> None:
    """Tell everybody else at once, and close what waited for the package to be filled."""
    withdraw_offers(turn, "placed")
    turn.close(
        "nobody_left", "released", "target_overdue", "care_gap_ahead", "care_gap", "rate_approval",
        "conditional_acceptance",
    )  # fmt: skip
