"""The integration endpoint, third part: what an awarded provider says about its package.

Each waits for matching's decision as an answer to an offer does: 200, or 202 if there is none in
time; a repeat joins the first; the first answer counts.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.providers.api.callers import ProviderId, ProviderOnce, web_of
from services.providers.api.decided import finish_award, pending_on
from services.providers.api.packages import PackageId
from services.providers.api.shapes import Nothing
from services.providers.api.shapes_of_packages import (
    ChangeAnswerBody,
    ConfirmBody,
    HandBackBody,
    ReleaseBody,
    StartBody,
    WordsBody,
)
from services.providers.handlers.about_awards import (
    AnswerQuestion,
    AskAboutAward,
    Command,
    speak_about_award,
)
from services.providers.handlers.words import Words
from shared.postgres.connection import Connection
from shared.web.idempotency import Answer, Pending
from shared.web.problems import invalid
from shared.web.waiting import preferred_wait

router = APIRouter(prefix="/v1/packages/{package_id}", tags=["packages"])


class Saying:
    """Who says it about which package, and how it is answered."""

    def __init__(
        self,
        request: Request,
        *,
        package_id: PackageId,
        provider_id: ProviderId,
        act: ProviderOnce,
        wait: Annotated[float, Depends(preferred_wait)],
    ) -> None:
        self._request = request
        self._act = act
        self._wait = wait
        self.whose: dict[str, Any] = {"package_id": package_id, "provider_id": provider_id}

    def words(self, body: WordsBody | None = None) -> Words:
        """What was written beside the code, and by whom."""
        if body is None:
            return Words(author=self._act.subject)
        return Words(author=self._act.subject, note=body.note, told=body.told)

    async def answer(self, command: Command) -> Response:
        """Records it and waits for what matching makes of it."""

        async def effect(connection: Connection) -> Answer | Pending:
            return pending_on(await speak_about_award(connection, command))

        pool = web_of(self._request).pool
        finish = finish_award(self._request, self._wait, command)
        return await self._act.run(pool, effect, finish)


By = Annotated[Saying, Depends(Saying)]


@router.post("/confirm", summary="You take the package for good")
async def confirm(by: By, body: ConfirmBody | None = None) -> Response:
    """200 `confirmed`, 202 if not decided in time; 409 `not-awarded`, `person-view-missing`,
    `change-unanswered`, `requirement-changed`.
    """
    return await by.answer(
        AskAboutAward(
            **by.whose,
            request="confirm",
            version=None if body is None else body.version,
            words=by.words(),
        )
    )


@router.post("/release", summary="You give the package back before you confirm it")
async def release(by: By, body: ReleaseBody) -> Response:
    """200 `released`, 202 if not decided in time, 409 `not-awarded` or `already-confirmed`."""
    _check_words(body, body.reason, asks_who_was_told="unsafe")
    return await by.answer(
        AskAboutAward(**by.whose, request="release", reason=body.reason, words=by.words(body))
    )


@router.post("/start", summary="The first visit was delivered")
async def start(by: By, body: StartBody) -> Response:
    """200 `started`, 202 if not decided in time, 409 `not-awarded` or `already-answered`."""
    return await by.answer(
        AskAboutAward(**by.whose, request="start", started_at=body.started_at, words=by.words())
    )


@router.post("/hand-back", summary="You give up a package that you confirmed")
async def hand_back(by: By, body: HandBackBody) -> Response:
    """200 `handed_back`: you keep care and access until `last_visit_at`, however short the notice.

    202 if not decided in time; 409 `not-awarded`, `not-confirmed`, `already-ending`,
    `already-answered`.
    """
    _check_words(body, body.reason, asks_who_was_told="safety")
    return await by.answer(
        AskAboutAward(
            **by.whose,
            request="hand_back",
            reason=body.reason,
            last_visit_at=body.last_visit_at,
            words=by.words(body),
        )
    )


@router.post("/restart/agree", summary="You go on when the person comes home")
async def agree_to_restart(by: By, _body: Nothing | None = None) -> Response:
    """200 `restart_agreed`, 202 if not decided in time, 409 `not-asked`, `answer-too-late`."""
    return await by.answer(
        AnswerQuestion(**by.whose, question="restart", agrees=True, words=by.words())
    )


@router.post("/restart/refuse", summary="You do not go on when the person comes home")
async def refuse_restart(by: By, body: WordsBody | None = None) -> Response:
    """200 `restart_refused`: the package is yours no longer, and others are asked."""
    return await by.answer(
        AnswerQuestion(**by.whose, question="restart", agrees=False, words=by.words(body))
    )


@router.post("/change/agree", summary="You go on with what is needed now")
async def agree_to_change(by: By, body: ChangeAnswerBody) -> Response:
    """200 `change_agreed`, 202 if not decided in time, 409 `not-asked`, `answer-too-late`.

    `version` is that of the change you have read: an answer about an older one is
    `requirement-changed`.
    """
    return await by.answer(
        AnswerQuestion(
            **by.whose,
            question="change",
            agrees=True,
            version=body.version,
            words=by.words(body),
        )
    )


@router.post("/change/refuse", summary="You cannot give what is needed now")
async def refuse_change(by: By, body: ChangeAnswerBody) -> Response:
    """200 `change_refused`: others are asked; care that you give goes on as before until then."""
    return await by.answer(
        AnswerQuestion(
            **by.whose,
            question="change",
            agrees=False,
            version=body.version,
            words=by.words(body),
        )
    )


def _check_words(body: WordsBody, reason: str, *, asks_who_was_told: str) -> None:
    """Raises Problem 422 for a reason that lacks its words. Source: domain page, reasons."""
    if reason == "other" and body.note is None:
        raise invalid(("note", "required", "is required with the reason other"))
    if reason == asks_who_was_told and body.told is None:
        text = f"is required with {asks_who_was_told}: who was told?"
        raise invalid(("told", "required", text))
