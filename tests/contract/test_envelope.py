"""Records as other software sees them: CloudEvents headers, keys, versions."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.envelope import (
    UnreadableError,
    headers_for,
    read_event,
    read_headers,
    read_key,
)
from shared.contracts.placements import SearchExhausted
from shared.contracts.registry import UPCASTERS
from tests.contract.test_events import EXAMPLES
from tests.integration.messaging.service import AT

KEY = UUID("0199aaaa-0000-7000-8000-000000000001")
EXHAUSTED = (EXAMPLES / f"{SearchExhausted.TYPE}.json").read_bytes()


def _headers() -> list[tuple[str, bytes | None]]:
    headers = headers_for(
        id=KEY, source="matching", type=SearchExhausted.TYPE, at=AT, key=KEY, sequence=7,
        correlation_id=KEY, causation_id=None,
    )  # fmt: skip
    return [(name, value.encode()) for name, value in headers.items()]


def test_headers_say_what_they_were_made_of():
    """Id, type, sequence and correlation come back as they went."""
    envelope = read_headers(_headers())
    assert (envelope.id, envelope.type, envelope.sequence) == (KEY, SearchExhausted.TYPE, 7)
    assert dict(_headers())["ce_specversion"] == b"1.0"
    assert dict(_headers())["content-type"] == b"application/json"


@pytest.mark.parametrize("sequence", [b"0", b"-1", b"1.5", b"", b"one"])
def test_a_sequence_is_a_whole_number_from_one(sequence: bytes):
    """Anything else is unreadable, named by its header."""
    odd = [(n, sequence if n == "ce_sequence" else v) for n, v in _headers()]
    with pytest.raises(UnreadableError, match="ce_sequence"):
        read_headers(odd)


def test_an_error_names_the_field_and_never_the_value():
    """What is wrong is said by path and kind."""
    body = json.loads(EXHAUSTED) | {"round": "Okafor, 12 High Street"}
    with pytest.raises(UnreadableError) as caught:
        read_event(SearchExhausted.TYPE, json.dumps(body).encode())
    assert caught.value.code == "unreadable:value:round:int_parsing"
    assert "Okafor" not in str(caught.value)


def test_a_key_is_the_id_as_text():
    """Another client finds the referral by its id, written as everybody writes it."""
    assert read_key(str(KEY).encode()) == KEY


@pytest.fixture
def older_version() -> Iterator[str]:
    """A version before the first, which called the round `number`, and how it is lifted."""
    older = "homeward.placement.search-exhausted.v0"

    def lift(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return SearchExhausted.TYPE, {**body, "round": body["number"]}

    UPCASTERS[older] = lift
    yield older
    del UPCASTERS[older]


def test_an_older_version_is_lifted_to_the_newest(older_version: str):
    """A record written years ago is read as the version of today."""
    body = json.loads(EXHAUSTED)
    body["number"] = body.pop("round")
    event = read_event(older_version, json.dumps(body).encode())
    assert event == SearchExhausted.read(EXHAUSTED)
