"""Answers of providers to offers: load, decide, save, in the caller's transaction.

The order of locks is the same everywhere: the referral's stream in `responses.v1`, then the offer.
The clock is read after both, so an answer's instant is the one at which it held them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.providers.domain.ids import answer_id
from services.providers.domain.offers import Answer, Offer, decide_answer
from services.providers.domain.verdicts import Join, Refusal, Respond
from services.providers.handlers.recording import TOPIC, ResponseEvent, record
from services.providers.handlers.words import Words
from services.providers.projections import OFFERS, RESPONSES
from services.providers.projections.offers import OfferRow
from services.providers.store import QUERIES, lock_streams
from shared import clock
from shared.contracts import responses
from shared.contracts.codes import DeclineReason
from shared.postgres.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer:
    """A provider's yes or no to one offer. `reason` belongs to a no."""

    provider_id: UUID
    offer_id: UUID
    answer: Answer
    words: Words
    reason: DeclineReason | None = None


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
    place = await QUERIES.find_offer_place(connection, offer_id=command.offer_id)
    if place is None or place["provider_id"] != command.provider_id:
        return Refusal(code="not-found")
    referral_id: UUID = place["referral_id"]
    last = await lock_streams(connection, TOPIC, [referral_id])
    row: OfferRow = (await OFFERS.rows.load(connection, [command.offer_id], lock=True))[
        command.offer_id
    ]
    response_id = answer_id(command.offer_id)
    mine = (await RESPONSES.rows.load(connection, [response_id])).get(response_id)
    now = await clock.now(connection)
    held = await QUERIES.find_held_award(connection, offer_id=command.offer_id)
    offer = _offer_of(row, held_here=held is not None)
    verdict = decide_answer(offer, command.answer, mine and mine.request, now)
    match verdict:
        case Refusal():
            return verdict
        case Respond():
            event = _answer_event(command, referral_id, verdict.response_id, now)
            await record(connection, event, last[referral_id], command.words)
        case Join():
            pass
    return Waiting(
        referral_id=referral_id,
        provider_id=command.provider_id,
        response_id=verdict.response_id,
        offer_id=command.offer_id,
    )


def _offer_of(row: OfferRow, *, held_here: bool) -> Offer:
    return Offer(
        offer_id=row.offer_id,
        status=row.status,
        placed=row.because == "placed",
        held_here=held_here,
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
    if command.answer == "accept":
        return responses.OfferAccepted.model_validate(common)
    return responses.OfferDeclined.model_validate({**common, "reason": command.reason})
