"""What is needed has changed before the start. Source: domain rule 12.

A date within tolerance and a small change keep offers and award, and everybody is told; a material
change takes the offers back and searches again. Who has the package is asked first: it keeps it with
what is needed now, or others are asked.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.authorised import escalate_if_exceeded
from services.matching.domain.awarding import start_by
from services.matching.domain.care_events import ChangeAsked, ChangeRefused
from services.matching.domain.codes import AmendmentKind, NoAnswer
from services.matching.domain.people_commands import AmendRequirement
from services.matching.domain.placement import Agreed, Facts, Present
from services.matching.domain.policy import Policy
from services.matching.domain.pricing import price_of_award
from services.matching.domain.refusal import Refusal
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Needed, Requirement, needed
from services.matching.domain.search import everybody_who_said_no
from services.matching.domain.turn import Turn
from services.matching.domain.withdrawing import withdraw_offers

_AMENDABLE = states.Searching | states.Exhausted | states.Awarded | states.Confirmed


def why_not_amend(placement: Present) -> Refusal | None:
    """Why what is needed cannot be amended: the search has not begun, or care has."""
    if isinstance(placement, _AMENDABLE):
        return None
    if isinstance(placement, states.AwaitingInformation):
        return Refusal(
            code="not-complete",
            sentence="The referral is not complete; what is sent now is what is searched.",
        )
    return Refusal(
        code="already-started",
        sentence="Care has started; change the running package instead.",
    )


def how_much(facts: Facts, now_needed: Needed, asked: Requirement, policy: Policy) -> AmendmentKind:
    """Whether only the date moves, within tolerance; little changes; or it is another package.

    Small is at most the policy's percent of the weekly minutes, all that gates weigh being equal.
    It is measured from what offers and award are for, so that many small steps are no small change.
    """
    agreed = facts.agreed or Agreed(needed=facts.needed, ready_at=facts.ready_at)
    before = agreed.needed
    moved = abs(asked.ready_at - agreed.ready_at) if agreed.ready_at else timedelta()
    if moved > timedelta(days=policy.date_tolerance_days):
        return "material"
    if now_needed == before and moved:
        return "date"
    same = replace(now_needed, weekly_minutes=before.weekly_minutes) == before
    most = before.weekly_minutes * policy.small_change_percent / 100
    little = abs(now_needed.weekly_minutes - before.weekly_minutes) <= most
    return "small" if same and little else "material"


def amend(turn: Turn, placement: Present, command: AmendRequirement) -> Refusal | None:
    """Record what is needed now, and let follow what the change asks for. A repeat changes nothing.

    What comes from the ward too late is an item for a person instead of a refusal that nobody reads.
    """
    refusal = why_not_amend(placement)
    if refusal is not None or not isinstance(placement, _AMENDABLE):
        if command.by == "broker":
            return refusal
        turn.escalate("requirement_changed")
        return None
    facts = placement.facts
    outcode = command.outcode or facts.needed.outcode
    sector = command.sector if command.outcode else facts.needed.sector
    now_needed = needed(outcode, command.requirement, sector)
    if facts.amended == command.requirement and now_needed == facts.needed:
        return None
    change = how_much(facts, now_needed, command.requirement, turn.policy)
    holder = placement if isinstance(placement, states.Awarded | states.Confirmed) else None
    kept = holder is not None and change != "material"
    price = price_of_award(turn, holder.award, now_needed) if holder and kept else None
    turn.record(
        acts.RequirementAmended(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            version=facts.requirement_version + 1,
            change=change,
            source=command.by,
            outcode=outcode,
            sector=sector,
            gender=command.gender,
            requirement=command.requirement,
            award_id=holder.award.award_id if holder else None,
            start_by=start_by(turn, command.requirement.ready_at) if kept else None,
            rate_pence=price.rate_pence if price else None,
            weekly_cost_sixtieths=price.weekly_cost_sixtieths if price else None,
        )
    )
    if kept:
        turn.close("start_overdue")
    if change == "material" and holder is not None:
        _ask_first(turn, holder, command.requirement, outcode)
    elif change == "material":
        _search_again(turn)
    escalate_if_exceeded(turn)
    return None


def _ask_first(
    turn: Turn, holder: states.Awarded | states.Confirmed, asked: Requirement, outcode: str
) -> None:
    """Who has the package says if it takes what is needed now; until then it need not confirm."""
    turn.close("confirmation_overdue", "start_overdue")
    turn.record(
        ChangeAsked(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=holder.award.award_id,
            provider_id=holder.award.provider_id,
            version=holder.facts.requirement_version + 1,
            outcode=outcode,
            requirement=asked,
            answer_by=turn.now + timedelta(hours=turn.policy.care_answer_hours),
        )
    )


def not_agreed(
    turn: Turn,
    holder: states.Awarded | states.Confirmed,
    because: NoAnswer,
    response_id: UUID | None = None,
) -> None:
    """Who has the package does not take what is needed now, or said nothing in time. Undone before the
    start, its award was none: the same search goes on, and its clock never stopped."""
    assert holder.change is not None
    about: dict[str, Any] = {
        "at": turn.now,
        "referral_id": turn.referral_id,
        "placement_id": turn.placement_id,
        "award_id": holder.award.award_id,
        "provider_id": holder.award.provider_id,
    }
    turn.record(
        ChangeRefused(
            **about, version=holder.change.version, because=because, response_id=response_id
        )
    )
    turn.record(events.AwardCancelled(**about, because="change_refused"))
    turn.close("confirmation_overdue", "person_view_missing", "start_overdue")
    left_out = dict.fromkeys((*everybody_who_said_no(holder), holder.award.provider_id))
    turn.reopen(holder, "requirement_changed", tuple(left_out))


def _search_again(turn: Turn) -> None:
    """Everybody may be asked for the new package."""
    withdraw_offers(turn, "requirement_changed")
    searching = turn.placement
    assert isinstance(searching, states.Searching | states.Exhausted)
    turn.reopen(searching, "requirement_changed", ())
    turn.close("nobody_left")
