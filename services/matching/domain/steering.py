"""What people do to a search under way: hold, jump, ask, skip, windows, offers taken back, answers
corrected.

Source: domain rules 2, 11 and 13. Each is refused by a value, or recorded and followed by whatever
follows by itself.
"""

from datetime import timedelta
from typing import assert_never

from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.correcting import correct_answer
from services.matching.domain.hand_offers import ask_provider
from services.matching.domain.holding import cancel_award
from services.matching.domain.people_commands import (
    AskProvider,
    CancelAward,
    ChangeWindow,
    CorrectAnswer,
    HoldSearch,
    JumpToTier,
    ResumeSearch,
    SearchCommand,
    SkipProvider,
    WithdrawOffer,
)
from services.matching.domain.placement import Present, Searching
from services.matching.domain.refusal import Refusal
from services.matching.domain.search import jump_to
from services.matching.domain.settlement import standing, when_decided
from services.matching.domain.steering_questions import (
    why_not_change_window,
    why_not_hold,
    why_not_jump,
    why_not_resume,
    why_not_skip,
    why_not_withdraw_offer,
)
from services.matching.domain.turn import Turn
from services.matching.domain.withdrawing import take_back


def steer(turn: Turn, placement: Present, command: SearchCommand) -> Refusal | None:
    """The command's own events, or why it cannot be done."""
    match command:
        case HoldSearch():
            return _hold(turn, placement, command)
        case ResumeSearch():
            return _resume(turn, placement)
        case JumpToTier():
            return _jump(turn, placement, command)
        case AskProvider():
            return ask_provider(turn, placement, command)
        case SkipProvider():
            return _skip(turn, placement, command)
        case ChangeWindow():
            return _change_window(turn, placement, command)
        case WithdrawOffer():
            return _withdraw_offer(turn, placement, command)
        case CancelAward():
            return cancel_award(turn, placement)
        case CorrectAnswer():
            return correct_answer(turn, placement, command)
        case _:
            assert_never(command)


def _hold(turn: Turn, placement: Present, command: HoldSearch) -> Refusal | None:
    """No new offers until then, and acceptances stand; the headline clock runs on."""
    until = command.until or turn.now + timedelta(days=turn.policy.hold_days)
    refusal = why_not_hold(placement, until, turn.now)
    if refusal is not None or not isinstance(placement, Searching):
        return refusal
    if placement.hold is not None and placement.hold.until == until:
        return None
    stood = tuple(claim.offer.offer_id for claim in standing(placement))
    turn.record(
        acts.SearchHeld(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            until=until,
            standing=stood,
            decided_by=until if stood else None,
        )
    )
    return None


def _resume(turn: Turn, placement: Present) -> Refusal | None:
    refusal = why_not_resume(placement)
    if refusal is None and isinstance(placement, Searching):
        _go_on(turn, placement, "by_person")
    return refusal


def end_hold(turn: Turn, searching: Searching) -> bool:
    """Resume a search whose hold is over by now; says whether it was."""
    if searching.hold is None or searching.hold.until > turn.now:
        return False
    _go_on(turn, searching, "hold_ended")
    return True


def _go_on(turn: Turn, searching: Searching, because: acts.ResumedBecause) -> None:
    """The open tier's time is shifted by as long as the search was held."""
    assert searching.hold is not None, "only a held search is resumed"
    closes_at = searching.tier_closes_at
    turn.record(
        acts.SearchResumed(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            because=because,
            closes_at=closes_at and closes_at + (turn.now - searching.hold.since),
            standing=tuple(claim.offer.offer_id for claim in standing(searching)),
            decided_by=when_decided(turn, searching),
        )
    )


def _jump(turn: Turn, placement: Present, command: JumpToTier) -> Refusal | None:
    refusal = why_not_jump(placement, command.tier_name, turn.policy)
    if refusal is None and isinstance(placement, Searching):
        names = [tier.name for tier in turn.policy.tiers]
        jump_to(turn, placement, names.index(command.tier_name), command.ground)
    return refusal


def _skip(turn: Turn, placement: Present, command: SkipProvider) -> Refusal | None:
    refusal = why_not_skip(placement, command.provider_id, turn.market)
    if refusal is not None or not isinstance(placement, Searching):
        return refusal
    if placement.by_people is not None and command.provider_id in placement.by_people.skipped:
        return None
    turn.record(
        acts.ProviderSkipped(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            round=placement.round,
            provider_id=command.provider_id,
            ground=command.ground,
        )
    )
    return None


def _change_window(turn: Turn, placement: Present, command: ChangeWindow) -> Refusal | None:
    refusal = why_not_change_window(placement, command.offer_id, command.expires_at, turn.now)
    if refusal is not None:
        return refusal
    offer = states.offer_of(placement, command.offer_id)
    assert offer is not None, "the question knows that the offer is there"
    if offer.expires_at != command.expires_at:
        turn.record(
            acts.OfferWindowChanged(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                offer_id=offer.offer_id,
                provider_id=offer.provider_id,
                expires_at=command.expires_at,
            )
        )
    return None


def _withdraw_offer(turn: Turn, placement: Present, command: WithdrawOffer) -> Refusal | None:
    refusal = why_not_withdraw_offer(placement, command.offer_id)
    if refusal is None:
        take_back(turn, (command.offer_id,), "by_person")
    return refusal
