"""A run in virtual time: the production rules meet simulated arrivals, answers and deadlines.

Everything that happens stands in one heap, by instant and then by the order in which it was put
there. What it means for a placement is decided by matching's `step` alone, and a placement is looked
at again when matching's own `next_due_at` says so. Nothing here reads a clock, and no person acts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import assert_never

from deploy.simulator.case import Case
from deploy.simulator.drawing import (
    START_AT,
    WEEK_MINUTES,
    Draws,
    Luck,
    Package,
    instant,
    minute,
)
from deploy.simulator.forecasting import AGES_MINUTES, Forecaster
from deploy.simulator.load import Load
from deploy.simulator.register import provider_id, register_of
from deploy.simulator.replying import Carrying, carry, reply
from deploy.simulator.rotation import Rotation
from deploy.simulator.rounds import Rounds
from services.matching.domain import events as e
from services.matching.domain.asking import OfferMade
from services.matching.domain.care_commands import CareCommand
from services.matching.domain.commands import (
    Answer,
    Command,
    CompleteReferral,
    ConfirmAward,
    PassTime,
    ReceiveAnswers,
    ReceiveReferral,
    ReleaseAward,
    ReportStart,
)
from services.matching.domain.deadlines import next_due_at
from services.matching.domain.decide import step
from services.matching.domain.events import Event
from services.matching.domain.lessons import lessons_of
from services.matching.domain.load import live_offers_changed
from services.matching.domain.market import Market
from services.matching.domain.package_step import PackageCommand
from services.matching.domain.placement import Placement, Searched, offer_of
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import Refusal
from services.matching.domain.responses import PRIOR, Responses
from services.matching.domain.tally import Sums, add_up
from services.matching.geography import places


@dataclass(frozen=True, slots=True)
class Arrived:
    """A referral is received."""


@dataclass(frozen=True, slots=True)
class Completed:
    """Nothing is missing of it any more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A provider answers an offer."""

    offer: OfferMade
    accepts: bool


@dataclass(frozen=True, slots=True)
class Due:
    """The placement asked to be looked at."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A provider confirms or releases its award."""

    award: e.Awarded
    carrying: Carrying


@dataclass(frozen=True, slots=True)
class Begun:
    """Care starts."""

    award: e.Awarded


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody looks at what is forecast."""


@dataclass(frozen=True, slots=True)
class Lived:
    """Something after the award: what the service is told of it, None if nobody tells it anything."""

    tell: Callable[[datetime], PackageCommand | None]


BELIEVED_FOR = timedelta(days=7)
"""The service reads what was learned every hour; against a half-life of half a year this is close,
and working it out is most of what an adaptive run takes."""
_DAY = timedelta(days=1)
Happening = Arrived | Completed | Answered | Due | Settled | Begun | Looked | Lived


class World:
    """One run of one policy on one market's draws.

    What was learned is read anew at the first decision after it was `believed_for` so long, counted
    from the beginning of the day in which it was read, or of the hour if that is how long it holds.
    """

    def __init__(
        self,
        policy: Policy,
        draws: Draws,
        forecaster: Forecaster | None = None,
        believed_for: timedelta = BELIEVED_FOR,
    ) -> None:
        self.policy = policy
        self.cases = [self._case(package) for package in draws.packages]
        self.decisions = 0
        self._draws = draws
        self._forecaster = forecaster
        self._rounds = Rounds(policy)
        self._register = Market(
            providers=register_of(draws.market),
            turns={},
            map=places() if self._rounds.weighed else {},
        )
        self._index = {provider_id(one): n for n, one in enumerate(draws.market.providers)}
        self._load = Load(draws)
        self._rotation = Rotation()
        # What nobody asks for need not be learned.
        self._learns = forecaster is not None or any(tier.adaptive for tier in policy.tiers)
        self._sums: Sums = {}
        self._believed_for = believed_for
        self._believed_until, self._responses = START_AT, PRIOR
        self._market, self._today = self._register, date.min
        self._order = count()
        self._ahead: list[tuple[datetime, int, Case, Happening]] = []

    def _case(self, package: Package) -> Case:
        return Case(package)

    def run(self) -> None:
        """Let everything happen, until nothing is ahead."""
        for case in self.cases:
            self._expect(case.package.received_at, case, Arrived())
            for age in AGES_MINUTES if self._forecaster else ():
                self._expect(case.package.received_at + timedelta(minutes=age), case, Looked())
        while self._ahead:
            now, _, case, happening = heappop(self._ahead)
            command = self._command(now, case, happening)
            if command is not None:
                self._do(now, case, command)

    def _expect(self, at: datetime, case: Case, happening: Happening) -> None:
        heappush(self._ahead, (at, next(self._order), case, happening))

    def _command(self, now: datetime, case: Case, happening: Happening) -> PackageCommand | None:
        """What the service is told of a happening; None if nobody tells it anything."""
        match happening:
            case Due():
                return PassTime() if case.due_at == now else None
            case Answered():
                return self._answer(now, case, happening)
            case Arrived():
                return self._arrive(case)
            case Completed():
                package = case.package
                return CompleteReferral(
                    complete_at=now, urgency=package.urgency, wanted=package.wanted
                )
            case Settled() | Begun():
                return self._carry(now, case, happening)
            case Looked():
                self._look(now, case)
                return None
            case Lived():
                return happening.tell(now)
            case _:
                assert_never(happening)

    def _look(self, now: datetime, case: Case) -> None:
        if self._forecaster is not None:
            market = self._market_at(now)
            case.said.extend(self._forecaster.look(case.placement, now, market, case.filled_at))

    def _arrive(self, case: Case) -> Command:
        package = case.package
        complete = package.complete_at == package.received_at
        if not complete:
            self._expect(package.complete_at, case, Completed())
        return ReceiveReferral(
            referral_id=package.referral_id,
            received_at=package.received_at,
            source_kind=package.source_kind,
            organisation="simulated",
            ward="simulated",
            urgency=package.urgency,
            complete_at=package.complete_at if complete else None,
            wanted=package.wanted if complete else None,
        )

    def _answer(self, now: datetime, case: Case, answered: Answered) -> Command | None:
        """A provider answers what is still open to it, and cannot take what it has no hours for."""
        placement = self._placement_of(case, answered.offer)
        offer = offer_of(placement, answered.offer.offer_id)
        if offer is None or offer.status != "live" or not isinstance(placement, Searched):
            return None
        has_room = self._load.has_room(
            self._index[offer.provider_id], placement.facts.needed.weekly_minutes, minute(now)
        )
        accepts = answered.accepts and has_room
        answer = Answer(
            kind="accept" if accepts else "decline",
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            answered_at=now,
            reason=None if accepts else "times" if has_room else "no_capacity",
        )
        return ReceiveAnswers(answers=(answer,))

    def _placement_of(self, case: Case, _offer: OfferMade) -> Placement:
        return case.placement

    def _carry(self, now: datetime, case: Case, happening: Settled | Begun) -> Command | None:
        """What the awarded provider says; nobody else touches its award in a run."""
        award = happening.award
        if isinstance(happening, Begun):
            return ReportStart(
                provider_id=award.provider_id, award_id=award.award_id, recorded_at=now,
                response_id=None, started_at=now,
            )  # fmt: skip
        if happening.carrying.releases:
            self._give_back(case, award)
            return ReleaseAward(
                provider_id=award.provider_id, award_id=award.award_id, recorded_at=now,
                response_id=None, reason="needs_differ",
            )  # fmt: skip
        case.started_late = happening.carrying.days_late > 0
        late = timedelta(days=happening.carrying.days_late)
        self._expect(max(now, self._wanted_at(case, award) + late), case, Begun(award))
        return ConfirmAward(
            provider_id=award.provider_id, award_id=award.award_id, recorded_at=now,
            response_id=None,
        )  # fmt: skip

    def _give_back(self, case: Case, award: e.Awarded) -> None:
        package, provider = case.package, self._index[award.provider_id]
        self._load.give_back(provider, package.number, package.weekly_minutes)
        self._rounds.give_back(award.provider_id, package.number)

    def _wanted_at(self, case: Case, _award: e.Awarded) -> datetime:
        return case.package.wanted.requirement.ready_at

    def _do(self, now: datetime, case: Case, command: PackageCommand) -> None:
        """Decide as the service does, and let the world take notice."""
        assert not isinstance(command, CareCommand), "nothing happens after the award"
        before = case.placement
        outcome = step(before, command, now, self.policy, self._market_at(now))
        assert not isinstance(outcome, Refusal), f"the rules refused {command}: {outcome}"
        case.placement, events = outcome
        self.decisions += bool(events)
        self._rotation.add(events)
        if self._rounds.weighed:
            self._rounds.offered(live_offers_changed(before, case.placement))
        if self._learns:
            add_up(lessons_of(before, case.placement, now), self._sums)
        for event in events:
            case.note(event, before)
            self._follow(now, case, event)
        due_at = next_due_at(case.placement)
        assert due_at is None or due_at > now, f"due at {due_at} and not done at {now}"
        if due_at is not None and due_at != case.due_at:
            self._expect(due_at, case, Due())
        case.due_at = due_at

    def _market_at(self, now: datetime) -> Market:
        """The register with the turns of this moment, and what is believed for the time being."""
        today, learns = now.date(), self._learns and now >= self._believed_until
        if learns:
            since = now - (now - START_AT) % min(self._believed_for, _DAY)
            self._believed_until = since + self._believed_for
            self._responses = Responses.of(self._sums, now)
        if learns or today != self._today:
            self._today = today
            self._rotation.new_day(today)
            self._market = self._register.now(
                self._rotation.turns,
                self._rotation.awarded_hours,
                self._responses,
                awards=self._rotation.awards,
            )
        if self._rounds.weighed:
            return self._market.carrying(self._rounds.load(minute(now)))
        return self._market

    def _follow(self, now: datetime, case: Case, event: Event) -> None:
        """What providers do about an event."""
        package = case.package
        match event:
            case e.OffersMade():
                for offer in event.offers:
                    index = self._index[offer.provider_id]
                    luck = self._luck(case, event, index)
                    said = reply(self._draws.market, index, package, luck, minute(now))
                    if said is not None and instant(said.minute) < event.expires_at:
                        self._expect(instant(said.minute), case, Answered(offer, said.accepts))
            case e.Awarded():
                index = self._index[event.provider_id]
                luck = self._luck(case, event, index)
                carrying = carry(self._draws.market, index, luck, minute(now))
                until = minute(now) + package.weeks * WEEK_MINUTES
                self._take(case, event, package.weekly_minutes, until)
                self._expect(instant(carrying.minute), case, Settled(event, carrying))
            case _:
                pass

    def _luck(self, case: Case, _event: Event, provider: int) -> Luck:
        return self._draws.luck(case.package.number, provider)

    def _take(self, case: Case, award: e.Awarded, weekly_minutes: int, until: float) -> None:
        """A package is its provider's until a minute of the run."""
        package = case.package
        self._load.take(self._index[award.provider_id], package.number, weekly_minutes, until)
        self._rounds.take(
            award.provider_id, package.number, area=package.wanted.outcode,
            weekly_minutes=weekly_minutes, until=until,
        )  # fmt: skip
