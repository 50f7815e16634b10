"""What the demo needs of a simulated market beside what the simulator makes of it."""

from collections.abc import Mapping
from typing import Any

from deploy.simulator.market import SimulatedMarket
from services.matching.domain.market import Provider
from shared.contracts.codes import Need, codes_of


def entry_of(provider: Provider) -> Mapping[str, Any]:
    """The provider as an operator records it."""
    return {
        "provider_id": str(provider.provider_id),
        "name": provider.name,
        "contracts": [
            {
                "kind": contract.kind,
                "lot": contract.lot,
                "rank": contract.rank,
                "rate": contract.rate_pence and f"{contract.rate_pence / 100:.2f}",
                "from": contract.from_.isoformat(),
            }
            for contract in provider.contracts
        ],
        "outcodes": sorted(provider.outcodes),
        "capabilities": sorted(provider.capabilities),
        "languages": sorted(provider.languages),
        "carer_genders": sorted(provider.carer_genders),
        "cqc_rating": provider.cqc_rating,
        "branches": list(provider.branches),
        "capacity_hours": provider.capacity_hours,
    }


def nobody_can(market: SimulatedMarket) -> list[str]:
    """Needs that no provider can meet, so that a search for them ends with nobody left to ask."""
    able = {code for provider in market.providers for code in provider.capabilities}
    return [need for need in codes_of(Need) if need not in able][:2]
