"""May this be decided about a yes that waits? The same answer for a page's button and the decision."""

from datetime import datetime
from uuid import UUID

from services.matching.domain import placement as states
from services.matching.domain.codes import RefusalCode
from services.matching.domain.commands import AnswerCounter
from services.matching.domain.people_commands import CounterCondition, DecideRate
from services.matching.domain.placement import OfferStatus, Placement
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import Refusal
from services.matching.domain.steering_questions import (
    LONGEST_WINDOW,
    SHORTEST_NOTICE,
    unknown_offer,
)


def why_not_decide_rate(
    placement: Placement, command: DecideRate, policy: Policy
) -> Refusal | None:
    """Why a rate cannot be approved or refused: none waits, or somebody else is to approve it.

    Anybody may refuse one. Source: domain rule 1.
    """
    if _is_not(placement, command.offer_id, "waiting"):
        return _unknown(placement, command.offer_id) or Refusal(
            code="no-rate-quoted", sentence="No rate of this offer waits for approval."
        )
    offer = states.offer_of(placement, command.offer_id)
    assert offer is not None, "what waits is there"
    approver = policy.tiers[offer.tier].rate_approver
    if not command.approved or approver in command.acts_as:
        return None
    if approver is None:
        return Refusal(
            code="not-the-approver",
            sentence=f"Nobody may approve a rate above the limit of {offer.tier_name}; refuse it.",
        )
    return Refusal(
        code="not-the-approver",
        sentence=f"Rates above the limit of {offer.tier_name} are approved by {approver}: ask"
        " somebody whose token has that name or that grade, or refuse the rate.",
    )


def why_not_decide_condition(placement: Placement, offer_id: UUID) -> Refusal | None:
    """Why a condition can be neither accepted nor refused: none waits for us."""
    if not _is_not(placement, offer_id, "conditional"):
        return None
    return _unknown(placement, offer_id) or Refusal(
        code="no-condition", sentence="No condition of this offer waits for an answer of ours."
    )


def why_not_counter(
    placement: Placement, command: CounterCondition, now: datetime
) -> Refusal | None:
    """Why other terms cannot be put to a provider: no condition, no terms, or no time to answer."""
    refusal = why_not_decide_condition(placement, command.offer_id)
    if refusal is not None:
        return refusal
    if command.terms.starts_at is None and not command.terms.visits:
        return Refusal(
            code="nothing-changed", sentence="Give a start or the visits that would do instead."
        )
    if command.expires_at is None:
        return None
    if command.expires_at < now + SHORTEST_NOTICE:
        return Refusal(
            code="window-too-short", sentence="Leave the provider five minutes at least to answer."
        )
    if command.expires_at - now > LONGEST_WINDOW:
        return Refusal(
            code="window-too-long",
            sentence=f"An offer lasts {LONGEST_WINDOW.days} days at most from now.",
        )
    return None


def why_not_answer_counter(placement: Placement, command: AnswerCounter) -> RefusalCode | None:
    """Why a provider's answer to our terms changes nothing. Source: domain rule 6."""
    offer = states.offer_of(placement, command.offer_id)
    if offer is None or offer.provider_id != command.provider_id:
        return "no-counter"
    if offer.status == "withdrawn_placed":
        return "already-placed"
    if offer.status == "withdrawn_changed":
        return "requirement-changed"
    if offer.status == "withdrawn_ended":
        return "offer-withdrawn"
    if offer.status not in ("countered", "lapsed") or offer.terms is None:
        return "no-counter"
    if command.answered_at >= offer.expires_at:
        return "offer-lapsed"
    if isinstance(placement, states.Searching | states.Exhausted):
        return None
    return "already-placed" if isinstance(placement, states.Held) else "offer-withdrawn"


def _is_not(placement: Placement, offer_id: UUID, wanted: OfferStatus) -> bool:
    offer = states.offer_of(placement, offer_id)
    searched = isinstance(placement, states.Searching | states.Exhausted)
    return offer is None or offer.status != wanted or not searched


def _unknown(placement: Placement, offer_id: UUID) -> Refusal | None:
    if states.offer_of(placement, offer_id) is None:
        return unknown_offer(placement)
    return None
