"""What was decided, worked out once more from the record alone: each tier's order, and who wins.

Read are the components that a tier noted of its providers, the answers with their instants, and the
version of the policy that the search had; nothing of today's register. A disagreement means that
an event, or a policy, is not what it was when the decision was made. Source: domain rules 2, 4, 5.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
from services.matching.domain.asking import Ranked
from services.matching.domain.events import Event
from services.matching.domain.measuring import score_of, sooner_first, value_of
from services.matching.domain.policy import Policy, Tier
from services.matching.domain.ranking import lot_draw

AGREES = "agrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederived:
    """One decision worked out again: `faults` says in sentences where the record differs."""

    event: e.TierOpened | e.Awarded
    faults: tuple[str, ...]


@dataclass(slots=True)
class _Asked:
    rank: tuple[int, int, int]
    expires_at: datetime
    provider_id: UUID
    state: str = "live"
    accepted_at: datetime | None = None


@dataclass(slots=True)
class _Search:
    """One placement's search as its events tell it."""

    placement_id: UUID
    policy: Policy | None = None
    version: str = ""
    asked: dict[UUID, _Asked] = field(default_factory=dict)


def rederived(history: Sequence[Event], policies: Mapping[str, Policy]) -> Iterator[Rederived]:
    """Every tier's order and every award of one placement, in the order of deciding.

    `policies` by version. An award by hand was a person's, so only its ground is looked at.
    """
    search: _Search | None = None
    for event in history:
        search = search or _Search(event.placement_id)
        match event:
            case e.SearchStarted() | acts.PolicyMoved():
                search.version = event.policy_version
                search.policy = policies.get(event.policy_version)
            case e.TierOpened():
                yield Rederived(event=event, faults=tuple(_tier(search, event)))
            case e.Awarded():
                yield Rederived(event=event, faults=tuple(_award(search, event)))
            case _:
                _heard(search, event)


def _tier(search: _Search, event: e.TierOpened) -> Iterator[str]:
    """The order in which a tier's providers stand, by what was noted of them."""
    tier = _tier_of(search, event.tier)
    if tier is None:
        yield f"policy {search.version} with a tier {event.tier_name} is not kept here"
        return
    if (event.tier_name, event.clause) != (tier.name, tier.clause):
        yield (
            f"the policy has the tier {tier.name} under {tier.clause}, the record"
            f" {event.tier_name} under {event.clause}"
        )
    if event.ranking and event.ranking != tier.components:
        yield (
            f"the policy ranks by {', '.join(tier.components)}, the record by"
            f" {', '.join(event.ranking)}"
        )
    yield from _points(event, tier)
    keys = {
        one.provider_id: (_key(one, tier), lot_draw(event.placement_id, one.provider_id))
        for one in event.ranked
    }
    recorded = sorted(event.ranked, key=lambda one: one.place)
    worked_out = sorted(event.ranked, key=lambda one: keys[one.provider_id])
    for n, (was, is_now) in enumerate(zip(recorded, worked_out, strict=True), 1):
        if was.provider_id != is_now.provider_id or was.place != n:
            yield (
                f"place {n} belongs to {is_now.provider_id}, and the record has"
                f" {was.provider_id} at {was.place}"
            )


def _points(event: e.TierOpened, tier: Tier) -> Iterator[str]:
    """Weights are the policy's, and who has the better value has no fewer points."""
    for component, weight in tier.weights.items():
        found = [
            (sooner_first(component, part.value), -(part.points or 0.0), part.weight)
            for one in event.ranked
            for part in one.components.measured
            if part.component == component
        ]
        if any(noted != weight for *_, noted in found):
            yield f"the policy weighs {component} with {weight:g}, and the record does not"
        points = [one for _, one, _ in sorted(found)]
        if points != sorted(points):
            yield f"the points for {component} do not follow its values"


def _key(one: Ranked, tier: Tier) -> tuple[float, ...]:
    if tier.weights:
        return (-score_of(one.components.measured),)
    return tuple([sooner_first(part, value_of(part, one.components)) for part in tier.components])


def _award(search: _Search, event: e.Awarded) -> Iterator[str]:
    """Who of those that had said yes takes the package at that instant."""
    if event.offer_id is None:
        if event.ground is None:
            yield "nobody was asked, and no person's ground is on record"
        return
    winner = search.asked.get(event.offer_id)
    if winner is None or winner.provider_id != event.provider_id:
        yield f"offer {event.offer_id} was never made to {event.provider_id}"
        return
    standing = [one for one in search.asked.values() if one.state == "stands"]
    before = winner.accepted_at
    winner.state, winner.accepted_at = "awarded", event.accepted_at
    if before is not None and before != event.accepted_at:
        yield f"the acceptance came at {before}, and the award has it at {event.accepted_at}"
    if event.accepted_at >= winner.expires_at:
        yield f"the acceptance came at {event.accepted_at}, after its deadline {winner.expires_at}"
    claims = [winner, *(one for one in standing if one is not winner)]
    tier = _tier_of(search, min(one.rank[:2] for one in claims)[1])
    if tier is None:
        yield f"policy {search.version} is not kept here"
        return
    best = _best(claims, tier)
    if best is not winner:
        yield (
            f"under `{tier.award_rule}` it goes to {best.provider_id}, and the record has"
            f" {winner.provider_id}"
        )
    elif tier.award_rule == "ranked":
        yield from _settled(search, event, claims, tier)


def _best(claims: Sequence[_Asked], tier: Tier) -> _Asked:
    if tier.award_rule == "ranked":
        return min(claims, key=lambda one: one.rank)
    asked_in = min(one.rank[:2] for one in claims)
    rivals = [one for one in claims if one.rank[:2] == asked_in]
    return min(rivals, key=lambda one: (one.accepted_at is None, one.accepted_at, one.rank))


def _settled(
    search: _Search, event: e.Awarded, claims: Sequence[_Asked], tier: Tier
) -> Iterator[str]:
    """Nobody better may still answer, or the settling time is up."""
    better = [
        one.expires_at
        for one in search.asked.values()
        if one.state == "live" and one.rank < claims[0].rank and one.expires_at > event.at
    ]
    said = [one.accepted_at for one in claims if one.accepted_at is not None]
    settles_at = min(said) + timedelta(minutes=tier.settling_minutes)
    if better and settles_at > event.at:
        yield f"a better-ranked offer was live, so it is settled at {settles_at}, not {event.at}"


def _heard(search: _Search, event: Event) -> None:
    """What was asked and answered."""
    match event:
        case e.OffersMade():
            for one in event.offers:
                search.asked[one.offer_id] = _Asked(
                    (event.round, event.tier, one.place), event.expires_at, one.provider_id
                )
        case talks.RateQuoted() | talks.RateRefused() | talks.ConditionRaised() if (
            event.offer_id in search.asked
        ):
            search.asked[event.offer_id].state = "closed"
        case talks.ConditionCountered() if event.offer_id in search.asked:
            search.asked[event.offer_id].expires_at = event.expires_at
        case acts.OfferWindowChanged() if event.offer_id in search.asked:
            search.asked[event.offer_id].expires_at = event.expires_at
        case acts.AnswerCorrected() if event.offer_id in search.asked:
            search.asked[event.offer_id].state = "live" if event.becomes == "live" else "closed"
            search.asked[event.offer_id].accepted_at = None
        case e.OfferDeclined() if event.offer_id in search.asked:
            search.asked[event.offer_id].state = "declined"
        case e.AcceptanceStood() if event.offer_id in search.asked:
            search.asked[event.offer_id].state = "stands"
            search.asked[event.offer_id].accepted_at = event.accepted_at
        case e.OffersLapsed() | e.OffersWithdrawn():
            for offer_id in event.offer_ids:
                if offer_id in search.asked:
                    search.asked[offer_id].state = "closed"
        case _:
            return


def _tier_of(search: _Search, index: int) -> Tier | None:
    if search.policy is None or not 0 <= index < len(search.policy.tiers):
        return None
    return search.policy.tiers[index]
