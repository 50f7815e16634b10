"""May a person steer a search in this way? The same answer for a page's button and the decision.

Each `why_not_…` gives None for yes. Source: domain rules 3 and 11.
"""

from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import placement as states
from services.matching.domain.eligibility import opening_of
from services.matching.domain.london import day_of
from services.matching.domain.market import Market
from services.matching.domain.placement import OPEN_OFFERS, Placement, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import UNKNOWN_PLACEMENT, Refusal

SHORTEST_NOTICE = timedelta(minutes=5)
"""A deadline is not moved nearer than this: its provider must be able to hear of it."""
LONGEST_WINDOW = timedelta(days=14)
LONGEST_HOLD = timedelta(days=28)
_NOT_SEARCHING = Refusal(
    code="not-searching",
    sentence="No provider is being asked for this package now; read the placement again.",
)
_ON_HOLD = Refusal(
    code="on-hold", sentence="The search is on hold; resume it first, then nobody waits for it."
)
_STANDS = Refusal(
    code="acceptance-stands",
    sentence="A provider has said yes and it is being decided; wait for that, or withdraw its offer.",
)


def why_not_hold(placement: Placement, until: datetime, now: datetime) -> Refusal | None:
    """Why a search cannot be put on hold until then."""
    if not isinstance(placement, Searching):
        return _not_searching(placement)
    if until <= now:
        return Refusal(code="hold-ended", sentence="A hold must end in the future; give its end.")
    if until - now > LONGEST_HOLD:
        return Refusal(
            code="hold-too-long",
            sentence=f"A hold lasts {LONGEST_HOLD.days} days at most; withdraw the referral if care"
            " is not needed by then.",
        )
    return None


def why_not_resume(placement: Placement) -> Refusal | None:
    """Why a search cannot be resumed."""
    if isinstance(placement, Searching) and placement.hold is None:
        return Refusal(code="no-hold", sentence="The search is not on hold.")
    return None if isinstance(placement, Searching) else _not_searching(placement)


def why_not_jump(placement: Placement, tier_name: str, policy: Policy) -> Refusal | None:
    """Why a later tier cannot be opened now. An earlier one is never opened again in a round."""
    if not isinstance(placement, Searching):
        return _not_searching(placement)
    names = [tier.name for tier in policy.tiers]
    if tier_name not in names:
        return Refusal(
            code="unknown-tier", sentence="The policy has no such tier: " + ", ".join(names) + "."
        )
    if names.index(tier_name) <= placement.tier:
        return Refusal(
            code="tier-not-ahead",
            sentence="That tier is open or over; ask one of its providers by name instead.",
        )
    return _why_not_ask(placement)


def why_not_ask_provider(
    placement: Placement, provider_id: UUID, now: datetime, policy: Policy, market: Market
) -> Refusal | None:
    """Why a provider cannot be asked now: it is being asked, or a gate keeps it out."""
    if not isinstance(placement, states.Searching | states.Exhausted):
        return _not_searching(placement)
    if provider_id not in market.providers:
        return unknown_provider()
    if _open_offer_to(placement, provider_id) is not None:
        return Refusal(
            code="already-asked", sentence="This provider has a live offer or has said yes to one."
        )
    gate = opening_of(placement, provider_id, policy, market, day_of(now))
    if isinstance(gate, str):
        return Refusal(
            code="not-eligible",
            sentence=f"The gate {gate} keeps this provider out; only an award by hand passes it.",
        )
    return _why_not_stands(placement) if isinstance(placement, Searching) else None


def why_not_skip(placement: Placement, provider_id: UUID, market: Market) -> Refusal | None:
    """Why a provider cannot be left out of this round."""
    if not isinstance(placement, Searching):
        return _not_searching(placement)
    if provider_id not in market.providers:
        return unknown_provider()
    asked = any(
        offer.provider_id == provider_id and offer.round == placement.round
        for offer in placement.offers
    )
    if asked:
        return Refusal(
            code="already-asked",
            sentence="This provider has been asked in this round; withdraw its offer instead.",
        )
    return None


def why_not_change_window(
    placement: Placement, offer_id: UUID, expires_at: datetime, now: datetime
) -> Refusal | None:
    """Why an offer's deadline cannot be moved to that instant. Source: domain rule 6."""
    offer = states.offer_of(placement, offer_id)
    if offer is None:
        return unknown_offer(placement)
    if offer.status != "live" or offer.expires_at <= now:
        return Refusal(
            code="offer-not-live",
            sentence="This offer is answered, withdrawn or over; its deadline cannot be moved.",
        )
    if expires_at < offer.expires_at and expires_at < now + SHORTEST_NOTICE:
        minutes = int(SHORTEST_NOTICE.total_seconds() // 60)
        return Refusal(
            code="window-too-short",
            sentence=f"Leave the provider {minutes} minutes at least, so that it can hear of it.",
        )
    if expires_at - now > LONGEST_WINDOW:
        return Refusal(
            code="window-too-long",
            sentence=f"An offer lasts {LONGEST_WINDOW.days} days at most from now.",
        )
    return None


def why_not_withdraw_offer(placement: Placement, offer_id: UUID) -> Refusal | None:
    """Why an offer cannot be taken back: it is over, or took the package."""
    offer = states.offer_of(placement, offer_id)
    if offer is None:
        return unknown_offer(placement)
    if offer.status not in OPEN_OFFERS:
        return Refusal(
            code="offer-not-live",
            sentence="This offer is not open; an award is cancelled, not withdrawn.",
        )
    return None


def why_not_cancel_award(placement: Placement) -> Refusal | None:
    """Why an award cannot be cancelled: there is none, or care has started."""
    if isinstance(placement, states.Awarded | states.Confirmed):
        return None
    if isinstance(placement, states.Started | states.Paused | states.Ending):
        return Refusal(
            code="already-started",
            sentence="Care has started; end the package or agree a hand-back with the provider.",
        )
    if isinstance(placement, states.Absent):
        return UNKNOWN_PLACEMENT
    return Refusal(code="no-award", sentence="No provider has this package.")


def unknown_provider() -> Refusal:
    """No such provider is in the register."""
    return Refusal(
        code="unknown-provider",
        sentence="No provider of this id is in the register; check the id.",
    )


def unknown_offer(placement: Placement) -> Refusal:
    """The placement knows no such offer."""
    if isinstance(placement, states.Absent):
        return UNKNOWN_PLACEMENT
    return Refusal(code="unknown-offer", sentence="No such offer was made for this package.")


def _not_searching(placement: Placement) -> Refusal:
    return UNKNOWN_PLACEMENT if isinstance(placement, states.Absent) else _NOT_SEARCHING


def _why_not_ask(searching: Searching) -> Refusal | None:
    return _ON_HOLD if searching.hold is not None else _why_not_stands(searching)


def _why_not_stands(searching: Searching) -> Refusal | None:
    return None if searching.decided_by is None else _STANDS


def _open_offer_to(placement: states.Searched, provider_id: UUID) -> states.Offer | None:
    for offer in placement.offers:
        if offer.provider_id == provider_id and offer.status in OPEN_OFFERS:
            return offer
    return None
