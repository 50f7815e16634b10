"""What people decided about one placement, checked on its events: holds, windows, questions of a yes."""

from collections.abc import Iterator
from typing import assert_never

from deploy.invariants.auditor import Auditor, in_time, once
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
from services.matching.domain.interventions import Intervention
from services.matching.domain.negotiations import Negotiation


def by_people(auditor: Auditor, event: Intervention | Negotiation) -> Iterator[str]:
    """What does not hold of one such event."""
    if isinstance(event, Negotiation):
        yield from _negotiated(auditor, event)
    else:
        yield from _intervened(auditor, event)


def _negotiated(auditor: Auditor, event: Negotiation) -> Iterator[str]:
    offer = auditor.offers.get(event.offer_id)
    if offer is None or offer.provider_id != event.provider_id:
        yield f"I4: {event.TYPE} of offer {event.offer_id}, which this provider never had"
        return
    match event:
        case talks.RateQuoted() | talks.ConditionRaised():
            yield from once(auditor, event.response_id, "questioned")
            yield from in_time(auditor, event.offer_id, event.provider_id, event.accepted_at)
            offer.state, offer.response_id = "questioned", event.response_id
        case talks.ConditionCountered():
            if offer.state != "questioned":
                yield f"I4: terms for offer {event.offer_id}, which is {offer.state}"
            offer.state, offer.expires_at = "countered", event.expires_at
        case talks.RateApproved() | talks.ConditionAccepted():
            if offer.state not in ("questioned", "countered", "lapsed"):
                yield f"I4: offer {event.offer_id} agreed to although it was {offer.state}"
            # It is answered anew now, by the same response unless there was a counter.
            auditor.answered.pop(offer.response_id or event.offer_id, None)
            offer.state = "live"
        case talks.RateRefused() | talks.ConditionRefused():
            if offer.state != "questioned":
                yield f"I4: offer {event.offer_id} refused although it was {offer.state}"
            offer.state = "refused"
        case _:
            assert_never(event)


def _intervened(auditor: Auditor, event: Intervention) -> Iterator[str]:
    match event:
        case acts.SearchHeld():
            if event.until <= event.at:
                yield "I3: a hold that ended before it began"
            auditor.held_until = event.until
        case acts.SearchResumed():
            if auditor.held_until is None:
                yield "I3: a search was resumed that was not held"
            elif event.because == "hold_ended" and event.at < auditor.held_until:
                yield "I3: a hold ended before its time"
            auditor.held_until, auditor.closes_at = None, event.closes_at
        case acts.OfferWindowChanged():
            offer = auditor.offers.get(event.offer_id)
            if offer is None or offer.state != "live":
                yield f"I4: the deadline of offer {event.offer_id} was moved, which is not live"
            else:
                offer.expires_at = event.expires_at
        case acts.AnswerCorrected():
            yield from _corrected(auditor, event)
        case acts.ProviderExcluded():
            auditor.excluded.add(event.provider_id)
        case acts.ExclusionLifted():
            auditor.excluded.discard(event.provider_id)
        case (
            acts.ProviderSkipped()
            | acts.ExclusionProposed()
            | acts.PersonViewRecorded()
            | acts.PlacementAssigned()
            | acts.PolicyMoved()
            | acts.RequirementAmended()
            | acts.PackageLinked()
        ):
            return
        case _:
            assert_never(event)


def _corrected(auditor: Auditor, event: acts.AnswerCorrected) -> Iterator[str]:
    """An answer that there was is taken away, and never one that has the package."""
    offer = auditor.offers.get(event.offer_id)
    wanted = ("declined",) if event.was == "decline" else ("accepted", "awarded")
    if offer is None or offer.provider_id != event.provider_id or offer.state not in wanted:
        yield f"I4: an answer to offer {event.offer_id} was corrected that it never had"
        return
    if event.was == "accept" and auditor.award is not None:
        yield f"I1: the yes to offer {event.offer_id} was corrected while an award is live"
    offer.state = event.becomes
    meant = auditor.offers.get(event.meant_offer_id) if event.meant_offer_id else None
    if event.was == "accept" and meant is not None and meant.state == "withdrawn":
        # Taken back for the wrong award: its answer counts after all.
        meant.state = "lapsed"
