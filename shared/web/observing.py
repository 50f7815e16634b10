"""What a request leaves behind: an id in its logs, a count and a duration, never its contents."""

import asyncio
import re
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.web.problems import problem_of

log = structlog.get_logger(__name__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PRIVATE = ("/v1", "/internal")


class HttpMetrics:
    """Requests and their durations by route template (never by path: ids are no labels)."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        labels = ("service", "method", "route")
        self._service = service
        self._requests = Counter(
            "homeward_http_requests",
            "HTTP requests answered.",
            (*labels, "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "homeward_http_request_seconds",
            "Real seconds from a request's headers to the end of its answer.",
            labels,
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request."""
        method = method if method in _METHODS else "other"
        self._requests.labels(self._service, method, route, str(status)).inc()
        self._seconds.labels(self._service, method, route).observe(seconds)


class Observed:
    """The outermost layer: names the request, counts it, and turns what got through into a 500.

    Logs one line a request with method, route template, status and duration. The path and its query
    are not logged: a query string is whatever the caller typed.
    """

    def __init__(self, app: ASGIApp, metrics: HttpMetrics, version: str) -> None:
        self._app = app
        self._metrics = metrics
        self._version = version.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        status = 499  # the caller went before an answer began
        extra = [(b"x-request-id", request_id.encode()), (b"homeward-version", self._version)]
        if scope["path"].startswith(_PRIVATE):
            extra.append((b"cache-control", b"no-store"))

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                kept = [item for item in message["headers"] if item[0] != b"cache-control"]
                message = {**message, "headers": [*kept, *extra]}
            await send(message)

        loop = asyncio.get_running_loop()
        start = loop.time()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, noting)
            except Exception as error:
                problem = problem_of(error)  # logs where it came from, without its message
                if status != 499:
                    raise
                await problem.response()(scope, receive, noting)
            finally:
                seconds = loop.time() - start
                route = getattr(scope.get("route"), "path", "unmatched")
                self._metrics.count(scope["method"], route, status, seconds)
                if scope["path"].startswith(_PRIVATE):
                    log.info(
                        "http.answered",
                        method=scope["method"] if scope["method"] in _METHODS else "other",
                        route=route,
                        status=status,
                        milliseconds=round(seconds * 1000, 1),
                    )


def _request_id(scope: Scope) -> str:
    """The caller's X-Request-Id if it is a UUID (other text might say something), or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _UUID.fullmatch(value):
            return str(UUID(value.decode()))
    return str(new_id())
