"""A small application over shared/web with one route of each kind, on a real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.postgres.connection import Connection, open_pool
from shared.postgres.migrations import migrate
from shared.postgres.wakeups import Wakeups
from shared.web import tokens
from shared.web.app import Web, build_app
from shared.web.idempotency import Answer, Once, Pending, once
from shared.web.problems import Problem
from tests.stack import TestStack

WARD = tokens.caller("ward")


class Thing(BaseModel):
    """A write body like those of the services: closed."""

    model_config = ConfigDict(extra="forbid")

    colour: Annotated[str, Field(pattern="^[a-z]+$", max_length=10)]
    size: Annotated[int, Field(ge=1)] = 1
    outcome: str = "made"


@dataclass
class Small:
    """The running application, its client and what its routes did."""

    app: FastAPI
    client: httpx.AsyncClient
    url: str
    headers: dict[str, str]
    effects: list[str] = field(default_factory=list)
    outcome: dict[str, Any] = field(default_factory=dict)


async def _none_blocked() -> int:
    return 0


def _router(small: dict[str, Small]) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/things")
    async def make(thing: Thing, key: Annotated[Once, Depends(once(WARD))]) -> Response:
        state = small["it"]
        web: Web = state.app.state.web

        async def effect(connection: Connection) -> Answer | Pending:
            state.effects.append(thing.colour)
            await connection.execute(
                "insert into notes (about_id, kind, author, text, written_at)"
                " values (gen_random_uuid(), 'thing', $1, $2, now())",
                key.subject,
                thing.colour,
            )
            if thing.outcome == "refused":
                raise Problem(409, "already-there", "It is there", "Leave it.")
            if thing.outcome == "wrong":
                raise Problem(422, "wrong", "It is wrong", "Correct it.")
            if thing.outcome == "broken":
                raise RuntimeError(f"broken by {thing.colour}")
            if thing.outcome == "later":
                return Pending(known={"colour": thing.colour})
            return Answer(status=201, body={"colour": thing.colour, "n": len(state.effects)})

        async def finish(known: dict[str, Any]) -> Answer:
            if "answer" in state.outcome:
                return Answer(status=200, body={**known, "result": state.outcome["answer"]})
            return Answer(status=202, body=known)

        return await key.run(web.pool, effect, finish)  # type: ignore[arg-type]

    @router.get("/v1/things/{thing_id}")
    async def read(thing_id: int, _who: Annotated[tokens.Caller, Depends(WARD)]) -> dict[str, int]:
        return {"thing_id": thing_id}

    return router


@pytest.fixture
async def small(stack: TestStack) -> AsyncIterator[Small]:
    """The application of this file on a database of its own, with a valid ward token."""
    url = await stack.new_database_from("web", lambda url: migrate(url, "web"))

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[Web]:
        async with await open_pool(url, most=5) as pool:
            wakeups = Wakeups()
            async with wakeups.listening(url):
                yield Web(
                    pool=pool,
                    wakeups=wakeups,
                    hmac_key=b"k" * 32,
                    readiness=lambda: {"ready": True, "kafka": "connected"},
                    blocked_keys=_none_blocked,
                    asyncapi=lambda: {"asyncapi": "3.0.0"},
                )

    made: dict[str, Small] = {}
    app = build_app("web", title="t", description="d", routers=[_router(made)], running=running)
    async with app.router.lifespan_context(app):
        token = tokens.new_token(
            "ward",
            "ward-a",
            tokens.Scope(organisations=frozenset({"trust"}), wards=frozenset({"a"})),
            timedelta(hours=1),
        )
        async with app.state.web.pool.acquire() as connection:
            await tokens.create(connection, token)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://homeward") as client:
            headers = {"Authorization": f"Bearer {token.secret}"}
            made["it"] = Small(app=app, client=client, url=url, headers=headers)
            yield made["it"]
