"""Which failures pass by themselves, which never do, and what may be said of them.

Transient: retried without limit, with back-off. Permanent: the guilty record is found and parked at
once. Unknown: three tries within two seconds, then permanent.
"""

from enum import Enum

import asyncpg
from aiokafka.errors import (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)
from pydantic import ValidationError

from shared.contracts.envelope import UnreadableError, type_name
from shared.postgres.connection import TRANSIENT_ERRORS


class Failure(Enum):
    """What to do about an error."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


class NeverError(Exception):
    """Raised by a handler for a record that will not be right at any later try either."""


PERMANENT_ERRORS: tuple[type[BaseException], ...] = (
    NeverError,
    AssertionError,
    UnreadableError,
    ValidationError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
)

REFUSED_FOR_GOOD: tuple[type[BaseException], ...] = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    InvalidTopicError,
)
"""The broker will not take this record, however often it is sent."""


def classify(error: Exception) -> Failure:
    """What to do about an error that a handler raised."""
    if isinstance(error, PERMANENT_ERRORS) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    ):
        return Failure.PERMANENT
    if isinstance(error, TRANSIENT_ERRORS):
        return Failure.TRANSIENT
    return Failure.UNKNOWN


def code_of(error: BaseException) -> str:
    """The error as a code: its kind, and the constraint or field; never a message, which may quote values."""
    if isinstance(error, UnreadableError):
        return error.code
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None)
        return type_name(error) + (f":{constraint}" if constraint else "")
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        return "ValidationError:" + ".".join(str(step) for step in first["loc"])
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f":{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return type_name(error) + where
