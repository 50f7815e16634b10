"""Given–when–then for a whole package: parts, and what becomes of care after the award."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.matching.domain import care_commands as asked
from services.matching.domain import events
from services.matching.domain.carrying import present
from services.matching.domain.events import Event, SearchStarted
from services.matching.domain.market import Market
from services.matching.domain.package import NOTHING, Package, evolve_package, package_due_at
from services.matching.domain.package_step import PackageCommand, step_package
from services.matching.domain.package_turn import with_origins
from services.matching.domain.placement import Carried, Placement, Present
from services.matching.domain.policy import Policy, PolicyBook
from services.matching.domain.refusal import Refusal
from services.matching.domain.requirement import Requirement, Visit
from tests.unit.matching.world import (
    TIME,
    Like,
    answers,
    at,
    confirm,
    market,
    pid,
    policy,
    ranks,
    referral,
    start,
    wanted,
    yes,
)

DAY = 24 * 60.0
WEEK_OF_VISITS = (
    Visit(weekday="mon", band="morning", minutes=30),
    Visit(weekday="wed", band="morning", minutes=30),
    Visit(weekday="fri", band="tea", minutes=45, carers=2),
)


@dataclass
class Whole:
    """What has happened to one package, and what comes of the next command."""

    policy: Policy
    market: Market
    history: tuple[Event, ...] = ()
    new: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    package: Package = field(default_factory=lambda: NOTHING)

    def when(self, command: PackageCommand, at_: float, *, about: UUID | None = None) -> "Whole":
        """The command at so many minutes past eight; checks what every decision must keep."""
        now = at(at_)
        self.history += self.new
        outcome = step_package(
            self.package,
            command,
            now,
            PolicyBook(current=self.policy),
            self.market,
            about=about,
            origins=with_origins({}, self.history),
        )
        self.new, self.refusal = (), None
        if isinstance(outcome, Refusal):
            self.refusal = outcome
            return self
        folded = self.package
        for event in outcome[1]:
            folded = evolve_package(folded, event)
        assert folded == outcome[0]
        self.package, self.new = outcome
        due = package_due_at(self.package)
        assert due is None or due > now, "a deadline in the past would fire for ever"
        return self

    def then(self, *expected: Like | type[Event]) -> "Whole":
        """Exactly these events, in this order."""
        assert self.refusal is None, self.refusal
        wanted_ = [one if isinstance(one, Like) else Like(one, {}) for one in expected]
        names = [type(event).__name__ for event in self.new]
        assert names == [one.kind.__name__ for one in wanted_]
        for one, event in zip(wanted_, self.new, strict=True):
            assert one.misses(event) is None, one.misses(event)
        return self

    def then_some(self, *expected: Like) -> "Whole":
        """At least these events."""
        for one in expected:
            assert any(one.misses(event) is None for event in self.new), (one, self.new)
        return self

    def then_refused(self, code: str) -> "Whole":
        """A refusal as a value: nothing has changed."""
        assert self.refusal is not None
        assert self.refusal.code == code
        assert self.refusal.sentence.endswith(".")
        return self

    def until(self, at_: float) -> "Whole":
        """Time passes, every timer on the way fires in its turn; `new` is all that came of it."""
        before, known = self.history + self.new, len(self.history + self.new)
        while (due := package_due_at(self.package)) is not None and due <= at(at_):
            self.when(TIME, (due - at(0)).total_seconds() / 60)
        self.when(TIME, at_)
        self.new = (self.history + self.new)[known:]
        self.history = before
        return self

    def statuses(self) -> list[str]:
        return [one.status for one in self.package.placements]

    @property
    def last(self) -> Present:
        return self.package.placements[-1]

    def id(self, number: int) -> UUID:
        return self.package.placements[number].placement_id

    def escalations(self, number: int = -1) -> tuple[str, ...]:
        return self.package.placements[number].escalations

    def accepted(self, name: str, at_: float, number: int = -1) -> "Whole":
        """A provider takes what it was offered for a placement."""
        placement = self.package.placements[number]
        offer = next(
            one for one in reversed(placement.offers)  # type: ignore[union-attr]
            if one.provider_id == pid(name)
        )  # fmt: skip
        said = replace(
            yes(name, at_, response=f"yes {name} {placement.placement_id}"),
            offer_id=offer.offer_id,
        )
        return self.when(answers(said), at_)

    def about(self, number: int, kind: Any, **more: Any) -> Any:
        """What the provider of a placement says about its award."""
        placement = self.package.placements[number]
        assert isinstance(placement, Carried)
        more.setdefault("response_id", pid(f"{kind.__name__} {placement.placement_id}"))
        return kind(
            provider_id=placement.award.provider_id,
            award_id=placement.award.award_id,
            recorded_at=at(0),
            **more,
        )

    def begun(self) -> SearchStarted:
        """The search that has just begun."""
        (found,) = (event for event in self.new if isinstance(event, SearchStarted))
        return found

    def asked(self) -> list[str]:
        """The names of those that were just asked, in order."""
        return [
            self.market.providers[offer.provider_id].name
            for wave in self.new
            if isinstance(wave, events.OffersMade)
            for offer in wave.offers
        ]


def whole(placement: Placement) -> Package:
    """The package of one placement."""
    return Package(placements=(present(placement),))


def requirement(*visits: Visit, **changes: Any) -> Requirement:
    return wanted(visits=visits or WEEK_OF_VISITS, **changes).requirement


def searched(*names: str, urgency: str = "routine", **changes: Any) -> Whole:
    """A package with three visits a week whose first wave has asked these providers, at eight."""
    able: frozenset[Any] = frozenset({"personal_care", "reablement", "hoist"})
    providers = [replace(one, capabilities=able) for one in ranks(*(names or ("A", "B", "C")))]
    whole = Whole(policy=policy(), market=market(*providers))
    want = wanted(visits=WEEK_OF_VISITS, **changes)
    return whole.when(referral(want, urgency=urgency), 0)


def running(*names: str, **changes: Any) -> Whole:
    """Care that A gives since five minutes past eight."""
    return (
        searched(*names, **changes)
        .when(answers(yes("A", 1)), 1)
        .when(confirm("A"), 2)
        .when(start("A"), 5)
    )


def hand_back(whole: Whole, last_visit_at: datetime, number: int = 0, **more: Any) -> Any:
    more.setdefault("reason", "staffing")
    return whole.about(number, asked.HandBack, last_visit_at=last_visit_at, **more)


def care_stories() -> list[Whole]:
    """Packages to which everything happened that can happen after an award."""
    hour = 60.0
    changed = asked.ChangeCare(requirement=requirement())
    agreed = running().when(changed, 1 * hour)
    agreed.when(agreed.about(0, asked.AnswerChange, version=2, agrees=True), 2 * hour)
    agreed.when(asked.PauseCare(held_until=at(9 * DAY), retainer=True), 3 * hour)
    agreed.when(asked.RestartCare(restart_at=at(3 * DAY)), 4 * hour)
    agreed.when(agreed.about(0, asked.AnswerRestart, agrees=True), 5 * hour)
    agreed.when(asked.EndCare(last_visit_at=at(2 * DAY)), 6 * hour).until(3 * DAY)
    refused = running().when(changed, 1 * hour).until(3 * DAY)
    lapsed = running().when(asked.PauseCare(held_until=at(DAY), retainer=True), hour)
    lapsed.until(2 * DAY)
    silent = running().when(asked.PauseCare(held_until=at(9 * DAY), retainer=True), hour)
    silent.when(asked.RestartCare(restart_at=at(5 * DAY)), 2 * hour).until(3 * DAY)
    given = running().when(hand_back(running(), at(DAY)), 1 * hour)
    given.when(asked.RecordContingency(contingency="family"), 2 * hour)
    given.when(asked.Bridge(until=at(9 * DAY)), 2 * hour, about=given.id(1))
    given.accepted("B", 2 * hour + 1, 2)
    split = searched().when(asked.Split(parts=((0,), (1, 2))), 6)
    return [agreed, refused, lapsed, silent, given, split]
