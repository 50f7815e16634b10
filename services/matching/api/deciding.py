"""A person's command, run once with its note, and what it is answered with."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.responses import Response

from services.matching.api.meaning import meant_by
from services.matching.domain.care_commands import Bridge, PauseCare, RestartCare
from services.matching.domain.events import Awarded, Event
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.refusal import Refusal
from services.matching.handlers import Matching
from services.matching.store import QUERIES
from shared import clock
from shared.postgres.connection import Connection
from shared.web.app import Web
from shared.web.idempotency import Answer, Once, once
from shared.web.problems import Problem, invalid, not_found, unavailable
from shared.web.tokens import Caller, caller

broker = caller("broker")
Broker = Annotated[Caller, Depends(broker)]
BrokerOnce = Annotated[Once, Depends(once(broker))]
PathId = Annotated[
    UUID, Path(description="A placement's id, or a referral's with one open placement.")
]
_FIELDS = {
    "unknown-provider": "provider_id",
    "unknown-tier": "tier_name",
    "said-in-the-future": "at",
    "said-before-the-offer": "at",
    "told-in-the-future": "at",
    "hold-ended": "until",
    "hold-too-long": "until",
    "window-too-short": "expires_at",
    "window-too-long": "expires_at",
}
"""Refusals that say that a field of the body is wrong."""
_DATES: dict[type[PackageCommand], str] = {
    PauseCare: "held_until",
    RestartCare: "restart_at",
    Bridge: "until",
}
"""Which field is wrong with `in-the-past`."""


class Note(NamedTuple):
    """What a person wrote with a command: kept here and sent nowhere."""

    kind: str
    text: str
    details: Mapping[str, Any]


def web_of(request: Request) -> Web:
    """The service's pool and keys."""
    web: Web = request.app.state.web
    return web


async def decide(
    request: Request,
    act: Once,
    id: UUID,
    command: PackageCommand,
    note: Note,
    *,
    confirmed: bool = True,
    also: Callable[[Connection], Awaitable[None]] | None = None,
) -> Response:
    """Runs a person's command with its note in one transaction, or answers why not.

    The id is a placement's, or a referral's with one open placement. One that is not `confirmed` and
    would cost somebody something is answered 409 `needs-confirmation` with what it would do. `also`
    keeps what belongs to the note, if the command is obeyed.
    """
    matching: Matching = request.app.state.matching
    if not request.app.state.up_to_date.is_set():
        # Kafka has not been reached since the start, or holds more than this database does.
        raise unavailable("Matching")

    async def effect(connection: Connection) -> Answer:
        meant = await meant_by(connection, id)
        outcome = await matching.command(
            connection, meant.referral_id, command, about=meant.about, confirmed=confirmed
        )
        if isinstance(outcome, Refusal):
            raise _refused(outcome, command)
        await keep_note(connection, meant.referral_id, act.subject, note)
        if also is not None:
            await also(connection)
        return Answer(status=200, body=_said(meant.referral_id, outcome))

    return await act.run(web_of(request).pool, effect)


async def keep_note(connection: Connection, referral_id: UUID, author: str, note: Note) -> None:
    """Keeps what a person wrote, here and nowhere else."""
    await QUERIES.add_note(
        connection, referral_id=referral_id, kind=note.kind, author=author, text=note.text,
        details=json.dumps(note.details), at=await clock.now(connection),
    )  # fmt: skip


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


def _refused(refusal: Refusal, command: PackageCommand) -> Problem:
    if refusal.code in ("unknown-placement", "unknown-offer"):
        return not_found("placement" if refusal.code == "unknown-placement" else "offer")
    field = _DATES[type(command)] if refusal.code == "in-the-past" else _FIELDS.get(refusal.code)
    if field is not None:
        return invalid((field, refusal.code, refusal.sentence))
    if refusal.code == "not-the-approver":
        return Problem(403, refusal.code, "This is for somebody else to approve", refusal.sentence)
    if refusal.code == "needs-confirmation":
        return Problem(409, refusal.code, "Somebody loses by it", refusal.sentence)
    return Problem(409, refusal.code, "It cannot be done now", refusal.sentence)
