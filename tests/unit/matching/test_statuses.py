"""Every status × every command, every status × every event, and the state as JSON."""

import typing
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter

from services.matching.domain import care_events as care
from services.matching.domain import commands, events
from services.matching.domain import placement as states
from services.matching.domain.carrying import (
    ImpossibleEventError,
    expect,
    held,
    present,
    searched,
)
from services.matching.domain.evolve import evolve
from services.matching.domain.transitions import TRANSITIONS, moves
from tests.unit.matching.orders import intervened, moved
from tests.unit.matching.package_world import care_stories
from tests.unit.matching.reached import reached
from tests.unit.matching.talks import counter_answer, negotiated
from tests.unit.matching.test_late_answers import silent_about_a_change, silent_about_a_restart
from tests.unit.matching.test_statuses_of_people import PEOPLE
from tests.unit.matching.world import (
    COMPLETED,
    INCOMPLETE,
    RECONSIDER,
    TIME,
    WITHDRAW,
    answers,
    by_hand,
    confirm,
    fold,
    like,
    no,
    paced,
    pid,
    referral,
    release,
    searching,
    start,
    story,
    yes,
)

E = events
REFUSED = (E.RequestRefused,)
UNKNOWN = "unknown-placement"
ROUND = (E.TierOpened, E.OffersMade)
STARTS = (E.SearchStarted, *ROUND)
COLUMNS = [
    "receive",
    "complete",
    "withdraw",
    "accept",
    "decline",
    "confirm",
    "release",
    "start",
    "by_hand",
    "time",
    "review",
    "reconsider",
    "counter",
]
COMMANDS: dict[str, commands.Command] = {
    "receive": referral(),
    "complete": COMPLETED,
    "withdraw": WITHDRAW,
    "accept": answers(yes("A", 29, response="new yes")),
    "decline": answers(no("B", 29, response="new no")),
    "confirm": confirm("A", response_id=pid("new confirm")),
    "release": release("A", response_id=pid("new release")),
    "start": start("A", response_id=pid("new start")),
    "by_hand": by_hand("B"),
    "time": TIME,
    "review": commands.ReviewOutlook(),
    "reconsider": RECONSIDER,
    "counter": counter_answer("A", 29),
}
WON = (E.Awarded, E.OffersWithdrawn)
TABLE: dict[str, list[Any]] = {
    # each row: what each command leads to at 29 minutes past eight (exhausted: 31)
    "absent": [STARTS, *[UNKNOWN] * 12],
    "awaiting_information": [
        (), STARTS, (E.PlacementWithdrawn,), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED,
        "not-complete", (), (), (), REFUSED,
    ],
    "searching": [
        (), (), (E.OffersWithdrawn, E.PlacementWithdrawn), WON, (E.OfferDeclined,), REFUSED,
        REFUSED, REFUSED, WON, (), (E.OutlookChanged,), (), REFUSED,
    ],
    "exhausted": [
        (), (), (E.EscalationClosed, E.PlacementWithdrawn), (E.Awarded, E.EscalationClosed),
        (E.OfferDeclined,), REFUSED, REFUSED, REFUSED, (E.Awarded, E.EscalationClosed), (), (),
        (), REFUSED,
    ],
    "awarded": [
        (), (), (E.AwardCancelled, E.PlacementWithdrawn), REFUSED, REFUSED, (E.AwardConfirmed,),
        (E.AwardReleased, E.EscalationOpened, E.SearchReopened, *ROUND),
        (E.AwardConfirmed, E.CareStarted), (E.AwardCancelled, E.Awarded), (), (), (), REFUSED,
    ],
    "confirmed": [
        (), (), (E.AwardCancelled, E.PlacementWithdrawn), REFUSED, REFUSED, REFUSED, REFUSED,
        (E.CareStarted,), "already-confirmed", (), (), (), REFUSED,
    ],
    "started": [
        (), (), (E.AwardCancelled, E.PlacementWithdrawn), REFUSED, REFUSED, REFUSED, REFUSED,
        REFUSED, "already-confirmed", (), (), (), REFUSED,
    ],
    "paused": [
        (), (), (E.AwardCancelled, E.PlacementWithdrawn), REFUSED, REFUSED, REFUSED, REFUSED,
        REFUSED, "already-confirmed", (), (), (), REFUSED,
    ],
    "ending": [
        (), (), (), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, "offer-withdrawn", (), (), (), REFUSED,
    ],
    "ended": [
        (), (), (), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, "offer-withdrawn", (), (), (), REFUSED,
    ],
    "withdrawn": [
        (), (), (), REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, "offer-withdrawn", (), (), (), REFUSED,
    ],
}  # fmt: skip
CELLS = [
    (status, column, outcome)
    for status, row in TABLE.items()
    for column, outcome in zip(COLUMNS, row, strict=True)
]


@pytest.mark.parametrize(("status", "column", "outcome"), CELLS)
def test_every_status_has_an_answer_to_every_command(status, column, outcome):
    """Events, nothing, or a refusal: each cell of the table is written down."""
    told = reached(status)
    assert told.placement.status == status
    told.when(COMMANDS[column], 31 if status == "exhausted" else 29)
    if isinstance(outcome, str):
        told.then_refused(outcome)
    else:
        told.then(*outcome)


def test_the_table_of_commands_is_whole():
    """No status and no class of command is left out."""
    assert set(TABLE) == {one().status for one in [states.Absent]} | {
        one.__dataclass_fields__["status"].default for one in states.STATUSES
    }
    known = {type(one) for one in (*COMMANDS.values(), *PEOPLE.values())}
    assert known == set(typing.get_args(commands.Command))


def examples() -> dict[type[events.Event], events.Event]:
    """One event of each class, as it was decided."""
    told = searching("A", "B", "C").when(answers(no("B", 1), yes("C", 2)), 2).when(TIME, 12)
    told.when(release("C"), 13).when(TIME, 300).when(by_hand("A"), 301)
    told.when(confirm("A", round_=2, before=1), 302).when(start("A", round_=2, before=1), 303)
    told.when(confirm("Z"), 304).when(WITHDRAW, 305)
    waiting = story().when(INCOMPLETE)
    asked = paced("A", "B", "C").when(commands.ReviewOutlook(), 1).when(TIME, 30)
    stories: tuple[Any, ...] = (
        told,
        waiting,
        asked,
        intervened(),
        moved(),
        *negotiated(),
        *care_stories(),
    )
    found = {type(event): event for one in stories for event in (*one.history, *one.new)}
    assert set(found) == set(typing.get_args(events.Event))
    return found


EXAMPLES = examples()


GIVEN_BACK: dict[tuple[str, type[events.Event]], Any] = {
    ("ending", care.ChangeAgreed): lambda: silent_about_a_change().package.placements[0],
    ("ended", care.CareResumed): lambda: silent_about_a_restart().package.placements[0],
}
"""What may follow in a status only where a provider's silence has led to it."""


@pytest.mark.parametrize("fact", EXAMPLES, ids=lambda fact: fact.__name__)
@pytest.mark.parametrize("status", TABLE)
def test_evolve_obeys_the_table_of_transitions(status, fact):
    """A pair of the table leads to its status; any other pair is impossible and raises."""
    before = reached(status).placement
    expected = TRANSITIONS.get((type(before), fact))
    if (status, fact) in GIVEN_BACK:
        with pytest.raises(ImpossibleEventError):
            evolve(before, EXAMPLES[fact])
        before = GIVEN_BACK[status, fact]()
    if expected is None:
        with pytest.raises(ImpossibleEventError):
            evolve(before, EXAMPLES[fact])
    else:
        assert type(evolve(before, EXAMPLES[fact])) is expected


def test_every_status_can_be_reached_and_the_ends_are_ends():
    """From Absent every status is reached; nothing leads out of Withdrawn or back to Absent."""
    after: dict[type[states.Placement], set[type[states.Placement]]] = {}
    for before, then, _ in moves():
        after.setdefault(before, set()).add(then)
    found: set[type[states.Placement]] = set()
    todo: list[type[states.Placement]] = [states.Absent]
    while todo:
        one = todo.pop()
        found.add(one)
        todo += after.get(one, set()) - found
    assert found == set(states.STATUSES)
    assert states.Withdrawn not in after
    assert not any(states.Absent in then for then in after.values())


STATE = TypeAdapter(Annotated[states.Placement, Field(discriminator="status")])


@pytest.mark.parametrize("status", TABLE)
def test_a_state_survives_json(status):
    """What is loaded is exactly what was saved, with and without defaults written."""
    told = reached(status)
    if status == "searching":
        told.when(answers(yes("B", 2)), 2).then(events.AcceptanceStood)
    placement = told.placement
    assert STATE.validate_json(STATE.dump_json(placement)) == placement
    assert fold([*told.history, *told.new]) == placement
    if status not in {"absent", "withdrawn", "awaiting_information"}:
        unasked = searching("A", "B", "C").placement
        assert STATE.validate_json(STATE.dump_json(unasked)) == unasked


def test_a_damaged_history_is_noticed():
    """An event that cannot follow is a bug, never skipped."""
    with pytest.raises(ImpossibleEventError):
        fold([EXAMPLES[events.Awarded]])


@pytest.mark.parametrize(
    "narrowed", [present, searched, held, lambda placement: expect(placement, states.Searching)]
)
def test_a_status_taken_for_another_is_noticed(narrowed):
    """What an event takes for granted of the status is checked, not assumed."""
    with pytest.raises(ImpossibleEventError):
        narrowed(states.Absent())


def test_an_escalation_is_opened_once():
    """Two offers lapse, two commands come: one open item."""
    told = reached("exhausted")
    assert present(told.placement).escalations == ("nobody_left",)
    told.when(TIME, 240).then(like(events.EscalationOpened, kind="target_overdue"))
    assert present(told.placement).escalations == ("nobody_left", "target_overdue")
