"""The published JSON Schema of every event, generated from its model and committed.

`python -m shared.contracts.schemas` writes them. It refuses a change that would break a reader of
the version that is committed: a published version gains optional fields and codes, nothing else.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.contracts.model import Event
from shared.contracts.registry import EVENTS

FOLDER = Path(__file__).parent
Schema = dict[str, Any]


def schema_of(event: type[Event]) -> Schema:
    """The JSON Schema of an event as it is now."""
    schema = event.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": event.TYPE, **schema}


def path_of(event: type[Event]) -> Path:
    """Where the event's schema is committed."""
    return FOLDER / f"{event.TYPE}.json"


def committed(event: type[Event]) -> Schema | None:
    """The schema that is published, or None for an event that never was."""
    path = path_of(event)
    if not path.exists():
        return None
    schema: Schema = json.loads(path.read_text(encoding="utf-8"))
    return schema


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why readers or writers of `old` would not understand `new`; empty if they would."""
    return list(_breaks(_Resolved(old, old), _Resolved(new, new), "$"))


class _Resolved:
    """A part of a schema with references followed."""

    def __init__(self, part: Schema, root: Schema) -> None:
        while "$ref" in part:
            part = root["$defs"][part["$ref"].rsplit("/", 1)[-1]]
        self.part = part
        self.root = root

    def at(self, part: Schema) -> "_Resolved":
        return _Resolved(part, self.root)


def _breaks(old: _Resolved, new: _Resolved, path: str) -> Iterator[str]:
    was, now = old.part, new.part
    for key in ("type", "format", "pattern", "const"):
        if was.get(key) != now.get(key):
            yield f"{path}: {key} was {was.get(key)!r} and is {now.get(key)!r}"
    if lost := set(was.get("enum", ())) - set(now.get("enum", ())):
        yield f"{path}: codes {sorted(lost)} are gone"
    yield from _breaks_in_properties(old, new, path)
    if isinstance(was.get("items"), dict) and isinstance(now.get("items"), dict):
        yield from _breaks(old.at(was["items"]), new.at(now["items"]), f"{path}[]")
    before, after = was.get("anyOf", []), now.get("anyOf", [])
    if len(before) != len(after):
        yield f"{path}: had {len(before)} forms and has {len(after)}"
    for one, other in zip(before, after, strict=False):
        yield from _breaks(old.at(one), new.at(other), path)


def _breaks_in_properties(old: _Resolved, new: _Resolved, path: str) -> Iterator[str]:
    was, now = old.part.get("properties", {}), new.part.get("properties", {})
    required_before = set(old.part.get("required", ()))
    required_now = set(new.part.get("required", ()))
    for name, part in was.items():
        if name not in now:
            yield f"{path}.{name}: is gone"
        else:
            yield from _breaks(old.at(part), new.at(now[name]), f"{path}.{name}")
    for name in sorted(required_before - required_now):
        yield f"{path}.{name}: was always there and is optional now"
    for name in sorted((required_now - required_before) & set(was)):
        yield f"{path}.{name}: was optional and is required now"
    for name in sorted(set(now) - set(was)):
        if "default" not in now[name]:
            yield f"{path}.{name}: is new and not optional; publish a new version instead"


def write_all() -> list[str]:
    """Writes every schema; the names of those that changed.

    Raises ValueError, and writes nothing, if a change would break a reader.
    """
    broken = [
        f"{event.TYPE}: {reason}"
        for event in EVENTS.values()
        if (old := committed(event)) is not None
        for reason in breaks(old, schema_of(event))
    ]
    if broken:
        raise ValueError("\n".join(broken))
    changed = []
    for event in EVENTS.values():
        if committed(event) != schema_of(event):
            text = json.dumps(schema_of(event), indent=1, sort_keys=True) + "\n"
            path_of(event).write_text(text, encoding="utf-8")
            changed.append(event.TYPE)
    return changed
