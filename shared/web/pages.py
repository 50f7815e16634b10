"""Lists in pages: an opaque cursor says where the next page begins, whatever changed meanwhile."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from shared.web.problems import Problem

MOST_ITEMS = 200
_MOST_CURSOR_CHARACTERS = 512

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items a page, 200 at most.")]
Cursor = Annotated[
    str | None,
    Query(
        alias="cursor",
        max_length=_MOST_CURSOR_CHARACTERS,
        description="`next` of the page before; opaque.",
    ),
]
Item = TypeVar("Item")
Value = str | int | UUID | datetime


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next` is null on the last one."""

    items: list[Item]
    next: str | None


def encode_cursor(*values: Value) -> str:
    """A cursor for the row with these sort values. It can be read: nothing personal in it."""
    plain = [
        value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for value in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """The sort values in a cursor, one of each of `types`.

    Raises Problem 400 `bad-cursor` for anything that `encode_cursor` did not make of these types.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return tuple(_typed(value, kind) for value, kind in zip(values, types, strict=True))
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        raise Problem(
            400,
            "bad-cursor",
            "The cursor is not one of this list",
            "Start again without a cursor, and pass on `next` unchanged.",
        ) from None


def _typed(value: object, kind: type) -> object:
    if kind is int and isinstance(value, int) and abs(value) < 2**63:
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value:
        return value
    if kind is UUID and isinstance(value, str):
        return UUID(value)
    if kind is datetime and isinstance(value, str):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise ValueError(kind)
