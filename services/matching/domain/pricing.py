"""What an award costs by the rate card of the contract that it was made under."""

from datetime import date
from uuid import UUID

from services.matching.domain.codes import ContractKind
from services.matching.domain.london import day_of
from services.matching.domain.market import Contract, Market
from services.matching.domain.placement import Award, Change, Facts
from services.matching.domain.rates import Price
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Needed
from services.matching.domain.turn import Turn


def contract_of(
    market: Market, provider_id: UUID, kind: ContractKind | None, lot: str | None, day: date
) -> Contract | None:
    """The contract of that kind and lot that was in force on a day, if the register still has it."""
    provider = market.providers.get(provider_id)
    if provider is None or kind is None:
        return None
    return next((one for one in provider.contracts_of(kind, lot) if one.live_on(day)), None)


def price_by_card(contract: Contract | None, needed: Needed, day: date) -> Price | None:
    """A week by the card in force on a day; None where one rate an hour was agreed.

    That is so without a card, and for spot: each package is bought at the rate that was offered or
    quoted for it, and no card changes it.
    """
    if contract is None or contract.kind == "spot" or contract.card_on(day) is None:
        return None
    return contract.price(needed, day)


def contract_of_award(turn: Turn, award: Award) -> Contract | None:
    """The contract that an award was made under, if the register still has it."""
    return contract_of(
        turn.market, award.provider_id, award.contract_kind, award.lot, day_of(award.filled_at)
    )


def price_of_award(turn: Turn, award: Award, needed: Needed) -> Price | None:
    """A week of what is needed now, by the card of the contract that the award was made under."""
    return price_by_card(contract_of_award(turn, award), needed, turn.today)


def price_of_change(turn: Turn, facts: Facts, award: Award, change: Change) -> Price | None:
    """The same of what the provider was asked to give instead."""
    needed = replace(
        facts.needed,
        outcode=change.outcode or facts.needed.outcode,
        weekly_minutes=change.weekly_minutes,
        visits=change.visits,
    )
    return price_of_award(turn, award, needed)
