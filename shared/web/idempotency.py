"""A POST that is sent twice acts once: its key and its final answer are committed with its effect.

One row for (subject, method and path, HMAC of the key) with an HMAC of the body. "Running" is a
lock of the transaction, so it dies with its process. Only final answers are kept: not 202, 400,
401, 422, 429 or 5xx, so a request that failed for a passing reason can be sent again with its key.
Rows are forgotten after 24 hours of real time.
"""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse, Response

from shared.postgres.connection import ACQUIRE_TIMEOUT_SECONDS, Connection, Pool
from shared.web.problems import MEDIA_TYPE, Problem

MOST_KEY_CHARACTERS = 200
_NOT_FINAL = frozenset({202, 400, 401, 408, 413, 415, 422, 429})

_READ = """
select body_hmac, status, answer::text as answer from idempotency
where subject = $1 and route = $2 and key = $3
  and created_at > clock_timestamp() - interval '24 hours'
"""
_KEEP = """
insert into idempotency (subject, route, key, body_hmac, status, answer)
values ($1, $2, $3, $4, $5, $6)
on conflict (subject, route, key) do update
    set body_hmac = excluded.body_hmac, status = excluded.status, answer = excluded.answer,
        created_at = excluded.created_at
"""
_FINISH = """
update idempotency set status = $4, answer = $5
where subject = $1 and route = $2 and key = $3 and status is null
"""
_PURGE = """
delete from idempotency where ctid in (
    select ctid from idempotency
    where created_at <= clock_timestamp() - interval '24 hours'
    order by created_at limit 20 for update skip locked)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request is answered with: status, JSON body, headers. `final` answers are repeated."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    final: bool | None = None
    """None: by its status. False for a success of the moment, such as `standing`."""

    @property
    def kept(self) -> bool:
        """Whether a repeat of the request gets this very answer."""
        if self.final is not None:
            return self.final
        return self.status not in _NOT_FINAL and self.status < 500

    def response(self) -> Response:
        """The HTTP answer; one with an error status is problem+json."""
        return JSONResponse(
            dict(self.body),
            status_code=self.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE if self.status >= 400 else "application/json",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The effect is committed and its answer is still to come; `known` is what finding it needs."""

    known: Mapping[str, object]


Effect = Callable[[Connection], Awaitable[Answer | Pending]]
"""Runs inside the transaction. A Problem that it raises undoes what it did."""
Finish = Callable[[Mapping[str, Any]], Awaitable[Answer]]
"""Runs afterwards, without a connection, for what `Pending.known` says; again for each repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One request and the key under which it acts once; without a key it acts each time."""

    subject: str
    route: str
    key: str | None
    body_hmac: bytes

    async def run(self, pool: Pool, effect: Effect, finish: Finish | None = None) -> Response:
        """Commits the effect and the key together, then answers; a repeat gets the same answer.

        `finish` is needed if `effect` may give Pending: it waits for the answer, and a repeat joins
        the wait. Raises Problem 409 `request-running` while the first is in its transaction, 422
        `key-reused` for another body.
        """
        async with (
            pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection,
            connection.transaction(),
        ):
            outcome = await self._outcome(connection, effect)
        if isinstance(outcome, Answer):
            return outcome.response()
        assert finish is not None, "an effect that gives Pending needs a finish"
        try:
            answer = await finish(outcome.known)
        except Problem as problem:
            answer = _answer_of(problem)
        if answer.kept and self.key is not None:
            async with pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection:
                await connection.execute(
                    _FINISH, self.subject, self.route, self.key, answer.status, _stored(answer)
                )
        return answer.response()

    async def _outcome(self, connection: Connection, effect: Effect) -> Answer | Pending:
        if self.key is None:
            return await _attempt(connection, effect)
        if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", self._lock()):
            raise Problem(
                409,
                "request-running",
                "The same request is being handled",
                "Wait a second and send it again with the same Idempotency-Key.",
                headers={"Retry-After": "1"},
            )
        row = await connection.fetchrow(_READ, self.subject, self.route, self.key)
        if row is not None:
            return self._repeated(row)
        outcome = await _attempt(connection, effect)
        if isinstance(outcome, Pending):
            await self._keep(connection, None, json.dumps(outcome.known))
        elif outcome.kept:
            await self._keep(connection, outcome.status, _stored(outcome))
        return outcome

    def _repeated(self, row: asyncpg.Record) -> Answer | Pending:
        if not hmac.compare_digest(row["body_hmac"], self.body_hmac):
            raise Problem(
                422,
                "key-reused",
                "This Idempotency-Key came with another body",
                "Use a new key for a new request, and the same bytes for a repeat.",
            )
        stored = json.loads(row["answer"])
        if row["status"] is None:
            return Pending(known=stored)
        headers = {**stored["headers"], "Idempotency-Replayed": "true"}
        return Answer(status=row["status"], body=stored["body"], headers=headers)

    async def _keep(self, connection: Connection, status: int | None, answer: str) -> None:
        await connection.execute(
            _KEEP, self.subject, self.route, self.key, self.body_hmac, status, answer
        )
        await connection.execute(_PURGE)

    def _lock(self) -> int:
        place = "\0".join((self.subject, self.route, self.key or ""))
        return int.from_bytes(hashlib.sha256(place.encode()).digest()[:8], "big", signed=True)


def once(
    subject: Callable[..., Any],
) -> Callable[..., Awaitable[Once]]:
    """A dependency that gives the request's Once. `subject` is the route's own `caller(...)`.

    Raises Problem 422 `bad-key` for a key that is empty or longer than 200 characters.
    """

    async def keyed(
        request: Request,
        who: Annotated[Any, Depends(subject)],
        key: Annotated[
            str | None,
            Header(
                alias="Idempotency-Key",
                description="1 to 200 characters that name this request; a repeat within 24 hours "
                "with the same body gets the same answer and acts once.",
            ),
        ] = None,
    ) -> Once:
        if key is not None and not 1 <= len(key) <= MOST_KEY_CHARACTERS:
            raise Problem(
                422,
                "bad-key",
                "The Idempotency-Key is not usable",
                f"Send 1 to {MOST_KEY_CHARACTERS} characters, for example a UUID.",
            )
        secret: bytes = request.app.state.web.hmac_key
        return Once(
            subject=who.subject,
            route=f"{request.method} {request.url.path}",
            # Hashed, since a caller may have put anything into its key.
            key=None if key is None else _mac(secret, b"key", key.encode()).hex(),
            body_hmac=_mac(secret, b"body", await request.body()),
        )

    return keyed


def _mac(secret: bytes, purpose: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, b"idempotency\0" + purpose + b"\0" + text, "sha256")


async def _attempt(connection: Connection, effect: Effect) -> Answer | Pending:
    """The effect in a savepoint, so that a final refusal undoes it and is still remembered."""
    try:
        async with connection.transaction():
            return await effect(connection)
    except Problem as problem:
        answer = _answer_of(problem)
        if not answer.kept:
            raise
        return answer


def _answer_of(problem: Problem) -> Answer:
    return Answer(status=problem.status, body=problem.body(), headers=problem.headers)


def _stored(answer: Answer) -> str:
    return json.dumps({"body": answer.body, "headers": dict(answer.headers)})
