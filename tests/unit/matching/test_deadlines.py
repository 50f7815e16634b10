"""Deadlines follow from a state alone, and passing one gets by it."""

from dataclasses import replace

from services.matching.domain.deadlines import deadlines, next_due_at
from services.matching.domain.placement import Searching
from tests.unit.matching.world import TIME, at, paced


def test_a_planned_ask_with_nobody_left_to_ask_is_no_deadline():
    """Everybody was asked at once: the plan to think again has come to nothing, and never fires."""
    asked = paced("A")
    assert isinstance(asked.placement, Searching)
    asked.placement = replace(asked.placement, ask_at=at(10))
    assert "planned_ask" not in [deadline.kind for deadline in deadlines(asked.placement)]
    asked.when(TIME, 10).then_nothing()
    due_at = next_due_at(asked.placement)
    assert due_at is not None
    assert due_at > at(10)
