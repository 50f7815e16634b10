"""May this be done? The same answer for a page's button and for the decision itself.

Each `why_not_…` gives None for yes, and a refusal, or its code, for no.
"""

from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.matching.domain import placement as states
from services.matching.domain.codes import RefusalCode
from services.matching.domain.commands import Answer
from services.matching.domain.people import NOTHING
from services.matching.domain.placement import Facts, Offer, Placement
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import SENTENCES, UNKNOWN_PLACEMENT, Refusal


def offer_answered(placement: Placement, answer: Answer) -> Offer | RefusalCode:
    """The offer that an answer counts for, or why it changes nothing.

    An offer's first answer counts; one recorded before the deadline counts although the offer
    has lapsed since, unless the package was placed or withdrawn first.
    Source: domain rule 6.
    """
    placed = isinstance(placement, states.Carried)
    offer = states.offer_of(placement, answer.offer_id)
    if offer is None or offer.provider_id != answer.provider_id:
        return "already-placed" if placed else "offer-withdrawn"
    match offer.status:
        case "accepted" | "awarded" | "declined" | "waiting" | "conditional" | "countered":
            return "already-answered"
        case "withdrawn_placed":
            return "already-placed"
        case "withdrawn_changed":
            return "requirement-changed"
        case "withdrawn_ended" | "refused":
            return "offer-withdrawn"
        case "live" | "lapsed":
            if answer.answered_at >= offer.expires_at:
                return "offer-lapsed"
            if placed:
                return "already-placed"
            if not isinstance(placement, states.Open):
                return "offer-withdrawn"
            superseded = is_superseded(placement.facts, answer.version or offer.version)
            return "requirement-changed" if superseded else offer
        case _:
            assert_never(offer.status)


def is_superseded(facts: Facts, version: int) -> bool:
    """Whether a version of what is needed is another package than what is needed now."""
    return not facts.superseded_before <= version <= facts.requirement_version


def why_not_answer_by_telephone(
    placement: Placement, answer: Answer, now: datetime, policy: Policy
) -> Refusal | None:
    """Why an answer given by telephone cannot be written down, as a sentence for who types it.

    When it was said decides if it lies within the offer's life; it must not lie in the future and
    must be typed within the policy's grace. Source: domain rule 11.
    """
    if isinstance(placement, states.Absent):
        return UNKNOWN_PLACEMENT
    offer = states.offer_of(placement, answer.offer_id)
    if offer is None or offer.provider_id != answer.provider_id:
        return Refusal(
            code="unknown-offer",
            sentence="This provider has no such offer for this package; check which was meant.",
        )
    said_at = answer.answered_at
    if said_at > now:
        return Refusal(
            code="said-in-the-future",
            sentence="The time of the call lies in the future; give the time when it was said.",
        )
    grace = policy.telephone_grace_minutes
    if now - said_at > timedelta(minutes=grace):
        return Refusal(
            code="typed-too-late",
            sentence=f"An answer by telephone must be written down within {grace} minutes of the"
            " call; this one is older. Award by hand if the provider still takes the package.",
        )
    if said_at < offer.made_at:
        return Refusal(
            code="said-before-the-offer",
            sentence="The time of the call lies before the offer was made; check the time.",
        )
    counts = offer_answered(placement, answer)
    return None if isinstance(counts, Offer) else Refusal(code=counts, sentence=SENTENCES[counts])


def can_answer_by_telephone(
    placement: Placement, offer: Offer, now: datetime, policy: Policy
) -> bool:
    """Whether a broker may still write down what a provider says, or just said, to an offer."""
    grace = timedelta(minutes=policy.telephone_grace_minutes)
    latest = min(now, offer.expires_at - timedelta(microseconds=1))
    said_at = max(offer.made_at, now - grace, latest)
    answer = Answer(
        kind="accept",
        offer_id=offer.offer_id,
        provider_id=offer.provider_id,
        answered_at=said_at,
        via="telephone",
    )
    return why_not_answer_by_telephone(placement, answer, now, policy) is None


def can_confirm(placement: Placement, provider_id: UUID, award_id: UUID) -> bool:
    """Whether a provider may confirm an award: it holds it and has not confirmed yet."""
    return isinstance(placement, states.Awarded) and _holds(placement, provider_id, award_id)


def why_not_confirm_version(placement: Placement, version: int | None) -> RefusalCode | None:
    """Why a confirmation is not for what is needed now: an open question about it comes first."""
    if not isinstance(placement, states.Awarded):
        return None
    if placement.change is not None:
        return "change-unanswered"
    if version is not None and is_superseded(placement.facts, version):
        return "requirement-changed"
    return None


def has_view_needed(placement: Placement, policy: Policy) -> bool:
    """Whether the person's view is recorded as the policy needs it to confirm. Source: domain rule 9."""
    if not policy.needed_person_view or isinstance(placement, states.Absent):
        return True
    return (placement.by_people or NOTHING).person_view in policy.needed_person_view


def can_release(placement: Placement, provider_id: UUID, award_id: UUID) -> bool:
    """Whether a provider may release an award: before confirming; later it is a hand-back."""
    return can_confirm(placement, provider_id, award_id)


def can_report_start(placement: Placement, provider_id: UUID, award_id: UUID) -> bool:
    """Whether a provider may report the first visit: it holds the award, confirmed or not."""
    return isinstance(placement, states.Awarded | states.Confirmed) and _holds(
        placement, provider_id, award_id
    )


def _holds(holder: states.Held, provider_id: UUID, award_id: UUID) -> bool:
    return holder.award.award_id == award_id and holder.award.provider_id == provider_id


def can_withdraw(placement: Placement) -> bool:
    """Whether a referral may be withdrawn: always, once, as long as it is known.

    Care that is ending is ended for the whole package, see `package_step`.
    """
    return not isinstance(placement, states.Absent | states.Ending | states.Over)
