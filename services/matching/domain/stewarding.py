"""What people decide about a placement as a whole: exclusions, the person's view, who looks after it.

Source: domain rules 3, 9, 10 and 11.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.amending import amend
from services.matching.domain.carrying import present
from services.matching.domain.codes import ExclusionCause, PersonView, PersonViewBy
from services.matching.domain.people import NOTHING, ByPeople
from services.matching.domain.people_commands import (
    AmendRequirement,
    Assign,
    CloseEscalation,
    Escalate,
    ExcludeProvider,
    LiftExclusion,
    LinkPackage,
    MoveToPolicy,
    PlacementCommand,
    RecordPersonView,
)
from services.matching.domain.placement import OPEN_OFFERS, Open, Present, Searched, Searching
from services.matching.domain.refusal import Refusal
from services.matching.domain.search import everybody_who_said_no
from services.matching.domain.steering_questions import unknown_provider
from services.matching.domain.stewarding_questions import (
    why_not_close,
    why_not_decide_about,
    why_not_exclude,
    why_not_lift,
    why_not_move_policy,
    why_not_person_view,
)
from services.matching.domain.turn import Turn
from services.matching.domain.withdrawing import take_back


def steward(turn: Turn, placement: Present, command: PlacementCommand) -> Refusal | None:
    """The command's own events, or why it cannot be done."""
    refusal = why_not_decide_about(placement)
    if refusal is not None:
        return None if _comes_by_event(command) else refusal
    match command:
        case ExcludeProvider():
            return _exclude(turn, placement, command.provider_id)
        case LiftExclusion():
            return _lift(turn, placement, command.provider_id)
        case RecordPersonView():
            return _record_view(turn, command)
        case Assign():
            _assign(turn, placement, command.assignee_id)
        case Escalate():
            turn.escalate("by_hand")
        case CloseEscalation():
            refusal = why_not_close(placement, command.kind, turn.now)
            if refusal is None:
                turn.close(command.kind)
        case MoveToPolicy():
            return _move(turn, placement)
        case LinkPackage():
            _link(turn, placement, command.linked_referral_id)
        case AmendRequirement():
            return amend(turn, placement, command)
        case _:
            assert_never(command)
    return refusal


def _comes_by_event(command: PlacementCommand) -> bool:
    """Nobody waits for a refusal of what the ward has sent."""
    by_ward = isinstance(command, AmendRequirement) and command.by == "referral"
    return by_ward or isinstance(command, LinkPackage)


def by_people(turn: Turn) -> ByPeople:
    """What people have decided so far."""
    return present(turn.placement).by_people or NOTHING


def propose_exclusion(turn: Turn, provider_id: UUID, because: ExclusionCause) -> None:
    """Suggest, to a person, that a provider be excluded, unless it is or was suggested."""
    so_far = by_people(turn)
    if provider_id in (*so_far.excluded, *so_far.proposed):
        return
    turn.record(
        acts.ExclusionProposed(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            provider_id=provider_id,
            because=because,
        )
    )
    turn.escalate("exclusion_proposed")


def _exclude(turn: Turn, placement: Present, provider_id: UUID) -> Refusal | None:
    """Never ask it again, and take back what it was offered; an award stays until it is cancelled."""
    if provider_id not in turn.market.providers:
        return unknown_provider()
    refusal = why_not_exclude(placement, provider_id)
    if refusal is not None:
        return refusal
    _record_excluded(turn, provider_id)
    offers = tuple(
        offer.offer_id
        for offer in states.offers_of(turn.placement)
        if offer.provider_id == provider_id and offer.status in OPEN_OFFERS
    )
    take_back(turn, offers, "excluded")
    _nothing_proposed(turn)
    return None


def keep_decisions(turn: Turn, before: Sequence[Present]) -> None:
    """What people decided about placements holds in the search that comes of them, as far as it can."""
    _keep_excluded(turn, before)
    _keep_linked(turn, before)
    _keep_assignee(turn, before)
    _keep_view(turn, before)


def _keep_assignee(turn: Turn, before: Sequence[Present]) -> None:
    """Who looks after a package looks after all that comes of it."""
    found = [(one.by_people or NOTHING).assignee_id for one in before]
    _assign(turn, present(turn.placement), next((one for one in found if one is not None), None))


def _keep_view(turn: Turn, before: Sequence[Present]) -> None:
    """What the person says of a plan holds for its parts, for bridging care and for a search that
    follows before anybody has come, as it holds after a release: the plan is the same.

    Once care was given, its end and another provider are something new that the person is asked about
    anew. Of several parts that say different things a refusal holds, else nothing.
    """
    known = [one.by_people or NOTHING for one in before]
    if not all(isinstance(one, Open | states.Confirmed) for one in before):
        return
    refusals = [one for one in known if one.person_view == "refuses"]
    same = len({one.person_view for one in known}) == 1
    if not refusals and not same:
        return
    kept = max(refusals or known, key=lambda one: one.told_at or turn.now)
    if kept.told_by_role is not None and kept.told_at is not None:
        _say_view(turn, kept.person_view, kept.told_by_role, kept.told_at)


def _keep_excluded(turn: Turn, before: Sequence[Present]) -> None:
    """Whom people excluded from a package is not asked in the searches that come of it."""
    found = [who for one in before for who in (one.by_people or NOTHING).excluded]
    for provider_id in dict.fromkeys(found):
        _record_excluded(turn, provider_id)


def _keep_linked(turn: Turn, before: Sequence[Present]) -> None:
    """The searches that come of a package are shown with the same other one."""
    for one in before:
        linked_referral_id = (one.by_people or NOTHING).linked_referral_id
        if linked_referral_id is not None:
            _link(turn, present(turn.placement), linked_referral_id)


def _record_excluded(turn: Turn, provider_id: UUID) -> None:
    turn.record(
        acts.ProviderExcluded(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            provider_id=provider_id,
        )
    )


def _lift(turn: Turn, placement: Present, provider_id: UUID) -> Refusal | None:
    refusal = why_not_lift(placement, provider_id)
    if refusal is not None:
        return refusal
    turn.record(
        acts.ExclusionLifted(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            provider_id=provider_id,
        )
    )
    _nothing_proposed(turn)
    return None


def _nothing_proposed(turn: Turn) -> None:
    if not by_people(turn).proposed:
        turn.close("exclusion_proposed")


def _record_view(turn: Turn, command: RecordPersonView) -> Refusal | None:
    refusal = why_not_person_view(command.told_at, turn.now)
    known = by_people(turn)
    before = (known.person_view, known.told_by_role, known.told_at)
    if refusal is not None or before == (command.view, command.told_by_role, command.told_at):
        return refusal
    _say_view(turn, command.view, command.told_by_role, command.told_at)
    return None


def _say_view(turn: Turn, view: PersonView, told_by_role: PersonViewBy, told_at: datetime) -> None:
    turn.record(
        acts.PersonViewRecorded(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            view=view,
            told_by_role=told_by_role,
            told_at=told_at,
        )
    )
    if view in turn.policy.needed_person_view:
        turn.close("person_view_missing")
    if view == "refuses":
        turn.escalate("person_refuses")
    else:
        turn.close("person_refuses")


def _assign(turn: Turn, placement: Present, assignee_id: UUID | None) -> None:
    if (placement.by_people or NOTHING).assignee_id != assignee_id:
        turn.record(
            acts.PlacementAssigned(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                assignee_id=assignee_id,
            )
        )


def _link(turn: Turn, placement: Present, linked_referral_id: UUID | None) -> None:
    """Shown with another package from now on; nothing that is decided depends on it."""
    if (placement.by_people or NOTHING).linked_referral_id != linked_referral_id:
        turn.record(
            acts.PackageLinked(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                linked_referral_id=linked_referral_id,
            )
        )


def _move(turn: Turn, placement: Present) -> Refusal | None:
    """Go on under the turn's policy. A search with nothing open begins a round under it."""
    refusal = why_not_move_policy(placement, turn.policy)
    if refusal is not None or not isinstance(placement, Searched):
        return refusal
    turn.record(
        acts.PolicyMoved(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            policy_name=turn.policy.name,
            policy_version=turn.policy.version,
        )
    )
    idle = not any(offer.status in OPEN_OFFERS for offer in placement.offers)
    if isinstance(placement, Open) and idle and not _is_held(placement):
        turn.reopen(placement, "policy_moved", everybody_who_said_no(placement))
        turn.close("nobody_left")
    return None


def _is_held(placement: Open) -> bool:
    return isinstance(placement, Searching) and placement.hold is not None
