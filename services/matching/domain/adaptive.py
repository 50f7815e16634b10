"""Adaptive asking: what a search looks like to `pacing`, and what pacing answers, as instants.

Pacing thinks in numbers of open minutes; this turns offers, windows and targets into them, and its
plan back into how many to ask now and when to think again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain.asking import Expected, Price, Reckoning
from services.matching.domain.codes import ContractKind
from services.matching.domain.curve import Curve
from services.matching.domain.hardness import Hardness, hardness_after
from services.matching.domain.market import Market
from services.matching.domain.pacing import Goal, Live, Next, Plan, plan
from services.matching.domain.placement import Facts, Searching
from services.matching.domain.policy import Policy

MOST_FOLLOWING = 12
"""How far down the order pacing looks: whoever comes later is hardly ever reached in time."""
SOONEST_MINUTES = 1.0
"""Open minutes before the same search is thought about again with nothing new known."""
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many to ask now, when to think again unless something happens before, and why."""

    ask: int
    ask_at: datetime | None
    reckoning: Reckoning


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A search as pacing sees it, in open minutes from now; providers in the order of asking."""

    live: tuple[tuple[UUID, Live], ...]
    following: tuple[tuple[UUID, Next], ...]
    goals: tuple[tuple[Price, Goal], ...]
    settling_minutes: float


def pace_of(searching: Searching, now: datetime, policy: Policy, market: Market) -> Pace:
    """The pace for a search that has somebody unasked and no acceptance standing."""
    view = view_of(searching, now, policy, market)
    found = plan_of(view)
    hours = market.responses.hours
    return Pace(
        ask=found.ask,
        ask_at=None
        if found.again_in is None
        else hours.after(now, max(found.again_in, SOONEST_MINUTES)),
        reckoning=Reckoning(
            prices=tuple([price for price, _ in view.goals]),
            missed=tuple([round(chance, _DIGITS) for chance in found.missed]),
            expected=tuple(_expected(view)),
        ),
    )


def plan_of(view: View) -> Plan:
    """What pacing makes of a view."""
    return plan(
        [live for _, live in view.live],
        [following for _, following in view.following],
        [goal for _, goal in view.goals],
        settling=view.settling_minutes,
    )


def view_of(searching: Searching, now: datetime, policy: Policy, market: Market) -> View:
    """The search in open minutes, with what is believed of everybody who matters."""
    beliefs = Beliefs(searching, market)
    hours = market.responses.hours
    live = sorted(
        [offer for offer in searching.offers if offer.status == "live"],
        key=lambda offer: (offer.round, offer.tier, offer.place),
    )
    urgency = searching.facts.urgency
    windows = [hours.between(now, policy.window_ends(tier, urgency, now)) for tier in policy.tiers]
    tier = policy.tiers[searching.tier]
    return View(
        live=tuple(
            [
                (
                    offer.provider_id,
                    Live(
                        curve=beliefs.curve(offer.provider_id, offer.contract_kind, offer.lot),
                        age=hours.between(offer.made_at, now),
                        left=hours.between(now, offer.expires_at),
                    ),
                )
                for offer in live
            ]
        ),
        following=tuple(
            [
                (
                    one.provider_id,
                    Next(
                        curve=beliefs.curve(one.provider_id, one.contract_kind, one.lot),
                        window=windows[one.tier],
                    ),
                )
                for one in searching.unasked[:MOST_FOLLOWING]
            ]
        ),
        goals=tuple(goals_of(searching.facts, now, policy, market)),
        settling_minutes=tier.settling_minutes if tier.award_rule == "ranked" else 0.0,
    )


class Beliefs:
    """What is believed of providers about one package, in the light of the noes that it got."""

    def __init__(self, searching: Searching, market: Market) -> None:
        self._responses = market.responses
        self._needed = searching.facts.needed
        noes = [offer for offer in searching.offers if offer.status == "declined"]
        self._hardness = 0.0
        self._declined = [self.curve(no.provider_id, no.contract_kind, no.lot).yes for no in noes]
        if noes:
            self._hardness = round(self._responses.hardness(self._declined), 1)

    def curve(self, provider_id: UUID, kind: ContractKind, lot: str | None) -> Curve:
        """What is believed of one provider, by the contract it would take the package under."""
        return self._responses.curve(provider_id, kind, lot, self._needed, self._hardness)

    def hardness(self) -> Hardness:
        """How hard the package may be; curves are of the hardness that is likeliest."""
        return hardness_after(
            self._declined, believed=self._hardness, variance=self._responses.hardness_variance
        )


def goals_of(
    facts: Facts, now: datetime, policy: Policy, market: Market
) -> Iterable[tuple[Price, Goal]]:
    """The targets that lie ahead. When the last is missed, it is set again as far on: a late
    package is in no less of a hurry, and without any target nobody would be asked in parallel."""
    hours = market.responses.hours
    ahead = [
        (Price(target_minutes=target, offers=policy.prices.get(target, 0.0)), at)
        for target in facts.targets_minutes
        if (at := facts.received_at + timedelta(minutes=target)) > now
    ]
    if not ahead and facts.targets_minutes:
        last = facts.targets_minutes[-1]
        span = timedelta(minutes=last)
        times = (now - facts.received_at) // span + 1
        price = Price(target_minutes=last * times, offers=policy.prices.get(last, 0.0))
        ahead = [(price, facts.received_at + span * times)]
    for price, at in ahead:
        yield price, Goal(minutes=hours.between(now, at), price=price.offers)


def _expected(view: View) -> Iterator[Expected]:
    for provider_id, live in view.live:
        yield _expect(provider_id, live.curve, live.age + live.left, live=True)
    for provider_id, following in view.following:
        yield _expect(provider_id, following.curve, following.window, live=False)


def _expect(provider_id: UUID, curve: Curve, window: float, *, live: bool) -> Expected:
    return Expected(
        provider_id=provider_id,
        live=live,
        yes=round(curve.yes, _DIGITS),
        answers=round(curve.answered_by(window), _DIGITS),
    )
