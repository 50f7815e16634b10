"""Who wins when providers accept, and what an award does to everybody else's offers.

Source: design §3, domain rules 5 and 6.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import events
from services.matching.domain.awarding import (
    after_award,
    confirm_by,
    next_award_id,
    provider_name,
    start_by,
)
from services.matching.domain.codes import Via
from services.matching.domain.placement import Offer, Open, Searching
from services.matching.domain.policy import Tier
from services.matching.domain.pricing import contract_of, price_by_card
from services.matching.domain.search import lapse_due
from services.matching.domain.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An acceptance that may take the package: one that stands, or one that has just arrived."""

    offer: Offer
    answered_at: datetime
    via: Via
    response_id: UUID | None
    quoted_pence: int | None = None
    """What it asks in place of the rate of its offer."""


def rank(offer: Offer) -> tuple[int, int, int]:
    """Lower is better: an earlier round, tier, place. In a tier, earlier waves have earlier places."""
    return (offer.round, offer.tier, offer.place)


def settle(turn: Turn, placement: Open, arrived: Sequence[Claim] = ()) -> bool:
    """Award to the acceptance that wins by now, or let those that arrived stand.

    Says whether anything was decided. Every arrived endpoint acceptance gets exactly one first
    event: Awarded, AcceptanceStood, or RequestRefused if another is awarded in the same instant.
    """
    claims = [*standing(placement), *arrived]
    if not claims:
        return False
    if isinstance(placement, Searching) and placement.hold is not None:
        for claim in arrived:
            _stand(turn, claim, placement.hold.until)
        return bool(arrived)
    # The rule of the tier that asked, which need not be the one now open: that of the earliest.
    _, asked_in = earliest = min((claim.offer.round, claim.offer.tier) for claim in claims)
    tier = turn.policy.tiers[asked_in]
    if tier.award_rule == "first":
        rivals = [c for c in claims if (c.offer.round, c.offer.tier) == earliest]
        winner = min(rivals, key=lambda claim: (claim.answered_at, rank(claim.offer)))
        _award_claim(turn, placement, winner, arrived)
        return True
    winner = min(claims, key=lambda claim: rank(claim.offer))
    decided_by = _decided_by(turn, placement, winner, claims, tier)
    if decided_by is not None:
        for claim in arrived:
            _stand(turn, claim, decided_by)
        return bool(arrived) or _moved(turn, placement, decided_by)
    _award_claim(turn, placement, winner, arrived)
    return True


def _moved(turn: Turn, placement: Open, decided_by: datetime) -> bool:
    """Say when what stands is decided now, if that is another instant than before."""
    if not isinstance(placement, Searching) or placement.decided_by == decided_by:
        return False
    turn.record(
        events.SettlementMoved(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            standing=tuple([claim.offer.offer_id for claim in standing(placement)]),
            decided_by=decided_by,
        )
    )
    return True


def _decided_by(
    turn: Turn, placement: Open, winner: Claim, claims: Sequence[Claim], tier: Tier
) -> datetime | None:
    """Until when claims stand under `ranked`; None if the winner has it by now."""
    until = _last_deadline_of_better(placement, winner.offer, turn.now)
    if until is None:
        return None
    first = min(claim.answered_at for claim in claims)
    decided_by = min(first + timedelta(minutes=tier.settling_minutes), until)
    return decided_by if decided_by > turn.now else None


def when_decided(turn: Turn, placement: Open) -> datetime | None:
    """When the standing acceptances are decided if nothing holds them back; None if none stands."""
    claims = list(standing(placement))
    if not claims:
        return None
    winner = min(claims, key=lambda claim: rank(claim.offer))
    tier = turn.policy.tiers[min((c.offer.round, c.offer.tier) for c in claims)[1]]
    if tier.award_rule == "first":
        return turn.now
    return _decided_by(turn, placement, winner, claims, tier) or turn.now


def standing(placement: Open) -> Iterable[Claim]:
    """The acceptances that stand: each may still win."""
    for offer in placement.offers:
        if offer.status == "accepted" and offer.answered_at is not None and offer.via is not None:
            yield Claim(
                offer=offer,
                answered_at=offer.answered_at,
                via=offer.via,
                response_id=offer.response_id,
            )


def _last_deadline_of_better(placement: Open, best: Offer, now: datetime) -> datetime | None:
    """Until when somebody ranked better than `best` may still answer; None if nobody may."""
    ours = rank(best)
    return max(
        (
            offer.expires_at
            for offer in placement.offers
            if offer.status == "live" and offer.expires_at > now and rank(offer) < ours
        ),
        default=None,
    )


def _stand(turn: Turn, claim: Claim, decided_by: datetime) -> None:
    turn.record(
        events.AcceptanceStood(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            offer_id=claim.offer.offer_id,
            provider_id=claim.offer.provider_id,
            accepted_at=claim.answered_at,
            decided_by=decided_by,
            via=claim.via,
            response_id=claim.response_id,
            rate_pence=claim.quoted_pence,
        )
    )


def _award_claim(turn: Turn, placement: Open, winner: Claim, arrived: Sequence[Claim]) -> None:
    """Award to one claim and tell the others.

    A telephone acceptance that loses at once is recorded as having stood, since nobody waits for
    a refusal of it and the broker who typed it must find it in the timeline; nothing can stand
    in an exhausted search, so there it is refused like the others.
    """
    lost = [claim for claim in arrived if claim is not winner]
    lapse_due(turn, spared=frozenset([claim.offer.offer_id for claim in arrived]))
    stood = isinstance(turn.placement, Searching)
    for claim in lost:
        if stood and claim.via == "telephone":
            _stand(turn, claim, turn.now)
    offer, needed, day = winner.offer, placement.facts.needed, turn.today
    contract = contract_of(turn.market, offer.provider_id, offer.contract_kind, offer.lot, day)
    price = price_by_card(contract, needed, day)
    turn.record(
        events.Awarded(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            award_id=next_award_id(turn, offer.provider_id),
            offer_id=offer.offer_id,
            provider_id=offer.provider_id,
            provider_name=provider_name(turn, offer.provider_id),
            accepted_at=winner.answered_at,
            tier=offer.tier,
            tier_name=offer.tier_name,
            lot=offer.lot,
            contract_kind=offer.contract_kind,
            rate_pence=price.rate_pence if price else winner.quoted_pence or offer.rate_pence,
            weekly_cost_sixtieths=price.weekly_cost_sixtieths if price else None,
            agreed=offer.terms,
            confirm_by=confirm_by(turn),
            via=winner.via,
            ground=None,
            response_id=winner.response_id,
            weekly_minutes=needed.weekly_minutes,
            start_by=start_by(turn, placement.facts.ready_at),
        )
    )
    for claim in lost:
        if not (stood and claim.via == "telephone"):
            _refuse_as_placed(turn, claim)
    after_award(turn)


def _refuse_as_placed(turn: Turn, claim: Claim) -> None:
    turn.refuse(
        request="accept",
        provider_id=claim.offer.provider_id,
        offer_id=claim.offer.offer_id,
        code="already-placed",
        response_id=claim.response_id,
    )
