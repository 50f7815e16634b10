"""Invariants of who wins among several acceptances, read from one placement's events and its policy.

Independent of the rules that decided. Source: design §3, domain rules 5 and 6.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
from services.matching.domain.events import Event
from services.matching.domain.policy import Policy


@dataclass(slots=True)
class _Asked:
    rank: tuple[int, int, int]
    tier: int
    expires_at: datetime
    state: str = "live"
    accepted_at: datetime | None = None


def unsettled_in(history: Sequence[Event], policies: Mapping[str, Policy]) -> Iterator[str]:
    """What does not hold: an award too early, to the wrong one, or an item opened before its time."""
    asked: dict[UUID, _Asked] = {}
    policy: Policy | None = None
    confirm_by: datetime | None = None
    received_at: datetime | None = None
    targets: tuple[int, ...] = ()
    for event in history:
        match event:
            case e.AwaitingInformation():
                received_at, targets = event.received_at, event.targets_minutes
            case e.SearchStarted():
                policy, received_at = policies[event.policy_version], event.received_at
                targets = event.targets_minutes
            case e.TierOpened() if policy is not None:
                if event.tier_name != policy.tiers[event.tier].name:
                    yield f"I5: tier {event.tier_name} is not of the policy that the search has"
            case e.OffersMade():
                for one in event.offers:
                    rank = (event.round, event.tier, one.place)
                    asked[one.offer_id] = _Asked(rank, event.tier, event.expires_at)
            case e.OfferDeclined():
                asked[event.offer_id].state = "declined"
            case e.AcceptanceStood():
                asked[event.offer_id].state = "stands"
                asked[event.offer_id].accepted_at = event.accepted_at
            case e.OffersLapsed() | e.OffersWithdrawn():
                for offer_id in event.offer_ids:
                    asked[offer_id].state = "closed"
            case e.Awarded():
                confirm_by = event.confirm_by
                if event.offer_id is not None and policy is not None:
                    yield from _won(asked, event, policy)
            case e.EscalationOpened():
                yield from _not_early(event, targets, received_at, confirm_by)
            case talks.RateQuoted() | talks.ConditionRaised() | talks.RateRefused():
                asked[event.offer_id].state = "closed"
            case talks.ConditionCountered():
                asked[event.offer_id].expires_at = event.expires_at
            case acts.AnswerCorrected():
                asked[event.offer_id].state = "live" if event.becomes == "live" else "closed"
                asked[event.offer_id].accepted_at = None
            case acts.OfferWindowChanged():
                asked[event.offer_id].expires_at = event.expires_at
            case acts.PolicyMoved():
                policy = policies[event.policy_version]
            case _:
                pass


def _won(asked: dict[UUID, _Asked], event: e.Awarded, policy: Policy) -> Iterator[str]:
    assert event.offer_id is not None
    winner = asked[event.offer_id]
    standing = [one for one in asked.values() if one.state == "stands"]
    winner.state = "awarded"
    claims = {id(one): one for one in (winner, *standing)}.values()
    tier = policy.tiers[min(claims, key=lambda one: one.rank[:2]).tier]
    if tier.award_rule == "first":
        return
    for one in standing:
        if one.rank < winner.rank:
            yield f"I1: awarded to {winner.rank} while {one.rank} stood"
    better = [
        one
        for one in asked.values()
        if one.state == "live" and one.rank < winner.rank and one.expires_at > event.at
    ]
    said = [one.accepted_at for one in standing if one.accepted_at is not None]
    settled_at = min([event.accepted_at, *said]) + timedelta(minutes=tier.settling_minutes)
    if better and event.at < settled_at:
        yield f"I3: awarded to {winner.rank} at {event.at}, before it settled at {settled_at}"


def _not_early(
    event: e.EscalationOpened,
    targets: tuple[int, ...],
    received_at: datetime | None,
    confirm_by: datetime | None,
) -> Iterator[str]:
    if event.kind == "confirmation_overdue" and (confirm_by is None or event.at < confirm_by):
        yield f"I3: a confirmation was overdue at {event.at}, before {confirm_by}"
    if event.kind == "target_overdue" and targets and received_at is not None:
        missed_at = received_at + timedelta(minutes=targets[-1])
        if event.at < missed_at:
            yield f"I3: a target was overdue at {event.at}, before {missed_at}"
