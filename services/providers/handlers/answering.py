"""Answers of providers to offers: load, decide, save, in the caller's transaction.

The order of locks is the same everywhere: the referral's stream in `responses.v1`, then the offer.
The clock is read after both, so an answer's instant is the one at which it held them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.providers.domain.ids import answer_id, counter_answer_id
from services.providers.domain.offers import (
    Answer,
    CounterAnswer,
    Offer,
    decide_answer,
    decide_counter_answer,
)
from services.providers.domain.verdicts import Join, Refusal, Respond
from services.providers.handlers.recording import TOPIC, ResponseEvent, record
from services.providers.handlers.words import Words
from services.providers.projections import OFFERS, RESPONSES, SEARCHES
from services.providers.projections.offers import OfferRow
from services.providers.projections.recorded import ResponseRow
from services.providers.projections.searches import versions_of
from services.providers.store import QUERIES, lock_streams
from shared import clock
from shared.contracts import responses
from shared.contracts.codes import DeclineReason
from shared.contracts.requirement import Visit
from shared.postgres.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer:
    """A provider's yes or no to one offer. `reason` belongs to a no."""

    provider_id: UUID
    offer_id: UUID
    answer: Answer
    words: Words
    reason: DeclineReason | None = None
    rate_pence: int | None = None
    """What a spot provider quotes an hour, with a yes."""
    starts_at: datetime | None = None
    visits: tuple[Visit, ...] = ()
    """The condition of a yes: a later start, or all visits as they would be given."""
    version: int | None = None
    """Of what is needed, as the provider has read it; None: that which the offer was made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounter:
    """A provider's yes or no to the terms that were put in place of its condition."""

    provider_id: UUID
    offer_id: UUID
    answer: CounterAnswer
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the answer depends on: a response that matching decides, or else the offer or award."""

    referral_id: UUID
    provider_id: UUID
    response_id: UUID | None
    offer_id: UUID | None = None
    award_id: UUID | None = None


async def answer_offer(connection: Connection, command: AnswerOffer) -> Waiting | Refusal:
    """Records the answer once, if the offer can still be answered; a refusal stores nothing."""
    locked = await _lock_offer(connection, command)
    if isinstance(locked, Refusal):
        return locked
    row, last = locked
    referral_id = row.referral_id
    if command.rate_pence is not None and row.contract_kind != "spot":
        return Refusal(code="rate-not-asked")
    response_id = answer_id(command.offer_id)
    mine = (await RESPONSES.rows.load(connection, [response_id])).get(response_id)
    now = await clock.now(connection)
    held = await QUERIES.find_held_award(connection, offer_id=command.offer_id)
    offer = _offer_of(
        row, held_here=held is not None, versions=await read_versions(connection, row.placement_id)
    )
    verdict = decide_answer(offer, command.answer, _answer_in(mine), now, command.version)
    match verdict:
        case Refusal():
            return verdict
        case Respond():
            event = _answer_event(command, referral_id, verdict.response_id, now)
            await record(connection, event, last, command.words)
        case Join():
            pass
    return Waiting(
        referral_id=referral_id,
        provider_id=command.provider_id,
        response_id=verdict.response_id,
        offer_id=command.offer_id,
    )


async def read_versions(connection: Connection, placement_id: UUID | None) -> tuple[int, int]:
    """The oldest and the newest version of what a placement needs that an answer may be about."""
    if placement_id is None:
        return versions_of(None)
    rows = await SEARCHES.rows.load(connection, [placement_id])
    return versions_of(rows.get(placement_id))


def _answer_in(mine: ResponseRow | None) -> Answer | None:
    match mine and mine.request:
        case "accept" | "decline" | "accept_if" as answer:
            return answer
        case _:
            return None


async def _lock_offer(
    connection: Connection, command: AnswerOffer | AnswerCounter
) -> tuple[OfferRow, int] | Refusal:
    """The provider's own offer, and the last sequence of its referral's stream, both locked."""
    place = await QUERIES.find_offer_place(connection, offer_id=command.offer_id)
    if place is None or place["provider_id"] != command.provider_id:
        return Refusal(code="not-found")
    referral_id: UUID = place["referral_id"]
    last = await lock_streams(connection, TOPIC, [referral_id])
    rows = await OFFERS.rows.load(connection, [command.offer_id], lock=True)
    return rows[command.offer_id], last[referral_id]


async def answer_counter(connection: Connection, command: AnswerCounter) -> Waiting | Refusal:
    """Records the answer to our terms once, if they can still be answered."""
    locked = await _lock_offer(connection, command)
    if isinstance(locked, Refusal):
        return locked
    row, last = locked
    response_id = counter_answer_id(command.offer_id)
    mine = (await RESPONSES.rows.load(connection, [response_id])).get(response_id)
    now = await clock.now(connection)
    before: CounterAnswer | None = None
    if mine is not None:
        before = "accept_counter" if mine.request == "accept_counter" else "decline_counter"
    verdict = decide_counter_answer(_offer_of(row, held_here=False), command.answer, before, now)
    match verdict:
        case Refusal():
            return verdict
        case Respond():
            event = responses.CounterAnswered(
                at=now,
                recorded_at=now,
                referral_id=row.referral_id,
                response_id=response_id,
                provider_id=command.provider_id,
                offer_id=command.offer_id,
                agrees=command.answer == "accept_counter",
            )
            await record(connection, event, last, command.words)
        case Join():
            pass
    return Waiting(
        referral_id=row.referral_id,
        provider_id=command.provider_id,
        response_id=response_id,
        offer_id=command.offer_id,
    )


def _offer_of(row: OfferRow, *, held_here: bool, versions: tuple[int, int] = (1, 1)) -> Offer:
    return Offer(
        offer_id=row.offer_id,
        status=row.status,
        placed=row.because == "placed",
        changed=row.because == "requirement_changed",
        held_here=held_here,
        versions=versions,
        expires_at=row.expires_at,
    )


def _answer_event(
    command: AnswerOffer, referral_id: UUID, response_id: UUID, now: datetime
) -> ResponseEvent:
    common = {
        "at": now,
        "recorded_at": now,
        "referral_id": referral_id,
        "response_id": response_id,
        "provider_id": command.provider_id,
        "offer_id": command.offer_id,
    }
    named = {"requirement_version": command.version}
    if command.answer == "accept":
        rate = {"rate_pence": command.rate_pence}
        return responses.OfferAccepted.model_validate({**common, **named, **rate})
    if command.answer == "accept_if":
        terms = {"starts_at": command.starts_at, "visits": command.visits}
        return responses.ConditionProposed.model_validate({**common, **named, **terms})
    return responses.OfferDeclined.model_validate({**common, "reason": command.reason})
