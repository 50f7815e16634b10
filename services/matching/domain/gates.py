"""Who may be asked: every reason that keeps a provider out, in one order, before any ranking.

Source: domain rule 3. The first reason found is the one recorded.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.matching.domain.codes import PassedOverReason
from services.matching.domain.load import NO_LOAD, Load
from services.matching.domain.market import Contract, Place, Provider
from services.matching.domain.people import NOTHING
from services.matching.domain.placement import Searched
from services.matching.domain.policy import Passed, Tier
from services.matching.domain.requirement import Needed

_NOTHING: frozenset[Passed] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Who was already asked, said no or gave an award back, as a new offer must know it."""

    asked: frozenset[UUID]
    """In this round, or left out of it."""
    declined: frozenset[UUID]
    released: frozenset[UUID]
    excluded: frozenset[UUID] = frozenset()
    """By a person, for this package."""
    skipped: frozenset[UUID] = frozenset()
    """By a person, for this round."""


def history_of(placement: Searched) -> History:
    """What a placement remembers of its providers."""
    round_, since = placement.round, placement.facts.counts_from_round
    asked = {offer.provider_id for offer in placement.offers if offer.round == round_}
    declined = {
        offer.provider_id
        for offer in placement.offers
        if offer.status == "declined" and offer.round >= since
    }
    by_people = placement.by_people or NOTHING
    return History(
        asked=frozenset(asked.union(placement.left_out)),
        declined=frozenset(declined),
        released=frozenset(placement.released),
        excluded=frozenset(by_people.excluded),
        skipped=frozenset(by_people.skipped),
    )


def why_not(
    place: Place,
    tier: Tier,
    needed: Needed,
    history: History,
    day: date,
    *,
    load: Load = NO_LOAD,
) -> PassedOverReason | None:
    """The reason for which a provider is not asked in a tier, or None if it may be.

    `day` is the day of the offer: contract, insurance and registration must be live on it.
    """
    provider, contract = place
    passes = tier.continuity_passes
    if passes and provider.provider_id != needed.continuity_provider_id:
        passes = _NOTHING
    return (
        _why_not_contract(contract, tier, day, passes)
        or _why_not_able(provider, needed)
        or _why_not_rating(provider, tier, passes)
        or ("suspended" if provider.suspended else None)
        or _why_not_registered(provider, tier, day)
        or _why_not_this_package(provider.provider_id, needed, history)
        or _why_not_rate(contract, tier, needed, day)
        or (_why_not_room(provider, tier, needed, load) if tier.limits_room else None)
    )


def _why_not_contract(
    contract: Contract, tier: Tier, day: date, passes: frozenset[Passed]
) -> PassedOverReason | None:
    if not contract.live_on(day):
        return "contract_not_live"
    if contract.accept_new and tier.accept_new:
        return None
    return None if "closed" in passes else "not_accepting_new"


def _why_not_able(provider: Provider, needed: Needed) -> PassedOverReason | None:
    if needed.outcode not in provider.outcodes:
        return "area"
    if not provider.capabilities.issuperset(needed.capabilities):
        return "capability"
    if not provider.languages.issuperset(needed.languages):
        return "language"
    wanted = needed.carer_gender
    if wanted is not None and provider.carer_genders and wanted not in provider.carer_genders:
        return "carer_gender"
    return None


def _why_not_rating(
    provider: Provider, tier: Tier, passes: frozenset[Passed]
) -> PassedOverReason | None:
    if provider.cqc_rating in tier.cqc_ratings or "rating" in passes:
        return None
    return "cqc_not_inspected" if provider.cqc_rating == "not_inspected" else "cqc_rating"


def _why_not_registered(provider: Provider, tier: Tier, day: date) -> PassedOverReason | None:
    """What runs out at the end of a day passes on it; an unknown end does unless required."""
    insured, rule = provider.insured_until, tier.insurance
    if insured is None:
        if rule == "required":
            return "insurance"
    elif insured < day and rule != "ignored":
        return "insurance"
    registered, rule = provider.data_protection_until, tier.data_protection
    if registered is None:
        return "data_protection" if rule == "required" else None
    return "data_protection" if registered < day and rule != "ignored" else None


def _why_not_room(
    provider: Provider, tier: Tier, needed: Needed, load: Load
) -> PassedOverReason | None:
    """Capacity and the most live offers, where the tier has a rule about them."""
    who = provider.provider_id
    if tier.capacity == "strict":
        held = load.held_hours.get(who, 0.0)
        most = provider.capacity_hours
        if most is None or held + needed.weekly_minutes / 60 > most:
            return "capacity"
    return "live_offers" if is_full(who, tier, load) else None


def is_full(provider_id: UUID, tier: Tier, load: Load) -> bool:
    """Whether a provider has as many live offers as the tier lets it have: it is asked later."""
    most = tier.most_live_offers
    return most is not None and load.live_offers.get(provider_id, 0) >= most


def _why_not_this_package(
    provider_id: UUID, needed: Needed, history: History
) -> PassedOverReason | None:
    if provider_id in needed.excluded or provider_id in history.excluded:
        return "excluded"
    if needed.only_provider_id is not None and needed.only_provider_id != provider_id:
        return "named_another"
    if provider_id in history.released:
        return "released_before"
    if provider_id in history.declined:
        return "already_declined"
    if provider_id in history.asked:
        return "already_asked"
    return "skipped" if provider_id in history.skipped else None


def _why_not_rate(
    contract: Contract, tier: Tier, needed: Needed, day: date
) -> PassedOverReason | None:
    """A price never ranks: it passes the limit or does not. Source: domain rule 1.

    Of a rate card it is the package's average that is held against the limit, exactly.
    """
    limit = tier.rate_limit_pence
    if limit is None:
        return None
    if not contract.rate_cards:
        if contract.rate_pence is None:
            return "no_rate"
        return "rate_over_limit" if contract.rate_pence > limit else None
    price = contract.price(needed, day)
    if price is None:
        return "no_rate"
    return "rate_over_limit" if price.above(limit) else None
