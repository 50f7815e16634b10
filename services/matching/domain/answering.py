"""What providers' answers do: noes first to last, and then who of the yeses has it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.codes import RefusalCode
from services.matching.domain.commands import Answer
from services.matching.domain.negotiating import quoted, raise_question
from services.matching.domain.placement import Offer, Present
from services.matching.domain.questions import offer_answered, why_not_answer_by_telephone
from services.matching.domain.refusal import Refusal
from services.matching.domain.settlement import Claim, settle
from services.matching.domain.turn import Turn


def receive_answers(turn: Turn, placement: Present, answers: Sequence[Answer]) -> Refusal | None:
    """Take a batch of answers as if they had come at one instant.

    A telephone answer that comes alone is refused by a returned value, everybody else by an event
    that a waiting provider reads.
    """
    if len(answers) == 1 and answers[0].via == "telephone":
        refusal = why_not_answer_by_telephone(placement, answers[0], turn.now, turn.policy)
        if refusal is not None:
            return refusal
    claims: dict[UUID, Claim] = {}
    heard = set(placement.heard)
    for answer in answers:
        if answer.response_id is not None:
            if answer.response_id in heard:
                continue
            heard.add(answer.response_id)
        offer: Offer | RefusalCode = (
            "already-answered"
            if answer.offer_id in claims
            else offer_answered(turn.placement, answer)
        )
        if not isinstance(offer, Offer):
            _refuse(turn, answer, offer)
        elif answer.kind == "decline":
            decline(turn, offer, answer)
        elif not raise_question(turn, offer, answer):
            claims[offer.offer_id] = Claim(
                offer=offer,
                answered_at=answer.answered_at,
                via=answer.via,
                response_id=answer.response_id,
                quoted_pence=quoted(offer, answer),
            )
    if isinstance(turn.placement, states.Searching | states.Exhausted):
        settle(turn, turn.placement, tuple(claims.values()))
    return None


def _refuse(turn: Turn, answer: Answer, code: RefusalCode) -> None:
    turn.refuse(
        request=answer.kind,
        provider_id=answer.provider_id,
        offer_id=answer.offer_id,
        code=code,
        response_id=answer.response_id,
    )


def decline(turn: Turn, offer: Offer, answer: Answer) -> None:
    """Record a no that counts. A prompt one costs no turn. Source: domain rule 4."""
    turn.record(
        events.OfferDeclined(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            reason=answer.reason or "other",
            answered_at=answer.answered_at,
            prompt=is_prompt(turn, offer, answer.answered_at),
            lot=offer.lot,
            via=answer.via,
            response_id=answer.response_id,
        )
    )


def is_prompt(turn: Turn, offer: Offer, answered_at: datetime) -> bool:
    """Whether an answer came so soon that a no costs no turn."""
    return answered_at - offer.made_at <= timedelta(minutes=turn.policy.prompt_decline_minutes)
