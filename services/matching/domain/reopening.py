"""When a search that had ended goes on by itself: somebody is new, or has room again."""

from datetime import date

from services.matching.domain.eligibility import opening_of
from services.matching.domain.gates import History, why_not
from services.matching.domain.market import Market, Place
from services.matching.domain.people import NOTHING
from services.matching.domain.placement import Exhausted
from services.matching.domain.policy import Policy, Tier
from services.matching.domain.search import everybody_asked
from services.matching.domain.turn import Turn


def has_room_again(exhausted: Exhausted, policy: Policy, market: Market, day: date) -> bool:
    """Whether somebody may be asked by now that had as many live offers as it may have."""
    if not exhausted.no_room:
        return False
    openings = (opening_of(exhausted, one, policy, market, day) for one in exhausted.no_room)
    return any(not isinstance(opening, str) for opening in openings)


def reopen_if_somebody_new(turn: Turn, exhausted: Exhausted) -> None:
    """Begin a new round if anybody never asked for this package would now pass a tier's gates.

    Somebody new without room begins one too: it is noted, and asked once it has room.
    """
    known = everybody_asked(exhausted)
    excluded = frozenset((exhausted.by_people or NOTHING).excluded)
    history = History(
        asked=frozenset(known), declined=frozenset(), released=frozenset(), excluded=excluded
    )
    policy, market, day = turn.policy, turn.market, turn.today
    needed = exhausted.facts.needed

    def may_be_asked(tier: Tier, place: Place) -> bool:
        reason = why_not(place, tier, needed, history, day, load=market.load)
        new = place[0].provider_id not in exhausted.no_room
        return reason is None or (new and reason == "live_offers")

    if not any(
        may_be_asked(tier, place)
        for tier in policy.tiers
        for place in market.places(policy, tier, needed.outcode)
    ):
        return
    turn.reopen(exhausted, "market_changed", known)
    turn.close("nobody_left")
