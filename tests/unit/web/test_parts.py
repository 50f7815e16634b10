"""Cursors, waiting, text and messages of shared/web, without a server."""

import asyncio
import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from shared.ids import new_id
from shared.postgres.wakeups import Wakeups
from shared.web.pages import decode_cursor, encode_cursor
from shared.web.problems import Problem, from_validation
from shared.web.text import LongText, ShortText
from shared.web.waiting import preferred_wait, wait_for


def test_cursor_round_trip() -> None:
    """What goes into a cursor comes out of it with its types."""
    values = (2, datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC), new_id(), "é")
    cursor = encode_cursor(*values)
    assert cursor.isascii()
    assert decode_cursor(cursor, int, datetime, type(values[2]), str) == values


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode()))
def test_any_other_cursor_is_refused(text: str) -> None:
    """Whatever else is sent as a cursor is a 400, never an error of ours."""
    with pytest.raises(Problem, match="bad-cursor"):
        decode_cursor(text, int, datetime)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ([], 5), (["wait=10"], 10), (["wait=100"], 30), (["respond-async, wait=2"], 2),
        (['Wait="3"'], 3), (["wait=-1"], 5), (["wait=x"], 5), (["handling=lenient", "wait=0"], 0),
    ],
)  # fmt: skip
async def test_preferred_wait(prefer: list[str], seconds: float) -> None:
    """`Prefer: wait` is capped, and what cannot be read is ignored."""
    headers = [(b"prefer", value.encode()) for value in prefer]
    assert await preferred_wait(Request({"type": "http", "headers": headers})) == seconds


async def test_wait_for_reads_again_when_woken() -> None:
    """A waiter returns what it finds after a wake-up, also one that comes while it reads."""
    wakeups = Wakeups()
    found: list[str] = []

    async def read() -> str | None:
        answer = found[0] if found else None
        if not found:
            found.append("awarded")
            wakeups.wake()
        await asyncio.sleep(0)
        return answer

    async with asyncio.timeout(0.2):
        assert await wait_for(read, wakeups, 5) == "awarded"


async def test_wait_for_ends() -> None:
    """Without a decision the waiter gives up after its time, having read at least once."""
    reads = []

    async def read() -> str | None:
        reads.append(1)
        return None

    found: object = await wait_for(read, Wakeups(), 0)
    assert found is None
    assert len(reads) == 1


class _Texts(BaseModel):
    short: ShortText = "x"
    long: LongText = "x"


@pytest.mark.parametrize("name", ["Siân O’Neill-Ní Dhuibhne", "王小明", "محمد", "Zoë", "N‌ame"])
def test_names_of_the_world(name: str) -> None:
    """Names in any script are kept as they are."""
    assert _Texts(short=name).short == name


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\x1b[31m", "a\u202eb", "", "  ", "x" * 121])
def test_not_a_line(text: str) -> None:
    """Control characters, direction marks, empty and over-long lines are refused."""
    with pytest.raises(ValidationError):
        _Texts(short=text)


def test_note_keeps_its_lines() -> None:
    """A note may have lines and tabs."""
    assert _Texts(long="one\r\n\ttwo").long == "one\n\ttwo"


class _Strict(BaseModel):
    number: int
    instant: datetime

    model_config = {"extra": "forbid"}


@given(st.text(min_size=4, max_size=20).filter(str.isidentifier))
def test_messages_never_quote(value: str) -> None:
    """No value and no unknown field's name comes back in a problem."""
    value = f"zz{value}"
    with pytest.raises(ValidationError) as error:
        _Strict.model_validate({"number": value, "instant": value, value: 1})
    assert value not in str(from_validation(error.value.errors()).body())
