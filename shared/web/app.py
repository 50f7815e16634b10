"""The HTTP side of a service: one FastAPI application with everything that all services share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from shared.postgres.connection import (
    ACQUIRE_TIMEOUT_SECONDS,
    TRANSIENT_ERRORS,
    Connection,
    Pool,
)
from shared.postgres.migrations import is_current
from shared.postgres.wakeups import Wakeups
from shared.web import problems
from shared.web.limits import BodyLimits
from shared.web.observing import HttpMetrics, Observed
from shared.web.tokens import TokenCheck

CHECK_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """What the shared routes and dependencies need of a running service (`app.state.web`)."""

    pool: Pool
    wakeups: Wakeups
    hmac_key: bytes
    readiness: Callable[[], Mapping[str, object]]
    """Messaging's own view; `ready` is whether it is connected and nothing holds it up."""
    blocked_keys: Callable[[], Awaitable[int]] | None = None
    """How many keys wait for a person to deal with a record; they do not make it less ready."""
    asyncapi: Callable[[], Mapping[str, object]]
    tokens: TokenCheck = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", TokenCheck(self.pool))

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection of the pool; TimeoutError (503) if none is free within 5 s."""
        return self.pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)


Running = Callable[[FastAPI], AbstractAsyncContextManager[Web]]
"""Opens what the service needs, starts its work in the background, and closes both at the end.

It may put what its own routes need on `app.state`; `registry` there takes its metrics.
"""


def build_app(
    service: str, *, title: str, description: str, routers: Sequence[APIRouter], running: Running
) -> FastAPI:
    """The service's application: its routes, problems, limits, health, metrics and documents."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(app) as web:
            app.state.web = web
            yield

    app = FastAPI(
        title=title,
        description=description,
        version=_version(),
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere; the document itself is served
        redoc_url=None,
        redirect_slashes=False,
        responses={"default": {"description": "A problem (RFC 9457).", "content": _PROBLEM}},
    )
    registry = CollectorRegistry()
    app.state.registry = registry
    problems.install(app)
    app.include_router(_operations(service, registry))
    for router in routers:
        app.include_router(router)
    app.add_middleware(BodyLimits)
    app.add_middleware(Observed, metrics=HttpMetrics(registry, service), version=app.version)
    return app


_PROBLEM = {
    problems.MEDIA_TYPE: {
        "schema": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string", "description": "Stable; decide by this."},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string", "description": "What to do."},
                "errors": {
                    "type": "array",
                    "description": "What is wrong where; values sent are never repeated.",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "string"},
                            "code": {"type": "string"},
                            "message": {"type": "string"},
                        },
                    },
                },
            },
        }
    }
}


def _operations(service: str, registry: CollectorRegistry) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health", summary="The process lives")
    async def health() -> dict[str, str]:
        return {"service": service, "status": "alive"}

    @router.get("/ready", summary="What it needs is there (503 if not)")
    async def ready(request: Request) -> JSONResponse:
        web: Web = request.app.state.web
        messaging = dict(web.readiness())
        messaging_is_ready = messaging.pop("ready", False) is True
        database = await _database(web, service)
        is_ready = messaging_is_ready and database.get("migrations") == "current"
        status = "ready" if is_ready else "not ready"
        body = {"service": service, "status": status, **database, **messaging}
        return JSONResponse(body, status_code=200 if is_ready else 503)

    @router.get("/metrics", summary="Counts and durations for Prometheus", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/asyncapi.json", summary="The events it writes and reads (AsyncAPI 3)")
    async def asyncapi(request: Request) -> JSONResponse:
        web: Web = request.app.state.web
        return JSONResponse(dict(web.asyncapi()))

    return router


async def _database(web: Web, service: str) -> dict[str, object]:
    """Whether the database answers in 2 s and has all migrations, and what waits in it."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            async with web.pool.acquire(timeout=CHECK_TIMEOUT_SECONDS) as connection:
                if not await is_current(connection, service):
                    return {"postgres": "connected", "migrations": "behind"}
            blocked = 0 if web.blocked_keys is None else await web.blocked_keys()
    except TRANSIENT_ERRORS as error:
        return {"postgres": "away", "error": type(error).__name__}
    return {"postgres": "connected", "migrations": "current", "blocked_keys": blocked}


def _version() -> str:
    try:
        return version("homeward")
    except PackageNotFoundError:
        return "0.1.0"
