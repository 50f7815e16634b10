"""Who is asked first: the components that a tier's clause allows, in its order, and no price.

Source: domain rules 1, 2 and 4.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import assert_never
from uuid import UUID

from services.matching.domain.asking import Components, PassedOver, Ranked
from services.matching.domain.codes import CqcRating, PassedOverReason
from services.matching.domain.gates import History, why_not
from services.matching.domain.market import Market, Place
from services.matching.domain.measuring import weighed
from services.matching.domain.policy import Component, Policy, Tier
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Needed

_UNRANKED = 1_000_000
"""After every rank that a contract can have."""
_RATING_ORDER: dict[CqcRating, int] = {
    "outstanding": 0,
    "good": 1,
    "not_inspected": 2,
    "requires_improvement": 3,
    "inadequate": 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A tier's providers: those that may be asked, in order, and those that may not, by reason."""

    ranked: tuple[Ranked, ...]
    passed_over: tuple[PassedOver, ...]


def line_up(
    *,
    placement_id: UUID,
    needed: Needed,
    history: History,
    tier: Tier,
    policy: Policy,
    market: Market,
    day: date,
) -> Line:
    """Put a tier's providers through the gates and rank those that pass.

    Who has as many live offers as it may have keeps its place: it is asked once it has room.
    A provider with several contracts in the tier is asked once, by the one that ranks best.
    """
    passed: list[Place] = []
    found: list[Components] = []
    out: dict[UUID, PassedOverReason] = {}
    for place in market.places(policy, tier, needed.outcode):
        reason = why_not(place, tier, needed, history, day, load=market.load)
        if reason is not None and reason != "live_offers":
            out.setdefault(place[0].provider_id, reason)
            continue
        passed.append(place)
        found.append(_components(place, needed, market))
    if tier.measured or tier.weights:
        keys, measured = weighed(tier, passed, found, needed, market)
        found = [replace(one, measured=more) for one, more in zip(found, measured, strict=True)]
    else:
        keys = [_key(one, tier.components) for one in found]
    draws = [lot_draw(placement_id, provider.provider_id) for provider, _ in passed]
    order = sorted(zip(keys, draws, range(len(passed)), strict=True))
    ranked = _ranked(((passed[n], found[n]) for *_, n in order), needed, day)
    left = [(one, reason) for one, reason in out.items() if one not in ranked]
    return Line(ranked=tuple(ranked.values()), passed_over=by_reason(left))


def _ranked(
    order: Iterable[tuple[Place, Components]], needed: Needed, day: date
) -> dict[UUID, Ranked]:
    """Each provider once, at the place of its best contract."""
    ranked: dict[UUID, Ranked] = {}
    for (provider, contract), components in order:
        if provider.provider_id not in ranked:
            ranked[provider.provider_id] = Ranked(
                provider_id=provider.provider_id,
                place=len(ranked) + 1,
                lot=contract.lot,
                contract_kind=contract.kind,
                rate_pence=contract.rate_for(needed, day),
                components=components,
            )
    return ranked


def by_reason(
    passed_over: Iterable[tuple[UUID, PassedOverReason]],
) -> tuple[PassedOver, ...]:
    """Providers gathered under the reason for which each is not asked."""
    found: dict[PassedOverReason, list[UUID]] = {}
    for provider_id, reason in passed_over:
        found.setdefault(reason, []).append(provider_id)
    return tuple(
        PassedOver(reason=reason, provider_ids=tuple(provider_ids))
        for reason, provider_ids in found.items()
    )


def _components(place: Place, needed: Needed, market: Market) -> Components:
    provider, contract = place
    provider_id = provider.provider_id
    return Components(
        continuity=provider_id == needed.continuity_provider_id,
        chosen=provider_id == needed.chosen_provider_id,
        contract_rank=contract.rank,
        turns=market.turns.get((contract.lot, provider_id), 0.0),
        awarded_hours=market.awarded_hours.get((contract.lot, provider_id), 0.0),
        cqc_rating=provider.cqc_rating,
    )


def _key(components: Components, order: tuple[Component, ...]) -> tuple[float, ...]:
    """Lower is asked first. A component that the tier does not name has no effect."""
    return tuple([_value(components, component) for component in order])


def _value(components: Components, component: Component) -> float:
    match component:
        case "continuity":
            return not components.continuity
        case "choice":
            return not components.chosen
        case "contract_rank":
            rank = components.contract_rank
            return _UNRANKED if rank is None else rank
        case "turns":
            return components.turns
        case "hours":
            return components.awarded_hours
        case "cqc_rating":
            return _RATING_ORDER[components.cqc_rating]
        case "distance" | "rotation" | "quality" | "responsiveness" | "capacity":
            raise AssertionError(f"{component} is measured for the whole line")
        case _:
            assert_never(component)


def lot_draw(placement_id: UUID, provider_id: UUID) -> bytes:
    """Draws lots between equals: the same for one placement each time, fair over many.

    A hash of both ids puts each of n equals first in one placement of n, whatever their names,
    ids or order in the register, and anybody can compute it again.
    """
    return blake2b(placement_id.bytes + provider_id.bytes, digest_size=8).digest()
