"""What `homeward verify` finds in the history of a package to which something was done."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from deploy.invariants.timeline import broken_in
from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain.events import Event
from tests.unit.matching.package_world import DAY, care_stories, hand_back, running
from tests.unit.matching.world import at, pid

Tampered = Callable[[Sequence[Event]], Sequence[Event]]


def history() -> tuple[Event, ...]:
    """Handed back, searched in two parts, one of them bridged; the old care is over."""
    whole = running().when(hand_back(running(), at(DAY)), 60)
    whole.when(asked.Split(parts=((0,), (1, 2))), 61, about=whole.id(1))
    whole.when(asked.Bridge(until=at(9 * DAY)), 62, about=whole.id(2)).until(2 * DAY)
    return whole.history + whole.new


def test_nothing_is_found_in_what_happened():
    """Stories of everything that can happen to care, and parts."""
    assert broken_in(history()) == []
    for whole in care_stories():
        assert broken_in(whole.history + whole.new) == []


def _without(kind: type[Event], cause: str) -> Tampered:
    return lambda events: [
        one
        for one in events
        if not (isinstance(one, kind) and getattr(one, "cause", None) == cause)
    ]


def _changed(kind: type[Event], **changes: object) -> Tampered:
    return lambda events: [
        replace(one, **changes) if isinstance(one, kind) else one  # type: ignore[arg-type]
        for one in events
    ]


def _long_term(events: Sequence[Event]) -> Sequence[Event]:
    return [
        replace(one, bridging_until=None)
        if isinstance(one, e.SearchStarted) and one.cause == "bridging"
        else one
        for one in events
    ]


def _without_kind(kind: type[Event]) -> Tampered:
    return lambda events: [one for one in events if not isinstance(one, kind)]


def _twice(kind: type[Event]) -> Tampered:
    return lambda events: [
        more for one in events for more in ([one, one] if isinstance(one, kind) else [one])
    ]


@pytest.mark.parametrize(
    ("tampered", "told"),
    [
        (_without(e.SearchStarted, "split"), "I2: the visit of mon morning is neither"),
        (_long_term, "I1: the visit of mon morning is searched for good"),
        (_without_kind(care.HandedBack), "I1: the visit of mon morning is searched for good"),
        (_without_kind(care.PlacementDivided), "I1: the visit of wed morning is searched"),
        (_changed(care.HandedBack, award_id=pid("x")), "which has no care to end"),
        (_twice(care.CareEnded), "which has no care to end"),
        (_changed(care.CareEnded, provider_id=pid("B")), "which has no care to end"),
    ],
    ids=[
        "a-part-is-forgotten", "bridging-care-is-held-for-good", "nobody-gave-it-back",
        "the-whole-is-searched-beside-its-parts", "another-award-is-given-back", "it-ends-twice",
        "another-provider-s-care-ends",
    ],
)  # fmt: skip
def test_what_was_done_to_a_history_is_found(tampered: Tampered, told: str):
    """Each by the invariant that it breaks."""
    faults = broken_in(tampered(history()))
    assert any(told in fault for fault in faults), faults
