"""Errors as RFC 9457 problem details: what is wrong, where, and what to do, never what was sent.

Source: RFC 9457. The libraries' own messages (FastAPI, pydantic, asyncpg) quote the input, so none
of them is passed on; messages here are written from the rule that was broken.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType
from starlette.exceptions import HTTPException

from shared.postgres.connection import TRANSIENT_ERRORS

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
MOST_ERRORS = 50
"""Things wrong that one answer names; a body with more of them is not worth listing."""

log = structlog.get_logger(__name__)

_OF_PYDANTIC = frozenset(get_args(ErrorType))
_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "holds a field that is not known here; see /openapi.json for those that are",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_too_long": "may have {max_length} characters at most",
    "string_too_short": "must have {min_length} characters at least",
    "string_pattern_mismatch": "must match {pattern}",
    "string_type": "must be text",
    "string_unicode": "must be well-formed Unicode text",
    "too_long": "may have {max_length} items at most",
    "too_short": "must have {min_length} items at least",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "timezone_aware": "must have an offset, as in 2026-01-05T08:00:00Z",
    "datetime_parsing": "must be an instant in RFC 3339, as in 2026-01-05T08:00:00Z",
    "datetime_from_date_parsing": "must be an instant in RFC 3339, as in 2026-01-05T08:00:00Z",
    "datetime_type": "must be an instant in RFC 3339, as in 2026-01-05T08:00:00Z",
    "date_parsing": "must be a date, as in 1941-05-30",
    "date_from_datetime_parsing": "must be a date, as in 1941-05-30",
    "time_parsing": "must be a time of day, as in 08:30",
    "uuid_parsing": "must be a UUID",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "union_tag_invalid": "must say which kind it is: {expected_tags}",
}


class Problem(Exception):
    """An answer other than success. Raised anywhere under a route; becomes problem+json.

    `type` is a stable slug, `detail` one sentence saying what to do. Neither may hold anything that
    the caller sent, except ids that are opaque and codes that have been checked.
    """

    def __init__(
        self,
        status: int,
        type: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(type)
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def body(self) -> dict[str, object]:
        """The members of the answer's JSON object."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }

    def response(self) -> JSONResponse:
        """The answer itself."""
        return JSONResponse(
            self.body(), status_code=self.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def not_found(what: str = "object") -> Problem:
    """The answer for what does not exist and for what the caller may not know of: the same."""
    return Problem(
        404,
        "not-found",
        f"No such {what}",
        f"Check the id; a {what} outside your token's scope is not found either.",
    )


def unavailable(what: str = "The service", *, seconds: int = RETRY_AFTER_SECONDS) -> Problem:
    """The answer while something passing is in the way; nothing was stored."""
    return Problem(
        503,
        "unavailable",
        f"{what} cannot answer now",
        f"Nothing was stored. Send the same request again after {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )


def invalid(*errors: tuple[str, str, str]) -> Problem:
    """A 422 for (path, code, message) found by our own checks, beside those of the models."""
    return Problem(
        422,
        "invalid",
        "The request is not valid",
        "Correct what `errors` lists and send the request again; nothing was stored.",
        errors=[{"path": path, "code": code, "message": text} for path, code, text in errors],
    )


def from_validation(errors: Sequence[ErrorDetails | Mapping[str, Any]]) -> Problem:
    """A 422 (400 if the body is not JSON) that names path and rule, and none of the values."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem(
            400,
            "malformed-json",
            "The body is not JSON",
            "Send one JSON object in UTF-8.",
        )
    return invalid(*(_described(error) for error in errors[:MOST_ERRORS]))


def _described(error: ErrorDetails | Mapping[str, Any]) -> tuple[str, str, str]:
    code = str(error["type"])
    # The first step says where (body, query, path); of a body only the path inside is of interest.
    place = tuple(error["loc"])
    steps = list(place[1:] if place[:1] == ("body",) else place)
    if code == "extra_forbidden":
        steps = steps[:-1]  # the last step is the unknown name, which the caller wrote
    if code in _OF_PYDANTIC:
        # value_error and the like carry the text of an exception, which may quote the value.
        template = _MESSAGES.get(code, "is not valid")
        message = template.format_map(_Ctx(error.get("ctx") or {}))
    else:
        message = str(error["msg"])  # a PydanticCustomError: its text is a constant of our own
    return ".".join(str(step) for step in steps) or "body", code, message


class _Ctx(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"the allowed {key}"


_HTTP = {
    400: ("bad-request", "The request cannot be read", "Correct the request and send it again."),
    404: ("not-found", "No such path", "See /openapi.json for the paths of this service."),
    405: ("method-not-allowed", "Not a method of this path", "Use one that `Allow` lists."),
    406: ("not-acceptable", "No such representation", "Ask for application/json."),
    413: ("body-too-large", "The body is too large", "Send less."),
    415: ("wrong-content-type", "The body is not JSON", "Send it as application/json."),
}


def _from_http(error: HTTPException) -> Problem:
    kind, title, detail = _HTTP.get(
        error.status_code,
        ("http-error", "The request was refused", "See /openapi.json for what is expected."),
    )
    return Problem(error.status_code, kind, title, detail, headers=error.headers)


def problem_of(error: BaseException) -> Problem:
    """The answer to any exception. What is unknown is a 500 that says nothing of the cause."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return from_validation(error.errors())
        case HTTPException():
            return _from_http(error)
        case _ if isinstance(error, TRANSIENT_ERRORS):
            log.warning("http.unavailable", error=type(error).__name__)
            return unavailable()
        case _:
            log.error("http.failed", exc_info=error)
            return Problem(
                500,
                "internal-error",
                "Something went wrong here",
                "Send it again with the same Idempotency-Key; if it stays so, give the operator "
                "the X-Request-Id of this answer.",
            )


def install(app: FastAPI) -> None:
    """Makes every error of `app` a problem; the rest ends in the outer layer."""

    async def answer(_request: Request, error: Exception) -> JSONResponse:
        return problem_of(error).response()

    for kind in (Problem, RequestValidationError, HTTPException, *TRANSIENT_ERRORS):
        app.add_exception_handler(kind, answer)
