"""What an auditor remembers of one placement's events, and what holds of every answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

OPEN = ("live", "accepted", "questioned", "countered")


@dataclass(slots=True)
class OfferLife:
    """One offer, as far as it is known by now."""

    provider_id: UUID
    made_at: datetime
    expires_at: datetime
    tier: tuple[int, int]
    state: str = "live"
    response_id: UUID | None = None


@dataclass(slots=True)
class Auditor:
    """The state of one placement by its events so far."""

    offers: dict[UUID, OfferLife] = field(default_factory=dict)
    award: tuple[UUID, UUID] | None = None
    ending: tuple[UUID, UUID] | None = None
    lost: tuple[UUID, UUID] | None = None
    """The award that a provider's silence ended: an answer that was in time may give it back."""
    ends_openly: bool = False
    """Care ends with the first visit of somebody else: nobody knows its last day yet."""
    """An award that is live no longer and keeps care until its last visit."""
    tier: tuple[int, int] | None = None
    closes_at: datetime | None = None
    runs_on: bool = False
    """The open tier's offers outlive it, and those that it leaves unasked stay next in order."""
    ran_on: bool = False
    """So did a tier before it in this round."""
    answered: dict[UUID, str] = field(default_factory=dict)
    last_at: datetime | None = None
    no_room: set[tuple[tuple[int, int], UUID]] = field(default_factory=set)
    """By round and tier: who had as many live offers as it may have, and may be asked later."""
    held_until: datetime | None = None
    excluded: set[UUID] = field(default_factory=set)
    """By a person: nobody of them is asked."""


def in_time(auditor: Auditor, offer_id: UUID, provider_id: UUID, said: datetime) -> Iterator[str]:
    """The answer is to an offer of this provider that was open when it was given."""
    offer = auditor.offers.get(offer_id)
    if offer is None or offer.provider_id != provider_id:
        yield f"I1: an answer to offer {offer_id}, which this provider never had"
        return
    if not offer.made_at <= said < offer.expires_at:
        yield f"I4: offer {offer_id} was answered outside its life"
    if offer.state not in ("live", "lapsed", "countered"):
        yield f"I4: offer {offer_id} was answered although it was {offer.state}"


def once(auditor: Auditor, response_id: UUID | None, result: str) -> Iterator[str]:
    """Every request of a provider has one outcome."""
    if response_id is None:
        return
    before = auditor.answered.setdefault(response_id, result)
    if before != result:
        yield f"I4: response {response_id} was {before}, and then {result}"
