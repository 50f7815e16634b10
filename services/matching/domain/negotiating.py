"""A yes that a person must look at: a rate above the limit, or a condition, and what becomes of it.

A rate is approved or refused and never bid down. Source: domain rules 1 and 11.
"""

from typing import Any, assert_never
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import negotiations as talks
from services.matching.domain import placement as states
from services.matching.domain.carrying import present
from services.matching.domain.codes import RefusalCode
from services.matching.domain.commands import Answer, AnswerCounter
from services.matching.domain.negotiating_questions import (
    why_not_answer_counter,
    why_not_counter,
    why_not_decide_condition,
    why_not_decide_rate,
)
from services.matching.domain.people_commands import (
    CounterCondition,
    DecideCondition,
    DecideRate,
    NegotiationCommand,
)
from services.matching.domain.placement import Offer, Open, Present
from services.matching.domain.refusal import Refusal
from services.matching.domain.settlement import Claim, settle
from services.matching.domain.turn import Turn


def quoted(offer: Offer, answer: Answer) -> int | None:
    """The rate that an answer quotes; only a spot provider is asked for one."""
    return answer.rate_pence if offer.contract_kind == "spot" else None


def raise_question(turn: Turn, offer: Offer, answer: Answer) -> bool:
    """Keep a yes for a person that may not compete as it is; says whether it was one."""
    if answer.terms is not None:
        _raise_condition(turn, offer, answer)
        return True
    rate, tier = quoted(offer, answer), turn.policy.tiers[offer.tier]
    limit = tier.rate_limit_pence
    if rate is None or limit is None or rate <= limit:
        return False
    if tier.rate_approver is None:
        _refuse(turn, answer, "rate-over-limit")
        return True
    turn.record(
        talks.RateQuoted(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            rate_pence=rate,
            limit_pence=limit,
            accepted_at=answer.answered_at,
            via=answer.via,
            response_id=answer.response_id,
        )
    )
    turn.escalate("rate_approval")
    return True


def _raise_condition(turn: Turn, offer: Offer, answer: Answer) -> None:
    assert answer.terms is not None
    turn.record(
        talks.ConditionRaised(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            starts_at=answer.terms.starts_at,
            visits=answer.terms.visits,
            accepted_at=answer.answered_at,
            via=answer.via,
            response_id=answer.response_id,
        )
    )
    turn.escalate("conditional_acceptance")


def _refuse(turn: Turn, answer: Answer, code: RefusalCode) -> None:
    turn.refuse(
        request="accept",
        provider_id=answer.provider_id,
        offer_id=answer.offer_id,
        code=code,
        response_id=answer.response_id,
    )


def negotiate(turn: Turn, placement: Present, command: NegotiationCommand) -> Refusal | None:
    """What a person decides about a yes that waits, or why it cannot be decided."""
    match command:
        case DecideRate():
            return _decide_rate(turn, placement, command)
        case DecideCondition():
            return _decide_condition(turn, placement, command)
        case CounterCondition():
            return _counter(turn, placement, command)
        case _:
            assert_never(command)


def _decide_rate(turn: Turn, placement: Present, command: DecideRate) -> Refusal | None:
    refusal = why_not_decide_rate(placement, command, turn.policy)
    if refusal is not None:
        return refusal
    offer = _offer(placement, command.offer_id)
    about = _about(turn, offer)
    if not command.approved:
        turn.record(talks.RateRefused(**about, response_id=offer.response_id))
        return None
    assert offer.rate_pence is not None, "a rate was quoted"
    turn.record(talks.RateApproved(**about, rate_pence=offer.rate_pence))
    _compete(turn, offer, offer.response_id)
    return None


def _decide_condition(turn: Turn, placement: Present, command: DecideCondition) -> Refusal | None:
    refusal = why_not_decide_condition(placement, command.offer_id)
    if refusal is not None:
        return refusal
    offer = _offer(placement, command.offer_id)
    if not command.accepted:
        turn.record(talks.ConditionRefused(**_about(turn, offer), response_id=offer.response_id))
        return None
    turn.record(talks.ConditionAccepted(**_about(turn, offer)))
    _compete(turn, offer, offer.response_id)
    return None


def _counter(turn: Turn, placement: Present, command: CounterCondition) -> Refusal | None:
    refusal = why_not_counter(placement, command, turn.now)
    if refusal is not None or not isinstance(placement, Open):
        return refusal
    offer = _offer(placement, command.offer_id)
    tier = turn.policy.tiers[offer.tier]
    window = turn.policy.window_ends(tier, placement.facts.urgency, turn.now)
    turn.record(
        talks.ConditionCountered(
            **_about(turn, offer),
            starts_at=command.terms.starts_at,
            visits=command.terms.visits,
            expires_at=command.expires_at or window,
            response_id=offer.response_id,
        )
    )
    return None


def answer_counter(turn: Turn, placement: Present, command: AnswerCounter) -> None:
    """What the provider says to our terms: a yes competes, a no ends the offer."""
    if command.response_id in placement.heard:
        return
    code = why_not_answer_counter(placement, command)
    if code is not None:
        turn.refuse(
            request="accept_counter" if command.agrees else "decline_counter",
            provider_id=command.provider_id,
            offer_id=command.offer_id,
            code=code,
            response_id=command.response_id,
        )
        return
    offer = _offer(placement, command.offer_id)
    if command.agrees:
        turn.record(talks.ConditionAccepted(**_about(turn, offer)))
        _compete(turn, offer, command.response_id, command)
        return
    turn.record(
        events.OfferDeclined(
            **_about(turn, offer),
            reason="times",
            answered_at=command.answered_at,
            prompt=False,
            lot=offer.lot,
            via="endpoint",
            response_id=command.response_id,
        )
    )


def _compete(
    turn: Turn, offer: Offer, response_id: UUID | None, counter: AnswerCounter | None = None
) -> None:
    """The yes competes as if it had come now without a question."""
    assert offer.via is not None
    assert offer.answered_at is not None
    claim = Claim(
        offer=offer,
        answered_at=counter.answered_at if counter else offer.answered_at,
        via=offer.via,
        response_id=response_id,
        quoted_pence=offer.rate_pence if offer.status == "waiting" else None,
    )
    if isinstance(turn.placement, states.Searching | states.Exhausted):
        settle(turn, turn.placement, (claim,))


def close_negotiated(turn: Turn) -> None:
    """Close the items of questions that have been answered."""
    placement = present(turn.placement)
    if not placement.escalations:
        return
    left = {offer.status for offer in states.offers_of(placement)}
    if "waiting" not in left:
        turn.close("rate_approval")
    if not left & {"conditional", "countered"}:
        turn.close("conditional_acceptance")


def _offer(placement: Present, offer_id: UUID) -> Offer:
    offer = states.offer_of(placement, offer_id)
    assert offer is not None, "the question knows that the offer is there"
    return offer


def _about(turn: Turn, offer: Offer) -> dict[str, Any]:
    return {
        "at": turn.now,
        "referral_id": turn.referral_id,
        "placement_id": turn.placement_id,
        "offer_id": offer.offer_id,
        "provider_id": offer.provider_id,
    }
