"""A market's file as the rules see it: the register, and nothing of anybody's habits."""

from datetime import date
from uuid import UUID, uuid5

from deploy.simulator.market import ProviderPart, SimulatedMarket
from services.matching.domain.market import Contract, Provider

_PROVIDERS = UUID("5b0e4f8a-93d7-5c2e-8f1d-2a6c7e9b4d10")
CONTRACTS_FROM = date(2020, 1, 1)
"""Every contract of a market has begun and none ends."""


def provider_id(provider: ProviderPart) -> UUID:
    """The id of a provider, the same in every market that has it."""
    return uuid5(_PROVIDERS, provider.id)


def register_of(market: SimulatedMarket) -> dict[UUID, Provider]:
    """The register's entries by provider, in the market's order."""
    entries = [_entry(provider) for provider in market.providers]
    return {entry.provider_id: entry for entry in entries}


def _entry(provider: ProviderPart) -> Provider:
    return Provider(
        provider_id=provider_id(provider),
        name=provider.name or provider.id,
        contracts=tuple(
            Contract(
                kind=contract.kind,
                lot=contract.lot,
                rank=contract.rank,
                rate_pence=contract.rate_pence,
                from_=CONTRACTS_FROM,
            )
            for contract in provider.contracts
        ),
        outcodes=frozenset(provider.outcodes),
        capabilities=frozenset(provider.capabilities),
        languages=frozenset(provider.languages),
        carer_genders=frozenset(provider.carer_genders),
        cqc_rating=provider.cqc,
        branches=provider.branches,
        capacity_hours=provider.hours_a_week,
    )
