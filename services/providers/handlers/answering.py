"""Answers of providers: load, decide, save, in the caller's transaction.

The order of locks is the same everywhere: the referral's stream in `responses.v1`, then the offer
or the award. The clock is read after both, so an answer's instant is the one at which it held them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.providers.domain.awards import Asked, Award, decide_award_request
from services.providers.domain.ids import AwardRequest, answer_id
from services.providers.domain.offers import Answer, Offer, decide_answer
from services.providers.domain.verdicts import Join, Refusal, Respond
from services.providers.handlers.words import Words, keep_words
from services.providers.projections import OFFERS, PACKAGES, RESPONSES
from services.providers.projections.offers import OfferRow
from services.providers.projections.packages import PackageRow
from services.providers.store import QUERIES, lock_streams, save_streams
from shared import clock
from shared.contracts import responses
from shared.contracts.codes import DeclineReason, ReleaseReason
from shared.messaging.outbox import NewEvent, append
from shared.postgres.connection import Connection

TOPIC = "responses.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOffer:
    """A provider's yes or no to one offer. `reason` belongs to a no."""

    provider_id: UUID
    offer_id: UUID
    answer: Answer
    words: Words
    reason: DeclineReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAboutAward:
    """A provider confirms or releases its award, or reports the start. Each has its own field."""

    provider_id: UUID
    referral_id: UUID
    request: AwardRequest
    words: Words
    reason: ReleaseReason | None = None
    started_at: datetime | None = None


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
    held = await QUERIES.find_held_award(
        connection, referral_id=referral_id, provider_id=command.provider_id
    )
    offer = _offer_of(row, held_here=held is not None)
    verdict = decide_answer(offer, command.answer, mine and mine.request, now)
    match verdict:
        case Refusal():
            return verdict
        case Respond():
            event = _answer_event(command, referral_id, verdict.response_id, now)
            await _record(connection, event, last[referral_id], command.words)
        case Join():
            pass
    return Waiting(
        referral_id=referral_id,
        provider_id=command.provider_id,
        response_id=verdict.response_id,
        offer_id=command.offer_id,
    )


async def ask_about_award(connection: Connection, command: AskAboutAward) -> Waiting | Refusal:
    """Records the request once, if the provider's award allows it; a refusal stores nothing."""
    whose = {"referral_id": command.referral_id, "provider_id": command.provider_id}
    if not await QUERIES.knows_referral(connection, **whose):
        return Refusal(code="not-found")
    last = await lock_streams(connection, TOPIC, [command.referral_id])
    award_id = await QUERIES.latest_award_id(connection, **whose)
    row: PackageRow | None = None
    asked = Asked()
    if award_id is not None:
        row = (await PACKAGES.rows.load(connection, [award_id], lock=True))[award_id]
        asked = await _asked(connection, award_id, command.request)
    now = await clock.now(connection)
    verdict = decide_award_request(
        None if row is None else award_from(row),
        command.request,
        asked,
        now=now,
        started_at=command.started_at,
    )
    match verdict:
        case Refusal():
            return verdict
        case Respond():
            event = _award_event(command, award_id, verdict.response_id, now)
            await _record(connection, event, last[command.referral_id], command.words)
        case Join():
            pass
    return Waiting(
        referral_id=command.referral_id,
        provider_id=command.provider_id,
        response_id=verdict.response_id,
        award_id=award_id,
    )


def award_from(row: PackageRow) -> Award:
    """The award in a row, as the rules see it."""
    return Award(
        award_id=row.award_id,
        state=row.state,
        accepted_at=row.accepted_at,
        confirmed=row.confirmed_at is not None,
        started_at=row.started_at,
    )


def _offer_of(row: OfferRow, *, held_here: bool) -> Offer:
    return Offer(
        offer_id=row.offer_id,
        status=row.status,
        placed=row.because == "placed",
        held_here=held_here,
        expires_at=row.expires_at,
    )


async def _asked(connection: Connection, award_id: UUID, request: AwardRequest) -> Asked:
    rows = await QUERIES.list_award_requests(connection, award_id=award_id)
    refused = [row["request"] for row in rows if row["first_result"] == "refused"]
    live = {row["request"]: row["response_id"] for row in rows if row["first_result"] != "refused"}
    starts = [row["started_at"] for row in rows if row["response_id"] == live.get("start")]
    return Asked(
        confirm_id=live.get("confirm"),
        release_id=live.get("release"),
        start_id=live.get("start"),
        started_at=starts[0] if starts else None,
        refused=refused.count(request),
    )


ResponseEvent = (
    responses.OfferAccepted
    | responses.OfferDeclined
    | responses.ConfirmationSent
    | responses.ReleaseSent
    | responses.StartReported
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


def _award_event(
    command: AskAboutAward, award_id: UUID, response_id: UUID, now: datetime
) -> ResponseEvent:
    common = {
        "at": now,
        "recorded_at": now,
        "referral_id": command.referral_id,
        "response_id": response_id,
        "provider_id": command.provider_id,
        "award_id": award_id,
    }
    match command.request:
        case "confirm":
            return responses.ConfirmationSent.model_validate(common)
        case "release":
            return responses.ReleaseSent.model_validate({**common, "reason": command.reason})
        case "start":
            return responses.StartReported.model_validate(
                {**common, "started_at": command.started_at}
            )


async def _record(
    connection: Connection, event: ResponseEvent, last_sequence: int, words: Words
) -> None:
    sequence = last_sequence + 1
    await append(
        connection,
        [
            NewEvent(
                topic=TOPIC,
                key=event.referral_id,
                sequence=sequence,
                type=event.TYPE,
                at=event.at,
                body=event.model_dump_json(),
                correlation_id=event.referral_id,
            )
        ],
    )
    await RESPONSES.apply(connection, [event])
    await save_streams(connection, TOPIC, {event.referral_id: sequence})
    await keep_words(connection, event.referral_id, event.TYPE, words, event.at)
