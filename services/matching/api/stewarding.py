"""What brokers decide about a placement as a whole, and the queue of items that wait for one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.matching.api.deciding import (
    Broker,
    BrokerOnce,
    Note,
    decide,
    keep_note,
    web_of,
)
from services.matching.api.meaning import meant_by
from services.matching.api.orders import (
    AmendBody,
    AssignBody,
    CloseBody,
    EscalateBody,
    EscalationView,
    ExclusionBody,
    NoteBody,
    PersonViewBody,
    Reasoned,
    ServiceOrderBody,
)
from services.matching.domain.people_commands import (
    AmendRequirement,
    Assign,
    CloseEscalation,
    Escalate,
    ExcludeProvider,
    LiftExclusion,
    MoveToPolicy,
    RecordPersonView,
)
from services.matching.escalation_rows import TO_DO
from services.matching.store import QUERIES
from services.matching.translate import requirement_of
from shared import clock
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer, Once
from shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web.text import ShortText

router = APIRouter(prefix="/v1", tags=["stewarding"])
_ASSIGNEES = UUID("6c6f6f6b-7320-5a66-8465-722061667421")


@router.get("/escalations", summary="Open items, what hurts most first")
async def list_escalations(
    request: Request,
    _who: Broker,
    assignee: Annotated[
        ShortText | None, Query(description="Only what this broker looks after.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[EscalationView]:
    """A page of items by severity, then by how long they have been open; `next` for those after."""
    after: tuple[Any, ...] = (None, None, None)
    if cursor is not None:
        after = decode_cursor(cursor, int, datetime, UUID)
    async with web_of(request).connection() as connection:
        now = await clock.now(connection)
        rows = await QUERIES.open_escalations(
            connection, assignee=assignee, after=after[0], after_at=after[1], after_id=after[2],
            most=limit + 1,
        )  # fmt: skip
    shown = rows[:limit]
    return Page(
        items=[
            EscalationView(
                **row,
                to_do=TO_DO[row["kind"]],
                open_minutes=round((now - row["opened_at"]).total_seconds() / 60, 1),
            )
            for row in shown
        ],
        next=encode_cursor(*(shown[-1][name] for name in ("place", "opened_at", "id")))
        if len(rows) > limit
        else None,
    )


@router.post("/placements/{referral_id}/exclude", summary="Never ask a provider for this package")
async def exclude(
    request: Request, referral_id: UUID, body: ExclusionBody, act: BrokerOnce
) -> Response:
    """200. What it was offered is withdrawn; the reason is for brokers alone. 409 `already-excluded`."""
    command = ExcludeProvider(provider_id=body.provider_id)
    note = Note("exclude", body.reason, {"provider_id": str(body.provider_id)})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/placements/{referral_id}/lift-exclusion", summary="Let a provider be asked again")
async def lift_exclusion(
    request: Request, referral_id: UUID, body: ExclusionBody, act: BrokerOnce
) -> Response:
    """200. It also drops an exclusion that proposed itself. 409 `not-excluded`."""
    command = LiftExclusion(provider_id=body.provider_id)
    note = Note("lift_exclusion", body.reason, {"provider_id": str(body.provider_id)})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/placements/{referral_id}/person-view", summary="What the person says of the plan")
async def record_person_view(
    request: Request, referral_id: UUID, body: PersonViewBody, act: BrokerOnce
) -> Response:
    """200. A refusal opens an item; the policy says which view is needed to confirm."""
    command = RecordPersonView(view=body.view, told_by_role=body.told_by_role, told_at=body.told_at)
    return await decide(
        request,
        act,
        referral_id,
        command,
        Note("person_view", body.note or "", {"view": body.view}),
    )


@router.post("/placements/{referral_id}/assign", summary="Give it to a broker")
async def assign(
    request: Request, referral_id: UUID, body: AssignBody, act: BrokerOnce
) -> Response:
    """200. Everybody still sees it and may act on it."""
    assignee_id = None if body.assignee is None else uuid5(_ASSIGNEES, body.assignee)

    async def keep_name(connection: Connection) -> None:
        if assignee_id is not None:
            await QUERIES.keep_assignee(connection, assignee_id=assignee_id, subject=body.assignee)

    note = Note("assign", body.note or "", {"assignee": body.assignee})
    command = Assign(assignee_id=assignee_id)
    return await decide(request, act, referral_id, command, note, also=keep_name)


@router.post("/placements/{referral_id}/escalate", summary="Ask a colleague to look at it")
async def escalate(
    request: Request, referral_id: UUID, body: EscalateBody, act: BrokerOnce
) -> Response:
    """200. It opens an item in the queue."""
    return await decide(request, act, referral_id, Escalate(), Note("escalate", body.reason, {}))


@router.post("/placements/{referral_id}/de-escalate", summary="Close an open item by hand")
async def de_escalate(
    request: Request, referral_id: UUID, body: CloseBody, act: BrokerOnce
) -> Response:
    """200. 409 `nothing-to-close`; `still-open` while what it says is so, or is to be decided."""
    note = Note("de_escalate", body.reason, {"kind": body.kind})
    return await decide(request, act, referral_id, CloseEscalation(kind=body.kind), note)


@router.post("/placements/{referral_id}/amend", summary="Change what is needed before the start")
async def amend(request: Request, referral_id: UUID, body: AmendBody, act: BrokerOnce) -> Response:
    """200. A date within tolerance and a small change keep offers and award; a material change takes
    offers back and searches again. The area is the referral's.

    409 `already-started`, `not-complete`, `needs-confirmation`.
    """
    command = AmendRequirement(by="broker", requirement=requirement_of(body.requirement))
    note = Note("amend", body.reason, {})
    return await decide(request, act, referral_id, command, note, confirmed=body.confirm)


@router.post("/placements/{referral_id}/move-policy", summary="Go on under the newest policy")
async def move_policy(
    request: Request, referral_id: UUID, body: Reasoned, act: BrokerOnce
) -> Response:
    """200. Open offers and tiers stay; with nothing open a round begins under it.

    409 `same-policy`, `tiers-differ`.
    """
    note = Note("move_policy", body.reason, {})
    return await decide(request, act, referral_id, MoveToPolicy(), note, confirmed=body.confirm)


@router.post("/placements/{referral_id}/notes", status_code=201, summary="Write something down")
async def write_note(
    request: Request, referral_id: UUID, body: NoteBody, act: BrokerOnce
) -> Response:
    """201. It stands beside the timeline, for brokers."""

    return await _written(request, act, referral_id, Note("note", body.note, {}))


@router.post(
    "/placements/{referral_id}/service-orders", status_code=201, summary="An order was entered"
)
async def enter_service_order(
    request: Request, referral_id: UUID, body: ServiceOrderBody, act: BrokerOnce
) -> Response:
    """201. Which version of a service order was entered in which system; who and when is kept too.

    The order itself names the person and is read at the referrals service.
    """
    details = {"number": body.number, "version": body.version, "entered_in": body.entered_in}
    return await _written(request, act, referral_id, Note("service_order_entered", "", details))


async def _written(request: Request, act: Once, id: UUID, note: Note) -> Response:
    """Keeps a note that decides nothing."""

    async def effect(connection: Connection) -> Answer:
        meant = await meant_by(connection, id)
        await keep_note(connection, meant.referral_id, act.subject, note)
        return Answer(status=201, body={"referral_id": str(meant.referral_id)})

    return await act.run(web_of(request).pool, effect)
