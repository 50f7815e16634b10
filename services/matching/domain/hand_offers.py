"""An offer that a person has made, out of the order of tiers and places. Source: domain rule 2."""

from uuid import UUID

from services.matching.domain import events, ids
from services.matching.domain.asking import OfferMade
from services.matching.domain.eligibility import opening_of
from services.matching.domain.gates import History
from services.matching.domain.people_commands import AskProvider
from services.matching.domain.placement import Exhausted, Open, Present, Searching
from services.matching.domain.ranking import line_up
from services.matching.domain.refusal import Refusal
from services.matching.domain.search import everybody_asked
from services.matching.domain.steering_questions import why_not_ask_provider
from services.matching.domain.turn import Turn


def ask_provider(turn: Turn, placement: Present, command: AskProvider) -> Refusal | None:
    """Ask one provider now; a search that had ended goes on, without those asked before."""
    provider_id = command.provider_id
    refusal = why_not_ask_provider(placement, provider_id, turn.now, turn.policy, turn.market)
    if refusal is not None or not isinstance(placement, Open):
        return refusal
    day = turn.today
    opening = opening_of(placement, provider_id, turn.policy, turn.market, day)
    assert not isinstance(opening, str), "the question knows that no gate is in the way"
    if isinstance(placement, Exhausted):
        _reopen(turn, placement)
    searching = turn.placement
    assert isinstance(searching, Searching)
    index, contract = opening
    tier = turn.policy.tiers[index]
    made = OfferMade(
        offer_id=_offer_id(searching, provider_id),
        provider_id=provider_id,
        place=_place(turn, searching, provider_id, index),
        lot=contract.lot,
        contract_kind=contract.kind,
        rate_pence=contract.rate_for(searching.facts.needed, day),
    )
    turn.record(
        events.OffersMade(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            round=searching.round,
            tier=index,
            tier_name=tier.name,
            wave=searching.wave,
            expires_at=turn.policy.window_ends(tier, searching.facts.urgency, turn.now),
            offers=(made,),
            passed_over=(),
            ask_at=searching.ask_at,
            ground=command.ground,
            requirement_version=searching.facts.requirement_version,
        )
    )
    return None


def _reopen(turn: Turn, exhausted: Exhausted) -> None:
    turn.reopen(exhausted, "asked_by_person", everybody_asked(exhausted))
    turn.close("nobody_left")


def _offer_id(searching: Open, provider_id: UUID) -> UUID:
    before = sum(
        offer.provider_id == provider_id and offer.round == searching.round
        for offer in searching.offers
    )
    return ids.offer_id(searching.placement_id, searching.round, provider_id, before)


def _place(turn: Turn, searching: Open, provider_id: UUID, index: int) -> int:
    """The place that the tier would give it, were nobody asked yet."""
    line = line_up(
        placement_id=turn.placement_id,
        needed=searching.facts.needed,
        history=History(asked=frozenset(), declined=frozenset(), released=frozenset()),
        tier=turn.policy.tiers[index],
        policy=turn.policy,
        market=turn.market,
        day=turn.today,
    )
    return next((one.place for one in line.ranked if one.provider_id == provider_id), 1)
