"""Who may call which routes, and what every answer to a refusal looks like."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.providers.domain.verdicts import sentence_of
from services.providers.reading import Reading
from shared.web.app import Web
from shared.web.idempotency import Once, once
from shared.web.problems import Problem, invalid, not_found
from shared.web.tokens import Caller, caller

operator = caller("operator")
reader = caller("operator", "broker")
reader_or_provider = caller("operator", "broker", "provider")
provider = caller("provider")

Operator = Annotated[Caller, Depends(operator)]
Reader = Annotated[Caller, Depends(reader)]
ReaderOrProvider = Annotated[Caller, Depends(reader_or_provider)]
OperatorOnce = Annotated[Once, Depends(once(operator))]
ProviderOnce = Annotated[Once, Depends(once(provider))]


async def _provider_id(who: Annotated[Caller, Depends(provider)]) -> UUID:
    assert who.scope.provider_id is not None, "a provider token names its provider"
    return who.scope.provider_id


ProviderId = Annotated[UUID, Depends(_provider_id)]
"""The provider that the token is for; no route takes it from anywhere else."""


def web_of(request: Request) -> Web:
    """The running service's pool, wake-ups and keys."""
    web: Web = request.app.state.web
    return web


def reading_of(request: Request) -> Reading:
    """What waiting requests read together."""
    reading: Reading = request.app.state.reading
    return reading


def refusal_problem(code: str, awards: Sequence[UUID] = ()) -> Problem:
    """The answer to a refusal of our own rules or of matching; `awards` are those it names."""
    if code == "not-found":
        return not_found("package or offer")
    if (field := _FIELD_OF.get(code)) is not None:
        return invalid((field, code, sentence_of(code)))
    problem = Problem(409, code, _TITLES[code], sentence_of(code))
    if awards:
        problem.members["awards"] = [str(award_id) for award_id in awards]
    return problem


_FIELD_OF = {
    "started-too-early": "started_at",
    "started-in-future": "started_at",
    "last-visit-in-past": "last_visit_at",
    "last-visit-too-far": "last_visit_at",
}


_TITLES = {
    "already-placed": "Another provider has the package",
    "offer-lapsed": "The offer's deadline has passed",
    "offer-withdrawn": "The offer was withdrawn",
    "already-answered": "It was answered before",
    "not-awarded": "The package is not awarded to you",
    "person-view-missing": "The person's view is still to be recorded",
    "requirement-changed": "What is needed has changed",
    "placed-meanwhile": "Another provider has it by now",
    "change-unanswered": "A change waits for your answer",
    "no-counter": "There are no terms to answer",
    "rate-over-limit": "The rate is above the limit",
    "rate-refused": "The rate was refused",
    "condition-refused": "The condition was refused",
    "rate-not-asked": "No rate is asked for",
    "already-confirmed": "The package is confirmed",
    "not-confirmed": "The package is not confirmed",
    "already-ending": "The care ends already",
    "not-asked": "This is not asked of you",
    "answer-too-late": "The time to answer is over",
    "several-packages": "You hold several parts",
}
