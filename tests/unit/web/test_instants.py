"""What the database could not store is refused at the door, never a failure behind it."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.matching.api.shapes import HandAward, TelephoneAnswer
from services.providers.api.shapes import SuspensionBody
from services.providers.api.shapes_of_packages import StartBody
from shared.contracts.requirement import Visit
from shared.ids import new_id
from shared.web.instants import Day, When
from shared.web.pages import decode_cursor
from shared.web.problems import Problem

EDGES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
"""Instants that have no equal in UTC."""


@pytest.mark.parametrize("text", [*EDGES, "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"])
def test_an_instant_lies_in_this_century(text: str):
    """Instants that no clock of a demo or a council shows are refused."""
    with pytest.raises(ValidationError, match="2000 and 2100"):
        TypeAdapter(When).validate_python(text)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    ("body", "field", "rest"),
    [
        (StartBody, "started_at", {}),
        (SuspensionBody, "since", {"reason": "quality", "review_on": "2026-03-02"}),
        (TelephoneAnswer, "at", {"answer": "accept", "told_by": "the coordinator"}),
    ],
)
def test_every_body_refuses_instants_at_the_edge(
    body: type[BaseModel], field: str, rest: dict[str, str], edge: str
):
    """Each instant that a caller sends is checked."""
    with pytest.raises(ValidationError, match="2000 and 2100"):
        body.model_validate({**rest, field: edge})


@pytest.mark.parametrize("number", [0, 1704700000, "0", "1704700000", 1.5, True, "20260105"])
def test_a_number_is_neither_an_instant_nor_a_date(number: object):
    """What is no written date is refused, not taken for seconds since 1970."""
    for kind in (When, Day):
        with pytest.raises(ValidationError, match="written out"):
            TypeAdapter(kind).validate_python(number)


@pytest.mark.parametrize("odd", ["08:00+01:00", "08:00:30", "08:00:00.5"])
def test_a_visits_window_is_in_local_hours_and_minutes(odd: str):
    """An offset or seconds in a visit's window would be lost unseen, so they are refused."""
    visit = {"weekday": "mon", "from": odd, "to": "09:30", "minutes": 30}
    with pytest.raises(ValidationError, match="local hours and minutes"):
        Visit.model_validate(visit)


@pytest.mark.parametrize("edge", EDGES)
def test_a_cursor_at_the_edge_is_no_cursor(edge: str):
    """A cursor that somebody wrote by hand is refused, and an honest one is in UTC."""
    cursor = urlsafe_b64encode(json.dumps([edge]).encode()).decode()
    with pytest.raises(Problem):
        decode_cursor(cursor, datetime)
    honest = urlsafe_b64encode(b'["2026-03-02T09:00:00+01:00"]').decode()
    assert decode_cursor(honest, datetime) == (datetime(2026, 3, 2, 8, tzinfo=UTC),)


@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "\x1b[31m"])
def test_a_brokers_words_hold_no_control_characters(odd: str):
    """Postgres stores no NUL: it is refused with the reason, in every text that a broker sends."""
    said = {"answer": "accept", "told_by": "the coordinator", "at": "2026-03-02T09:00:00Z"}
    for body, fields in (
        (HandAward, {"provider_id": str(new_id()), "ground": "urgency", "reason": odd}),
        (TelephoneAnswer, {**said, "told_by": odd}),
        (TelephoneAnswer, {**said, "note": odd}),
    ):
        with pytest.raises(ValidationError, match="control characters"):
            body.model_validate(fields)
