"""What is needed has changed before the start. Source: domain rule 12.

A date within tolerance and a small change keep offers and award, and everybody is told; a material
change takes the offers back and searches again. Who has the package keeps it until it gives it up,
or a person ends the award.
"""

from dataclasses import replace
from datetime import timedelta

from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.authorised import escalate_if_exceeded
from services.matching.domain.codes import AmendmentKind
from services.matching.domain.people_commands import AmendRequirement
from services.matching.domain.placement import Facts, Present
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import Refusal
from services.matching.domain.requirement import Needed, Requirement, needed
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
    """
    before = facts.needed
    moved = abs(asked.ready_at - facts.ready_at) if facts.ready_at else timedelta()
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
        )
    )
    if change == "material":
        _search_again(turn, placement)
    escalate_if_exceeded(turn)
    return None


def _search_again(turn: Turn, placement: Present) -> None:
    """Everybody may be asked for the new package; an award is for a person and its provider."""
    if isinstance(placement, states.Awarded | states.Confirmed):
        turn.escalate("requirement_changed")
        return
    withdraw_offers(turn, "requirement_changed")
    searching = turn.placement
    assert isinstance(searching, states.Searching | states.Exhausted)
    turn.record(
        events.SearchReopened(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            round=searching.round + 1,
            because="requirement_changed",
            left_out=(),
        )
    )
    turn.close("nobody_left")
