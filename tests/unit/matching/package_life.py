"""A whole package under random commands, and what must hold of it after each. Source: design §10."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from deploy.invariants.timeline import broken_in
from services.matching.domain import care_events as care
from services.matching.domain import events
from services.matching.domain import placement as states
from services.matching.domain.care_times import next_visit
from services.matching.domain.commands import PassTime
from services.matching.domain.events import Event
from services.matching.domain.evolve import evolve
from services.matching.domain.lessons import lessons_of
from services.matching.domain.market import Market
from services.matching.domain.package import NOTHING, Package, fold, package_due_at, pairs
from services.matching.domain.package_step import PackageCommand, step_package
from services.matching.domain.package_turn import with_origins
from services.matching.domain.policy import Policy, PolicyBook
from services.matching.domain.refusal import Refusal
from services.matching.domain.tally import Sums, add_up
from services.matching.history import dump_package, read_package
from tests.unit.matching.world import EIGHT


@dataclass
class PackageLife:
    """One package with everything that has happened to it, and what must hold of it."""

    policy: Policy
    market: Market
    now: datetime = EIGHT
    package: Package = field(default_factory=lambda: NOTHING)
    log: list[Event] = field(default_factory=list)
    bridged_until: dict[UUID, datetime] = field(default_factory=dict)
    """Until when bridging care was given, by the placement that it bridges to."""

    def obey(self, command: PackageCommand, about: UUID | None = None) -> Refusal | None:
        """Gives the refusal, if there is one."""
        outcome, again = self._step(command, about), self._step(command, about)
        assert outcome == again, "deciding again gives the same"
        if isinstance(outcome, Refusal):
            assert outcome.sentence.endswith(".")
            return outcome
        before = self.package
        self.package, new = outcome
        assert all(event.at == self.now for event in new), "nothing is decided at another instant"
        self._teaches(before, new)
        self._bridged(before)
        self.log += new
        assert fold(self.log) == self.package, "the fold of the events is the state"
        assert read_package(*dump_package(self.package)) == self.package
        self.rests()
        return None

    def pass_time(self) -> None:
        """To the next deadline, which takes effect."""
        due = package_due_at(self.package)
        if due is not None:
            self.now = due
            self.obey(PassTime())

    def origin(self, placement_id: UUID) -> events.SearchStarted:
        """How a placement began, with what is needed now."""
        return with_origins({}, self.log)[placement_id]

    def _step(self, command: PackageCommand, about: UUID | None) -> Any:
        book, origins = PolicyBook(current=self.policy), with_origins({}, self.log)
        return step_package(
            self.package, command, self.now, book, self.market, about=about, origins=origins
        )

    def _teaches(self, before: Package, new: tuple[Event, ...]) -> None:
        """Event by event or in one step, offers teach the same."""
        at_once: Sums = {}
        one_by_one: Sums = {}
        for was, is_now in pairs(before, self.package):
            add_up(list(lessons_of(was, is_now, self.now)), at_once)
        known: dict[UUID, states.Placement] = {}
        for event in new:
            old = known.get(event.placement_id, before.placement(event.placement_id))
            known[event.placement_id] = evolve(old, event)
            add_up(list(lessons_of(old, known[event.placement_id], event.at)), one_by_one)
        assert _nonzero(at_once) == _nonzero(one_by_one)

    def _bridged(self, before: Package) -> None:
        """Until when bridging care was given."""
        for was, is_now in pairs(before, self.package):
            ended = isinstance(was, states.Carried) and not isinstance(is_now, states.Carried)
            facts = was.facts if isinstance(was, states.Searched) else None
            if ended and facts and facts.bridging_until and facts.follows:
                self.bridged_until[facts.follows] = self.now

    # -- what must hold at rest --------------------------------------------------------------------

    def rests(self) -> None:
        """I1 to I5: nothing is stuck or due, nobody is forgotten, every item is open (or closed)."""
        due = package_due_at(self.package)
        assert due is None or due > self.now, "nothing is due in the past"
        assert broken_in(self.log) == []
        open_items: dict[UUID, set[str]] = {}
        for event in self.log:
            items = open_items.setdefault(event.placement_id, set())
            if isinstance(event, events.EscalationOpened):
                items.add(event.kind)
            elif isinstance(event, events.EscalationClosed):
                items.discard(event.kind)
        for one in self.package.placements:
            assert set(one.escalations) == open_items[one.placement_id], "items are as events say"
            self._rests(one)

    def _rests(self, placement: states.Present) -> None:
        match placement:
            case states.Searching():
                open_offers = [o for o in placement.offers if o.status in states.OPEN_OFFERS]
                assert open_offers or placement.hold
                self._gap_is_told(placement)
            case states.Exhausted():
                self._gap_is_told(placement)
            case states.Awarded():
                late = placement.change is None and placement.award.confirm_by <= self.now
                assert not late or "confirmation_overdue" in placement.escalations
            case states.Ending():
                assert placement.last_visit_at is None or placement.last_visit_at > self.now
            case states.Ended() | states.Withdrawn():
                assert placement.escalations == (), "what is over asks nobody for anything"
            case _:
                pass

    def _gap_is_told(self, searched: states.Searching | states.Exhausted) -> None:
        """The alarm comes before the first visit that nobody holds, and again when it is there."""
        facts = searched.facts
        if facts.bridging_until is not None or self._is_bridged(searched):
            return
        gap_at = self.origin(searched.placement_id).gap_at or self._handed_back(searched)
        ends = [self.bridged_until.get(one) for one in self._covering(searched.placement_id)]
        over_at = max((at for at in ends if at is not None), default=None)
        if gap_at is not None and over_at is not None:
            after = next_visit(facts.visit_minutes, over_at)
            gap_at = max(gap_at, after or gap_at)
        if gap_at is None:
            return
        if gap_at <= self.now:
            assert "care_gap" in searched.alarmed, f"a gap since {gap_at}, and nobody is told"
        elif gap_at - timedelta(hours=self.policy.care_gap_hours) <= self.now:
            assert "care_gap_ahead" in searched.alarmed, f"a gap at {gap_at}, and nobody is told"

    def _handed_back(self, searched: states.Searched) -> datetime | None:
        """The first visit after care that was to go on until this begins, and was handed back."""
        last = [event.last_visit_at for event in self.log if isinstance(event, care.HandedBack)
                and event.placement_id == searched.facts.follows]  # fmt: skip
        return next_visit(searched.facts.visit_minutes, last[-1]) if last else None

    def _is_bridged(self, searched: states.Present) -> bool:
        return any(
            isinstance(one, states.Carried)
            and one.facts.bridging_until is not None
            and one.facts.follows in self._covering(searched.placement_id)
            for one in self.package.placements
        )

    def _covering(self, placement_id: UUID) -> set[UUID]:
        """The placement, and those that it came of by splits and merges, with all of its visits."""
        found, todo = {placement_id}, [placement_id]
        visits = Counter(self.origin(placement_id).requirement.visits)
        while todo:
            part = todo.pop()
            wholes = [event.placement_id for event in self.log
                      if isinstance(event, care.PlacementDivided) and part in event.into]  # fmt: skip
            todo += wholes
            found.update(
                one for one in wholes if visits <= Counter(self.origin(one).requirement.visits)
            )
        return found


def _nonzero(sums: Sums) -> dict[Any, Any]:
    return {key: {k: n for k, n in of.items() if n} for key, of in sums.items() if any(of.values())}
