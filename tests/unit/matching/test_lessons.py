"""What offers teach: each once, however many events lie between two looks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.domain import commands
from services.matching.domain import placement as states
from services.matching.domain.carrying import present
from services.matching.domain.evolve import evolve
from services.matching.domain.lessons import Lesson, lessons_of
from services.matching.domain.package import Package
from services.matching.domain.requirement import Needed, Visit, needed
from services.matching.domain.tally import HALF_LIFE_WEEKS, MARKET, Sums, add_up, group, weight
from services.matching.history import dump_package, read_package
from tests.unit.matching.life import Life
from tests.unit.matching.orders import correct
from tests.unit.matching.test_correcting import everything
from tests.unit.matching.test_properties import ACTIONS, Player, markets, policies
from tests.unit.matching.world import (
    EIGHT,
    TIME,
    WITHDRAW,
    Story,
    answers,
    at,
    by_hand,
    no,
    pid,
    referral,
    release,
    searching,
    wanted,
    yes,
)


def taught(told: Story, command: commands.Command, minutes: float) -> list[tuple[Any, ...]]:
    """(provider, outcome, minutes after eight at which it ended, undone) for each lesson."""
    names = {one.provider_id: one.name for one in told.market.providers.values()}
    before = told.placement
    told.when(command, minutes)
    return [
        (
            names[one.provider_id],
            one.outcome,
            (one.ended_at - EIGHT).total_seconds() / 60,
            one.undone,
        )
        for one in lessons_of(before, told.placement, at(minutes))
    ]


def test_an_answer_ends_when_it_was_given():
    """A no teaches at its own instant, though it is read later; offers still live teach nothing."""
    assert taught(searching("A", "B"), answers(no("B", 7)), 9) == [("B", "declined", 7, False)]


def test_a_yes_and_an_award_are_two_lessons_and_who_was_not_asked_any_more_is_censored():
    """B's offer was taken back before B could answer: that is no silence."""
    assert taught(searching("A", "B"), answers(yes("A", 5)), 6) == [
        ("A", "accepted", 5, False),
        ("A", "awarded", 5, False),
        ("B", "withdrawn", 6, False),
    ]


def test_an_acceptance_that_stands_teaches_a_yes_once():
    """Its award later is another lesson, and not another yes."""
    told = searching("A", "B")
    assert taught(told, answers(yes("B", 5)), 5) == [("B", "accepted", 5, False)]
    assert taught(told, TIME, 15) == [("A", "withdrawn", 15, False), ("B", "awarded", 5, False)]


def test_silence_ends_at_the_deadline():
    """However late the timer was."""
    assert taught(searching("A"), TIME, 45) == [("A", "lapsed", 30, False)]


def test_an_answer_that_was_in_time_takes_the_silence_back():
    """Matching was away: the offer has lapsed, then the answer given before is read."""
    told = searching("A")
    taught(told, TIME, 45)
    assert taught(told, answers(yes("A", 20)), 50) == [
        ("A", "lapsed", 30, True),
        ("A", "accepted", 20, False),
        ("A", "awarded", 20, False),
    ]


def test_a_release_is_a_yes_that_did_not_last():
    """It carries the instant of the acceptance, so that it weighs as much."""
    told = searching("A", "B").when(answers(yes("A", 5)), 5)
    assert ("A", "released", 5, False) in taught(told, release("A"), 60)


def test_an_award_by_hand_teaches_nothing_of_who_got_it():
    """Nobody asked B, so B's yes and its release are not answers."""
    told = searching("A", "B", "C")
    assert {who for who, *_ in taught(told, by_hand("B"), 5)} == {"A", "B", "C"}
    assert "B" not in {who for who, what, *_ in taught(told, release("B"), 9) if what == "released"}


def test_a_withdrawal_of_the_package_is_not_the_providers_silence():
    """The state afterwards no longer knows what was needed; the lesson does."""
    told = searching("A")
    before = told.placement
    told.when(WITHDRAW, 12)
    (lesson,) = lessons_of(before, told.placement, at(12))
    assert (lesson.outcome, lesson.needed.outcode) == ("withdrawn", "E4")


def test_a_no_that_was_another_ones_yes_teaches_the_same_by_step_and_by_event():
    """C's no was A's yes, and the award takes C's offer back in the same step."""
    told = searching("A", "B", "C").when(answers(no("C", 2, via="telephone")), 2)
    before, known = told.placement, len(everything(told))
    step = taught(told, correct("C", "accept", meant="A"), 5)
    assert step == [
        ("A", "accepted", 2, False),
        ("A", "awarded", 2, False),
        ("B", "withdrawn", 5, False),
        ("C", "declined", 2, True),
        ("C", "withdrawn", 5, False),
    ]
    by_event: Sums = {}
    state = before
    for event in everything(told)[known:]:
        after = evolve(state, event)
        add_up(lessons_of(state, after, event.at), by_event)
        state = after
    by_step: Sums = {}
    add_up(lessons_of(before, told.placement, at(5)), by_step)
    assert by_step == by_event


@dataclass
class Learning(Life):
    """A life from which lessons are taken both ways."""

    by_step: Sums = field(default_factory=dict)
    by_event: Sums = field(default_factory=dict)

    def obey(self, command: commands.Command) -> None:
        before, known = self.placement, len(self.log)
        super().obey(command)
        add_up(lessons_of(before, self.placement, self.now), self.by_step)
        for event in self.log[known:]:
            after = evolve(before, event)
            add_up(lessons_of(before, after, event.at), self.by_event)
            before = after


@settings(max_examples=200)
@given(rules=policies(), one=markets(), other=markets(), actions=st.lists(ACTIONS, max_size=25))
def test_lessons_are_the_same_by_step_and_by_event(rules, one, other, actions):
    """What the service adds up live is what a rebuild makes of its events, to the last row."""
    life = Learning(policy=rules, market=one)
    player = Player(life, other)
    life.obey(referral())
    for action in actions:
        player.play(*action)
    assert life.by_step == life.by_event
    answered = sum(
        offer.answered_at is not None and offer.status != "live"
        for offer in states.offers_of(life.placement)
    )
    rows = [
        (name, amount)
        for kind in ("framework", "dps", "spot")
        for name, amount in life.by_step.get(group(kind), {}).items()
    ]
    assert sum(n for name, n in rows if " answered " in name) == answered * weight(EIGHT)


NEEDED = Needed(outcode="E4", weekly_minutes=600, capabilities=())


def lesson(outcome="lapsed", *, minutes=30.0, asked=EIGHT, lot="north", **changes) -> Lesson:
    given_: dict[str, Any] = {
        "provider_id": pid("A"),
        "kind": "framework",
        "lot": lot,
        "needed": NEEDED,
        "asked_at": asked,
        "ended_at": asked + timedelta(minutes=minutes),
        "outcome": outcome,
    }
    return Lesson(**given_ | changes)


def test_a_lesson_touches_few_rows():
    """A provider's answer: its bin and its yes, for itself, its lot and its kind; and the hours."""
    sums: Sums = {}
    add_up([lesson("accepted", minutes=12)], sums)
    w = weight(EIGHT)
    mine = {
        "framework answered 2": w,
        "framework yes place E4 first": w,
        "framework yes sort medium single": w,
    }
    hours = {"open weekday 8 0": 120 * w, "answered weekday 8 0": w}
    theirs = {pid("A"): mine, group("framework", "north"): mine, group("framework"): mine}
    assert sums == theirs | {MARKET: hours}


def test_what_was_taken_back_at_once_teaches_nothing():
    """Within half a bin nobody could have answered."""
    sums: Sums = {}
    add_up([lesson("withdrawn", minutes=2)], sums)
    assert sums == {}


def test_an_undone_lesson_leaves_nothing_behind():
    """Whenever it is undone: it weighs what it weighed."""
    sums: Sums = {}
    add_up([lesson(), lesson(undone=True)], sums)
    assert {amount for amounts in sums.values() for amount in amounts.values()} == {0}


@given(st.permutations([lesson(minutes=m, asked=at(60 * m)) for m in (3, 20, 90, 700)]))
def test_adding_needs_no_order(lessons):
    """Any order, in one go or one by one, gives the same whole numbers."""
    once: Sums = {}
    one_by_one: Sums = {}
    add_up(sorted(lessons, key=lambda one: one.asked_at), once)
    for one in lessons:
        add_up([one], one_by_one)
    assert once == one_by_one


def test_a_lesson_weighs_half_after_a_half_life():
    """Exactly, and never more than a later one."""
    first = datetime(2026, 3, 2, 8, tzinfo=UTC)
    weeks = [weight(first + timedelta(weeks=n)) for n in range(HALF_LIFE_WEEKS + 1)]
    assert weeks[-1] == 2 * weeks[0]
    assert all(earlier < later for earlier, later in pairwise(weeks))


def test_a_package_with_one_double_handed_visit_is_double_handed():
    """One visit by two carers is enough."""
    single = Visit(weekday="mon", band="morning", minutes=30)
    double = Visit(weekday="tue", band="morning", minutes=30, carers=2)
    for visits, expected in (((single,), False), ((single, double), True)):
        want = wanted(visits=visits)
        assert needed(want.outcode, want.requirement).double_handed is expected


def test_a_state_of_before_can_be_read():
    """A state that was stored before packages knew of two carers is of one with none."""
    told = searching("A")
    package = Package(placements=(present(told.placement),))
    status, text = dump_package(package)
    text = text.replace('"double_handed":false,', "")
    assert "double_handed" not in text
    assert read_package(status, text) == package
