"""What lists, reports and rotation need, made from placement events alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, assert_never
from uuid import UUID, uuid5

from services.matching.award_terms import AWARD_TERMS
from services.matching.awards import OF_AWARDS, AwardRow, project_award
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.interventions import AnswerCorrected, Intervention
from services.matching.domain.negotiations import Negotiation
from services.matching.domain.replacing import replace
from services.matching.escalation_rows import ESCALATIONS
from services.matching.links import LINKS
from services.matching.offer_rows import OFFERS
from services.matching.summary import (
    NOBODY,
    Summary,
    of_requirement,
    with_care,
    with_fewer_standing,
    with_intervention,
    with_negotiation,
)
from shared.contracts.providers import ProviderRecorded
from shared.messaging.projection import Projection
from shared.postgres.rows import Json, RowTable

_TURNS = UUID("c0d1f0a4-7a39-5d0e-9b0c-5a0a3f5b1d2e")


def project_summary(row: Summary | None, event: Event, _key: UUID) -> Summary | None:
    """The summary after one more event of its placement."""
    if row is None:
        return _begun(event)
    match event:
        case e.SearchStarted() | e.TierOpened() | e.SearchReopened() | e.SearchExhausted():
            return _with_search(row, event)
        case e.OutlookChanged():
            return replace(row, outlook=event.outlook)
        case e.OffersMade() | e.OfferDeclined() | e.OffersLapsed() | e.OffersWithdrawn():
            return _with_offers(row, event)
        case e.AskingPlanned():
            return replace(row, next_deadline_at=event.ask_at or row.next_deadline_at)
        case e.AcceptanceStood():
            return replace(
                row, offers_out=row.offers_out - 1, standing=row.standing + 1,
                decided_by=event.decided_by,
            )  # fmt: skip
        case e.SettlementMoved():
            return replace(row, decided_by=event.decided_by)
        case e.Awarded() | e.AwardConfirmed() | e.CareStarted():
            return _with_award(row, event)
        case e.AwardReleased() | e.AwardCancelled():
            # What is undone before the start was not filled; care that was given stays given.
            undone = row.started_at is None
            return replace(row, status="searching", **(NOBODY if undone else {}))
        case e.EscalationOpened() | e.EscalationClosed():
            kinds = [kind for kind in row.escalations.split() if kind != event.kind]
            if isinstance(event, e.EscalationOpened):
                kinds.append(event.kind)
            return replace(row, escalations=" ".join(kinds))
        case e.PlacementWithdrawn():
            return replace(
                row, status="withdrawn", withdrawn_at=event.at,
                withdrawn_because=event.reason, offers_out=0,
                next_deadline_at=None, decided_by=None, standing=0, held_until=None,
            )  # fmt: skip
        case e.RequestRefused() | e.AwaitingInformation():
            return row
        case _:
            return _with_more(row, event)


def _with_more(row: Summary, event: care.CareEvent | Negotiation | Intervention) -> Summary:
    if isinstance(event, care.CareEvent):
        return with_care(row, event)
    if isinstance(event, Negotiation):
        return with_negotiation(row, event)
    return with_intervention(row, event)


def _with_search(
    row: Summary, event: e.SearchStarted | e.TierOpened | e.SearchReopened | e.SearchExhausted
) -> Summary:
    match event:
        case e.SearchStarted():
            begun = _begun(event)
            assert begun is not None
            return replace(
                begun, escalations=row.escalations, person_view=row.person_view,
                assignee_id=row.assignee_id,
            )  # fmt: skip
        case e.TierOpened():
            return replace(row, status="searching", tier_name=event.tier_name, round=event.round)
        case e.SearchReopened():
            return replace(row, status="searching", round=event.round)
        case e.SearchExhausted():
            return replace(row, status="exhausted", offers_out=0, next_deadline_at=None)
        case _:
            assert_never(event)


def _begun(event: Event) -> Summary | None:
    match event:
        case e.AwaitingInformation() | e.SearchStarted():
            started = event if isinstance(event, e.SearchStarted) else None
            return Summary(
                referral_id=event.referral_id,
                placement_id=event.placement_id,
                status="searching" if started else "awaiting_information",
                urgency=event.urgency,
                source_kind=event.source_kind,
                organisation=event.organisation,
                ward=event.ward,
                received_at=event.received_at,
                outcode=started.outcode if started else None,
                sector=started.sector if started else None,
                policy_name=started.policy_name if started else None,
                policy_version=started.policy_version if started else None,
                complete_at=started.complete_at if started else None,
                cause=started.cause if started else "referral",
                follows=started.follows if started else None,
                bridging_until=started.bridging_until if started else None,
                gap_at=started.gap_at if started else None,
                **(of_requirement(started.requirement) if started else {}),
            )
        case _:
            return None


def _with_offers(
    row: Summary, event: e.OffersMade | e.OfferDeclined | e.OffersLapsed | e.OffersWithdrawn
) -> Summary:
    match event:
        case e.OffersMade():
            made = len(event.offers)
            return replace(
                row, offers_out=row.offers_out + made, offers_made=row.offers_made + made,
                next_deadline_at=min(event.ask_at or event.expires_at, event.expires_at),
            )  # fmt: skip
        case e.OfferDeclined():
            left = row.offers_out - 1
        case e.OffersLapsed():
            left = row.offers_out - len(event.offer_ids)
        case e.OffersWithdrawn():
            # One by one by a person, else every open one goes at once.
            single = event.because in ("by_person", "excluded")
            left = row.offers_out - len(event.offer_ids) + len(event.stood) if single else 0
            row = with_fewer_standing(row, len(event.stood))
        case _:
            assert_never(event)
    return replace(row, offers_out=left, next_deadline_at=row.next_deadline_at if left else None)


def _with_award(row: Summary, event: e.Awarded | e.AwardConfirmed | e.CareStarted) -> Summary:
    match event:
        case e.Awarded():
            return replace(
                row, status="awarded", provider_id=event.provider_id,
                provider_name=event.provider_name, lot=event.lot,
                contract_kind=event.contract_kind, award_id=event.award_id,
                confirm_by=event.confirm_by, filled_at=event.at, offers_out=0,
                next_deadline_at=None, decided_by=None, standing=0, held_until=None,
                tier_name="by_hand" if event.via == "hand" else event.tier_name,
            )  # fmt: skip
        case e.AwardConfirmed():
            return replace(row, status="confirmed", confirmed_at=event.at)
        case e.CareStarted():
            return replace(row, status="started", started_at=event.started_at)
        case _:
            assert_never(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsRow:
    """Offers and awards to one provider in one lot in one week; adding needs no order."""

    id: UUID
    lot: str | None
    provider_id: UUID
    week: date
    offers: int = 0
    minutes: int = 0
    """Weekly minutes of the packages awarded. A release gives nothing back; a yes never given does."""
    awards: int = 0


@lru_cache(maxsize=16_384)
def turns_id(lot: str | None, provider_id: UUID, week: date) -> UUID:
    """The key of a provider's turns in a lot (None: outside any lot) in the week of that Monday."""
    return uuid5(_TURNS, f"{lot or ''}/{provider_id}/{week}")


def _week(event: Event) -> date:
    return event.at.date() - timedelta(days=event.at.weekday())


def turns_of(event: Event) -> Sequence[tuple[str | None, UUID, int, int]]:
    """(lot, provider, offers, minutes) that an event adds to the rotation, or takes off again."""
    match event:
        case e.OffersMade():
            return [(offer.lot, offer.provider_id, 1, 0) for offer in event.offers]
        case e.OfferDeclined() if event.prompt:
            return ((event.lot, event.provider_id, -1, 0),)
        case AnswerCorrected():
            offers, minutes = int(event.prompt), -(event.weekly_minutes or 0)
            return ((event.lot, event.provider_id, offers, minutes),) if offers or minutes else ()
        case e.Awarded() if event.weekly_minutes:
            return ((event.lot, event.provider_id, 0, event.weekly_minutes),)
        case _:
            return ()


def _turn_keys(event: Event) -> Sequence[UUID]:
    turns = turns_of(event)
    return [turns_id(lot, who, _week(event)) for lot, who, *_ in turns] if turns else ()


def project_turns(row: TurnsRow | None, event: Event, key: UUID) -> TurnsRow | None:
    """The provider's turns after one more offer, prompt decline or award."""
    week = _week(event)
    for lot, who, offers, minutes in turns_of(event):
        if turns_id(lot, who, week) == key:
            before = row or TurnsRow(id=key, lot=lot, provider_id=who, week=week)
            return replace(
                before,
                offers=before.offers + offers,
                minutes=before.minutes + minutes,
                awards=before.awards + (minutes > 0) - (minutes < 0),
            )
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One provider's newest entry."""

    provider_id: UUID
    entry: Json


def project_register(_row: RegisterRow | None, event: Any, key: UUID) -> RegisterRow:
    """The newest entry replaces the one before."""
    assert isinstance(event, ProviderRecorded)
    return RegisterRow(provider_id=key, entry=Json(event.model_dump_json()))


_Keys = Callable[[Any], Sequence[UUID]]
_placement: _Keys = lambda event: (event.placement_id,)  # noqa: E731
_award: _Keys = lambda event: (event.award_id,) if isinstance(event, OF_AWARDS) else ()  # noqa: E731
_provider: _Keys = lambda event: (event.provider_id,)  # noqa: E731

AWARDS = Projection(
    name="awards",
    rows=RowTable(AwardRow, table="awards", key="award_id"),
    topics=("placements.v1",),
    keys=_award,
    project=project_award,
)
SUMMARIES = Projection(
    name="summaries",
    rows=RowTable(Summary, table="summaries", key="placement_id"),
    topics=("placements.v1",),
    keys=_placement,
    project=project_summary,
)
TURNS = Projection(
    name="turns",
    rows=RowTable(TurnsRow, table="turns", key="id"),
    topics=("placements.v1",),
    keys=_turn_keys,
    project=project_turns,
    shared=True,
)
REGISTER = Projection(
    name="register",
    rows=RowTable(RegisterRow, table="register", key="provider_id"),
    topics=("providers.v1",),
    keys=_provider,
    project=project_register,
)
FROM_PLACEMENTS = (AWARDS, SUMMARIES, TURNS, ESCALATIONS, AWARD_TERMS, OFFERS, LINKS)
PROJECTIONS = (*FROM_PLACEMENTS, REGISTER)
