"""A yes with a question: rates, conditions and counters, ready to be given to a story."""

from typing import Any

from services.matching.domain import commands
from services.matching.domain import people_commands as orders
from services.matching.domain.asking import Terms
from services.matching.domain.requirement import Visit
from tests.unit.matching.orders import offer_of
from tests.unit.matching.world import (
    Story,
    answers,
    at,
    contract,
    pid,
    provider,
    ranks,
    referral,
    story,
    tier,
    yes,
)

LATER = Terms(starts_at=at(3 * 24 * 60), visits=())
OTHER = Terms(starts_at=None, visits=(Visit(weekday="mon", band="lunch", minutes=30),))


def spot(*names: str, approver: str | None = "brokerage-manager", **changes: Any) -> Story:
    """A search among spot providers with a limit of 20 pounds an hour."""
    rules = tier(
        "spot", kind="spot", scope="any", award_rule="first", rate_limit_pence=2000,
        rate_approver=approver, **changes,
    )  # fmt: skip
    found = [provider(name, contract("spot", rate_pence=1800)) for name in names]
    return story(*found, tiers=(rules,)).when(referral())


def quote(name: str, minutes: float, pence: int) -> commands.ReceiveAnswers:
    return answers(yes(name, minutes, rate_pence=pence))


def yes_if(name: str, minutes: float, terms: Terms = LATER) -> commands.ReceiveAnswers:
    return answers(yes(name, minutes, terms=terms))


MANAGER = frozenset({"kim", "brokerage-manager"})


def rate(name: str, approved: bool, acts_as: frozenset[str] = MANAGER) -> orders.DecideRate:
    return orders.DecideRate(offer_id=offer_of(name), approved=approved, acts_as=acts_as)


def condition(name: str, accepted: bool) -> orders.DecideCondition:
    return orders.DecideCondition(offer_id=offer_of(name), accepted=accepted)


def counter(
    name: str, minutes: float | None = None, terms: Terms = OTHER
) -> orders.CounterCondition:
    until = None if minutes is None else at(minutes)
    return orders.CounterCondition(offer_id=offer_of(name), terms=terms, expires_at=until)


def counter_answer(name: str, minutes: float, agrees: bool = True) -> commands.AnswerCounter:
    return commands.AnswerCounter(
        offer_id=offer_of(name),
        provider_id=pid(name),
        answered_at=at(minutes),
        response_id=pid(f"counter {name} {minutes}"),
        agrees=agrees,
    )


def asked(*names: str, **changes: Any) -> Story:
    """A search among ranked providers."""
    return story(*ranks(*names), tiers=(tier(**changes),)).when(referral())


def negotiated() -> tuple[Story, ...]:
    """Stories that between them have every event of a negotiation."""
    rates = spot("A", "B").when(quote("A", 1, 2300), 1).when(rate("A", False), 2)
    rates.when(quote("B", 3, 2200), 3).when(rate("B", True), 4)
    terms = asked("A", "B", "C").when(yes_if("A", 1), 1).when(condition("A", False), 2)
    terms.when(yes_if("B", 3), 3).when(counter("B"), 4).when(counter_answer("B", 5), 5)
    return rates, terms
