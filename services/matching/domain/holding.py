"""What happens to an award: confirmed, released, started, made by hand, and the package's end."""

from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.awarding import (
    after_award,
    confirm_by,
    next_award_id,
    provider_name,
    start_by,
)
from services.matching.domain.carrying import held, searched
from services.matching.domain.codes import RefusalCode, Request, WithdrawalReason
from services.matching.domain.commands import (
    AwardByHand,
    AwardCommand,
    ConfirmAward,
    ReleaseAward,
    ReportStart,
)
from services.matching.domain.eligibility import opening_of
from services.matching.domain.hand_awards import why_not_award_by_hand
from services.matching.domain.placement import AfterStart, Held, Offer, Placement, Present
from services.matching.domain.pricing import contract_of, price_by_card
from services.matching.domain.questions import (
    can_confirm,
    can_release,
    can_report_start,
    can_withdraw,
    has_view_needed,
    why_not_confirm_version,
)
from services.matching.domain.refusal import Refusal
from services.matching.domain.search import everybody_who_said_no, lapse_due
from services.matching.domain.steering_questions import why_not_cancel_award
from services.matching.domain.stewarding import propose_exclusion
from services.matching.domain.turn import Turn
from services.matching.domain.withdrawing import withdraw_offers


def answer_award(turn: Turn, placement: Present, command: AwardCommand) -> None:
    """What the provider says about its award. A repeat of an answer changes nothing."""
    if command.response_id in placement.heard:
        return
    match command:
        case ConfirmAward():
            _take(turn, placement, command)
        case ReleaseAward():
            _release(turn, placement, command)
        case ReportStart():
            _start(turn, placement, command)
        case _:
            assert_never(command)


def _take(turn: Turn, placement: Present, command: ConfirmAward) -> None:
    """The award is the provider's for good, also when it comes after the window."""
    if not can_confirm(placement, command.provider_id, command.award_id):
        _refuse(turn, command, "confirm")
        return
    if (code := why_not_confirm_version(placement, command.version)) is not None:
        _refuse(turn, command, "confirm", code)
        return
    if not has_view_needed(placement, turn.policy):
        _refuse(turn, command, "confirm", "person-view-missing")
        turn.escalate("person_view_missing")
        return
    _confirm(turn, command, command.response_id)


def _confirm(turn: Turn, command: AwardCommand, response_id: UUID | None) -> None:
    turn.record(
        events.AwardConfirmed(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=command.award_id,
            provider_id=command.provider_id,
            response_id=response_id,
        )
    )
    turn.close("confirmation_overdue")


def _release(turn: Turn, placement: Present, command: ReleaseAward) -> None:
    """A new round begins, without the releaser and those who declined; a person is told.

    Source: design §3. The clock never stopped.
    """
    if not can_release(placement, command.provider_id, command.award_id):
        _refuse(turn, command, "release")
        return
    turn.record(
        events.AwardReleased(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=command.award_id,
            provider_id=command.provider_id,
            reason=command.reason,
            response_id=command.response_id,
        )
    )
    turn.close("confirmation_overdue")
    turn.escalate("released")
    if command.reason == "unsafe":
        propose_exclusion(turn, command.provider_id, "unsafe")
    search_again(turn, "released")


def search_again(turn: Turn, because: events.ReopenedBecause, *but: UUID) -> None:
    """Begin a new round from the first tier, without those who said no and those named."""
    placement = searched(turn.placement)
    left_out = tuple(dict.fromkeys((*everybody_who_said_no(placement), *but)))
    turn.reopen(placement, because, left_out)


def _start(turn: Turn, placement: Present, command: ReportStart) -> None:
    """Care has started. A start implies a confirmation: one that is missing is written first."""
    if not can_report_start(placement, command.provider_id, command.award_id):
        _refuse(turn, command, "start")
        return
    if isinstance(placement, states.Awarded):
        _confirm(turn, command, None)
    turn.close("start_overdue")
    turn.record(
        events.CareStarted(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=command.award_id,
            provider_id=command.provider_id,
            started_at=command.started_at,
            response_id=command.response_id,
            review_at=_review_at(turn, command.started_at),
        )
    )


def _review_at(turn: Turn, started_at: datetime) -> datetime | None:
    """Reablement is looked at again before its weeks are over. Source: domain page."""
    if "reablement" not in held(turn.placement).facts.needed.capabilities:
        return None
    policy = turn.policy
    weeks, days = policy.reablement_weeks, policy.reablement_review_days
    return started_at + timedelta(weeks=weeks, days=-days)


def _refuse(
    turn: Turn, command: AwardCommand, request: Request, code: RefusalCode = "not-awarded"
) -> None:
    turn.refuse(
        request=request,
        provider_id=command.provider_id,
        award_id=command.award_id,
        code=code,
        response_id=command.response_id,
    )


def award_by_hand(turn: Turn, placement: Present, command: AwardByHand) -> Refusal | None:
    """A person awards, on a recorded ground, also instead of an award that is not confirmed.

    A gate that kept the provider out is recorded beside the ground.
    """
    refusal = why_not_award_by_hand(
        placement,
        command.provider_id,
        turn.market,
        policy=turn.policy,
        day=turn.today,
        override=command.override,
    )
    if refusal is not None or not isinstance(placement, AfterStart):
        return refusal
    lapse_due(turn)
    if isinstance(placement, states.Awarded):
        _cancel(turn, placement, "replaced_by_hand")
        turn.close("confirmation_overdue")
    _record_hand_award(turn, placement, command)
    after_award(turn)
    return None


def _record_hand_award(turn: Turn, placement: AfterStart, command: AwardByHand) -> None:
    """The contract and rate are those of the last offer to the provider, else of the tier it fits."""
    provider_id = command.provider_id
    needed, day = placement.facts.needed, turn.today
    opening = opening_of(placement, provider_id, turn.policy, turn.market, day)
    lot, kind, rate_pence = None, None, None
    if (last := _last_offer(placement, provider_id)) is not None:
        lot, kind, rate_pence = last.lot, last.contract_kind, last.rate_pence
    elif not isinstance(opening, str):
        lot, kind = opening[1].lot, opening[1].kind
        rate_pence = opening[1].rate_for(needed, day)
    contract = contract_of(turn.market, provider_id, kind, lot, day)
    price = price_by_card(contract, needed, day)
    turn.record(
        events.Awarded(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=next_award_id(turn, provider_id),
            offer_id=None,
            provider_id=provider_id,
            provider_name=provider_name(turn, provider_id),
            accepted_at=turn.now,
            tier=None,
            tier_name=None,
            lot=lot,
            contract_kind=kind,
            rate_pence=price.rate_pence if price else rate_pence,
            weekly_cost_sixtieths=price.weekly_cost_sixtieths if price else None,
            confirm_by=confirm_by(turn),
            via="hand",
            ground=command.ground,
            response_id=None,
            weekly_minutes=needed.weekly_minutes,
            overrides=opening if isinstance(opening, str) else None,
            start_by=start_by(turn, placement.facts.ready_at),
        )
    )


def cancel_award(turn: Turn, placement: Present) -> Refusal | None:
    """End an award before the start, and search on without its provider."""
    refusal = why_not_cancel_award(placement)
    if refusal is not None or not isinstance(placement, states.Awarded | states.Confirmed):
        return refusal
    end_award(turn, placement, "by_person")
    search_again(turn, "award_cancelled", placement.award.provider_id)
    return None


def end_award(turn: Turn, holder: Held, because: events.CancelledBecause) -> None:
    """The provider has the package no longer; whoever calls says what follows."""
    _cancel(turn, holder, because)
    turn.close("confirmation_overdue", "person_view_missing", "start_overdue")


def _last_offer(placement: Placement, provider_id: UUID) -> Offer | None:
    """The last offer of this package to the provider, whose contract and rate an award keeps."""
    for offer in reversed(states.offers_of(placement)):
        if offer.provider_id == provider_id:
            return offer
    return None


def withdraw(turn: Turn, placement: Present, reason: WithdrawalReason) -> None:
    """End the package from any status: offers, award, open items. Source: design §3."""
    if not can_withdraw(placement):
        return
    lapse_due(turn)
    withdraw_offers(turn, "referral_withdrawn")
    if isinstance(placement, Held):
        _cancel(turn, placement, "referral_withdrawn")
    turn.close(*placement.escalations)
    turn.record(
        events.PlacementWithdrawn(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            reason=reason,
        )
    )


def _cancel(turn: Turn, holder: Held, because: events.CancelledBecause) -> None:
    turn.record(
        events.AwardCancelled(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=holder.award.award_id,
            provider_id=holder.award.provider_id,
            because=because,
        )
    )
