"""What a provider does, by its habits: with an offer, and with an award.

The habits are known to the simulated world alone; nothing that decides whom to ask reads them.
"""

import math
from dataclasses import dataclass

from deploy.simulator.drawing import DAY_MINUTES, WEEK_MINUTES, Luck, Package, drawn, one_of
from deploy.simulator.market import Habits, SimulatedMarket

LATE_DAYS = 4
"""How many days late care starts where it starts late. Source: assumed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to an offer: the minute of the run at which it comes, and what it says."""

    minute: float
    accepts: bool


@dataclass(frozen=True, slots=True)
class Carrying:
    """What is done with an award, at a minute of the run; a start that is late is late by days."""

    minute: float
    releases: bool
    days_late: int


def reply(
    market: SimulatedMarket, provider: int, package: Package, luck: Luck, asked: float
) -> Reply | None:
    """The answer to an offer made at minute `asked`, or None if none ever comes."""
    habits = market.providers[provider].habits_in(int(asked // WEEK_MINUTES))
    if luck.answers >= _answers(market, provider, habits, asked):
        return None
    takes = drawn(one_of(habits.answer_minutes, luck.mixture), luck.speed)
    return Reply(
        minute=open_after(asked, takes, habits.hours),
        accepts=luck.accepts < accepting(habits, package),
    )


def carry(market: SimulatedMarket, provider: int, luck: Luck, awarded: float) -> Carrying:
    """What a provider does with an award made at minute `awarded`."""
    habits = market.providers[provider].habits_in(int(awarded // WEEK_MINUTES))
    takes = drawn(habits.confirm_minutes, luck.confirming)
    return Carrying(
        minute=open_after(awarded, takes, habits.hours),
        releases=luck.releases < habits.releases,
        days_late=LATE_DAYS if luck.starts_late < habits.starts_late else 0,
    )


def accepting(habits: Habits, package: Package) -> float:
    """The chance that an answer is a yes: what is known of it, in log-odds, and its hardness."""
    usual = log_odds(habits.accepts)
    outcode = habits.accepts_by_outcode.get(package.wanted.outcode)
    total = usual + package.hardness
    if outcode is not None:
        total += log_odds(outcode) - usual
    if package.double_handed and habits.accepts_double_handed is not None:
        total += log_odds(habits.accepts_double_handed) - usual
    return 1 / (1 + math.exp(-total))


def log_odds(chance: float) -> float:
    """The log-odds of a chance; certainty is taken as one in a thousand million."""
    inside = min(1 - 1e-9, max(1e-9, chance))
    return math.log(inside / (1 - inside))


def open_after(start: float, minutes: float, hours: tuple[int, int]) -> float:
    """The minute of the run at which so many minutes of a provider's own hours have passed."""
    opens, closes = hours
    day, at = divmod(start, DAY_MINUTES)
    passed = min(max(at, opens), closes) - opens + minutes
    days, rest = divmod(passed, closes - opens)
    return (day + days) * DAY_MINUTES + opens + rest


def _answers(market: SimulatedMarket, provider: int, habits: Habits, asked: float) -> float:
    """The chance of an answer, which an outage of one of the provider's lots changes."""
    for outage in market.outages:
        begins = outage.from_week * WEEK_MINUTES
        if begins <= asked < begins + outage.days * DAY_MINUTES and any(
            contract.lot == outage.lot for contract in market.providers[provider].contracts
        ):
            return outage.answers
    return habits.answers
