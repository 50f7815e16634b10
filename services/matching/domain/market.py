"""The providers as the rules see them, laid out so that a tier finds its own without a scan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.matching.domain.calibration import AS_SAID, Calibration
from services.matching.domain.codes import (
    CarerGender,
    CareType,
    ContractKind,
    CqcRating,
    Language,
    Need,
)
from services.matching.domain.geography import Places
from services.matching.domain.load import NO_LOAD, Load
from services.matching.domain.policy import Policy, Tier
from services.matching.domain.rates import Price, RateCard, price_of
from services.matching.domain.requirement import Needed
from services.matching.domain.responses import PRIOR, Responses


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Why a provider may be offered work. `to` is the last day, inclusive; `rate_pence` an hour.

    From the first day of a rate card on, the card says the rate, and `rate_pence` is for visits
    that none of its lines fits.
    """

    kind: ContractKind
    lot: str | None = None
    rank: int | None = None
    rate_pence: int | None = None
    from_: date
    to: date | None = None
    accept_new: bool = True
    notice_days: int = 28
    rate_cards: tuple[RateCard, ...] = ()

    def live_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.from_ <= day and (self.to is None or self.to >= day)

    def card_on(self, day: date) -> RateCard | None:
        """The newest rate card that has begun by a day."""
        begun = [card for card in self.rate_cards if card.from_ <= day]
        return max(begun, key=lambda card: card.from_, default=None)

    def price(self, needed: Needed, day: date) -> Price | None:
        """What a week of a package costs under it; None if no rate is known."""
        card = self.card_on(day)
        if card is not None and needed.visits:
            return price_of(card, needed.outcode, needed.visits, otherwise=self.rate_pence)
        if self.rate_pence is None or not needed.weekly_minutes:
            return None
        return Price(
            weekly_cost_sixtieths=self.rate_pence * needed.weekly_minutes,
            weekly_minutes=needed.weekly_minutes,
        )

    def rate_for(self, needed: Needed, day: date) -> int | None:
        """Pence an hour that a package is offered at: the plain rate, or a card's average."""
        if not self.rate_cards:
            return self.rate_pence
        price = self.price(needed, day)
        return None if price is None else price.rate_pence


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One entry of the register. Empty `carer_genders`: not known, and no gate.

    None is not known, and the policy says what that means. `branches` are outcodes or sectors;
    `capacity_hours` are the weekly hours of care that it declares it can carry in all; the two
    dates are the last days on which insurance and registration are in force.
    """

    provider_id: UUID
    name: str
    contracts: tuple[Contract, ...]
    outcodes: frozenset[str]
    capabilities: frozenset[CareType | Need]
    languages: frozenset[Language] = frozenset()
    carer_genders: frozenset[CarerGender] = frozenset()
    cqc_rating: CqcRating
    suspended: bool = False
    branches: tuple[str, ...] = ()
    capacity_hours: float | None = None
    insured_until: date | None = None
    data_protection_until: date | None = None

    def contracts_of(self, kind: ContractKind, lot: str | None) -> list[Contract]:
        """Its contracts of that kind in that lot, an ended one beside its successor included."""
        return [one for one in self.contracts if one.kind == kind and one.lot == lot]


Place = tuple[Provider, Contract]
Turns = Mapping[tuple[str | None, UUID], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The register at one version, and how often each provider was offered work lately.

    `turns` counts by (lot, provider), an old offer less than a new one, and `awarded_hours` adds up
    the weekly hours of awards in the same way; a provider without an entry has had none.
    `awards` counts those awards. `load` is what everybody carries, `map` where places are.
    `responses` is what is believed of everybody's answers, `calibration` what came of forecasts.
    Build one for each version of the register: the layout costs a pass over it, and `now` keeps it.
    """

    providers: Mapping[UUID, Provider]
    turns: Turns
    awarded_hours: Turns = field(default_factory=dict)
    responses: Responses = field(default=PRIOR, compare=False)
    awards: Turns = field(default_factory=dict)
    load: Load = NO_LOAD
    calibration: Calibration = field(default=AS_SAID, compare=False)
    map: Places = field(default_factory=dict, repr=False, compare=False)
    _places: Mapping[tuple[ContractKind, str | None], tuple[Place, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _kinds: Mapping[ContractKind, tuple[Place, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Lay out every contract by kind and lot, in the order of provider ids."""
        if self._kinds:
            return
        places: dict[tuple[ContractKind, str | None], list[Place]] = {}
        kinds: dict[ContractKind, list[Place]] = {}
        for provider_id in sorted(self.providers):
            provider = self.providers[provider_id]
            for contract in provider.contracts:
                places.setdefault((contract.kind, contract.lot), []).append((provider, contract))
                kinds.setdefault(contract.kind, []).append((provider, contract))
        object.__setattr__(self, "_places", {key: tuple(found) for key, found in places.items()})
        object.__setattr__(self, "_kinds", {kind: tuple(found) for kind, found in kinds.items()})

    def now(
        self,
        turns: Turns,
        awarded_hours: Turns,
        responses: "Responses",
        *,
        awards: Turns | None = None,
        load: Load = NO_LOAD,
        calibration: Calibration = AS_SAID,
    ) -> "Market":
        """The same register and map with the counts and beliefs of this moment."""
        return Market(
            providers=self.providers,
            turns=turns,
            awarded_hours=awarded_hours,
            responses=responses,
            awards=awards or {},
            load=load,
            calibration=calibration,
            map=self.map,
            _places=self._places,
            _kinds=self._kinds,
        )

    def carrying(self, load: Load) -> "Market":
        """The same with another load."""
        return replace(self, load=load)

    def places(self, policy: Policy, tier: Tier, outcode: str) -> Iterable[Place]:
        """Every provider of a tier for an outcode with the contract it is there by, gates aside."""
        if tier.scope == "any":
            return self._kinds.get(tier.kind, ())
        lots = policy.lots_of(outcode) if tier.scope == "lot" else policy.neighbours_of(outcode)
        return [place for lot in lots for place in self._places.get((tier.kind, lot), ())]
