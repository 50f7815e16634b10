"""Many waiting requests cost one query a change."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from services.providers.reading import Together
from shared.ids import new_id


class Database:
    """Counts what is read at once."""

    def __init__(self) -> None:
        self.reads: list[list[UUID]] = []
        self.value = 1
        self.is_away = False

    async def read(self, keys: Sequence[UUID]) -> Mapping[UUID, int]:
        """One query."""
        self.reads.append(list(keys))
        value = self.value
        await asyncio.sleep(0.01)
        if self.is_away:
            raise OSError
        return dict.fromkeys(keys[:-1], value)


async def test_what_is_asked_in_one_moment_is_read_at_once():
    """50 askers of 26 keys make one read; who asks for what is not there gets None."""
    database = Database()
    together = Together(database.read)
    keys = [new_id() for _ in range(25)]
    missing = new_id()
    found = await asyncio.gather(*[together.read(key) for key in [*keys, *keys[:24], missing]])
    assert found == [1] * 49 + [None]
    assert [len(read) for read in database.reads] == [26]


async def test_a_later_question_never_gets_an_earlier_answer():
    """Who asks while a read is under way is answered by the next one."""
    database = Database()
    together = Together(database.read)
    key, last = new_id(), new_id()
    first = asyncio.gather(together.read(key), together.read(last))
    await asyncio.sleep(0.005)
    database.value = 2
    second = asyncio.gather(together.read(key), together.read(last))
    assert list(await first) == [1, None]
    assert list(await second) == [2, None]


async def test_a_failure_reaches_everyone_and_passes():
    """All who asked get the error, also where one of them has gone; the next read works."""
    database = Database()
    together = Together(database.read)
    key, last = new_id(), new_id()
    database.is_away = True
    gone = asyncio.ensure_future(together.read(key))
    asked = asyncio.gather(together.read(key), together.read(last), return_exceptions=True)
    await asyncio.sleep(0.005)
    gone.cancel()
    assert [type(error) for error in await asked] == [OSError, OSError]
    database.is_away = False
    assert list(await asyncio.gather(together.read(key), together.read(last))) == [1, None]
    with pytest.raises(asyncio.CancelledError):
        await gone
