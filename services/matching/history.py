"""Matching's own words as JSON and back: events, and the states that they fold into."""

from types import UnionType
from typing import Annotated, Any, cast, get_args

from pydantic import Field, TypeAdapter

from services.matching.domain import events as domain_events
from services.matching.domain.events import Event
from services.matching.domain.package import NOTHING, Package
from services.matching.domain.placement import STATUSES, Present


def _members(union: Any) -> tuple[type, ...]:
    if isinstance(union, UnionType):
        return tuple(member for arm in get_args(union) for member in _members(arm))
    return (union,)


_EVENTS: dict[str, TypeAdapter[Any]] = {
    event.TYPE: TypeAdapter(event)  # type: ignore[attr-defined]
    for event in _members(domain_events.Event)
}
_STATES: dict[str, TypeAdapter[Any]] = {
    str(status.__dataclass_fields__["status"].default): TypeAdapter(status) for status in STATUSES
}

_PACKAGE: TypeAdapter[tuple[Present, ...]] = TypeAdapter(
    tuple[Annotated[Present, Field(discriminator="status")], ...]
)


def dump_event(event: Event) -> str:
    """The event as the JSON that its contract describes."""
    return _EVENTS[event.TYPE].dump_json(event).decode()


def read_event(type: str, body: str) -> Event:
    """The event that `dump_event` wrote. Raises pydantic's ValidationError."""
    return cast("Event", _EVENTS[type].validate_json(body))


def dump_package(package: Package) -> tuple[str, str]:
    """The statuses of a package's placements in order, by spaces, and their states as JSON.

    One placement, as most packages have, is stored as itself; several as a list.
    """
    statuses = " ".join([one.status for one in package.placements])
    states = [_STATES[one.status].dump_json(one).decode() for one in package.placements]
    return statuses, states[0] if len(states) == 1 else f"[{','.join(states)}]"


def read_package(statuses: str, text: str) -> Package:
    """The package that `dump_package` wrote. Raises pydantic's ValidationError."""
    if not statuses:
        return NOTHING
    if " " in statuses:
        return Package(placements=_PACKAGE.validate_json(text))
    return Package(placements=(cast("Present", _STATES[statuses].validate_json(text)),))
