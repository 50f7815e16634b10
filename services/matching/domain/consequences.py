"""What a person's command would do to others, in a sentence, before it is done.

Read from the events that it would come to, so that it can never say anything else than what then
happens.
"""

from collections.abc import Iterator, Sequence

from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import interventions as acts
from services.matching.domain import placement as states
from services.matching.domain.events import Event
from services.matching.domain.package import Package
from services.matching.domain.placement import Placement


def consequences(before: Package, decided: Sequence[Event]) -> str | None:
    """What somebody else loses by these events; None if nobody does."""
    found = list(
        dict.fromkeys(
            said for event in decided for said in _of(before.placement(event.placement_id), event)
        )
    )
    if not found:
        return None
    said = "; ".join(found)
    return f"{said[0].upper()}{said[1:]}. Send it again with `confirm`: true to go on."


def _of(before: Placement, event: Event) -> Iterator[str]:
    match event:
        case events.OffersWithdrawn():
            yield f"{_counted(len(event.offer_ids), 'open offer')} will be withdrawn"
        case events.AwardCancelled():
            yield "the provider that has the package loses it and is told at once"
        case events.Awarded(overrides=gate) if gate is not None:
            yield f"the package goes to a provider that the gate {gate} keeps out"
        case events.TierOpened(because="jumped"):
            left = len(before.unasked) if isinstance(before, states.Searching) else 0
            if left:
                yield f"{_counted(left, 'provider')} who would have been next will come later, if at all"
        case care.CareEnding():
            yield "the provider loses the package; it keeps care until its last visit"
        case acts.SearchHeld():
            until = event.until.isoformat(timespec="minutes")
            yield f"no provider is asked until {until}, while the person's clock runs on"
        case acts.AnswerCorrected(was="accept"):
            yield "the yes that was written down counts no longer"
        case acts.OfferWindowChanged():
            offer = states.offer_of(before, event.offer_id)
            if offer is not None and event.expires_at < offer.expires_at:
                yield "the provider has less time to answer than it was told"
        case _:
            return


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
