"""Refuses bodies that are too large, too slow or not JSON before anything reads them."""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import Problem

MOST_BODY_BYTES = 256 * 1024
BODY_TIMEOUT_SECONDS = 30
"""Real seconds for a body to arrive: a caller that trickles bytes holds nothing for longer."""
MOST_DISCARDED_BYTES = 16 * 1024 * 1024
DISCARD_TIMEOUT_SECONDS = 5
"""How much of a refused body is read and dropped: most clients read no answer before they have sent
all of theirs, and closing on them would lose it."""

_CLOSE = {"Connection": "close"}


class BodyLimits:
    """Reads the body (256 KiB at most) before the application starts, and hands it on whole.

    A longer one is 413 as soon as its length is known or passed, one that is not application/json
    415, one that does not arrive in 30 s 408. So a route never sees half a body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or hands it on with its body read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._body(scope, receive)
        except Problem as problem:
            await _refuse(problem, receive, send)
            return
        if body is None:
            return
        await self._app(scope, _replay(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body, or None if the caller has gone."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        if length.isdigit() and (len(length) > 12 or int(length) > MOST_BODY_BYTES):
            raise _too_large()
        chunks = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    chunks += message.get("body", b"")
                    if len(chunks) > MOST_BODY_BYTES:
                        raise _too_large()
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise Problem(
                408,
                "body-too-slow",
                "The body did not arrive in time",
                f"Send it within {BODY_TIMEOUT_SECONDS} seconds.",
                headers=_CLOSE,
            ) from None
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if chunks and kind != b"application/json":
            raise Problem(
                415,
                "wrong-content-type",
                "The body is not JSON",
                "Send JSON with `Content-Type: application/json`.",
            )
        return bytes(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(problem: Problem, receive: Receive, send: Send) -> None:
    """Answers at once, then drops what still comes for a moment before the connection closes."""
    answer = problem.response()
    await send(
        {
            "type": "http.response.start",
            "status": answer.status_code,
            "headers": answer.raw_headers,
        }
    )
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    discarded_bytes = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_TIMEOUT_SECONDS):
            while problem.status == 413 and discarded_bytes < MOST_DISCARDED_BYTES:
                message = await receive()
                discarded_bytes += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _too_large() -> Problem:
    return Problem(
        413,
        "body-too-large",
        "The body is too large",
        f"Send {MOST_BODY_BYTES} bytes at most.",
        headers=_CLOSE,
    )
