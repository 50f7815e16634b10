"""A small market and policy, and given–when–then for decisions about one placement."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID, uuid5

from services.matching.domain import commands, events, ids
from services.matching.domain import placement as states
from services.matching.domain.commands import Command
from services.matching.domain.deadlines import next_due_at
from services.matching.domain.decide import decide, step
from services.matching.domain.events import Event
from services.matching.domain.evolve import evolve
from services.matching.domain.market import Contract, Market, Provider
from services.matching.domain.placement import Placement
from services.matching.domain.policy import Lot, Policy, Tier
from services.matching.domain.refusal import Refusal
from services.matching.domain.requirement import Requirement, Visit, Wanted

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_NAMES = UUID("00000000-0000-4000-8000-000000000000")
REFERRAL = uuid5(_NAMES, "referral")
PLACEMENT = ids.placement_id(REFERRAL)
GOOD = frozenset({"outstanding", "good"})


def at(minutes: float) -> datetime:
    """An instant so many minutes after eight o'clock."""
    return EIGHT + timedelta(minutes=minutes)


def pid(name: str) -> UUID:
    """The id of the provider, or the response, of that name."""
    return uuid5(_NAMES, name)


def contract(kind="framework", lot=None, **changes) -> Contract:
    if kind == "framework" and lot is None:
        lot = "north"
    return Contract(
        **{"kind": kind, "lot": lot, "from_": date(2024, 1, 1), "rate_pence": 1800} | changes
    )


def provider(name, *contracts, **changes) -> Provider:
    given_: dict[str, Any] = {
        "provider_id": pid(name),
        "name": name,
        "contracts": contracts or (contract(),),
        "outcodes": frozenset({"E4", "E17", "ZZ9"}),
        "capabilities": frozenset({"personal_care", "hoist"}),
        "cqc_rating": "good",
    }
    return Provider(**given_ | changes)


def market(*providers, turns=None) -> Market:
    return Market(providers={one.provider_id: one for one in providers}, turns=turns or {})


def ranks(*names) -> tuple[Provider, ...]:
    """Framework providers of the north lot, ranked in this order."""
    return tuple(provider(name, contract(rank=n)) for n, name in enumerate(names, start=1))


def tier(name="lot", kind="framework", scope="lot", **changes) -> Tier:
    given_: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "scope": scope,
        "clause": "7.1",
        "components": ("continuity", "choice", "contract_rank", "turns", "cqc_rating"),
        "award_rule": "ranked",
        "settling_minutes": 10,
        "window_minutes": {"routine": 30, "urgent": 15},
        "budget_minutes": {"routine": 60, "urgent": 30},
        "cqc_ratings": GOOD,
    }
    return Tier(**given_ | changes)


LOTS = (
    Lot(name="north", outcodes=frozenset({"E4"}), neighbours=("south",)),
    Lot(name="south", outcodes=frozenset({"E17"}), neighbours=("north",)),
)


def policy(*tiers, **changes) -> Policy:
    given_: dict[str, Any] = {
        "name": "test",
        "version": "0" * 16,
        "lots": LOTS,
        "tiers": tiers or (tier(),),
        "targets_minutes": (90, 240),
        "confirmation_minutes": 120,
        "telephone_grace_minutes": 30,
        "prompt_decline_minutes": 15,
    }
    return Policy(**given_ | changes)


def wanted(outcode="E4", **changes) -> Wanted:
    given_: dict[str, Any] = {
        "care_type": "personal_care",
        "visits": (Visit(weekday="mon", band="morning", minutes=30),),
        "ready_at": EIGHT,
    }
    return Wanted(outcode=outcode, requirement=Requirement(**given_ | changes), gender=None)


def referral(want: Wanted | None = None, **changes) -> commands.ReceiveReferral:
    given_: dict[str, Any] = {
        "referral_id": REFERRAL,
        "received_at": EIGHT,
        "source_kind": "hospital",
        "organisation": "whipps-cross",
        "ward": "ash",
        "urgency": "routine",
        "complete_at": EIGHT,
        "wanted": want or wanted(),
    }
    return commands.ReceiveReferral(**given_ | changes)


INCOMPLETE = replace(referral(), complete_at=None, wanted=None)
COMPLETED = commands.CompleteReferral(complete_at=at(20), urgency="routine", wanted=wanted())
TIME = commands.PassTime()
WITHDRAW = commands.WithdrawReferral(reason="died")


def answer(kind, name, minutes, *, round_=1, response=None, **changes) -> commands.Answer:
    given_: dict[str, Any] = {
        "kind": kind,
        "offer_id": ids.offer_id(PLACEMENT, round_, pid(name)),
        "provider_id": pid(name),
        "answered_at": at(minutes),
        "reason": "no_capacity" if kind == "decline" else None,
        "response_id": pid(response or f"{kind} {name} {round_}"),
    }
    return commands.Answer(**given_ | changes)


def yes(name, minutes, **changes) -> commands.Answer:
    return answer("accept", name, minutes, **changes)


def no(name, minutes, **changes) -> commands.Answer:
    return answer("decline", name, minutes, **changes)


def said(given_: commands.Answer, minutes: float) -> commands.Answer:
    """The answer as one given by telephone at that time."""
    return replace(given_, via="telephone", response_id=None, answered_at=at(minutes))


def answers(*given_) -> commands.ReceiveAnswers:
    return commands.ReceiveAnswers(answers=given_)


def award_of(name, *, round_=1, before=0) -> UUID:
    return ids.award_id(PLACEMENT, round_, pid(name), before)


def _about_award(kind: Any, name: str, round_: int, before: int, **more: Any) -> Any:
    return kind(
        provider_id=pid(name),
        award_id=award_of(name, round_=round_, before=before),
        recorded_at=EIGHT,
        response_id=more.pop("response_id", pid(f"{kind.__name__} {name} {round_} {before}")),
        **more,
    )


def confirm(name, *, round_=1, before=0, **more) -> commands.ConfirmAward:
    made: commands.ConfirmAward = _about_award(commands.ConfirmAward, name, round_, before, **more)
    return made


def release(name, *, round_=1, before=0, **more) -> commands.ReleaseAward:
    more.setdefault("reason", "needs_differ")
    made: commands.ReleaseAward = _about_award(commands.ReleaseAward, name, round_, before, **more)
    return made


def start(name, *, round_=1, before=0, **more) -> commands.ReportStart:
    made: commands.ReportStart = _about_award(
        commands.ReportStart, name, round_, before, started_at=EIGHT, **more
    )
    return made


def by_hand(name, ground="urgency") -> commands.AwardByHand:
    return commands.AwardByHand(provider_id=pid(name), ground=ground)


RECONSIDER = commands.ReconsiderMarket()


@dataclass(frozen=True)
class Like:
    """An event of a class, of which only some fields are told."""

    kind: type[Event]
    fields: dict[str, Any]

    def misses(self, event: Event) -> str | None:
        if type(event) is not self.kind:
            return f"{type(event).__name__} is not {self.kind.__name__}"
        for name, value in self.fields.items():
            if getattr(event, name) != value:
                return f"{self.kind.__name__}.{name} is {getattr(event, name)!r}, not {value!r}"
        return None


def like(kind: type[Event], /, **fields: Any) -> Like:
    return Like(kind, fields)


def fold(history: Sequence[Event], start_: Placement | None = None) -> Placement:
    return reduce(evolve, history, start_ or states.Absent())


@dataclass
class Story:
    """What has happened to one placement, and what comes of the next command."""

    policy: Policy
    market: Market
    history: tuple[Event, ...] = ()
    new: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    placement: Placement = field(default_factory=states.Absent)

    def given(self, *happened: Event) -> "Story":
        """These events have happened."""
        self.history += happened
        self.placement = fold(happened, self.placement)
        return self

    def when(self, command: Command, at_: float = 0, *, market: Market | None = None) -> "Story":
        """The command at so many minutes past eight; checks what every decision must keep."""
        self.market = market or self.market
        now = at(at_)
        self.history += self.new
        outcome = step(self.placement, command, now, self.policy, self.market)
        again = decide(self.placement, command, now, self.policy, self.market)
        self.new, self.refusal = (), None
        if isinstance(outcome, Refusal):
            assert again == outcome
            self.refusal = outcome
            return self
        assert again == outcome[1]
        self.new = outcome[1]
        assert fold(self.new, self.placement) == outcome[0]
        self.placement = outcome[0]
        due = next_due_at(self.placement)
        assert due is None or due > now, "a deadline in the past would fire for ever"
        return self

    def then(self, *expected: Like | type[Event]) -> "Story":
        """Exactly these events, in this order."""
        assert self.refusal is None, self.refusal
        names = [type(event).__name__ for event in self.new]
        wanted_ = [one if isinstance(one, Like) else Like(one, {}) for one in expected]
        assert names == [one.kind.__name__ for one in wanted_]
        for one, event in zip(wanted_, self.new, strict=True):
            assert one.misses(event) is None, one.misses(event)
        return self

    def then_some(self, *expected: Like) -> "Story":
        """At least these events."""
        for one in expected:
            assert any(one.misses(event) is None for event in self.new), (one, self.new)
        return self

    def then_nothing(self) -> "Story":
        return self.then()

    def then_refused(self, code: str) -> "Story":
        """A refusal as a value: nothing has changed."""
        assert self.refusal is not None
        assert self.refusal.code == code
        assert self.refusal.sentence.endswith(".")
        return self

    def of(self, kind: type[Event]) -> list[Any]:
        """The new events of one class."""
        return [event for event in self.new if isinstance(event, kind)]

    def asked(self) -> list[str]:
        """The names of those that were just asked, in order."""
        return [
            self.market.providers[offer.provider_id].name
            for wave in self.of(events.OffersMade)
            for offer in wave.offers
        ]

    def passed_over(self) -> dict[str, str]:
        """Name → reason, of those that were just passed over."""
        return {
            self.market.providers[one].name: group.reason
            for event in self.new
            if isinstance(event, events.TierOpened | events.OffersMade)
            for group in event.passed_over
            for one in group.provider_ids
        }


def story(*providers, tiers=(), **changes) -> Story:
    """A market of these providers, under a policy of these tiers, with no referral yet."""
    return Story(policy=policy(*tiers, **changes), market=market(*providers))


def paced(*names, prices: float = 0.0) -> Story:
    """A search that an adaptive tier paces; with no price on a miss, one is asked at a time."""
    paced_tier = tier(adaptive=True, window_minutes={"routine": 200, "urgent": 100})
    return searching(*names, tiers=(paced_tier,), prices={90: prices, 240: prices})


def searching(*names, tiers=(), **changes) -> Story:
    """A search whose first wave has asked ranked providers of these names, at eight."""
    return story(*ranks(*(names or ("A", "B", "C"))), tiers=tiers, **changes).when(referral())
