"""How a search goes on by itself: offers lapse, waves and tiers open, and the last one ends.

Source: design §3, domain rules 2, 10 and 13.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.matching.domain import events, ids
from services.matching.domain.adaptive import Pace, pace_of
from services.matching.domain.asking import OfferMade
from services.matching.domain.codes import AwardGround, PassedOverReason, TierOpenedBecause
from services.matching.domain.gates import History, history_of, is_full, why_not
from services.matching.domain.placement import (
    NO_TIER,
    Candidate,
    Searched,
    Searching,
)
from services.matching.domain.policy import Tier
from services.matching.domain.ranking import by_reason, line_up
from services.matching.domain.replacing import replace
from services.matching.domain.turn import Turn

_BESIDE_THE_SEARCH = (events.OutlookChanged, events.RequestRefused)
"""A word for wards, and a no to a caller, leave what is asked of whom as it was. The first comes
whenever the reviewer comes round, and must not make the pace depend on that."""


def lapse_due(turn: Turn, spared: frozenset[UUID] = frozenset()) -> bool:
    """Lapse every live offer whose deadline has come, except those `spared`; say if any did."""
    placement = turn.placement
    if not isinstance(placement, Searching):
        return False
    due = tuple(
        [
            offer.offer_id
            for offer in placement.offers
            if offer.status in ("live", "countered")
            and offer.expires_at <= turn.now
            and offer.offer_id not in spared
        ]
    )
    if due:
        turn.record(
            events.OffersLapsed(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                offer_ids=due,
            )
        )
    return bool(due)


def ask_next(turn: Turn, searching: Searching) -> bool:
    """Open what comes next: offers of the open tier, the next tier, or the end of the search.

    Says whether anything was opened. A tier asks in waves, each when no offer is live, or as the
    pace that it needs says. Whoever calls has settled what stands.
    """
    live = any(offer.status == "live" for offer in searching.offers)
    askable = [one for one in searching.unasked if not _is_full(turn, one)]
    if searching.tier == NO_TIER:
        _open_tier(turn, searching, 0, "first")
    elif not live and not askable:
        if all(one.no_room for one in searching.unasked):
            _open_tier(turn, searching, searching.tier + 1, "exhausted")
        else:
            _make_offers(turn, searching, searching.unasked)
    elif (searching.runs_on or not live) and _time_is_up(turn, searching):
        _open_tier(turn, searching, searching.tier + 1, "time_up")
    elif searching.runs_on:
        return _ask_at_pace(turn, searching, askable)
    elif live:
        # Where all are asked at once, who had no room then is asked as soon as it has.
        late = [one for one in askable if one.no_room]
        if not late or turn.policy.tiers[searching.tier].wave_size:
            return False
        _make_offers(turn, searching, late)
    else:
        size = turn.policy.tiers[searching.tier].wave_size or len(searching.unasked)
        _make_offers(turn, searching, searching.unasked, size)
    return True


def _is_full(turn: Turn, candidate: Candidate) -> bool:
    tier = turn.policy.tiers[candidate.tier]
    return is_full(candidate.provider_id, tier, turn.market.load)


def _time_is_up(turn: Turn, searching: Searching) -> bool:
    return searching.tier_closes_at is not None and searching.tier_closes_at <= turn.now


def _ask_at_pace(turn: Turn, searching: Searching, askable: Sequence[Candidate]) -> bool:
    """Ask as many as the pace says, or plan when to; think again only when something happened."""
    due = searching.ask_at is not None and searching.ask_at <= turn.now
    happened = any(not isinstance(event, _BESIDE_THE_SEARCH) for event in turn.events)
    if not searching.unasked or not (due or happened):
        return False
    pace = pace_of(replace(searching, unasked=tuple(askable)), turn.now, turn.policy, turn.market)
    if pace.ask:
        return _make_offers(turn, searching, searching.unasked, pace.ask, pace)
    turn.record(
        events.AskingPlanned(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            round=searching.round,
            ask_at=pace.ask_at,
            reckoning=pace.reckoning,
        )
    )
    return False


def jump_to(turn: Turn, searching: Searching, index: int, ground: AwardGround) -> None:
    """Open a later tier now. Live offers run on beside its own, whatever its strategy: a tier that
    asks in waves would otherwise wait for them."""
    _open_tier(turn, searching, index, "jumped", ground)
    opened = turn.placement
    if not isinstance(opened, Searching) or opened.runs_on:
        return
    own = sum(one.tier == index for one in opened.unasked)
    if own:
        size = min(own, turn.policy.tiers[index].wave_size or own)
        _make_offers(turn, opened, opened.unasked, size)


def _open_tier(
    turn: Turn,
    searching: Searching,
    index: int,
    because: TierOpenedBecause,
    ground: AwardGround | None = None,
) -> None:
    """Open a tier, also one with nobody to ask; after the last one, end the search."""
    if index >= len(turn.policy.tiers):
        _exhaust(turn, searching)
        return
    tier = turn.policy.tiers[index]
    facts = searching.facts
    line = line_up(
        placement_id=turn.placement_id,
        needed=facts.needed,
        history=history_of(searching),
        tier=tier,
        policy=turn.policy,
        market=turn.market,
        day=turn.today,
    )
    closes_at = turn.policy.budget_ends(tier, facts.urgency, turn.now)
    if tier.adaptive and index + 1 == len(turn.policy.tiers):
        # Nothing comes after it that its end would have to make room for.
        closes_at = None
    turn.record(
        events.TierOpened(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            round=searching.round,
            tier=index,
            tier_name=tier.name,
            clause=tier.clause,
            because=because,
            closes_at=closes_at,
            ranked=line.ranked,
            passed_over=line.passed_over,
            ground=ground,
            runs_on=tier.adaptive,
            ranking=tier.components,
        )
    )


def _exhaust(turn: Turn, searching: Searching) -> None:
    turn.record(
        events.SearchExhausted(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            round=searching.round,
        )
    )
    turn.escalate("nobody_left")


def _make_offers(
    turn: Turn,
    searching: Searching,
    candidates: Sequence[Candidate],
    size: int | None = None,
    pace: Pace | None = None,
) -> bool:
    """Make `size` offers in order (None: all); whoever may no longer be asked is passed over for the
    next. Who has no room is too, and keeps its place.

    One event for each tier, since each has its window. Says whether there is more to decide at
    once, which is so unless the pace was followed.
    """
    history = history_of(searching)
    made: dict[int, list[OfferMade]] = {}
    passed_over: dict[int, list[tuple[UUID, PassedOverReason]]] = {}
    asked = 0
    for candidate in candidates:
        if asked == size:
            break
        if candidate.no_room and _is_full(turn, candidate):
            continue
        offer = _offer(turn, searching, candidate, history)
        if isinstance(offer, OfferMade):
            made.setdefault(candidate.tier, []).append(offer)
            asked += 1
        else:
            passed_over.setdefault(candidate.tier, []).append((candidate.provider_id, offer))
    for wave, index in enumerate(sorted({*made, *passed_over}), searching.wave + 1):
        tier, offers = turn.policy.tiers[index], tuple(made.get(index, ()))
        turn.record(
            events.OffersMade(
                at=turn.now,
                referral_id=turn.referral_id,
                placement_id=turn.placement_id,
                round=searching.round,
                tier=index,
                tier_name=tier.name,
                wave=wave,
                expires_at=_expires_at(turn, tier, searching) if offers else turn.now,
                offers=offers,
                passed_over=by_reason(passed_over.get(index, ())),
                ask_at=pace.ask_at if pace else None,
                reckoning=pace.reckoning if pace else None,
                requirement_version=searching.facts.requirement_version,
            )
        )
    return pace is None or asked < (size or 0)


def _offer(
    turn: Turn, searching: Searching, candidate: Candidate, history: History
) -> OfferMade | PassedOverReason:
    """The offer to a candidate, or why it may no longer be asked since the tier opened."""
    tier = turn.policy.tiers[candidate.tier]
    provider = turn.market.providers.get(candidate.provider_id)
    if provider is None:
        return "left_the_register"
    needed, day = searching.facts.needed, turn.today
    reason: PassedOverReason = "contract_not_live"
    for contract in provider.contracts_of(candidate.contract_kind, candidate.lot):
        closed = why_not((provider, contract), tier, needed, history, day, load=turn.market.load)
        if closed is None:
            return OfferMade(
                offer_id=ids.offer_id(turn.placement_id, searching.round, candidate.provider_id),
                provider_id=candidate.provider_id,
                place=candidate.place,
                lot=candidate.lot,
                contract_kind=candidate.contract_kind,
                rate_pence=contract.rate_for(needed, day),
            )
        reason = closed
    return reason


def _expires_at(turn: Turn, tier: Tier, searching: Searching) -> datetime:
    """The deadline of a wave: a window is cut to its tier's end, unless the tier runs on.

    Source: design §3.
    """
    ends = turn.policy.window_ends(tier, searching.facts.urgency, turn.now)
    closes = searching.tier_closes_at
    return ends if closes is None or searching.runs_on else min(ends, closes)


def everybody_asked(placement: Searched) -> tuple[UUID, ...]:
    """Providers that were asked in any round or held an award, in that order."""
    asked = (offer.provider_id for offer in placement.offers)
    return tuple(dict.fromkeys((*asked, *placement.released)))


def everybody_who_said_no(placement: Searched) -> tuple[UUID, ...]:
    """Providers that gave an award back or declined, in that order."""
    since = placement.facts.counts_from_round
    declined = (
        offer.provider_id
        for offer in placement.offers
        if offer.status == "declined" and offer.round >= since
    )
    return tuple(dict.fromkeys((*placement.released, *declined)))
