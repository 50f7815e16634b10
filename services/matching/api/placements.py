"""Placements for brokers: the list, one with its whole history, and what people decide."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.matching.api.meaning import meant_by, shown_by
from services.matching.api.shapes import (
    HandAward,
    PlacementDetail,
    PlacementOfPackage,
    PlacementView,
    TelephoneAnswer,
    forecast_view,
    view_of,
)
from services.matching.domain.commands import Answer as ProviderAnswer
from services.matching.domain.commands import AwardByHand, ReceiveAnswers
from services.matching.domain.events import Awarded, Event
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.refusal import Refusal
from services.matching.explaining import not_reached_told, offers_told, passed_over_told
from services.matching.handlers import Matching
from services.matching.history import read_event
from services.matching.projections import SUMMARIES
from services.matching.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection
from shared.web.app import Web
from shared.web.idempotency import Answer, Once, once
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import Problem, invalid, not_found, unavailable
from shared.web.tokens import Caller, caller

router = APIRouter(tags=["placements"])
broker = caller("broker")
Broker = Annotated[Caller, Depends(broker)]
BrokerOnce = Annotated[Once, Depends(once(broker))]
Status = Literal[
    "awaiting_information",
    "searching",
    "exhausted",
    "awarded",
    "confirmed",
    "started",
    "paused",
    "ending",
    "ended",
    "withdrawn",
]
_INVALID_TIMES = {"said-in-the-future", "said-before-the-offer"}


def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


@router.get("/v1/placements", summary="Placements, newest first")
async def list_placements(
    request: Request,
    _who: Broker,
    status: Annotated[Status | None, Query(description="Only those of this status.")] = None,
    escalated: Annotated[bool, Query(description="Only those with an open item.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[PlacementView]:
    """A page of placements by receipt; pass on `next` for those before."""
    before = (None, None) if cursor is None else decode_cursor(cursor, datetime, UUID)
    async with _web(request).connection() as connection:
        rows = await QUERIES.summaries_page(
            connection, status=status, escalated=escalated, before=before[0],
            before_id=before[1], most=limit + 1,
        )  # fmt: skip
        now = await clock.now(connection)
    shown = [SUMMARIES.rows.from_record(row) for row in rows[:limit]]
    return Page(
        items=[PlacementView(**view_of(row, now)) for row in shown],
        next=encode_cursor(shown[-1].received_at, shown[-1].placement_id)
        if len(rows) > limit
        else None,
    )


@router.get("/v1/placements/{id}", summary="One placement and why it is where it is")
async def get_placement(request: Request, id: UUID, _who: Broker) -> PlacementDetail:
    """State, forecast, every offer with its place and reasons, everybody not asked, the timeline.

    The id is a placement's, or a referral's with one open placement; 409 names them if there are more.
    """
    matching: Matching = request.app.state.matching
    async with _web(request).connection() as connection:
        row, whole = await shown_by(connection, id)
        history = await QUERIES.timeline(connection, referral_id=row.referral_id)
        notes = await QUERIES.notes_about(connection, referral_id=row.referral_id)
        now = await clock.now(connection)
        forecasts = await matching.forecasts(connection, [row.referral_id])
    events = [read_event(entry["type"], entry["body"]) for entry in history]
    own = [event for event in events if event.placement_id == row.placement_id]
    return PlacementDetail(
        **view_of(row, now),
        package=[
            PlacementOfPackage(
                placement_id=one.placement_id,
                status=one.status,
                cause=one.cause,
                provider_name=one.provider_name,
            )
            for one in whole
        ],
        forecast=forecast_view(forecasts.get(row.placement_id)),
        offers=offers_told(own),
        passed_over=passed_over_told(own),
        not_reached=not_reached_told(own),
        timeline=[
            {
                "sequence": entry["sequence"],
                "at": entry["recorded_at"],
                "type": entry["type"],
                "content": json.loads(entry["body"]),
            }
            for entry in history
        ],
        notes=[{**note, "details": json.loads(note["details"])} for note in notes],
    )


@router.post("/v1/placements/{id}/award", summary="Award by hand")
async def award_by_hand(request: Request, id: UUID, body: HandAward, act: BrokerOnce) -> Response:
    """200 with the award. It replaces an award that is not confirmed, and never one that is."""
    command = AwardByHand(provider_id=body.provider_id, ground=body.ground)
    note = ("award_by_hand", body.reason, {"ground": body.ground})
    return await decide(request, act, id, command, note)


@router.post(
    "/v1/placements/{id}/offers/{offer_id}/answer",
    summary="Write down an answer given by telephone",
)
async def answer_by_telephone(
    request: Request, id: UUID, offer_id: UUID, body: TelephoneAnswer, act: BrokerOnce
) -> Response:
    """200 with what came of it. `at` is when it was said: that decides if it was in time."""
    async with _web(request).connection() as connection:
        meant = await meant_by(connection, id)
        history = await QUERIES.timeline(connection, referral_id=meant.referral_id)
    offers = offers_told([read_event(entry["type"], entry["body"]) for entry in history])
    offer = next((offer for offer in offers if offer["offer_id"] == offer_id), None)
    if offer is None:
        raise not_found("offer")
    answer = ProviderAnswer(
        kind=body.answer,
        offer_id=offer_id,
        provider_id=offer["provider_id"],
        answered_at=body.at,
        reason=body.reason,
        via="telephone",
    )
    note = (
        "telephone_answer",
        body.note or "",
        {"told_by": body.told_by, "offer_id": str(offer_id), "answer": body.answer,
         "said_at": body.at.isoformat()},
    )  # fmt: skip
    return await decide(request, act, id, ReceiveAnswers(answers=(answer,)), note)


Note = tuple[str, str, dict[str, Any]]
"""What a person wrote: its kind, the text, and what belongs to it."""


async def decide(
    request: Request, act: Once, id: UUID, command: PackageCommand, note: Note
) -> Response:
    """Runs a person's command with its note in one transaction, or answers why not.

    The id is a placement's, or a referral's with one open placement.
    """
    matching: Matching = request.app.state.matching
    if not request.app.state.up_to_date.is_set():
        # Kafka has not been reached since the start, or holds more than this database does.
        raise unavailable("Matching")

    async def effect(connection: Connection) -> Answer:
        meant = await meant_by(connection, id)
        outcome = await matching.command(connection, meant.referral_id, command, meant.about)
        if isinstance(outcome, Refusal):
            raise _refused(outcome)
        kind, text, details = note
        await QUERIES.add_note(
            connection, referral_id=meant.referral_id, kind=kind, author=act.subject, text=text,
            details=json.dumps(details), at=await clock.now(connection),
        )  # fmt: skip
        return Answer(status=200, body=_said(meant.referral_id, outcome))

    return await act.run(_web(request).pool, effect)


def _said(referral_id: UUID, events: tuple[Event, ...]) -> dict[str, object]:
    award = next((event for event in events if isinstance(event, Awarded)), None)
    return {
        "referral_id": str(referral_id),
        "result": [event.TYPE.removeprefix("homeward.placement.") for event in events],
        "award": None
        if award is None
        else {
            "award_id": str(award.award_id),
            "provider_id": str(award.provider_id),
            "confirm_by": award.confirm_by.isoformat(),
        },
    }


def _refused(refusal: Refusal) -> Problem:
    if refusal.code in ("unknown-placement", "unknown-offer"):
        return not_found("placement" if refusal.code == "unknown-placement" else "offer")
    if refusal.code == "unknown-provider":
        return invalid(("provider_id", refusal.code, refusal.sentence))
    if refusal.code in _INVALID_TIMES:
        return invalid(("at", refusal.code, refusal.sentence))
    return Problem(409, refusal.code, "It cannot be done now", refusal.sentence)
