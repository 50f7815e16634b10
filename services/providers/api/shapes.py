"""The bodies that callers send and get. Unknown fields are refused."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.providers.domain.offers import Answer, CounterAnswer, OfferStatus
from services.providers.needed import Needed
from shared.contracts.codes import (
    CarerGender,
    CareType,
    ContractKind,
    CqcRating,
    DeclineReason,
    Language,
    Need,
    RateDay,
    RateTime,
    SuspensionReason,
)
from shared.contracts.model import Code, Outcode
from shared.contracts.requirement import Visit
from shared.web.instants import Day, When
from shared.web.text import LongText, ShortText


def _hours_and_minutes(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise PydanticCustomError("clock_time", "give local hours and minutes, as in 22:00")
    return value


Capability: TypeAlias = Literal[CareType, Need]
"""One list, so that a wrong value has one message."""
Rate = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)]
"""Pounds an hour, in whole pence."""
Hours = Annotated[float, Field(ge=0, le=100_000)]
Area = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]?( [0-9])?$", max_length=6)]
"""An outcode or a sector, in one form so that a wrong value has one message."""
ClockTime = Annotated[time, AfterValidator(_hours_and_minutes)]
"""A time of the day by the clock on the wall."""
PENNY = Decimal("0.01")


def pounds(pence: int | None) -> Decimal | None:
    """Pence as pounds with two places, as in 17.90."""
    return None if pence is None else (Decimal(pence) * PENNY).quantize(PENNY)


class Body(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class View(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)


class Nothing(Body):
    """A body without fields."""


class AreaBandBody(Body):
    """Outcodes that cost the same, under a name."""

    name: Code
    outcodes: Annotated[tuple[Outcode, ...], Field(min_length=1, max_length=500)]


class NightBody(Body):
    """Windows that begin from the one until before the other are by night, as is the band `night`."""

    from_: Annotated[ClockTime, Field(alias="from")] = time(22)
    to: ClockTime = time(7)


class RateLineBody(Body):
    """A rate and the visits that it is for; what is left out makes no difference.

    `up_to_minutes`: visits of that length or shorter. A bank holiday is also its day of the week.
    """

    area: Code | None = None
    up_to_minutes: Annotated[int | None, Field(ge=15, le=24 * 60)] = None
    time: RateTime | None = None
    day: RateDay | None = None
    rate: Rate


class RateCardBody(Body):
    """Rates from a day on: the first line that fits a visit says its rate."""

    from_: Annotated[Day, Field(alias="from")]
    areas: Annotated[tuple[AreaBandBody, ...], Field(max_length=20)] = ()
    night: NightBody = NightBody()
    lines: Annotated[tuple[RateLineBody, ...], Field(min_length=1, max_length=60)]


class ContractBody(Body):
    """Why a provider may be offered work. `lot` and `rank` belong to a framework.

    `rate` is for all visits; where a rate card is in force, for those that none of its lines fits.
    """

    kind: ContractKind
    lot: Code | None = None
    rank: Annotated[int | None, Field(ge=1, le=1000)] = None
    rate: Rate | None = None
    notice_days: Annotated[int, Field(ge=0, le=365)] = 28
    from_: Annotated[Day, Field(alias="from")]
    to: Day | None = None
    accept_new: bool = True
    rate_cards: Annotated[tuple[RateCardBody, ...], Field(max_length=20)] = ()


class SuspensionBody(Body):
    """No new packages from `since`. The note and who was told stay in this service."""

    reason: SuspensionReason
    since: When
    review_on: Day
    note: LongText | None = None
    told: ShortText | None = None


class ProviderBody(Body):
    """A provider's whole state: what is left out is not kept from before."""

    name: ShortText
    contracts: Annotated[tuple[ContractBody, ...], Field(max_length=50)]
    outcodes: Annotated[tuple[Outcode, ...], Field(max_length=500)]
    capabilities: tuple[Capability, ...]
    languages: tuple[Language, ...] = ()
    carer_genders: tuple[CarerGender, ...] = ()
    cqc_rating: CqcRating
    suspension: SuspensionBody | None = None
    branches: Annotated[tuple[Area, ...], Field(max_length=100)] = ()
    """Where its rounds begin, as outcodes or sectors."""
    capacity_hours: Hours | None = None
    """Weekly hours of care that it can carry in all; left out: not known."""
    insured_until: Day | None = None
    data_protection_until: Day | None = None
    """Last days on which insurance and data-protection registration are in force."""


class ProviderBodyWithId(ProviderBody):
    """One of a list."""

    provider_id: UUID


class AreaBandView(View):
    """Outcodes that cost the same."""

    name: str
    outcodes: tuple[str, ...]


class NightView(View):
    """When a window begins that is by night."""

    from_: Annotated[time, Field(alias="from")]
    to: time


class RateLineView(View):
    """A rate and the visits that it is for."""

    area: str | None
    up_to_minutes: int | None
    time: RateTime | None
    day: RateDay | None
    rate: Decimal


class RateCardView(View):
    """Rates from a day on, as they were recorded."""

    from_: Annotated[date, Field(alias="from")]
    areas: tuple[AreaBandView, ...]
    night: NightView
    lines: tuple[RateLineView, ...]


class ContractView(View):
    """A contract as it was recorded."""

    kind: ContractKind
    lot: str | None
    rank: int | None
    rate: Decimal | None
    notice_days: int
    from_: Annotated[date, Field(alias="from")]
    to: date | None
    accept_new: bool
    rate_cards: tuple[RateCardView, ...]


class SuspensionView(View):
    """A suspension; `note` and `told` are for operators."""

    reason: SuspensionReason
    since: AwareDatetime
    review_on: date
    note: str | None = None
    told: str | None = None


class ProviderView(View):
    """The register's entry of one provider."""

    provider_id: UUID
    name: str
    contracts: tuple[ContractView, ...]
    outcodes: tuple[str, ...]
    capabilities: tuple[str, ...]
    languages: tuple[str, ...]
    carer_genders: tuple[str, ...]
    cqc_rating: CqcRating
    suspension: SuspensionView | None
    branches: tuple[str, ...]
    capacity_hours: float | None
    insured_until: date | None
    data_protection_until: date | None
    sequence: int
    """Of its last event on providers.v1."""
    recorded_at: AwareDatetime


Version = Annotated[int, Field(ge=1, le=10_000)]
"""Of what is needed, as you have read it."""


class AcceptBody(Body):
    """A yes; a spot provider may quote its rate in pounds an hour.

    `version` left out: that which the offer was made for.
    """

    rate: Rate | None = None
    version: Version | None = None


class AcceptIfBody(Body):
    """A yes on a condition: a later start, or all visits as they would be given."""

    starts_at: When | None = None
    visits: Annotated[tuple[Visit, ...], Field(max_length=100)] = ()
    version: Version | None = None
    note: LongText | None = None


class TermsView(View):
    """Terms in place of what was asked for."""

    starts_at: AwareDatetime | None
    visits: tuple[Visit, ...]


class DeclineBody(Body):
    """A no. `other` needs a note, `safety` needs who was told."""

    reason: DeclineReason
    note: LongText | None = None
    told: ShortText | None = None


class AnswerView(View):
    """What you answered, and what came of it."""

    answer: Answer | CounterAnswer
    via: Literal["endpoint", "telephone", "hand"]
    recorded_at: AwareDatetime | None
    """None for an answer that did not come by the endpoint."""
    result: str
    """`undecided`, `awarded`, `standing`, `waiting` (for the rate), `conditional`, `countered`,
    `declined` or `refused`."""
    code: str | None
    """Why it was refused."""


class OfferView(View):
    """One package offered to you."""

    offer_id: UUID
    referral_id: UUID
    status: OfferStatus
    because: str | None
    made_at: AwareDatetime
    expires_at: AwareDatetime
    decided_by: AwareDatetime | None
    tier_name: str
    lot: str | None
    contract_kind: ContractKind
    rate: Decimal | None
    needed: Needed | None
    version: int
    """Of `needed`: name it in your answer."""
    linked_referral_ids: list[UUID]
    """Packages of people who live with this one: awarded separately, and you may take both."""
    counter: TermsView | None
    """Terms of the brokerage team in place of your condition, to be answered by `expires_at`."""
    answer: AnswerView | None


class OfferPage(View):
    """Offers in the order in which they last changed."""

    items: list[OfferView]
    next: str
    """Give it as `after` the next time, whether there is more now or not."""
    more: bool
