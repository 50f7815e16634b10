"""Matching's own words as JSON and back: events, and the states that they fold into."""

from functools import reduce
from types import UnionType
from typing import Any, cast, get_args

from pydantic import TypeAdapter

from services.matching.domain import events as domain_events
from services.matching.domain.events import Event
from services.matching.domain.evolve import evolve
from services.matching.domain.placement import STATUSES, Absent, Placement


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


def dump_event(event: Event) -> str:
    """The event as the JSON that its contract describes."""
    return _EVENTS[event.TYPE].dump_json(event).decode()


def read_event(type: str, body: str) -> Event:
    """The event that `dump_event` wrote. Raises pydantic's ValidationError."""
    return cast("Event", _EVENTS[type].validate_json(body))


def dump_state(state: Placement) -> str:
    """The state as JSON; `read_state` gives an equal one."""
    return _STATES[state.status].dump_json(state).decode()


def read_state(status: str, text: str) -> Placement:
    """The state that `dump_state` wrote. Raises pydantic's ValidationError."""
    return cast("Placement", _STATES[status].validate_json(text))


def fold(events: "list[Event]") -> Placement:
    """The state that these events, the whole history of one placement, amount to."""
    start: Placement = Absent()
    return reduce(evolve, events, start)
