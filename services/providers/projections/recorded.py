"""What this service itself recorded: responses, and the register."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts import providers, responses
from shared.contracts.model import Event
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRow:
    """One response that this service recorded."""

    response_id: UUID
    referral_id: UUID
    provider_id: UUID
    request: str
    offer_id: UUID | None = None
    award_id: UUID | None = None
    started_at: datetime | None = None
    last_visit_at: datetime | None = None
    agrees: bool | None = None
    version: int | None = None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """The register's entry: the newest ProviderRecorded, as JSON."""

    provider_id: UUID
    name: str
    entry: Json
    recorded_at: datetime


def project_response(_row: object, event: Event, response_id: UUID) -> ResponseRow | None:
    """The response that an event of our own records."""
    if not isinstance(event, RESPONSE_EVENTS):
        return None
    return ResponseRow(
        response_id=response_id,
        referral_id=event.referral_id,
        provider_id=event.provider_id,
        request=_request(event),
        offer_id=getattr(event, "offer_id", None),
        award_id=getattr(event, "award_id", None),
        started_at=getattr(event, "started_at", None),
        last_visit_at=getattr(event, "last_visit_at", None),
        agrees=getattr(event, "agrees", None),
        version=getattr(event, "version", None),
        recorded_at=event.recorded_at,
    )


def _request(event: Event) -> str:
    if isinstance(event, responses.CounterAnswered):
        return "accept_counter" if event.agrees else "decline_counter"
    return _REQUESTS[type(event)]


RESPONSE_EVENTS = (
    responses.OfferAccepted,
    responses.OfferDeclined,
    responses.ConditionProposed,
    responses.CounterAnswered,
    responses.ConfirmationSent,
    responses.ReleaseSent,
    responses.StartReported,
    responses.HandBackSent,
    responses.RestartAnswered,
    responses.ChangeAnswered,
)

_REQUESTS: dict[type[Event], str] = {
    responses.OfferAccepted: "accept",
    responses.OfferDeclined: "decline",
    responses.ConditionProposed: "accept_if",
    responses.ConfirmationSent: "confirm",
    responses.ReleaseSent: "release",
    responses.StartReported: "start",
    responses.HandBackSent: "hand_back",
    responses.RestartAnswered: "restart",
    responses.ChangeAnswered: "change",
}

RESPONSES = Projection(
    name="responses",
    rows=RowTable(ResponseRow, table="responses", key="response_id"),
    topics=("responses.v1",),
    keys=lambda event: [event.response_id] if isinstance(event, RESPONSE_EVENTS) else (),
    project=project_response,
)


def project_provider(_row: object, event: Event, provider_id: UUID) -> ProviderRow | None:
    """The register's newest entry of a provider."""
    if not isinstance(event, providers.ProviderRecorded):
        return None
    return ProviderRow(
        provider_id=provider_id,
        name=event.name,
        entry=Json(event.model_dump_json()),
        recorded_at=event.at,
    )


REGISTER = Projection(
    name="providers",
    rows=RowTable(ProviderRow, table="providers", key="provider_id"),
    topics=("providers.v1",),
    keys=lambda event: [event.provider_id] if isinstance(event, providers.ProviderRecorded) else (),
    project=project_provider,
)
