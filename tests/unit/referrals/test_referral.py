"""Every state of a referral meets every command; facts from matching end it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.referrals.domain.referral import (
    Amended,
    CareGoesOn,
    CareOver,
    CareStarted,
    Command,
    Complete,
    Completed,
    Ended,
    Event,
    Fact,
    Incomplete,
    Linked,
    NotReceived,
    PackageEnded,
    Receive,
    Received,
    Refusal,
    Started,
    State,
    Supply,
    Withdraw,
    WithdrawalRequested,
    Withdrawing,
    Withdrawn,
    decide,
    evolve,
    is_open,
)

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = T0 + timedelta(minutes=5)
STATES: dict[str, State] = {
    "none": NotReceived(),
    "incomplete": Incomplete(received_at=T0),
    "complete": Complete(received_at=T0, complete_at=T0),
    "withdrawing": Withdrawing(received_at=T0, complete_at=None, reason="died"),
    "withdrawn": Withdrawn(received_at=T0, complete_at=T0, reason="died"),
    "started": Started(received_at=T0, complete_at=T0),
    "ended": Ended(received_at=T0, complete_at=T0),
}
WHOLE, PART = Supply(missing=()), Supply(missing=("authorisation",))
NEW, DIED, OTHER = (
    Receive(missing=("authorisation",)),
    Withdraw(reason="died"),
    Withdraw(reason="other"),
)
REQUESTED = WithdrawalRequested(at=NOW, reason="died")

TABLE: list[tuple[str, Command, tuple[Event, ...] | str]] = [
    ("none", NEW, (Received(at=NOW, missing=("authorisation",)),)),
    ("none", WHOLE, "not-found"),
    ("none", DIED, "not-found"),
    ("incomplete", NEW, "already-received"),
    ("incomplete", PART, ()),
    ("incomplete", WHOLE, (Completed(at=NOW),)),
    ("incomplete", DIED, (REQUESTED,)),
    ("complete", NEW, "already-received"),
    ("complete", WHOLE, ()),
    ("complete", Supply(missing=(), changed=True), (Amended(at=NOW),)),
    ("complete", DIED, (REQUESTED,)),
    ("withdrawing", NEW, "already-received"),
    ("withdrawing", WHOLE, "already-withdrawn"),
    ("withdrawing", DIED, ()),
    ("withdrawing", OTHER, "already-withdrawn"),
    ("withdrawn", NEW, "already-received"),
    ("withdrawn", WHOLE, "already-withdrawn"),
    ("withdrawn", DIED, ()),
    ("withdrawn", OTHER, "already-withdrawn"),
    ("started", NEW, "already-received"),
    ("started", WHOLE, "already-started"),
    ("started", DIED, (REQUESTED,)),
    ("ended", NEW, "already-received"),
    ("ended", WHOLE, "already-ended"),
    ("ended", DIED, "already-ended"),
]


@pytest.mark.parametrize(("state", "command", "outcome"), TABLE)
def test_decide(state: str, command: Command, outcome: tuple[Event, ...] | str) -> None:
    """Each state answers each command with these events, or refuses with this code."""
    decided = decide(STATES[state], command, NOW)
    assert (decided.code if isinstance(decided, Refusal) else decided) == outcome


@pytest.mark.parametrize(
    ("state", "fact", "after"),
    [
        ("complete", CareStarted(), Started),
        ("withdrawing", CareStarted(), Withdrawing),
        ("withdrawn", CareStarted(), Withdrawn),
        ("withdrawing", PackageEnded(reason="died"), Withdrawn),
        ("complete", PackageEnded(reason="died"), Withdrawn),
        ("none", CareStarted(), NotReceived),
        ("complete", CareOver(), Ended),
        ("started", CareOver(), Ended),
        ("ended", CareOver(), Ended),
        ("withdrawing", CareOver(), Withdrawn),
        ("withdrawn", CareOver(), Withdrawn),
        ("none", CareOver(), NotReceived),
        ("ended", CareGoesOn(), Started),
        ("complete", CareGoesOn(), Complete),
        ("withdrawn", CareGoesOn(), Withdrawn),
    ],
)
def test_facts(state: str, fact: Fact, after: type) -> None:
    """A start makes it a package under way, and an end ends it, a withdrawal that was asked for too."""
    assert isinstance(evolve(STATES[state], fact), after)


@pytest.mark.parametrize(
    ("state", "missing", "kinds"),
    [
        ("incomplete", ("authorisation",), [Linked]),
        ("incomplete", (), [Linked, Completed]),
        ("complete", (), [Linked]),
    ],
)
def test_a_link_comes_before_what_completes_it(state: str, missing: Any, kinds: Any) -> None:
    """Matching knows of the other package before offers go out; the state stays as it is."""
    outcome = decide(STATES[state], Supply(missing=missing, linked=True), NOW)
    assert not isinstance(outcome, Refusal)
    assert [type(one) for one in outcome] == kinds
    assert evolve(STATES[state], outcome[0]) == STATES[state]
    assert isinstance(decide(STATES["started"], Supply(missing=(), linked=True), NOW), Refusal)


def test_clocks_are_kept() -> None:
    """Received and complete survive whatever comes later."""
    state: State = NotReceived()
    for event in (Received(at=T0, missing=("authorisation",)), Completed(at=NOW), REQUESTED):
        state = evolve(state, event)
    assert state == Withdrawing(received_at=T0, complete_at=NOW, reason="died")
    assert evolve(NotReceived(), Received(at=T0, missing=())) == STATES["complete"]


def test_open_states() -> None:
    """A person has one referral that is neither withdrawn (or being so) nor started."""
    assert [name for name, state in STATES.items() if is_open(state)] == ["incomplete", "complete"]
