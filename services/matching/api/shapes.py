"""What brokers send and see. Minutes are minutes of the service's clock, rates pence an hour."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from services.matching.domain.outlook import Forecast
from services.matching.summary import Summary
from shared.contracts.codes import AwardGround, DeclineReason
from shared.web.instants import When
from shared.web.text import LongText, ShortText


class Body(BaseModel):
    """A request's body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Confirmable(Body):
    """A command that may cost somebody something: without `confirm` it is then answered 409
    `needs-confirmation`, which says what. Send it again with a new Idempotency-Key."""

    confirm: bool = False


class Override(Body):
    """Why a gate is passed over: a second ground, published, and a second reason, kept here."""

    ground: AwardGround
    reason: LongText


class HandAward(Confirmable):
    """An award outside the ranking: the ground is published, the reason stays here."""

    provider_id: UUID
    ground: AwardGround
    reason: LongText
    override: Override | None = None


class TelephoneAnswer(Body):
    """What a provider said on the telephone: by whom, to the caller, and when it was said."""

    answer: Literal["accept", "decline"]
    reason: DeclineReason | None = None
    note: LongText | None = None
    told_by: ShortText
    at: When

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        if self.answer == "decline" and self.reason is None:
            raise PydanticCustomError("reason_missing", "a decline needs a reason")
        if self.answer == "accept" and self.reason is not None:
            raise PydanticCustomError("reason_unwanted", "an acceptance has no reason")
        if self.reason in ("other", "safety") and not self.note:
            raise PydanticCustomError(
                "note_missing", "this reason needs a note: what, and who was told"
            )
        return self


class LinkedPlacement(BaseModel):
    """A placement of the person who lives with this one: shown together, awarded separately."""

    referral_id: UUID
    placement_id: UUID
    status: str
    provider_name: str | None
    """Who has it, or had it last."""


class PlacementView(BaseModel):
    """A placement as a list shows it. `minutes` run from receipt until it was filled, or to now."""

    referral_id: UUID
    placement_id: UUID
    status: str
    urgency: str
    source_kind: str
    organisation: str
    ward: str
    outcode: str | None
    sector: str | None
    policy_name: str | None
    policy_version: str | None
    received_at: datetime
    complete_at: datetime | None
    minutes: float
    round: int
    tier_name: str | None
    outlook: str | None
    """What wards were last told: likely_today, likely_tomorrow or uncertain."""
    offers_out: int
    offers_made: int
    next_deadline_at: datetime | None
    decided_by: datetime | None
    provider_id: UUID | None
    provider_name: str | None
    lot: str | None
    contract_kind: str | None
    award_id: UUID | None
    confirm_by: datetime | None
    filled_at: datetime | None
    confirmed_at: datetime | None
    started_at: datetime | None
    withdrawn_at: datetime | None
    held_until: datetime | None
    """Nobody new is asked until then."""
    person_view: str
    assignee: str | None = None
    """Who looks after it."""
    linked: list[LinkedPlacement] = []
    """What is placed for the person who lives with this one."""
    escalations: list[str]
    cause: str
    """Why it began: the referral, a split, or what ended the care before."""
    follows: UUID | None
    bridging_until: datetime | None
    gap_at: datetime | None
    contingency: str | None
    weekly_minutes: int | None
    paused_until: datetime | None
    last_visit_at: datetime | None
    ended_at: datetime | None


class TargetChance(BaseModel):
    """How likely it is filled by one target, from received."""

    target_minutes: int
    percent: float


class ForecastView(BaseModel):
    """Chances of being filled, in percent, as they are reckoned at this moment."""

    by_target: list[TargetChance]
    """Targets that lie ahead."""
    today_percent: float
    """By 20:00, London time."""
    tomorrow_percent: float
    """By 10:00 tomorrow, London time."""
    outlook: str


class PlacementOfPackage(BaseModel):
    """One of the placements of a referral: parts, and later searches."""

    placement_id: UUID
    status: str
    cause: str
    provider_name: str | None


class PlacementDetail(PlacementView):
    """One placement with everything that led to where it is."""

    package: list[PlacementOfPackage]
    """Every placement of the referral, this one included, in the order in which they began."""
    forecast: ForecastView | None
    """While providers are being asked."""
    offers: list[dict[str, Any]]
    """Every offer with its state, its place, the components that put it there, and its answer."""
    passed_over: list[dict[str, Any]]
    """By round and tier: providers not asked, and the reason."""
    not_reached: list[dict[str, Any]]
    """By round and tier: providers that might have been asked, and the place that kept them out."""
    timeline: list[dict[str, Any]]
    """Every event: sequence, instant, type, content."""
    notes: list[dict[str, Any]]


def view_of(row: Summary, now: datetime) -> dict[str, Any]:
    """The fields of a PlacementView."""
    end = row.filled_at or row.withdrawn_at or now
    fields = {name: getattr(row, name) for name in Summary.__dataclass_fields__}
    minutes = round((end - row.received_at).total_seconds() / 60, 1)
    return {**fields, "escalations": row.escalations.split(), "minutes": minutes}


def forecast_view(found: Forecast | None) -> ForecastView | None:
    """The chances as brokers read them."""
    if found is None:
        return None
    return ForecastView(
        by_target=[
            TargetChance(target_minutes=minutes, percent=round(100 * chance, 1))
            for minutes, chance in found.by_target
        ],
        today_percent=round(100 * found.today, 1),
        tomorrow_percent=round(100 * found.tomorrow, 1),
        outlook=found.outlook,
    )
