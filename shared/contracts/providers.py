"""Events of `providers.v1`: the register, one whole state a provider each time (compacted)."""

from datetime import date
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
    SuspensionReason,
)
from shared.contracts.model import Code, Event, Instant, Model, Outcode, Pence, Sector


class Contract(Model):
    """Why a provider may be offered work. `lot` and `rank` belong to a framework only."""

    kind: ContractKind
    lot: Code | None = None
    rank: Annotated[int, Field(ge=1, le=1000)] | None = None
    rate_pence: Pence | None = None
    """Pence an hour."""
    notice_days: Annotated[int, Field(ge=0, le=365)] = 28
    from_: Annotated[date, Field(alias="from")]
    to: date | None = None
    """The last day, inclusive; None while no end is set."""
    accept_new: bool = True

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
