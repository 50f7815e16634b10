"""An answer that was written down wrongly: it counts no longer, and what was said counts instead.

Nothing that happened is rewritten: an award that rested on a wrong yes ends, the search goes on, and
its provider is neither left out nor taken for one that gave up. Source: domain rules 6 and 11.
"""

from datetime import datetime
from uuid import UUID

from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.answering import decline, is_prompt
from services.matching.domain.carrying import searched, without_answer
from services.matching.domain.commands import Answer
from services.matching.domain.correcting_questions import meant_offer, was_awarded, why_not_correct
from services.matching.domain.holding import end_award, search_again
from services.matching.domain.people import NOTHING
from services.matching.domain.people_commands import CorrectAnswer
from services.matching.domain.placement import AfterStart, Offer, OfferStatus, Present
from services.matching.domain.refusal import Refusal
from services.matching.domain.replacing import replace
from services.matching.domain.search import everybody_asked
from services.matching.domain.settlement import Claim, settle, standing, when_decided
from services.matching.domain.turn import Turn


def correct_answer(turn: Turn, placement: Present, command: CorrectAnswer) -> Refusal | None:
    """Take the wrong answer away, undo what rested on it, and take what was said in its place."""
    refusal = why_not_correct(placement, command, turn.now, turn.policy, turn.market)
    if refusal is not None or not isinstance(placement, AfterStart):
        return refusal
    offer = states.offer_of(placement, command.offer_id)
    assert offer is not None, "the question knows that the offer is there"
    undone = was_awarded(placement, offer)
    if undone:
        assert isinstance(placement, states.Awarded)
        end_award(turn, placement, "answer_corrected")
        no = command.said == "decline" and command.meant is None
        search_again(turn, "answer_corrected", *((offer.provider_id,) if no else ()))
    elif isinstance(placement, states.Exhausted) and command.said != "accept":
        _ask_on(turn, placement, offer)
    _take_away(turn, offer, command, undone=undone)
    _take(turn, offer, command)
    return None


def _ask_on(turn: Turn, exhausted: states.Exhausted, offer: Offer) -> None:
    """Nobody was left because of an answer that was never given: a round for its provider."""
    asked = everybody_asked(exhausted)
    turn.reopen(
        exhausted, "answer_corrected", tuple(one for one in asked if one != offer.provider_id)
    )
    turn.close("nobody_left")


def _take_away(turn: Turn, offer: Offer, command: CorrectAnswer, *, undone: bool) -> None:
    placement = searched(turn.placement)
    assert offer.answered_at is not None, "the question knows that it was answered"
    no = offer.status == "declined"
    becomes = _becomes(turn, placement, offer, command)
    stands, decided_by = _left_standing(turn, placement, offer, becomes)
    turn.record(
        acts.AnswerCorrected(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            was="decline" if no else "accept",
            becomes=becomes,
            expires_at=offer.expires_at,
            standing=stands,
            decided_by=decided_by,
            lot=offer.lot,
            prompt=no and is_prompt(turn, offer, offer.answered_at),
            weekly_minutes=placement.facts.needed.weekly_minutes if undone else None,
            meant_offer_id=command.meant,
        )
    )


def _becomes(
    turn: Turn, placement: AfterStart, offer: Offer, command: CorrectAnswer
) -> acts.WithoutAnswer:
    """What the offer is without its answer: `live` also for the instant until it has another."""
    if command.said is not None and command.meant is None:
        return "live"
    if offer.expires_at <= turn.now:
        return "lapsed"
    if not isinstance(placement, states.Searching) or offer.round != placement.round:
        return "withdrawn"
    provider = turn.market.providers.get(offer.provider_id)
    excluded = offer.provider_id in (placement.by_people or NOTHING).excluded
    return "withdrawn" if excluded or provider is None or provider.suspended else "live"


def _left_standing(
    turn: Turn, placement: AfterStart, offer: Offer, becomes: acts.WithoutAnswer
) -> tuple[tuple[UUID, ...], datetime | None]:
    """The acceptances that still stand, and until when."""
    if not isinstance(placement, states.Searching):
        return (), None
    status: OfferStatus = "live" if becomes == "live" else "lapsed"
    left = replace(placement, offers=without_answer(placement.offers, offer.offer_id, status))
    stands = tuple(claim.offer.offer_id for claim in standing(left))
    if stands and left.hold is not None:
        return stands, left.hold.until
    return stands, when_decided(turn, left)


def _take(turn: Turn, corrected: Offer, command: CorrectAnswer) -> None:
    """What was said counts as if it had been written down so."""
    placement = turn.placement
    meant = meant_offer(placement, corrected, command)
    said_at = command.said_at or corrected.answered_at
    if command.said is None or meant is None or said_at is None:
        return
    offer = states.offer_of(placement, meant.offer_id)
    assert offer is not None
    if command.said == "decline":
        answer = Answer(
            kind="decline",
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            answered_at=said_at,
            reason=command.reason,
            via="telephone",
        )
        decline(turn, offer, answer)
    elif isinstance(placement, states.Searching | states.Exhausted):
        claim = Claim(offer=offer, answered_at=said_at, via="telephone", response_id=None)
        settle(turn, placement, (claim,))
