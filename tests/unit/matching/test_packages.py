"""Whole packages under commands of every kind, drawn: parts, pauses, hand-backs and failures."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.matching.domain import care_commands as asked
from services.matching.domain import commands
from services.matching.domain import people_commands as orders
from services.matching.domain import placement as states
from services.matching.domain.market import Market
from services.matching.domain.requirement import Requirement, Visit
from tests.unit.matching.package_life import PackageLife
from tests.unit.matching.world import (
    REFERRAL,
    contract,
    market,
    pid,
    policy,
    provider,
    referral,
    tier,
    wanted,
)

NAMES = ("A", "B", "C", "D", "E")
VISITS = (
    Visit(weekday="mon", band="morning", minutes=30),
    Visit(weekday="wed", band="tea", minutes=45),
    Visit(weekday="fri", band="bed", minutes=30),
)
MORE = Visit(weekday="sun", band="lunch", minutes=30)
HOURS = st.sampled_from((-30, 1, 6, 20, 30, 100, 400))
PICK = st.integers(0, 9)
ABLE: frozenset[Any] = frozenset({"personal_care", "reablement"})


def _market(kinds: int) -> Market:
    found = []
    for n, name in enumerate(NAMES):
        held = contract(lot="north") if kinds >> n & 1 else contract("spot", rate_pence=2000)
        one = provider(name, replace(held, rank=n + 1, notice_days=28))
        found.append(replace(one, capabilities=ABLE))
    return market(*found)


class Packages(RuleBasedStateMachine):
    """What is said of a package, right or wrong at that moment; its life checks what comes of it."""

    life: PackageLife
    count = 0

    @initialize(
        kinds=st.integers(0, 31),
        first=st.booleans(),
        wave=st.integers(0, 2),
        kind=st.booleans(),
        begun=st.integers(0, 3),
    )
    def refer(self, kinds: int, first: bool, wave: int, kind: bool, begun: int) -> None:
        tiers = (
            tier("lot", wave_size=wave, award_rule="first" if first else "ranked"),
            tier("spot", kind="spot", scope="any", wave_size=wave),
        )
        self.life = PackageLife(policy=policy(*tiers), market=_market(kinds))
        care_type = "reablement" if kind else "personal_care"
        self.life.obey(referral(wanted(visits=VISITS, care_type=care_type)))
        self.take(-1, begun)

    # -- time and providers ------------------------------------------------------------------------

    @rule(minutes=st.sampled_from((0, 1, 2, 10, 31, 200, 1500, 9000)))
    def time(self, minutes: int) -> None:
        """Timers may all be late, for a while."""
        self.life.now += timedelta(minutes=minutes)
        self.life.obey(commands.PassTime())

    @rule(times=st.integers(1, 4))
    def due(self, times: int) -> None:
        for _ in range(times):
            self.life.pass_time()

    @rule(pick=PICK, yes=st.sampled_from((True, True, True, False)), placement=PICK)
    def answer(self, pick: int, yes: bool, placement: int) -> None:
        offers = states.offers_of(self._placement(placement))
        if offers:
            offer = offers[-1 - pick % len(offers)]
            said = commands.Answer(
                kind="accept" if yes else "decline",
                offer_id=offer.offer_id,
                provider_id=offer.provider_id,
                answered_at=min(max(offer.made_at, self.life.now), offer.expires_at),
                reason=None if yes else "times",
                response_id=self._id(),
            )
            self._twice(commands.ReceiveAnswers(answers=(said,)))

    @rule(placement=PICK, so_far=st.integers(1, 3))
    def take(self, placement: int, so_far: int) -> None:
        """Somebody takes what it has been offered, perhaps confirms, perhaps begins."""
        meant = self._placement(placement)
        live = [one for one in states.offers_of(meant) if one.status == "live"]
        if live and so_far:
            self.answer(len(states.offers_of(meant)) - 1 - states.offers_of(meant).index(live[0]),
                        True, placement)  # fmt: skip
        if so_far > 1:
            self._of_award(placement, commands.ConfirmAward)
        if so_far > 2:
            self._of_award(placement, commands.ReportStart, started_at=self.life.now)

    @rule(placement=PICK, confirms=st.sampled_from((True, True, True, False)))
    def award(self, placement: int, confirms: bool) -> None:
        if confirms:
            self._of_award(placement, commands.ConfirmAward)
            self._of_award(placement, commands.ReportStart, started_at=self.life.now)
        else:
            self._of_award(placement, commands.ReleaseAward, reason="unsafe")

    @rule(placement=PICK)
    def confirm(self, placement: int) -> None:
        self._of_award(placement, commands.ConfirmAward)

    @rule(placement=PICK, hours=HOURS, reason=st.sampled_from(("staffing", "safety")))
    def hand_back(self, placement: int, hours: int, reason: Any) -> None:
        last = self.life.now + timedelta(hours=hours)
        self._of_award(placement, asked.HandBack, last_visit_at=last, reason=reason)

    @rule(placement=PICK, agrees=st.booleans(), version=st.integers(2, 3))
    def answer_care(self, placement: int, agrees: bool, version: int) -> None:
        self._of_award(placement, asked.AnswerRestart, agrees=agrees)
        self._of_award(placement, asked.AnswerChange, agrees=agrees, version=version)

    @precondition(
        lambda self: any(isinstance(one, states.Held) for one in self.life.package.placements)
    )
    @rule(placement=PICK, away=st.booleans(), at_once=st.booleans(), agrees=st.booleans())
    def say_nothing_in_time(self, placement: int, away: bool, at_once: bool, agrees: bool) -> None:
        """A question whose deadline passes, and its answer: read now, later, or never."""
        held = [one for one in self.life.package.placements if isinstance(one, states.Held)]
        meant = held[placement % len(held)]
        pick = len(self.life.package.placements) - 1 - self.life.package.placements.index(meant)
        if isinstance(meant, states.Started) and away:
            self.pause_and_restart(pick, 150, agrees=False)
        elif isinstance(meant, states.Started):
            self.change(pick, more=False, goes_on=False)
        else:
            self.amend(pick, more=False, days=9)
        for _ in range(12):
            if self._is_asked(meant.placement_id):
                self.life.pass_time()
        if at_once:
            ids = [one.placement_id for one in reversed(self.life.package.placements)]
            self.answer_read_late(ids.index(meant.placement_id), agrees)

    def _is_asked(self, placement_id: UUID) -> bool:
        """Whether a provider has yet to answer."""
        match self.life.package.placement(placement_id):
            case states.Paused(restart=states.Restart()):
                return True
            case other:
                return isinstance(other, states.Held) and other.change is not None

    @rule(placement=PICK, agrees=st.booleans())
    def answer_read_late(self, placement: int, agrees: bool) -> None:
        """What a provider said in time, and its silence was decided before that was read."""
        meant, minute = self._placement(placement), timedelta(minutes=1)
        if isinstance(meant, states.Ended) and meant.paused and meant.paused.restart:
            self._twice(
                asked.AnswerRestart(
                    provider_id=meant.paused.award.provider_id,
                    award_id=meant.paused.award.award_id,
                    recorded_at=meant.paused.restart.answer_by - minute,
                    response_id=pid(f"restart {len(self.life.log)}"),
                    agrees=agrees,
                )
            )
        elif isinstance(meant, states.Searched) and meant.silence is not None:
            silence = meant.silence
            self._twice(
                asked.AnswerChange(
                    provider_id=silence.award.provider_id,
                    award_id=silence.award.award_id,
                    recorded_at=silence.change.answer_by - minute,
                    response_id=pid(f"change {len(self.life.log)}"),
                    version=silence.change.version,
                    agrees=agrees,
                )
            )

    # -- people ------------------------------------------------------------------------------------

    @rule(placement=PICK, hours=HOURS, what=st.integers(0, 6))
    def order(self, placement: int, hours: int, what: int) -> None:
        then, meant = self.life.now + timedelta(hours=hours), self._placement(placement)
        known: tuple[asked.CareOrder, ...] = (
            asked.PauseCare(held_until=then, retainer=True),
            asked.PauseCare(held_until=then, retainer=False),
            asked.RestartCare(restart_at=then),
            asked.EndCare(last_visit_at=then),
            asked.TransferCare(because="provider_failed", last_visit_at=then),
            asked.Bridge(until=then),
            asked.RecordContingency(contingency="family"),
        )
        self.life.obey(known[what], meant.placement_id)

    @rule(placement=PICK, hours=HOURS, so_far=st.integers(0, 3))
    def bridge(self, placement: int, hours: int, so_far: int) -> None:
        until = self.life.now + timedelta(hours=abs(hours))
        self.life.obey(asked.Bridge(until=until), self._placement(placement).placement_id)
        self.take(0, so_far)

    @rule(placement=PICK, hours=HOURS, agrees=st.booleans())
    def pause_and_restart(self, placement: int, hours: int, agrees: bool) -> None:
        meant, now = self._placement(placement), self.life.now
        held_until = now + timedelta(hours=200)
        self.life.obey(asked.PauseCare(held_until=held_until, retainer=True), meant.placement_id)
        home = asked.RestartCare(restart_at=now + timedelta(hours=hours))
        self.life.obey(home, meant.placement_id)
        if hours < 100:
            self._of_award(placement, asked.AnswerRestart, agrees=agrees)

    @rule(placement=PICK, more=st.booleans(), goes_on=st.booleans())
    def change(self, placement: int, more: bool, goes_on: bool) -> None:
        """A visit more that nobody has, or longer ones; or reablement goes on as it is."""
        meant = self._placement(placement)
        if not isinstance(meant, states.Started | states.Paused):
            return
        requirement = self.life.origin(meant.placement_id).requirement
        if goes_on:
            command: asked.CareOrder = asked.ContinueLongTerm(
                requirement=replace(requirement, care_type="personal_care")
            )
        else:
            command = asked.ChangeCare(requirement=self._changed(requirement, meant, more))
        self.life.obey(command, meant.placement_id)

    @rule(placement=PICK, more=st.booleans(), days=st.sampled_from((0, 1, 9)))
    def amend(self, placement: int, more: bool, days: int) -> None:
        """Before the start: longer visits, a visit more, or another date alone."""
        meant = self._placement(placement)
        if not isinstance(meant, states.Open | states.Awarded | states.Confirmed):
            return
        before = self.life.origin(meant.placement_id).requirement
        changed = before if days else self._changed(before, meant, more)
        moved = replace(changed, ready_at=before.ready_at + timedelta(days=days))
        command = orders.AmendRequirement(by="broker", requirement=moved)
        self.life.obey(command, meant.placement_id)

    @rule(placement=PICK, at=st.integers(1, 2))
    def split(self, placement: int, at: int) -> None:
        meant = self._placement(placement)
        if isinstance(meant, states.Searched):
            n = len(self.life.origin(meant.placement_id).requirement.visits)
            parts = (tuple(range(at)), tuple(range(at, n)))
            self.life.obey(asked.Split(parts=parts), meant.placement_id)

    @rule(picks=st.lists(PICK, min_size=2, max_size=3))
    def merge(self, picks: list[int]) -> None:
        self.life.obey(
            asked.Merge(placement_ids=tuple(self._placement(one).placement_id for one in picks))
        )

    @rule(placement=PICK, pick=PICK, what=st.integers(0, 6))
    def steer(self, placement: int, pick: int, what: int) -> None:
        who, now = pid(NAMES[pick % len(NAMES)]), self.life.now
        known: tuple[commands.Command, ...] = (
            commands.AwardByHand(provider_id=who, ground="urgency"),
            orders.ExcludeProvider(provider_id=who),
            orders.LiftExclusion(provider_id=who),
            orders.CancelAward(),
            orders.Escalate(),
            orders.HoldSearch(until=now + timedelta(minutes=60)),
            orders.CloseEscalation(kind="care_gap"),
        )
        self.life.obey(known[what], self._placement(placement).placement_id)

    @rule(pick=PICK)
    def suspend(self, pick: int) -> None:
        """A provider is suspended, or back again."""
        who, before = pid(NAMES[pick % len(NAMES)]), self.life.market
        changed = replace(before.providers[who], suspended=not before.providers[who].suspended)
        self.life.market = market(*{**before.providers, who: changed}.values())
        self.life.obey(commands.ReconsiderMarket())

    @precondition(lambda self: self.life.package.placements[4:])
    @rule()
    def withdraw(self) -> None:
        self.life.obey(commands.WithdrawReferral(reason="died"))

    def teardown(self) -> None:
        """By time alone all comes to rest."""
        for _ in range(100):
            self.life.pass_time()

    # -- which -------------------------------------------------------------------------------------

    def _placement(self, pick: int) -> states.Present:
        placements = self.life.package.placements
        return placements[-1 - pick % len(placements)]

    def _changed(self, before: Requirement, meant: states.Present, more: bool) -> Requirement:
        if more and not any(
            MORE in self.life.origin(one.placement_id).requirement.visits
            for one in self.life.package.placements
        ):
            return replace(before, visits=(*before.visits, MORE))
        longer = tuple(replace(one, minutes=one.minutes + 15) for one in before.visits)
        return replace(before, visits=longer)

    def _of_award(self, placement: int, kind: Any, **more: Any) -> None:
        meant = self._placement(placement)
        if isinstance(meant, states.Carried):
            self._twice(
                kind(
                    provider_id=meant.award.provider_id,
                    award_id=meant.award.award_id,
                    recorded_at=self.life.now,
                    response_id=self._id(),
                    **more,
                )
            )

    def _twice(self, command: Any) -> None:
        """A repeat of what a provider said changes nothing."""
        self.life.obey(command)
        before = self.life.package
        self.life.obey(command)
        assert self.life.package == before

    def _id(self) -> UUID:
        self.count += 1
        return uuid5(REFERRAL, f"said {self.count}")


TestPackages = Packages.TestCase
TestPackages.settings = settings(max_examples=150, stateful_step_count=25)
