"""Events of `providers.v1`: the register, one whole state a provider each time (compacted)."""

from datetime import date, time
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.contracts.codes import (
    CarerGender,
    CareType,
    ContractKind,
    CqcRating,
    Language,
    Need,
    RateDay,
    RateTime,
    SuspensionReason,
)
from shared.contracts.model import Code, Event, Instant, Model, Outcode, Pence, Sector


class AreaBand(Model):
    """Outcodes that cost the same, under a name."""

    name: Code
    outcodes: Annotated[tuple[Outcode, ...], Field(min_length=1, max_length=500)]


class RateLine(Model):
    """A rate an hour and the visits that it is for; null: it makes no difference."""

    area: Code | None = None
    up_to_minutes: Annotated[int, Field(ge=15, le=24 * 60)] | None = None
    """Visits of this length or shorter."""
    time: RateTime | None = None
    day: RateDay | None = None
    """A bank holiday is also a weekday or a weekend; the first line that fits counts."""
    rate_pence: Pence


class RateCard(Model):
    """What a contract pays from a day on: the first line that fits a visit says its rate."""

    from_: Annotated[date, Field(alias="from")]
    areas: Annotated[tuple[AreaBand, ...], Field(max_length=20)] = ()
    night_from: time = time(22)
    night_to: time = time(7)
    """By night: the band `night`, and windows that begin from the one until before the other."""
    lines: Annotated[tuple[RateLine, ...], Field(min_length=1, max_length=60)]

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Contract(Model):
    """Why a provider may be offered work. `lot` and `rank` belong to a framework only."""

    kind: ContractKind
    lot: Code | None = None
    rank: Annotated[int, Field(ge=1, le=1000)] | None = None
    rate_pence: Pence | None = None
    """Pence an hour; where a rate card is in force, of the visits that none of its lines fits."""
    notice_days: Annotated[int, Field(ge=0, le=365)] = 28
    from_: Annotated[date, Field(alias="from")]
    to: date | None = None
    """The last day, inclusive; None while no end is set."""
    accept_new: bool = True
    rate_cards: Annotated[tuple[RateCard, ...], Field(max_length=20)] = ()

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Suspension(Model):
    """A provider gets no new packages; those it has stay."""

    reason: SuspensionReason
    since: Instant
    review_on: date


class ProviderRecorded(Event):
    """The register's whole entry for one provider. A newer sequence replaces an older one."""

    TYPE: ClassVar[str] = "homeward.provider.recorded.v1"
    TOPIC: ClassVar[str] = "providers.v1"

    provider_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=120)]
    """The organisation's name: public, not personal."""
    contracts: tuple[Contract, ...]
    outcodes: tuple[Outcode, ...]
    capabilities: tuple[CareType | Need, ...]
    languages: tuple[Language, ...] = ()
    carer_genders: tuple[CarerGender, ...] = ()
    """Empty: not known, and no gate."""
    cqc_rating: CqcRating
    suspension: Suspension | None = None
    branches: tuple[Outcode | Sector, ...] = ()
    """Where its rounds begin, as outcodes or sectors."""
    capacity_hours: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """Weekly hours of care that it declares it can carry in all; null: not known."""
    insured_until: date | None = None
    """The last day on which its insurance is in force; null: not known."""
    data_protection_until: date | None = None
    """The last day on which its data-protection registration is in force; null: not known."""
