"""What holds whatever happens: random markets, policies and commands. Source: design §10."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.domain import commands, events
from services.matching.domain import placement as states
from services.matching.domain.deadlines import next_due_at
from services.matching.domain.decide import decide, step
from services.matching.domain.events import Event
from services.matching.domain.market import Market
from services.matching.domain.policy import Policy, Tier
from services.matching.domain.refusal import Refusal
from tests.unit.matching.world import (
    EIGHT,
    REFERRAL,
    contract,
    fold,
    pid,
    policy,
    provider,
    referral,
    tier,
    wanted,
)

NAMES = ("A", "B", "C", "D", "E", "F")
CONTRACTS = (
    contract(lot="north"),
    contract(lot="south"),
    contract("dps"),
    contract("spot", rate_pence=2500),
    contract("spot"),
)

contracts = st.lists(st.sampled_from(CONTRACTS), min_size=1, max_size=2, unique=True)
ranks = st.integers(1, 4)


@st.composite
def markets(draw) -> Market:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    found = {}
    for name in names:
        held = tuple(replace(one, rank=draw(ranks)) for one in draw(contracts))
        one = provider(name, *held, suspended=draw(st.integers(0, 9)) == 0)
        found[one.provider_id] = one
    return Market(providers=found, turns={})


@st.composite
def policies(draw) -> Policy:
    tiers: list[Tier] = []
    for name, kind, scope in (
        ("lot", "framework", "lot"),
        ("near", "framework", "neighbours"),
        ("dps", "dps", "any"),
        ("spot", "spot", "any"),
    ):
        if tiers and draw(st.integers(0, 3)) == 0:
            continue
        tiers.append(
            tier(
                name,
                kind=kind,
                scope=scope,
                award_rule=draw(st.sampled_from(["ranked", "ranked", "first"])),
                settling_minutes=draw(st.sampled_from([5, 15, 60])),
                wave_size=draw(st.sampled_from([0, 1, 2])),
                window_minutes={"routine": draw(st.sampled_from([10, 20, 45]))},
                budget_minutes={"routine": draw(st.sampled_from([15, 30, 60, None]))},
                rate_limit_pence=2000 if kind == "spot" else None,
            )
        )
    return policy(*tiers, confirmation_minutes=60)


@dataclass
class Life:
    """One placement with everything that has happened to it, and what must hold of it."""

    policy: Policy
    market: Market
    now: datetime = EIGHT
    placement: Any = field(default_factory=states.Absent)
    log: list[Event] = field(default_factory=list)
    accepted: dict[UUID, commands.Answer] = field(default_factory=dict)

    def obey(self, command: commands.Command) -> None:
        outcome = step(self.placement, command, self.now, self.policy, self.market)
        again = decide(self.placement, command, self.now, self.policy, self.market)
        if isinstance(outcome, Refusal):
            assert again == outcome
            return
        before = self.placement
        self.placement, new = outcome
        assert again == new, "deciding again gives the same"
        assert fold(new, before) == self.placement, "the fold of the events is the state"
        repeat = decide(self.placement, command, self.now, self.policy, self.market)
        assert isinstance(repeat, Refusal) or repeat == (), "a repeat changes nothing"
        for event in new:
            self.log.append(event)
            self._holds_of(event)
        self._rests()

    def _rests(self) -> None:
        """Nothing is stuck, nothing is due, and every item that must be open is (I2, I3)."""
        due = next_due_at(self.placement)
        assert due is None or due > self.now
        match self.placement:
            case states.Searching():
                live = [o for o in self.placement.offers if o.status == "live"]
                standing = [o for o in self.placement.offers if o.status == "accepted"]
                assert live or standing
                assert due is not None
                assert bool(standing) == (self.placement.decided_by is not None)
            case states.Exhausted():
                assert "nobody_left" in self.placement.escalations
            case states.AwaitingInformation():
                assert due is not None or "target_overdue" in self.placement.escalations
            case states.Awarded():
                assert due is not None or "confirmation_overdue" in self.placement.escalations
            case states.Confirmed():
                assert due is not None or "start_overdue" in self.placement.escalations
            case _:
                assert self.placement.escalations == ()

    def _of(self, kind: type) -> list[Any]:
        return [event for event in self.log if isinstance(event, kind)]

    def _offer(self, offer_id: UUID | None) -> tuple[Any, Any]:
        for wave in self._of(events.OffersMade):
            for offer in wave.offers:
                if offer.offer_id == offer_id:
                    return wave, offer
        raise AssertionError("an offer that was never made")

    def _holds_of(self, event: Event) -> None:
        match event:
            case events.Awarded():
                self._award_holds(event)
            case events.TierOpened():
                self._tier_holds(event)
            case events.OffersMade():
                self._wave_holds(event)
            case events.OffersLapsed():
                for offer_id in event.offer_ids:
                    assert self._offer(offer_id)[0].expires_at <= event.at, "lapsed early"
            case events.EscalationOpened(kind="confirmation_overdue"):
                assert self._of(events.Awarded)[-1].confirm_by <= event.at, "chased early"
            case events.EscalationOpened(kind="target_overdue"):
                assert event.at >= EIGHT + timedelta(minutes=240), "escalated early"
                opened = [e for e in self._of(events.EscalationOpened) if e.kind == event.kind]
                assert len(opened) == 1

    def _award_holds(self, event: events.Awarded) -> None:
        """At most one live award, to an offer that was live when it was accepted (I1)."""
        ended = (events.AwardReleased, events.AwardCancelled)
        live = len(self._of(events.Awarded)) - sum(isinstance(e, ended) for e in self.log)
        assert live == 1
        assert len({award.award_id for award in self._of(events.Awarded)}) == len(
            self._of(events.Awarded)
        )
        if event.via == "hand":
            return
        wave, offer = self._offer(event.offer_id)
        assert offer.provider_id == event.provider_id
        assert wave.at <= event.accepted_at < wave.expires_at
        for withdrawn in self._of(events.OffersWithdrawn):
            assert event.offer_id not in withdrawn.offer_ids, "awarded after its withdrawal"
        if self.policy.tiers[self._of(events.TierOpened)[-1].tier].award_rule == "ranked":
            self._nobody_better(event, wave, offer)

    def _nobody_better(self, event: events.Awarded, wave: Any, offer: Any) -> None:
        """Under `ranked` nobody better may still answer, unless the settling time is over."""
        stood = [e for e in self._of(events.AcceptanceStood) if e.decided_by <= event.at]
        answered = {e.offer_id for e in self._of(events.OfferDeclined)}
        for other in wave.offers:
            better = other.place < offer.place and other.offer_id not in answered
            if better and wave.expires_at > event.at and not stood:
                settled = event.accepted_at + timedelta(
                    minutes=self.policy.tiers[wave.tier].settling_minutes
                )
                first = min((a.answered_at for a in self.accepted.values()), default=settled)
                assert settled <= event.at or first <= event.at - timedelta(minutes=5)

    def _tier_holds(self, event: events.TierOpened) -> None:
        """A tier opens after the one before it: exhausted, or its time is up (I5)."""
        assert not self._standing()
        earlier = [e for e in self._of(events.TierOpened) if e.round == event.round][:-1]
        if not earlier:
            assert (event.tier, event.because) == (0, "first")
            return
        last = earlier[-1]
        assert event.tier == last.tier + 1
        waves = [
            wave
            for wave in self._of(events.OffersMade)
            if (wave.round, wave.tier) == (last.round, last.tier)
        ]
        done = {offer.provider_id for wave in waves for offer in wave.offers}
        done |= {one for wave in waves for group in wave.passed_over for one in group.provider_ids}
        everybody = {ranked.provider_id for ranked in last.ranked}
        if event.because == "time_up":
            assert last.closes_at is not None
            assert last.closes_at <= event.at
        else:
            assert event.because == "exhausted"
            assert everybody == done
        self._all_answered(waves)

    def _all_answered(self, waves: list[Any]) -> None:
        answered = {e.offer_id for e in self._of(events.OfferDeclined)}
        lapsed = {one for e in self._of(events.OffersLapsed) for one in e.offer_ids}
        for wave in waves:
            assert {offer.offer_id for offer in wave.offers} <= answered | lapsed

    def _standing(self) -> bool:
        """Whether an acceptance stands by the log alone."""
        last = max(
            (i for i, e in enumerate(self.log) if isinstance(e, events.AcceptanceStood)), default=-1
        )
        return last >= 0 and not any(
            isinstance(e, events.Awarded | events.OffersWithdrawn) for e in self.log[last:]
        )

    def _wave_holds(self, event: events.OffersMade) -> None:
        """Nobody is asked twice in a round, nor who may not be; a window ends with its tier."""
        assert not self._standing()
        asked = [
            offer.provider_id
            for wave in self._of(events.OffersMade)
            if wave.round == event.round
            for offer in wave.offers
        ]
        assert len(asked) == len(set(asked))
        declined = {e.provider_id for e in self._of(events.OfferDeclined)}
        released = {e.provider_id for e in self._of(events.AwardReleased)}
        for offer in event.offers:
            assert not self.market.providers[offer.provider_id].suspended
            assert offer.provider_id not in declined | released
        closes_at = self._of(events.TierOpened)[-1].closes_at
        assert closes_at is None or event.expires_at <= closes_at

    def check_answers(self) -> None:
        """Each endpoint acceptance has one outcome, and one first event that says it (I4)."""
        for response_id, one in self.accepted.items():
            about: list[Any] = [
                e for e in self.log if getattr(e, "response_id", None) == response_id
            ]
            kinds = [type(e) for e in about]
            assert kinds in (
                [events.Awarded],
                [events.AcceptanceStood],
                [events.AcceptanceStood, events.Awarded],
                [events.RequestRefused],
            ), kinds
            if kinds == [events.RequestRefused] and about[0].code == "offer-lapsed":
                assert one.answered_at >= self._offer(one.offer_id)[0].expires_at


KINDS = ("time",) * 6 + ("due",) * 4 + ("answers",) * 8 + ("confirm", "start", "withdraw") + (
    "release", "hand", "market", "reconsider", "complete", "telephone",
) * 2  # fmt: skip
ACTIONS = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 40),
    st.lists(
        st.tuples(st.integers(0, 7), st.booleans(), st.integers(0, 50)), min_size=1, max_size=4
    ),
)


class Player:
    """Turns drawn actions into commands that fit the placement, right and wrong ones."""

    def __init__(self, life: Life, other: Market) -> None:
        self.life, self.other, self.count = life, other, 0

    def play(self, kind: str, minutes: int, picks: list[tuple[int, bool, int]]) -> None:
        life = self.life
        self.count += 1
        if kind == "due":
            life.now = max(life.now, next_due_at(life.placement) or life.now)
            life.obey(commands.PassTime())
            return
        life.now += timedelta(minutes=minutes)
        match kind:
            case "time":
                life.obey(commands.PassTime())
            case "answers" | "telephone":
                self._answer(kind, picks)
            case "confirm" | "release" | "start":
                self._about_award(kind, picks)
            case "hand":
                name = NAMES[picks[0][0] % len(NAMES)]
                life.obey(commands.AwardByHand(provider_id=pid(name), ground="urgency"))
            case "market" | "reconsider":
                life.market, self.other = self.other, life.market
                life.obey(commands.ReconsiderMarket())
            case "complete":
                life.obey(
                    commands.CompleteReferral(
                        complete_at=life.now, urgency="routine", wanted=wanted()
                    )
                )
            case "withdraw":
                life.obey(commands.WithdrawReferral(reason="died"))

    def _answer(self, kind: str, picks: list[tuple[int, bool, int]]) -> None:
        offers = states.offers_of(self.life.placement)
        made = []
        for number, (pick, accepts, ago) in enumerate(picks[: 1 if kind == "telephone" else 4]):
            if not offers:
                break
            offer = offers[-1 - pick % len(offers)]
            said_at = max(offer.made_at, self.life.now - timedelta(minutes=ago))
            response_id = uuid5(REFERRAL, f"{self.count} {number}")
            telephone = kind == "telephone"
            one = commands.Answer(
                kind="accept" if accepts else "decline",
                offer_id=offer.offer_id,
                provider_id=offer.provider_id,
                answered_at=said_at,
                reason=None if accepts else "times",
                via="telephone" if telephone else "endpoint",
                response_id=None if telephone else response_id,
            )
            made.append(one)
            if accepts and not telephone:
                self.life.accepted[response_id] = one
        if made:
            self.life.obey(commands.ReceiveAnswers(answers=tuple(made)))

    def _about_award(self, kind: str, picks: list[tuple[int, bool, int]]) -> None:
        awards = [e for e in self.life.log if isinstance(e, events.Awarded)]
        if not awards:
            return
        award = awards[-1 - picks[0][0] % min(2, len(awards))]
        common: dict[str, Any] = {
            "provider_id": award.provider_id,
            "award_id": award.award_id,
            "recorded_at": self.life.now,
            "response_id": uuid5(REFERRAL, f"{self.count}"),
        }
        if kind == "confirm":
            self.life.obey(commands.ConfirmAward(**common))
        elif kind == "release":
            self.life.obey(commands.ReleaseAward(**common, reason="other"))
        else:
            self.life.obey(commands.ReportStart(**common, started_at=self.life.now))


@settings(max_examples=250, deadline=None)
@given(
    rules=policies(),
    one=markets(),
    other=markets(),
    complete=st.integers(0, 5),
    actions=st.lists(ACTIONS, max_size=25),
)
def test_whatever_happens_the_invariants_hold(rules, one, other, complete, actions):
    """I1 to I5, the fold, determinism, repeats, and nothing stuck, after every command."""
    life = Life(policy=rules, market=one)
    player = Player(life, other)
    life.obey(
        referral() if complete else replace(referral(), complete_at=None, wanted=None)
    )  # fmt: skip
    for action in actions:
        player.play(*action)
    life.check_answers()


@settings(max_examples=100, deadline=None)
@given(rules=policies(), one=markets(), actions=st.lists(ACTIONS, max_size=8))
def test_time_alone_brings_every_search_to_a_person_or_a_provider(rules, one, actions):
    """I2: firing each deadline as it comes, a search ends filled, withdrawn or escalated."""
    life = Life(policy=rules, market=one)
    player = Player(life, one)
    life.obey(referral())
    for action in actions:
        player.play(*action)
    for _ in range(200):
        if next_due_at(life.placement) is None:
            break
        player.play("due", 0, [])
    assert next_due_at(life.placement) is None
    assert not isinstance(life.placement, states.Searching | states.AwaitingInformation)
