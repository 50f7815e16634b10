"""A run that goes on after the award: hand-backs, stays in hospital, needs that change, reablement
that goes on, and the searches that follow, by the production commands for a whole package.

A life is followed until the run's last week ends; a search that is under way then runs on.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast
from uuid import UUID

from deploy.simulator.case import Case
from deploy.simulator.courses import Growth, ProviderLuck, Stay, amount, course_of, later_luck
from deploy.simulator.drawing import (
    DAY_MINUTES,
    WEEK_MINUTES,
    Luck,
    Package,
    drawn,
    instant,
    minute,
    visits_of,
)
from deploy.simulator.lived import LivedCase
from deploy.simulator.market import Habits
from deploy.simulator.register import provider_id
from deploy.simulator.replying import open_after
from deploy.simulator.world import Begun, Due, Happening, Lived, Settled, World
from services.matching.domain import care_commands as asked
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain import placement as states
from services.matching.domain.asking import OfferMade
from services.matching.domain.commands import Command, WithdrawReferral
from services.matching.domain.events import Event
from services.matching.domain.lessons import lessons_of
from services.matching.domain.load import live_offers_changed
from services.matching.domain.package import package_due_at, pairs
from services.matching.domain.package_step import PackageCommand, step_package
from services.matching.domain.package_turn import with_origins
from services.matching.domain.placement import Carried, Placement
from services.matching.domain.policy import PolicyBook
from services.matching.domain.refusal import Refusal
from services.matching.domain.tally import add_up

LAST_VISIT_MINUTE = 21 * 60
"""Of a provider's last day: after the last visit."""
NOTICE_OF_RETURN = timedelta(hours=24)
"""How long before a person comes home the broker hears of it. Source: assumed."""
_Tell = Callable[[datetime], PackageCommand | None]


class LivingWorld(World):
    """A run on a market in which something happens after the award."""

    def run(self) -> None:
        """Let everything happen, and count until the end of the last week."""
        super().run()
        for case in self.cases:
            _lived(case).account(instant(self._draws.ends))

    def _case(self, package: Package) -> Case:
        return LivedCase(package)

    def _command(self, now: datetime, case: Case, happening: Happening) -> PackageCommand | None:
        _lived(case).account(min(now, instant(self._draws.ends)))
        return super()._command(now, case, happening)

    def _do(self, now: datetime, case: Case, command: PackageCommand) -> None:
        """As for a search alone, for all placements of a package."""
        case = _lived(case)
        before = case.whole
        outcome = step_package(
            before, command, now, PolicyBook(current=self.policy), self._market_at(now),
            origins=case.origins,
        )  # fmt: skip
        assert not isinstance(outcome, Refusal), f"the rules refused {command}: {outcome}"
        case.whole, events = outcome
        case.placement = case.whole.placements[0]
        self.decisions += bool(events)
        self._rotation.add(events)
        for was, now_is in pairs(before, case.whole):
            if self._rounds.weighed:
                self._rounds.offered(live_offers_changed(was, now_is))
            if self._learns:
                add_up(lessons_of(was, now_is, now), self._sums)
        if events:
            case.origins = with_origins(case.origins, events)
        for event in events:
            case.notice(event, before)
            self._follow(now, case, event)
        case.look()
        due_at = package_due_at(case.whole)
        assert due_at is None or due_at > now, f"due at {due_at} and not done at {now}"
        if due_at is not None and due_at != case.due_at:
            self._expect(due_at, case, Due())
        case.due_at = due_at

    def _follow(self, now: datetime, case: Case, event: Event) -> None:
        """What people and providers do about an event."""
        case = _lived(case)
        match event:
            case e.CareStarted():
                self._started(now, case, event)
            case care.RestartAsked():
                self._asks(now, case, event, self._answer_restart)
            case care.ChangeAsked():
                self._asks(now, case, event, self._answer_change)
            case care.ChangeAgreed():
                self._carries_more(case, event)
            case e.AwardCancelled() | care.CareEnded() | care.PauseLapsed() | care.RestartRefused():
                self._free(now, case, event.award_id)
            case _:
                super()._follow(now, case, event)

    # What each placement of a package is to the world.

    def _luck(self, case: Case, event: Event, provider: int) -> Luck:
        """A later search is another question to everybody."""
        which = _lived(case).which(event.placement_id)
        if which == 0:
            return super()._luck(case, event, provider)
        return later_luck(self._draws.seed, case.package.number, provider, which)

    def _placement_of(self, case: Case, offer: OfferMade) -> Placement:
        return _lived(case).whole.with_offer(offer.offer_id)

    def _carry(self, now: datetime, case: Case, happening: Settled | Begun) -> Command | None:
        """Nothing, if the award has ended meanwhile or its care has started."""
        award = happening.award
        placement = _lived(case).whole.placement(award.placement_id)
        if (
            not isinstance(placement, states.Awarded | states.Confirmed)
            or placement.award.award_id != award.award_id
        ):
            return None
        late = case.started_late
        command = super()._carry(now, case, happening)
        if _lived(case).which(award.placement_id):
            case.started_late = late
        return command

    def _wanted_at(self, case: Case, award: e.Awarded) -> datetime:
        return _lived(case).origins[award.placement_id].requirement.ready_at

    def _take(self, case: Case, award: e.Awarded, weekly_minutes: int, until: float) -> None:
        """Needs end as long after the first award as the package lasts, whoever has it then."""
        case = _lived(case)
        if case.started_at is None:
            case.ends = until
        weekly_minutes = award.weekly_minutes or weekly_minutes
        case.taken[award.award_id] = (self._index[award.provider_id], weekly_minutes, case.ends)
        super()._take(case, award, weekly_minutes, case.ends)

    def _give_back(self, case: Case, award: e.Awarded) -> None:
        self._free(award.at, _lived(case), award.award_id)

    def _free(self, now: datetime, case: LivedCase, award_id: UUID) -> None:
        """An award takes hours no more; what its end has freed already is not freed twice."""
        if award_id not in case.taken:
            return
        provider, weekly_minutes, until = case.taken.pop(award_id)
        if until > minute(now):
            self._load.give_back(provider, case.package.number, weekly_minutes)
        self._rounds.give_back(
            provider_id(self._draws.market.providers[provider]), case.package.number
        )

    # What happens to people.

    def _started(self, now: datetime, case: LivedCase, event: e.CareStarted) -> None:
        if case.started_at is None:
            self._first_started(now, case)
        provider = self._index[event.provider_id]
        luck = self._luck_of(case, provider)
        hands_back = self._habits(provider, now).hands_back
        if hands_back is not None:
            at = minute(now) + luck.minutes_until(hands_back.a_week)
            self._lives(at, case, partial(self._hand_back, case, event))
        if event.review_at is not None and case.course.long_term_weeks is not None:
            self._lives(minute(event.review_at), case, partial(self._go_on, case, event))

    def _first_started(self, now: datetime, case: LivedCase) -> None:
        case.started_at, began = now, minute(now)
        case.course = course_of(self._draws.market, self._draws.seed, case.package.number)
        for stay in case.course.stays:
            self._lives(began + stay.after, case, partial(self._go_away, case, stay))
        for growth in case.course.growths:
            self._lives(began + growth.after, case, partial(self._grow, case, growth))
        self._lives(case.ends, case, partial(self._end, case))

    def _go_away(self, case: LivedCase, stay: Stay, now: datetime) -> PackageCommand | None:
        """To hospital: whoever gives the care is to hold the package."""
        life = self._draws.market.life
        if case.over or case.running() is None or life is None or life.pauses is None:
            return None
        case.away += 1
        back = minute(now) + stay.minutes
        if not stay.returns:
            case.ends = back
        self._lives(back, case, partial(self._come_home if stay.returns else self._end, case))
        return asked.PauseCare(
            held_until=now + timedelta(days=life.pauses.held_days), retainer=False
        )

    def _come_home(self, case: LivedCase, now: datetime) -> PackageCommand | None:
        """Home in a day: the provider that holds the package is asked, or it is searched."""
        if case.over:
            return None
        home_at = now + NOTICE_OF_RETURN
        self._lives(minute(home_at), case, case.be_home)
        return asked.RestartCare(restart_at=home_at) if case.waits_for_restart() else None

    def _grow(self, case: LivedCase, growth: Growth, now: datetime) -> PackageCommand | None:
        """Needs are other ones for good, of the same kind."""
        started = case.running()
        if case.over or started is None or started.change is not None:
            return None
        now_needed = case.origins[started.placement_id].requirement
        carers = now_needed.visits[0].carers
        visits = visits_of(started.facts.needed.weekly_minutes * growth.factor, carers)
        if visits == now_needed.visits:
            return None
        return asked.ChangeCare(requirement=replace(now_needed, visits=visits, ready_at=now))

    def _go_on(self, case: LivedCase, event: e.CareStarted, _: datetime) -> PackageCommand | None:
        """Reablement is reviewed: care is needed for good."""
        started, weeks = case.running(), case.course.long_term_weeks
        if case.over or started is None or weeks is None or not _has(started, event.award_id):
            return None
        case.ends += weeks * WEEK_MINUTES
        self._lives(case.ends, case, partial(self._end, case))
        now_needed = case.origins[started.placement_id].requirement
        return asked.ContinueLongTerm(requirement=replace(now_needed, care_type="personal_care"))

    def _end(self, case: LivedCase, now: datetime) -> PackageCommand | None:
        """Care is needed no longer."""
        if case.over or minute(now) < case.ends - 1e-6:
            return None
        case.over = True
        if isinstance(case.only(), states.Confirmed | states.Started | states.Paused):
            return asked.EndCare(last_visit_at=now)
        return WithdrawReferral(reason="other") if case.whole.open() else None

    # What providers do.

    def _hand_back(
        self, case: LivedCase, event: e.CareStarted, now: datetime
    ) -> PackageCommand | None:
        started = case.whole.placement(event.placement_id)
        if (
            case.over
            or not isinstance(started, states.Started)
            or not _has(started, event.award_id)
        ):
            return None
        provider = self._index[event.provider_id]
        hands_back = self._habits(provider, now).hands_back
        if hands_back is None:
            return None
        days = amount(hands_back.notice_days, self._luck_of(case, provider).normal())
        last_day = (minute(now) + days * DAY_MINUTES) // DAY_MINUTES
        return asked.HandBack(
            provider_id=event.provider_id, award_id=event.award_id, recorded_at=now,
            response_id=None, reason="staffing",
            last_visit_at=max(now, instant(last_day * DAY_MINUTES + LAST_VISIT_MINUTE)),
        )  # fmt: skip

    def _asks(
        self,
        now: datetime,
        case: LivedCase,
        event: care.RestartAsked | care.ChangeAsked,
        answer: Callable[..., PackageCommand | None],
    ) -> None:
        """The provider is asked whether it goes on; it answers within its hours, if not too late."""
        provider = self._index[event.provider_id]
        habits, luck = self._habits(provider, now), self._luck_of(case, provider)
        takes = drawn(habits.confirm_minutes, luck.normal())
        at = open_after(minute(now), takes, habits.hours)
        self._tell(at, case, partial(answer, case, event, habits, luck.chance()))

    def _answer_restart(
        self,
        case: LivedCase,
        event: care.RestartAsked,
        habits: Habits,
        chance: float,
        now: datetime,
    ) -> PackageCommand | None:
        paused = case.whole.placement(event.placement_id)
        if not isinstance(paused, states.Paused) or paused.restart is None:
            return None
        return asked.AnswerRestart(
            provider_id=event.provider_id, award_id=event.award_id, recorded_at=now,
            response_id=None, agrees=chance < habits.takes_restarts,
        )  # fmt: skip

    def _answer_change(
        self, case: LivedCase, event: care.ChangeAsked, habits: Habits, chance: float, now: datetime
    ) -> PackageCommand | None:
        held = case.whole.placement(event.placement_id)
        if (
            not isinstance(held, states.Started | states.Paused)
            or held.change is None
            or held.change.version != event.version
        ):
            return None
        more = event.requirement.weekly_minutes - held.facts.needed.weekly_minutes
        has_room = self._load.has_room(self._index[event.provider_id], max(more, 0), minute(now))
        return asked.AnswerChange(
            provider_id=event.provider_id, award_id=event.award_id, recorded_at=now,
            response_id=None, version=event.version,
            agrees=chance < habits.takes_changes and has_room,
        )  # fmt: skip

    def _carries_more(self, case: LivedCase, event: care.ChangeAgreed) -> None:
        """The same award takes other hours from now on."""
        if event.award_id not in case.taken:
            return
        provider, _, until = case.taken[event.award_id]
        self._free(event.at, case, event.award_id)
        case.taken[event.award_id] = (provider, event.weekly_minutes, until)
        self._load.take(provider, case.package.number, event.weekly_minutes, until)
        self._rounds.take(
            event.provider_id, case.package.number, area=case.package.wanted.outcode,
            weekly_minutes=event.weekly_minutes, until=until,
        )  # fmt: skip

    # Luck and time.

    def _habits(self, provider: int, now: datetime) -> Habits:
        return self._draws.market.providers[provider].habits_in(int(minute(now) // WEEK_MINUTES))

    def _luck_of(self, case: LivedCase, provider: int) -> ProviderLuck:
        if provider not in case.lucks:
            case.lucks[provider] = ProviderLuck(self._draws.seed, case.package.number, provider)
        return case.lucks[provider]

    def _lives(self, at: float, case: LivedCase, tell: _Tell) -> None:
        """What happens to somebody within the run."""
        if at < self._draws.ends:
            self._tell(at, case, tell)

    def _tell(self, at: float, case: LivedCase, tell: _Tell) -> None:
        self._expect(instant(at), case, Lived(tell))


def _lived(case: Case) -> LivedCase:
    return cast("LivedCase", case)


def _has(placement: Carried, award_id: UUID) -> bool:
    return placement.award.award_id == award_id
