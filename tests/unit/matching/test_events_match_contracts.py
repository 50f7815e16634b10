"""The rules' events and the contracts of `placements.v1` are one shape, written twice."""

import dataclasses
import inspect
import typing
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from services.matching.domain import asking, codes, commands, events, requirement
from services.matching.domain.package import fold
from shared.contracts import care, interventions, negotiations, placements
from shared.contracts import codes as contract_codes
from shared.contracts.model import Model
from shared.contracts.requirement import Requirement
from tests.unit.matching.orders import intervened, moved
from tests.unit.matching.package_world import care_stories
from tests.unit.matching.talks import negotiated
from tests.unit.matching.world import (
    INCOMPLETE,
    TIME,
    WITHDRAW,
    answers,
    by_hand,
    confirm,
    no,
    paced,
    referral,
    release,
    searching,
    start,
    story,
    wanted,
    yes,
)

EVENTS = {one.__name__: one for one in typing.get_args(events.Event)}
CONTRACTS = {
    name: one
    for module in (placements, interventions, negotiations, care)
    for name, one in vars(module).items()
    if inspect.isclass(one) and issubclass(one, placements.PlacementEvent) and "TYPE" in vars(one)
}
PARTS = {
    name: one
    for name, one in vars(placements).items()
    if inspect.isclass(one) and issubclass(one, Model) and not issubclass(one, placements.PlacementEvent)
}  # fmt: skip


def shape(kind: Any) -> Any:
    """A JSON schema without titles, descriptions, limits and names of its parts."""
    schema = kind.model_json_schema() if hasattr(kind, "model_json_schema") else (
        TypeAdapter(kind).json_schema()
    )  # fmt: skip
    return _plain(schema, schema.get("$defs", {}))


_LEFT_OUT = {"title", "description", "$defs", "additionalProperties", "pattern", "maxLength",
             "minimum", "maximum", "minItems", "maxItems", "exclusiveMinimum"}  # fmt: skip


def _plain(schema: Any, defs: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_plain(one, defs) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    plain = {
        key: {name: _plain(one, defs) for name, one in value.items()}
        if key == "properties"
        else _plain(value, defs)
        for key, value in schema.items()
        if key not in _LEFT_OUT
    }
    if "required" in plain:
        plain["required"] = sorted(plain["required"])
    return plain


def test_every_event_has_its_contract_and_no_contract_lacks_its_event():
    """Both sides have the same classes of events."""
    assert set(EVENTS) == set(CONTRACTS)


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_an_event_has_the_shape_of_its_contract(name):
    """Fields, their JSON types, codes and the type's name are the same on both sides."""
    ours, theirs = EVENTS[name], CONTRACTS[name]
    assert ours.TYPE == theirs.TYPE
    assert {one.name for one in dataclasses.fields(ours)} == set(theirs.model_fields)
    assert shape(ours) == shape(theirs)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_part_of_an_event_has_the_shape_of_its_contract(name):
    """The parts that events are made of are the same on both sides."""
    assert shape(getattr(asking, name)) == shape(PARTS[name])


def test_the_requirement_has_the_shape_of_its_contract():
    """What is written of a requirement can be read by everybody, visits' `from` included."""
    assert shape(requirement.Requirement) == shape(Requirement)


@pytest.mark.parametrize("name", [n for n in vars(codes) if n[0].isupper() and n != "Literal"])
def test_the_rules_speak_the_codes_of_the_contracts(name):
    """Each list of codes is the contract's, in its order."""
    if name == "Request":
        theirs = placements.RequestRefused.model_fields["request"].annotation
    else:
        theirs = getattr(contract_codes, name)
    assert typing.get_args(getattr(codes, name)) == typing.get_args(theirs)


def lives() -> Iterator[tuple[events.Event, ...]]:
    """Histories that between them have every class of event."""
    window = requirement.Visit(
        weekday="tue", from_=time(9), to=time(10),
        minutes=45, carers=2, tasks=("wash",),
    )  # fmt: skip
    placed = searching("A", "B", "C").when(answers(no("B", 1), yes("C", 2)), 2)
    placed.when(TIME, 12).when(confirm("C"), 13).when(start("C"), 14)
    placed.when(confirm("A"), 15).when(WITHDRAW, 16)
    yield placed.history + placed.new
    released = searching("A", "B").when(answers(yes("A", 1)), 1).when(release("A"), 2)
    released.when(TIME, 100).when(by_hand("B"), 101).when(TIME, 900)
    yield released.history + released.new
    late = story().when(INCOMPLETE).when(TIME, 300).when(WITHDRAW, 301)
    yield late.history + late.new
    asked = paced("A", "B").when(commands.ReviewOutlook(), 1).when(TIME, 30)
    yield asked.history + asked.new
    for decided in (intervened(), moved()):
        yield decided.history + decided.new
    for told in negotiated():
        yield told.history + told.new
    exact = story().when(referral(wanted(visits=(window,))))
    yield exact.history + exact.new
    for whole in care_stories():
        yield whole.history + whole.new


def test_what_is_decided_is_valid_for_the_contract_and_comes_back_unchanged():
    """Every class of event, written by the rules' shape, is read by the contract and back."""
    seen = set()
    for history in lives():
        assert fold(list(history)).placements
        for event in history:
            seen.add(type(event).__name__)
            adapter = TypeAdapter(type(event))
            body = adapter.dump_json(event)
            contract = CONTRACTS[type(event).__name__].model_validate_json(body)
            assert adapter.validate_json(contract.model_dump_json()) == event
    assert seen == set(CONTRACTS)


def test_ids_and_instants_keep_their_types():
    """A field that is an id or an instant is one on both sides, not a text."""
    assert typing.get_type_hints(events.Awarded)["award_id"] is UUID
    assert typing.get_type_hints(events.Awarded)["confirm_by"] is datetime
