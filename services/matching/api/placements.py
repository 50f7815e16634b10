"""Placements for brokers: the list, one with its whole history, and what people decide."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.matching.api.deciding import Broker, BrokerOnce, Note, decide, web_of
from services.matching.api.meaning import linked_to, meant_by, shown_by
from services.matching.api.orders import CorrectionBody
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
from services.matching.domain.people_commands import CorrectAnswer
from services.matching.explaining import not_reached_told, offers_told, passed_over_told
from services.matching.explanation import explanation
from services.matching.handlers import Matching
from services.matching.history import read_event
from services.matching.projections import SUMMARIES
from services.matching.store import QUERIES
from shared import clock
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.problems import not_found

router = APIRouter(tags=["placements"])
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
    async with web_of(request).connection() as connection:
        rows = await QUERIES.summaries_page(
            connection, status=status, escalated=escalated, before=before[0],
            before_id=before[1], most=limit + 1,
        )  # fmt: skip
        now = await clock.now(connection)
        shown = [SUMMARIES.rows.from_record(row) for row in rows[:limit]]
        linked = await linked_to(connection, [row.referral_id for row in shown])
    return Page(
        items=[
            PlacementView(
                **view_of(row, now),
                assignee=record["assignee"],
                linked=linked.get(row.referral_id, []),
            )
            for row, record in zip(shown, rows, strict=False)
        ],
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
    async with web_of(request).connection() as connection:
        row, whole, assignee = await shown_by(connection, id)
        history = await QUERIES.timeline(connection, referral_id=row.referral_id)
        notes = await QUERIES.notes_about(connection, referral_id=row.referral_id)
        now = await clock.now(connection)
        linked = await linked_to(connection, [row.referral_id])
        forecasts = await matching.forecasts(connection, [row.referral_id])
    events = [read_event(entry["type"], entry["body"]) for entry in history]
    own = [event for event in events if event.placement_id == row.placement_id]
    return PlacementDetail(
        **view_of(row, now),
        assignee=assignee,
        linked=linked.get(row.referral_id, []),
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


@router.get("/v1/placements/{id}/explanation", summary="Why a package is where it is")
async def explain(request: Request, id: UUID, _who: Broker) -> dict[str, Any]:
    """From the record alone: who was eligible and asked, the figures, the policy, the award, care.

    Each tier's order and each award is worked out again; `rederived` says whether it agrees.
    """
    async with web_of(request).connection() as connection:
        row, _whole, _assignee = await shown_by(connection, id)
        told = await explanation(connection, row.referral_id, row.placement_id)
    assert told is not None, "what has a summary has events"
    return told


@router.post("/v1/placements/{id}/award", summary="Award by hand")
async def award_by_hand(request: Request, id: UUID, body: HandAward, act: BrokerOnce) -> Response:
    """200 with the award. It replaces an award that is not confirmed, and never one that is.

    409 `not-eligible` names the gate that keeps the provider out; `override` passes it, on record.
    """
    override = body.override
    command = AwardByHand(
        provider_id=body.provider_id,
        ground=body.ground,
        override=None if override is None else override.ground,
    )
    details: dict[str, str] = {"ground": body.ground}
    if override is not None:
        details |= {"override_ground": override.ground, "override_reason": override.reason}
    note = Note("award_by_hand", body.reason, details)
    return await decide(request, act, id, command, note, confirmed=body.confirm)


@router.post(
    "/v1/placements/{id}/offers/{offer_id}/answer",
    summary="Write down an answer given by telephone",
)
async def answer_by_telephone(
    request: Request, id: UUID, offer_id: UUID, body: TelephoneAnswer, act: BrokerOnce
) -> Response:
    """200 with what came of it. `at` is when it was said: that decides if it was in time."""
    async with web_of(request).connection() as connection:
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
    note = Note(
        "telephone_answer",
        body.note or "",
        {"told_by": body.told_by, "offer_id": str(offer_id), "answer": body.answer,
         "said_at": body.at.isoformat()},
    )  # fmt: skip
    return await decide(request, act, id, ReceiveAnswers(answers=(answer,)), note)


@router.post(
    "/v1/placements/{id}/offers/{offer_id}/answer/correct",
    summary="Correct a telephone answer that was written down wrongly",
)
async def correct_answer(
    request: Request, id: UUID, offer_id: UUID, body: CorrectionBody, act: BrokerOnce
) -> Response:
    """200 with what came of it: an award on a wrong yes ends, and the search goes on.

    409 `answered-by-provider`, `not-answered`, `nothing-changed`, `answer-is-over`, `another-call`,
    `already-confirmed`, `already-started`, `already-placed`, `needs-confirmation`; 422 for `at`.
    """
    said = None if body.answer == "none" else body.answer
    command = CorrectAnswer(
        offer_id=offer_id,
        said=said,
        reason=body.decline_reason,
        said_at=body.at,
        meant=body.offer_id,
    )
    details = {
        "offer_id": str(offer_id),
        "answer": body.answer,
        "decline_reason": body.decline_reason,
        "said_at": body.at and body.at.isoformat(),
        "meant_offer_id": body.offer_id and str(body.offer_id),
    }
    note = Note("correct_answer", body.reason, details)
    return await decide(request, act, id, command, note, confirmed=body.confirm)
