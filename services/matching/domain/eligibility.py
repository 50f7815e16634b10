"""By which tier and contract a provider could be asked for a package, or the gate that keeps it out.

What people do by hand asks this: a search by itself goes tier by tier.
"""

from datetime import date
from uuid import UUID

from services.matching.domain.codes import PassedOverReason
from services.matching.domain.gates import History, why_not
from services.matching.domain.market import Contract, Market
from services.matching.domain.people import NOTHING
from services.matching.domain.placement import Searched
from services.matching.domain.policy import Policy

Opening = tuple[int, Contract]
"""The index of a tier, and the contract that a provider is in it by."""


def opening_of(
    placement: Searched, provider_id: UUID, policy: Policy, market: Market, day: date
) -> Opening | PassedOverReason:
    """The first tier whose gates the provider passes, or the first gate that it does not.

    Offers and answers of before are no gate here: a person may ask again. An exclusion is one.
    """
    needed = placement.facts.needed
    by_people = placement.by_people or NOTHING
    history = History(
        asked=frozenset(),
        declined=frozenset(),
        released=frozenset(),
        excluded=frozenset(by_people.excluded),
    )
    first: PassedOverReason | None = None
    for index, tier in enumerate(policy.tiers):
        for place in market.places(policy, tier, needed.outcode):
            if place[0].provider_id != provider_id:
                continue
            reason = why_not(place, tier, needed, history, day, load=market.load)
            if reason is None:
                return index, place[1]
            first = first or reason
    if first is not None:
        return first
    provider = market.providers.get(provider_id)
    here = provider is not None and needed.outcode in provider.outcodes
    return "no_contract" if here else "area"
