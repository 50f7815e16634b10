"""May a person decide this about a placement? The same answer for a page's button and the decision."""

from datetime import datetime
from uuid import UUID

from services.matching.domain import placement as states
from services.matching.domain.codes import EscalationKind
from services.matching.domain.people import NOTHING
from services.matching.domain.placement import OPEN_OFFERS, Placement, Present, Searched, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import UNKNOWN_PLACEMENT, Refusal

_BY_DECIDING: dict[EscalationKind, str] = {
    "exclusion_proposed": "exclude the provider, or lift the proposal",
    "person_view_missing": "record what the person says",
    "person_refuses": "record what the person says now",
}
"""Items that end when what they ask is decided, and in no other way."""


def why_not_decide_about(placement: Placement) -> Refusal | None:
    """Why nothing can be decided about a placement any more."""
    if isinstance(placement, states.Absent):
        return UNKNOWN_PLACEMENT
    if isinstance(placement, states.Over):
        return Refusal(
            code="already-withdrawn",
            sentence="The package was withdrawn; there is nothing left to decide.",
        )
    return None


def why_not_exclude(placement: Present, provider_id: UUID) -> Refusal | None:
    """Why a provider cannot be excluded: it is."""
    if provider_id in (placement.by_people or NOTHING).excluded:
        return Refusal(code="already-excluded", sentence="This provider is excluded already.")
    return None


def why_not_lift(placement: Present, provider_id: UUID) -> Refusal | None:
    """Why there is no exclusion to lift."""
    by_people = placement.by_people or NOTHING
    if provider_id in (*by_people.excluded, *by_people.proposed):
        return None
    return Refusal(
        code="not-excluded",
        sentence="A broker has not excluded this provider; what the referral excludes, it changes.",
    )


def why_not_person_view(told_at: datetime, now: datetime) -> Refusal | None:
    """Why a view cannot be written down: it would be told in the future."""
    if told_at <= now:
        return None
    return Refusal(
        code="told-in-the-future", sentence="The time lies in the future; give when it was told."
    )


def why_not_close(placement: Present, kind: EscalationKind, now: datetime) -> Refusal | None:
    """Why an item cannot be closed by hand: it is not open, or what it says is still so.

    Source: domain rule 10.
    """
    if kind not in placement.escalations:
        return Refusal(code="nothing-to-close", sentence="No such item is open here.")
    if kind in _BY_DECIDING:
        return Refusal(
            code="still-open", sentence=f"It closes when it is decided: {_BY_DECIDING[kind]}."
        )
    if (kind == "nobody_left" and isinstance(placement, states.Exhausted)) or (
        kind == "confirmation_overdue"
        and isinstance(placement, states.Awarded)
        and placement.award.confirm_by <= now
    ):
        return Refusal(
            code="still-open",
            sentence="It is still so, and nobody else would be told; assign it instead.",
        )
    return None


def why_not_move_policy(placement: Present, policy: Policy) -> Refusal | None:
    """Why a placement cannot go on under a newer policy: what is open would mean something else."""
    if not isinstance(placement, Searched):
        return Refusal(
            code="not-complete",
            sentence="The search has not begun; it begins under the newest policy.",
        )
    if placement.facts.policy_version == policy.version:
        return Refusal(code="same-policy", sentence="It is under the newest policy already.")
    if not _fits(placement, policy):
        return Refusal(
            code="tiers-differ",
            sentence="The newer policy has other tiers than those that have open offers; withdraw"
            " the offers, or move it when they are answered.",
        )
    return None


def _fits(placement: Searched, policy: Policy) -> bool:
    """Whether tiers that are open mean the same under the policy, or nothing is open."""
    live = [(o.tier, o.tier_name) for o in placement.offers if o.status in OPEN_OFFERS]
    held = isinstance(placement, Searching) and placement.hold is not None
    if not live and not held:
        return True
    ahead = placement.unasked if isinstance(placement, Searching) else ()
    known = [*live, *((one.tier, one.tier_name) for one in ahead)]
    names = dict(enumerate(tier.name for tier in policy.tiers))
    return placement.tier in names and all(names.get(index) == name for index, name in known)
