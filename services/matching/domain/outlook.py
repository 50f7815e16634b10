"""How likely a package is filled by when: figures for brokers, a word for wards.

Reckoned from the offers that are live, from those that the policy will go on to make, and from what
is believed of each provider, then corrected by what came of such chances before (`calibration`).
Source: domain rule 15.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import inf
from typing import NamedTuple

from services.matching.domain import events
from services.matching.domain.adaptive import Beliefs
from services.matching.domain.calibration import AGAIN, STANDING
from services.matching.domain.codes import Outlook
from services.matching.domain.filling import Filling, GivenBack
from services.matching.domain.following import Attempt, attempts
from services.matching.domain.hours import Hours
from services.matching.domain.london import LONDON, day_of
from services.matching.domain.market import Market
from services.matching.domain.placement import Placement, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.settlement import rank
from services.matching.domain.turn import Turn

TODAY_ENDS = time(20)
TOMORROW_ENDS = time(10)
LIKELY = 0.8
"""From this chance on wards are told "likely"."""
SETTLED_EARLY = 0.5
"""The share of the settling time that an acceptance stands for which somebody better may still answer.
Source: assumed."""
GIVEN_BACK_AFTER = 0.4
"""How long an award stands that is given back, as a share of the time to confirm it. Source: assumed."""


class Reckoned(NamedTuple):
    """A chance before it is corrected."""

    horizon: str
    """A target by its minutes, `today` or `tomorrow`; with STANDING, AGAIN or both where they hold."""
    until: datetime
    chance: float
    """Of being filled by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Chances of being filled: by each target in minutes that lies ahead, by 20:00, by 10:00 next.

    Times of day are London's. `today` is 0 after 20:00.
    """

    by_target: tuple[tuple[int, float], ...]
    today: float
    tomorrow: float

    @property
    def outlook(self) -> Outlook:
        """The word for wards."""
        if self.today >= LIKELY:
            return "likely_today"
        return "likely_tomorrow" if self.tomorrow >= LIKELY else "uncertain"


def forecast(
    placement: Placement, now: datetime, policy: Policy, market: Market
) -> Forecast | None:
    """The chances of a search under way; None while it is held, and in any other status."""
    found = reckoned(placement, now, policy, market)
    if found is None:
        return None
    horizons, instants, said = zip(*found, strict=True)
    chances = market.calibration.corrected_all(horizons, instants, said)
    targets = [int(horizon.split()[0]) for horizon in horizons[:-2]]
    by_target = tuple(zip(targets, chances[:-2], strict=True))
    return Forecast(by_target=by_target, today=chances[-2], tomorrow=chances[-1])


def reckoned(
    placement: Placement, now: datetime, policy: Policy, market: Market
) -> list[Reckoned] | None:
    """The same before it is corrected: each target that lies ahead, then `today` and `tomorrow`."""
    if not isinstance(placement, Searching) or placement.hold is not None:
        return None
    today, tomorrow = ends_of_day(now)
    until = [
        (str(minutes), at)
        for minutes in placement.facts.targets_minutes
        if (at := placement.facts.received_at + timedelta(minutes=minutes)) > now
    ]
    until += [("today", today), ("tomorrow", tomorrow)]
    chances = chances_by(placement, [at for _, at in until], now, policy, market)
    return [
        Reckoned(scored_as(name, placement), at, chance)
        for (name, at), chance in zip(until, chances, strict=True)
    ]


def scored_as(horizon: str, searching: Searching) -> str:
    """The horizon among whose forecasts one about this search belongs."""
    begun = horizon if searching.round == 1 else horizon + AGAIN
    return begun if searching.decided_by is None else begun + STANDING


def ends_of_day(now: datetime) -> tuple[datetime, datetime]:
    """20:00 of this day and 10:00 of the next, in London."""
    day = day_of(now)
    next_day = day + timedelta(days=1)
    return (
        datetime.combine(day, TODAY_ENDS, LONDON),
        datetime.combine(next_day, TOMORROW_ENDS, LONDON),
    )


def chances_by(
    searching: Searching,
    instants: Sequence[datetime],
    now: datetime,
    policy: Policy,
    market: Market,
) -> list[float]:
    """The chance of being filled by each instant, not corrected; 0 for one that has passed.

    A standing acceptance is as sure as its provider's yeses are to last, unless a better one comes
    before it settles. If what is awarded is given back, what is out and to come is taken for the
    round that follows.
    """
    hours, settled_at = market.responses.hours, searching.decided_by
    ahead = [hours.between(now, at) for at in instants]
    until = max(ahead, default=0.0)
    tier = policy.tiers[max(0, searching.tier)]
    given_back = _given_back(searching, now, policy, hours)
    filling = Filling(
        list(attempts(searching, until, now, policy, market)),
        until,
        hardness=Beliefs(searching, market).hardness(),
        given_back=given_back,
        settling=SETTLED_EARLY * tier.settling_minutes if tier.award_rule == "ranked" else 0.0,
    )
    if settled_at is None:
        return [filling.by(minutes) for minutes in ahead]
    lasts = _awarded_lasts(searching, settled_at, now, market)
    lost = hours.between(now, settled_at) + given_back.costs(0.0)
    return [
        lasts + (1.0 - lasts) * filling.by(minutes - lost) if at >= settled_at else 0.0
        for at, minutes in zip(instants, ahead, strict=True)
    ]


def _given_back(searching: Searching, now: datetime, policy: Policy, hours: Hours) -> GivenBack:
    """What it costs if an award is given back; a tier without a budget may stay open for good."""
    began = next((one.made_at for one in searching.offers if one.round == searching.round), now)
    budgets = [tier.budget_minutes[searching.facts.urgency] for tier in policy.tiers[:-1]]
    return GivenBack(
        stands=GIVEN_BACK_AFTER * policy.confirmation_minutes,
        age=hours.between(began, now),
        all_open_after=sum([inf if minutes is None else minutes for minutes in budgets]),
    )


def _awarded_lasts(
    searching: Searching, settled_at: datetime, now: datetime, market: Market
) -> float:
    """The chance that what is awarded lasts: to the best who says yes until then, else to whoever
    stands now."""
    hours, beliefs = market.responses.hours, Beliefs(searching, market)
    best = min((offer for offer in searching.offers if offer.status == "accepted"), key=rank)
    ahead = [
        offer for offer in searching.offers if offer.status == "live" and rank(offer) < rank(best)
    ]
    lasts, nobody_yet = 0.0, 1.0
    for offer in sorted(ahead, key=rank):
        curve = beliefs.curve(offer.provider_id, offer.contract_kind, offer.lot)
        age = hours.between(offer.made_at, now)
        left = hours.between(now, min(settled_at, offer.expires_at))
        answers = Attempt(curve=curve, start=0.0, end=left, age=age).answered_by(left)
        lasts += nobody_yet * curve.yes * answers
        nobody_yet *= 1.0 - min(1.0, curve.yes / curve.lasts) * answers
    standing = beliefs.curve(best.provider_id, best.contract_kind, best.lot)
    return lasts + nobody_yet * standing.lasts


def review_outlook(turn: Turn) -> None:
    """Record the word for wards if it has changed."""
    placement = turn.placement
    found = forecast(placement, turn.now, turn.policy, turn.market)
    if found is None or not isinstance(placement, Searching) or placement.outlook == found.outlook:
        return
    turn.record(
        events.OutlookChanged(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            outlook=found.outlook,
        )
    )
