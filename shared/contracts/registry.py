"""Every event and topic there is, by the names that they have on the wire."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from shared.contracts import (
    asking,
    awarding,
    care,
    dead_letters,
    interventions,
    negotiations,
    providers,
    referrals,
    responses,
    searching,
)
from shared.contracts.model import Event

_MODULES = (
    referrals, searching, asking, awarding, interventions, negotiations, care, responses, providers,
    dead_letters,
)  # fmt: skip


def _events_of(module: Any) -> list[type[Event]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Event)
        and value.__module__ == module.__name__
        and "TYPE" in vars(value)
    ]


EVENTS: MappingProxyType[str, type[Event]] = MappingProxyType(
    {event.TYPE: event for module in _MODULES for event in _events_of(module)}
)
"""Event class by its type, for example homeward.placement.awarded.v1."""

Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]
UPCASTERS: dict[str, Upcaster] = {}
"""Type of an older version → a pure function to (newer type, newer body). Empty while all are v1."""
