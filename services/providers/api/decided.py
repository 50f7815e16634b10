"""What came of an answer: read until matching has decided, without holding a connection."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, assert_never
from uuid import UUID

from fastapi import Request

from services.providers.api.callers import reading_of, refusal_problem, web_of
from services.providers.domain.ids import AwardRequest
from services.providers.domain.verdicts import Refusal
from services.providers.handlers.about_awards import AskAboutAward
from services.providers.handlers.about_awards import Command as Said
from services.providers.handlers.answering import Waiting
from services.providers.projections import OFFERS
from services.providers.projections.offers import OfferRow
from services.providers.store import QUERIES
from shared.web.app import Web
from shared.web.idempotency import Answer, Finish, Pending
from shared.web.waiting import wait_for

WITHDRAWN_CODES = {"placed": "already-placed", "requirement_changed": "requirement-changed"}
RETRY_AFTER_SECONDS = 2

_RESULT_OF: dict[AwardRequest, str] = {
    "confirm": "confirmed",
    "release": "released",
    "start": "started",
    "hand_back": "handed_back",
}


def pending_on(outcome: Waiting | Refusal) -> Pending:
    """What to wait for. Raises the Problem of a refusal, which undoes the transaction."""
    if isinstance(outcome, Refusal):
        raise refusal_problem(outcome.code, outcome.awards)
    return Pending(
        known={
            "referral_id": str(outcome.referral_id),
            "provider_id": str(outcome.provider_id),
            "response_id": outcome.response_id and str(outcome.response_id),
            "offer_id": outcome.offer_id and str(outcome.offer_id),
            "award_id": outcome.award_id and str(outcome.award_id),
        }
    )


def finish_offer(request: Request, seconds: float) -> Finish:
    """Waits for what came of an answer to an offer, `seconds` (real) at most."""

    async def finish(known: Mapping[str, Any]) -> Answer:
        async def read() -> Answer | None:
            if known["response_id"] is not None:
                return await _outcome(request, known)
            return await _told_otherwise(web_of(request), known)

        return await _wait(request, read, seconds, f"/v1/offers/{known['offer_id']}")

    return finish


def finish_award(request: Request, seconds: float, said: Said) -> Finish:
    """Waits for what came of what was `said` about an award, `seconds` (real) at most."""

    async def finish(known: Mapping[str, Any]) -> Answer:
        async def read() -> Answer | None:
            if known["response_id"] is not None:
                return await _outcome(request, known)
            return _done(result_of(said), known)

        return await _wait(request, read, seconds, f"/v1/packages/{known['award_id']}")

    return finish


def result_of(said: Said) -> str:
    """What a provider is told of a request that was done, as matching's event would say it."""
    if isinstance(said, AskAboutAward):
        return _RESULT_OF[said.request]
    return f"{said.question}_{'agreed' if said.agrees else 'refused'}"


async def _wait(
    request: Request,
    read: Callable[[], Awaitable[Answer | None]],
    seconds: float,
    location: str,
) -> Answer:
    decided = await wait_for(read, web_of(request).wakeups, seconds)
    if decided is not None:
        return decided
    return Answer(
        status=202,
        body={"result": "undecided"},
        headers={"Location": location, "Retry-After": str(RETRY_AFTER_SECONDS)},
    )


async def _outcome(request: Request, known: Mapping[str, Any]) -> Answer | None:
    row = await reading_of(request).outcomes.read(UUID(known["response_id"]))
    if row is None:
        return None
    result, code = row.first_result, row.first_code
    if row.later_result is not None:
        result, code = row.later_result, row.later_code
    match result:
        case "refused":
            assert code is not None, "a refusal has its reason"
            return await _refused(web_of(request), code, known)
        case "awarded":
            assert row.award_id is not None
            assert row.confirm_by is not None
            return _awarded(row.referral_id, row.award_id, row.confirm_by.isoformat())
        case "standing":
            assert row.decided_by is not None
            return _standing(row.decided_by.isoformat())
        case "declined":
            return Answer(status=200, body={"result": "declined"})
        case "waiting" | "conditional" | "countered":
            return _open(result)
        case _:
            return _done(result, known)


async def _refused(web: Web, code: str, known: Mapping[str, Any]) -> Answer:
    """A refusal, unless the package was placed with this very provider by a broker's hand."""
    if code == "already-placed":
        async with web.connection() as connection:
            held = await QUERIES.find_held_award(connection, offer_id=UUID(known["offer_id"]))
        if held is not None:
            return _awarded(
                UUID(known["referral_id"]), held["award_id"], held["confirm_by"].isoformat()
            )
    raise refusal_problem(code)


async def _told_otherwise(web: Web, known: Mapping[str, Any]) -> Answer:
    """The answer to an offer whose answer came by telephone, or by a broker's hand."""
    offer_id = UUID(known["offer_id"])
    async with web.connection() as connection:
        row: OfferRow = (await OFFERS.rows.load(connection, [offer_id]))[offer_id]
        award = await QUERIES.find_award_of_offer(connection, offer_id=offer_id)
    match row.status:
        case "accepted":
            return _awarded(row.referral_id, award["award_id"], award["confirm_by"].isoformat())
        case "standing":
            assert row.decided_by is not None
            return _standing(row.decided_by.isoformat())
        case "declined":
            return Answer(status=200, body={"result": "declined"})
        case "withdrawn":
            code = WITHDRAWN_CODES.get(row.because or "", "offer-withdrawn")
            return await _refused(web, code, known)
        case "waiting" | "conditional" | "countered":
            return _open(row.status)
        case "refused":
            code = "rate-refused" if row.because == "rate" else "condition-refused"
            return await _refused(web, code, known)
        case "live" | "lapsed":
            raise AssertionError("an answered offer is never again unanswered")
        case _ as never:
            assert_never(never)


def _awarded(referral_id: UUID, award_id: UUID, confirm_by: str) -> Answer:
    return Answer(
        status=200,
        body={
            "result": "awarded",
            "award_id": str(award_id),
            "referral_id": str(referral_id),
            "confirm_by": confirm_by,
        },
    )


def _standing(decided_by: str) -> Answer:
    # Not final: a repeat of the request gets what has become of it by then.
    return Answer(status=200, body={"result": "standing", "decided_by": decided_by}, final=False)


def _open(result: str) -> Answer:
    # Not final: a broker decides about it, and a repeat gets what has become of it by then.
    return Answer(status=200, body={"result": result}, final=False)


def _done(result: str, known: Mapping[str, Any]) -> Answer:
    body = {"result": result, "award_id": known["award_id"], "referral_id": known["referral_id"]}
    return Answer(status=200, body=body)
