"""May what was written down of a telephone call be corrected? The same answer for a page and the decision.

Source: domain rule 11. Only what a person wrote down, and only while it can still matter.
"""

from datetime import datetime, timedelta

from services.matching.domain import placement as states
from services.matching.domain.codes import RefusalCode
from services.matching.domain.commands import Answer
from services.matching.domain.market import Market
from services.matching.domain.people import NOTHING
from services.matching.domain.people_commands import CorrectAnswer
from services.matching.domain.placement import AfterStart, Offer, Placement
from services.matching.domain.policy import Policy
from services.matching.domain.questions import is_superseded, offer_answered
from services.matching.domain.refusal import SENTENCES, Refusal
from services.matching.domain.steering_questions import unknown_offer

_CONFIRMED = Refusal(
    code="already-confirmed",
    sentence="The provider has confirmed the award itself, so its yes was meant; cancel the award if it"
    " must not keep the package.",
)
_STARTED = Refusal(
    code="already-started",
    sentence="Care has started, and what was said of the offer matters no longer; end the package or"
    " agree a hand-back with the provider.",
)
_ENDED = Refusal(
    code="already-withdrawn",
    sentence="The package was withdrawn or has ended; there is nothing left to correct.",
)
_IS_OVER = Refusal(
    code="answer-is-over",
    sentence="This yes has come to nothing already, by another award or the end of its own; a new round"
    " asks this provider again.",
)


def why_not_correct(
    placement: Placement, command: CorrectAnswer, now: datetime, policy: Policy, market: Market
) -> Refusal | None:
    """Why an answer cannot be corrected in this way, and what to do instead."""
    offer = states.offer_of(placement, command.offer_id)
    if offer is None or not isinstance(placement, AfterStart | states.Over):
        return unknown_offer(placement)
    if isinstance(placement, states.Over):
        return _ENDED
    if isinstance(placement, states.Started | states.Paused | states.Ending):
        return _STARTED
    if offer.answered_at is None:
        return Refusal(
            code="not-answered",
            sentence="This offer has no answer; write down what the provider says.",
        )
    if offer.via != "telephone":
        return Refusal(
            code="answered-by-provider",
            sentence="The provider gave this answer itself; it may release the award, and you may"
            " withdraw its offer, cancel its award, or ask it again.",
        )
    return (
        _why_not_of_this_offer(placement, offer, command)
        or _why_not_then(placement, offer, command, now, policy)
        or _why_not_counts(placement, offer, command, market)
    )


def was_awarded(placement: Placement, offer: Offer) -> bool:
    """Whether the yes to this offer took the package that waits to be confirmed."""
    return isinstance(placement, states.Awarded) and placement.award.offer_id == offer.offer_id


def meant_offer(placement: Placement, offer: Offer, command: CorrectAnswer) -> Offer | None:
    """The offer whose answer it was; None for one that the placement does not know."""
    if command.meant is None:
        return offer
    return states.offer_of(placement, command.meant)


def _why_not_of_this_offer(
    placement: AfterStart, offer: Offer, command: CorrectAnswer
) -> Refusal | None:
    was = "decline" if offer.status == "declined" else "accept"
    if was == "accept" and offer.status != "accepted" and not was_awarded(placement, offer):
        if isinstance(placement, states.Confirmed) and placement.award.offer_id == offer.offer_id:
            return _CONFIRMED
        return _IS_OVER
    if command.meant is None and command.said == was:
        return Refusal(
            code="nothing-changed", sentence="That is what was written down; say what was said."
        )
    return None


def _why_not_then(
    placement: AfterStart, offer: Offer, command: CorrectAnswer, now: datetime, policy: Policy
) -> Refusal | None:
    """The call is the one that was written down, within the grace for writing it down."""
    assert offer.answered_at is not None
    meant = meant_offer(placement, offer, command)
    if meant is None or (command.meant is not None and meant.provider_id == offer.provider_id):
        return Refusal(
            code="unknown-offer",
            sentence="No such offer was made to another provider for this package.",
        )
    said_at = command.said_at or offer.answered_at
    if said_at > now:
        return Refusal(
            code="said-in-the-future",
            sentence="The time of the call lies in the future; give the time when it was said.",
        )
    if said_at < meant.made_at:
        return Refusal(
            code="said-before-the-offer",
            sentence="The time of the call lies before the offer was made; check the time.",
        )
    grace = policy.telephone_grace_minutes
    if abs(said_at - offer.answered_at) > timedelta(minutes=grace):
        return Refusal(
            code="another-call",
            sentence=f"That is more than {grace} minutes from the call that was written down; correct"
            " this one as not said, and write down the other one by itself.",
        )
    return None


def _why_not_counts(
    placement: AfterStart, offer: Offer, command: CorrectAnswer, market: Market
) -> Refusal | None:
    """What was really said counts as it would have, had it been written down then."""
    meant = meant_offer(placement, offer, command)
    if command.said is None or meant is None:
        return None
    code = _refused(placement, offer, meant, command)
    if code == "already-placed":
        return Refusal(
            code=code,
            sentence=f"{SENTENCES[code]} Correct the answer as not said, or award by hand.",
        )
    if code is not None:
        return Refusal(code=code, sentence=SENTENCES[code])
    return _why_not_provider(placement, meant, market) if command.said == "accept" else None


def _refused(
    placement: AfterStart, offer: Offer, meant: Offer, command: CorrectAnswer
) -> RefusalCode | None:
    said_at = command.said_at or offer.answered_at
    assert said_at is not None
    if said_at >= meant.expires_at:
        return "offer-lapsed"
    if is_superseded(placement.facts, meant.version):
        return "requirement-changed"
    undone = was_awarded(placement, offer)
    if command.meant is None:
        return "already-placed" if isinstance(placement, states.Held) and not undone else None
    if undone and command.said == "accept" and meant.status == "withdrawn_placed":
        # It lost its offer by the award that is undone, and is heard as if that had not been.
        return "already-answered" if meant.answered_at is not None else None
    answer = Answer(
        kind=command.said or "decline",
        offer_id=meant.offer_id,
        provider_id=meant.provider_id,
        answered_at=said_at,
        via="telephone",
    )
    counts = offer_answered(placement, answer)
    return None if isinstance(counts, Offer) else counts


def _why_not_provider(placement: AfterStart, meant: Offer, market: Market) -> Refusal | None:
    provider = market.providers.get(meant.provider_id)
    if provider is not None and provider.suspended:
        return Refusal(
            code="provider-suspended",
            sentence="This provider is suspended and gets no new packages.",
        )
    if meant.provider_id in (placement.by_people or NOTHING).excluded:
        return Refusal(
            code="provider-excluded",
            sentence="This provider has been excluded from the package since; lift that first.",
        )
    return None
