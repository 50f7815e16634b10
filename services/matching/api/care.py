"""What brokers decide about care that was awarded, and about a package in parts."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.matching.api.care_orders import (
    BridgeBody,
    ChangeBody,
    ContingencyBody,
    LastVisitBody,
    MergeBody,
    PauseBody,
    RestartBody,
    SplitBody,
    TransferBody,
)
from services.matching.api.deciding import BrokerOnce, Note, PathId, decide
from services.matching.domain import care_commands as orders
from services.matching.translate import requirement_of

router = APIRouter(prefix="/v1/placements/{id}", tags=["care"])


@router.post("/pause", summary="Hold a package while the person is away")
async def pause(request: Request, id: PathId, body: PauseBody, act: BrokerOnce) -> Response:
    """200. Its provider keeps it until the date; sent again, the date moves. 409 `not-started`."""
    command = orders.PauseCare(held_until=body.held_until, retainer=body.retainer)
    details = {"held_until": body.held_until.isoformat(), "retainer": body.retainer}
    return await decide(request, act, id, command, Note("pause", body.reason, details))


@router.post("/restart", summary="The person comes home")
async def restart(request: Request, id: PathId, body: RestartBody, act: BrokerOnce) -> Response:
    """200. The holder is asked first; if the pause has lapsed, it comes first in a new search.

    409 `not-paused`, `already-asked`; 422 `in-the-past`.
    """
    note = Note("restart", body.reason, {"restart_at": body.restart_at.isoformat()})
    return await decide(request, act, id, orders.RestartCare(restart_at=body.restart_at), note)


@router.post("/change", summary="What a running package needs has changed")
async def change(request: Request, id: PathId, body: ChangeBody, act: BrokerOnce) -> Response:
    """200. Its provider is asked; only its refusal or silence starts a search, while it goes on as
    before. Sent again before it has answered, the newer question counts. 409 `not-started`."""
    command = orders.ChangeCare(requirement=requirement_of(body.requirement))
    return await decide(request, act, id, command, Note("change", body.reason, {}))


@router.post("/end", summary="Care is needed no longer")
async def end(request: Request, id: PathId, body: LastVisitBody, act: BrokerOnce) -> Response:
    """200. Nobody is searched. 409 `no-care-to-end`, `needs-confirmation`."""
    note = Note("end", body.reason, {"last_visit_at": body.last_visit_at.isoformat()})
    command = orders.EndCare(last_visit_at=body.last_visit_at)
    return await decide(request, act, id, command, note, confirmed=body.confirm)


@router.post("/transfer", summary="Another provider is to take over")
async def transfer(request: Request, id: PathId, body: TransferBody, act: BrokerOnce) -> Response:
    """200. The search begins now, without the old provider, which keeps care until its last visit.

    409 `no-care-to-end`, `needs-confirmation`.
    """
    note = Note("transfer", body.reason, {"last_visit_at": body.last_visit_at.isoformat()})
    command = orders.TransferCare(because="transferred", last_visit_at=body.last_visit_at)
    return await decide(request, act, id, command, note, confirmed=body.confirm)


@router.post("/continue", summary="Reablement goes on as long-term care")
async def go_on(request: Request, id: PathId, body: ChangeBody, act: BrokerOnce) -> Response:
    """200. Long-term care is searched, the same provider first; reablement goes on until it starts.

    409 `not-reablement`, `needs-confirmation`.
    """
    command = orders.ContinueLongTerm(requirement=requirement_of(body.requirement))
    note = Note("continue", body.reason, {})
    return await decide(request, act, id, command, note, confirmed=body.confirm)


@router.post("/contingency", summary="Who cares while nobody holds a visit")
async def contingency(
    request: Request, id: PathId, body: ContingencyBody, act: BrokerOnce
) -> Response:
    """200. The gap stays one, and the search goes on. 409 `not-searching`."""
    command = orders.RecordContingency(contingency=body.contingency)
    note = Note("contingency", body.note or "", {"contingency": body.contingency})
    return await decide(request, act, id, command, note)


@router.post("/split", summary="Place visits apart")
async def split(request: Request, id: PathId, body: SplitBody, act: BrokerOnce) -> Response:
    """200. The search ends; one for each part begins, on the same clock.

    409 `not-searching`, `parts-do-not-add-up`, `needs-confirmation`.
    """
    note = Note("split", body.reason, {"parts": [list(part) for part in body.parts]})
    command = orders.Split(parts=body.parts)
    return await decide(request, act, id, command, note, confirmed=body.confirm)


@router.post("/merge", summary="Search parts as one package again")
async def merge(request: Request, id: PathId, body: MergeBody, act: BrokerOnce) -> Response:
    """200. For parts that nobody has. 409 `not-searching`, `needs-confirmation`."""
    note = Note("merge", body.reason, {"placement_ids": [str(one) for one in body.placement_ids]})
    command = orders.Merge(placement_ids=body.placement_ids)
    return await decide(request, act, id, command, note, confirmed=body.confirm)


@router.post("/bridge", summary="Search bridging care")
async def bridge(request: Request, id: PathId, body: BridgeBody, act: BrokerOnce) -> Response:
    """200. All visits until a date, while the long-term search goes on.

    409 `not-searching`, `already-asked`; 422 `in-the-past`.
    """
    note = Note("bridge", body.reason, {"until": body.until.isoformat()})
    return await decide(request, act, id, orders.Bridge(until=body.until), note)
