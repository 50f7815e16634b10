"""What brokers order in a schedule, right or wrong at that moment, all of it drawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Literal
from uuid import UUID

from services.matching.domain import people_commands as orders
from services.matching.domain.asking import Terms

TIERS = ("lot", "near", "dps", "spot")
MINUTES = (1, 6, 20, 60, 200)


def drawn_order(
    rng: Random, now: datetime, providers: Sequence[UUID], offers: Sequence[UUID]
) -> orders.PeopleCommand:
    """One order about a placement whose last offers are these."""
    later = now + timedelta(minutes=rng.choice(MINUTES))
    who, offer = rng.choice(providers), rng.choice(offers)
    known: tuple[orders.PeopleCommand, ...] = (
        orders.HoldSearch(until=later),
        orders.HoldSearch(until=later),
        orders.ResumeSearch(),
        orders.JumpToTier(tier_name=rng.choice(TIERS), ground="urgency"),
        orders.AskProvider(provider_id=who, ground="persons_choice"),
        orders.AskProvider(provider_id=who, ground="none_answered"),
        orders.SkipProvider(provider_id=who, ground="other"),
        orders.ExcludeProvider(provider_id=who),
        orders.LiftExclusion(provider_id=who),
        orders.ChangeWindow(offer_id=offer, expires_at=later),
        orders.WithdrawOffer(offer_id=offer),
        orders.CancelAward(),
        orders.RecordPersonView(
            view=rng.choice(("agrees", "refuses")), told_by_role="ward", told_at=now
        ),
        orders.Assign(assignee_id=who),
        orders.Escalate(),
        orders.CloseEscalation(kind=rng.choice(("released", "by_hand", "target_overdue"))),
        orders.MoveToPolicy(),
        orders.MoveToPolicy(),
        orders.MoveToPolicy(),
    )
    return rng.choice(known)


def drawn_correction(rng: Random, offer_id: UUID, others: Sequence[UUID]) -> orders.CorrectAnswer:
    """An answer was written down wrongly: it was the other one, another offer's, or none."""
    said: Literal["accept", "decline"] | None = rng.choice(("accept", "decline", None))
    return orders.CorrectAnswer(
        offer_id=offer_id,
        said=said,
        reason="times" if said == "decline" else None,
        meant=rng.choice((None, None, rng.choice(others))) if said else None,
    )


def drawn_decision(
    rng: Random, now: datetime, offer_id: UUID, *, about_rate: bool
) -> orders.NegotiationCommand:
    """What a broker says to a yes that waits, fitting or not."""
    if about_rate:
        who = frozenset({rng.choice(("manager", "manager", "broker"))})
        return orders.DecideRate(offer_id=offer_id, approved=rng.random() < 0.5, acts_as=who)
    if rng.random() < 0.6:
        return orders.DecideCondition(offer_id=offer_id, accepted=rng.random() < 0.6)
    terms = Terms(starts_at=now + timedelta(days=1), visits=())
    return orders.CounterCondition(offer_id=offer_id, terms=terms)
