"""What the events say about whom is asked, and why: parts of `TierOpened` and `OffersMade`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.matching.domain.codes import (
    ContractKind,
    CqcRating,
    PassedOverReason,
    RankingComponent,
)
from services.matching.domain.requirement import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One component's value for one provider, None where it is not known.

    In a weighted tier also its weight and the points, from 0 to 1, that it gave.
    """

    component: RankingComponent
    value: float | None
    weight: float | None = None
    points: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """What put a provider at its place, each as it was when the tier opened.

    `measured` are those that more than the provider's entry and its turns answer and, in a weighted
    tier, all that count.
    """

    continuity: bool
    chosen: bool
    contract_rank: int | None
    turns: float
    awarded_hours: float = 0.0
    cqc_rating: CqcRating
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One provider that may be asked in a tier, with its place (1 = first) and why."""

    provider_id: UUID
    place: int
    lot: str | None
    contract_kind: ContractKind
    rate_pence: int | None
    components: Components


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Providers of a tier that are not asked, by reason."""

    reason: PassedOverReason
    provider_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What it is worth, in offers, not to miss a target with one package."""

    target_minutes: int
    offers: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What was expected of one provider, live or next in order, when it was decided whom to ask.

    `yes`: chance that an answer is a yes that lasts. `answers`: chance of an answer in the window.
    """

    provider_id: UUID
    live: bool
    yes: float
    answers: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """Why so many were asked: what a miss costs, what was expected of whom, and what follows.

    `missed` are the chances of missing the targets that lie ahead, in the order of `prices`.
    """

    prices: tuple[Price, ...]
    missed: tuple[float, ...]
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a provider and a broker agreed on: a start, or all visits as they are given."""

    starts_at: datetime | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade:
    """One offer of a wave."""

    offer_id: UUID
    provider_id: UUID
    place: int
    lot: str | None
    contract_kind: ContractKind
    rate_pence: int | None
