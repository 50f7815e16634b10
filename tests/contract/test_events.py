"""Topics, events, schemas and examples fit each other, and no change breaks what is published."""

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared.contracts.model import Event
from shared.contracts.registry import EVENTS
from shared.contracts.schemas import breaks, committed, path_of, schema_of
from shared.contracts.topics import topics

EXAMPLES = Path("shared/contracts/examples")
ALL = sorted(EVENTS.values(), key=lambda event: event.TYPE)
IDENTIFYING = {
    "name", "given_name", "family_name", "date_of_birth", "nhs_number", "address_lines", "postcode",
    "phone", "key_safe", "gp_practice", "council_person_id", "pen_picture", "contact", "note",
    "notes", "told", "told_by", "text", "author", "by",
}  # fmt: skip


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.TYPE)
def test_the_published_schema_is_that_of_the_model(event: type[Event]):
    """A changed model is seen: `python -m shared.contracts.schemas` publishes it or refuses."""
    assert committed(event) == schema_of(event)
    assert not breaks(committed(event) or {}, schema_of(event))


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.TYPE)
def test_every_event_has_an_example_that_is_valid(event: type[Event]):
    """The example fits schema and model, and reading it gives what was written."""
    text = (EXAMPLES / f"{event.TYPE}.json").read_text()
    validator = Draft202012Validator(schema_of(event), format_checker=FormatChecker())
    assert not list(validator.iter_errors(json.loads(text)))
    read = event.model_validate_json(text)
    assert json.loads(read.model_dump_json(by_alias=True)) == json.loads(text)


def test_no_orphans():
    """Every schema and example belongs to an event, every event to a topic with a writer."""
    names = {event.TYPE for event in ALL}
    assert {path.stem for path in EXAMPLES.glob("*.json")} == names
    assert {path.stem for path in path_of(ALL[0]).parent.glob("*.json")} == names
    assert {event.TOPIC for event in ALL} == set(topics())


def test_a_reader_ignores_what_it_does_not_know_and_a_writer_may_not_add_it():
    """A field that a newer writer adds is ignored when read; writing an unknown one is refused."""
    event = EVENTS["homeward.placement.search-exhausted.v1"]
    body = json.loads((EXAMPLES / f"{event.TYPE}.json").read_text()) | {"later": 1}
    assert event.read(json.dumps(body))
    with pytest.raises(ValueError, match="later"):
        event.model_validate(body)


def _fields(schema: object) -> list[str]:
    if isinstance(schema, dict):
        found = list(schema.get("properties", {}))
        return found + [name for part in schema.values() for name in _fields(part)]
    if isinstance(schema, list):
        return [name for part in schema for name in _fields(part)]
    return []


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.TYPE)
def test_no_event_has_a_field_that_identifies_a_person(event: type[Event]):
    """Names of persons, addresses, numbers and free text have no place in any event (rule 8)."""
    fields = set(_fields(schema_of(event)))
    if event.TOPIC == "providers.v1":
        fields.discard("name")  # the organisation's public name
    assert not fields & IDENTIFYING


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: s["properties"].pop("award_id"), "is gone"),
        (lambda s: s["required"].remove("award_id"), "is optional now"),
        (lambda s: s["properties"]["award_id"].update(format="date"), "format was"),
        (lambda s: s["properties"]["via"]["enum"].remove("hand"), "codes ['hand'] are gone"),
        (lambda s: s["properties"].update(new={"type": "string"}), "is new and not optional"),
    ],
)
def test_an_incompatible_change_is_named(change, reason: str):
    """Each kind of breaking change of a published version is told, with its path."""
    old = schema_of(EVENTS["homeward.placement.awarded.v1"])
    new = copy.deepcopy(old)
    change(new)
    assert any(reason in line for line in breaks(old, new))


def test_a_compatible_change_passes():
    """A new optional field and a new code break nobody."""
    old = schema_of(EVENTS["homeward.placement.awarded.v1"])
    new = copy.deepcopy(old)
    new["properties"]["shift"] = {"type": "string", "default": "day"}
    new["properties"]["via"]["enum"].append("page")
    assert not breaks(old, new)
