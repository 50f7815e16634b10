"""What holds whatever happens: random markets, policies and commands. Source: design §10."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.domain import commands, events
from services.matching.domain import people_commands as orders
from services.matching.domain import placement as states
from services.matching.domain.market import Market
from services.matching.domain.policy import Policy, Tier
from tests.unit.matching.life import Life
from tests.unit.matching.world import (
    REFERRAL,
    contract,
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


KINDS = ("time",) * 6 + ("due",) * 4 + ("answers",) * 8 + ("confirm", "start", "withdraw") + (
    "release", "hand", "market", "reconsider", "complete", "telephone",
) * 2 + ("people",) * 10  # fmt: skip
ACTIONS = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 40),
    st.lists(
        st.tuples(st.integers(0, 7), st.booleans(), st.integers(0, 50)), min_size=1, max_size=4
    ),
)


def drawn(player: "Player", pick: int, minutes: int, name: int) -> commands.Command | None:
    """What a person orders next, right or wrong at this moment."""
    life = player.life
    who = pid(NAMES[pick % len(NAMES)])
    offers = states.offers_of(life.placement)
    offer = offers[-1 - pick % len(offers)].offer_id if offers else REFERRAL
    tiers = [one.name for one in life.policy.tiers]
    known: tuple[commands.Command, ...] = (
        orders.HoldSearch(until=life.now + timedelta(minutes=1 + minutes)),
        orders.ResumeSearch(),
        orders.JumpToTier(tier_name=tiers[pick % len(tiers)], ground="urgency"),
        orders.AskProvider(provider_id=who, ground="persons_choice"),
        orders.AskProvider(provider_id=who, ground="none_answered"),
        orders.SkipProvider(provider_id=who, ground="other"),
        orders.ExcludeProvider(provider_id=who),
        orders.LiftExclusion(provider_id=who),
        orders.ChangeWindow(offer_id=offer, expires_at=life.now + timedelta(minutes=3 + minutes)),
        orders.WithdrawOffer(offer_id=offer),
        orders.CancelAward(),
        orders.CorrectAnswer(offer_id=offer, said="accept"),
        orders.CorrectAnswer(offer_id=offer, said="decline", reason="times"),
        orders.CorrectAnswer(offer_id=offer, said=None),
        orders.CorrectAnswer(
            offer_id=offer,
            said="accept",
            meant=offers[pick % len(offers)].offer_id if offers else None,
        ),
        orders.RecordPersonView(view="agrees", told_by_role="ward", told_at=life.now),
        orders.Assign(assignee_id=who),
        orders.Escalate(),
        orders.CloseEscalation(kind="released"),
        orders.MoveToPolicy(),
        orders.AmendRequirement(by="broker", requirement=wanted(ready_at=life.now).requirement),
        orders.AmendRequirement(
            by="referral", requirement=wanted(needs=("hoist",)).requirement, outcode="E4"
        ),
    )
    return known[name % len(known)]


class Player:
    """Turns drawn actions into commands that fit the placement, right and wrong ones."""

    def __init__(self, life: Life, other: Market) -> None:
        self.life, self.other, self.count = life, other, 0

    def play(self, kind: str, minutes: int, picks: list[tuple[int, bool, int]]) -> None:
        life = self.life
        self.count += 1
        if kind == "due":
            life.now = max(life.now, life.due_at() or life.now)
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
            case "people":
                one = drawn(self, picks[0][0], minutes, picks[0][2])
                if one is not None:
                    life.obey(one)
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


@settings(max_examples=250)
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


@settings(max_examples=100)
@given(rules=policies(), one=markets(), actions=st.lists(ACTIONS, max_size=8))
def test_time_alone_brings_every_search_to_a_person_or_a_provider(rules, one, actions):
    """I2: firing each deadline as it comes, a search ends filled, withdrawn or escalated."""
    life = Life(policy=rules, market=one)
    player = Player(life, one)
    life.obey(referral())
    for action in actions:
        player.play(*action)
    for _ in range(200):
        if life.due_at() is None:
            break
        player.play("due", 0, [])
    assert life.due_at() is None
    assert not isinstance(life.placement, states.Searching | states.AwaitingInformation)
