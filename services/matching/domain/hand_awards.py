"""May a person award to a provider outside the ranking? The same answer for a page and a decision."""

from datetime import date
from typing import assert_never
from uuid import UUID

from services.matching.domain import placement as states
from services.matching.domain.codes import AwardGround
from services.matching.domain.eligibility import opening_of
from services.matching.domain.market import Market
from services.matching.domain.placement import Placement, Searched
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import UNKNOWN_PLACEMENT, Refusal


def why_not_award_by_hand(
    placement: Placement,
    provider_id: UUID,
    market: Market,
    *,
    policy: Policy,
    day: date,
    override: AwardGround | None = None,
) -> Refusal | None:
    """Why a person may not award to a provider outside the ranking.

    It replaces an award that is not yet confirmed and never one that is; a suspended provider
    gets no new package by any way; any other gate needs a second ground, the `override`.
    Source: design §3, domain rules 3 and 11.
    """
    match placement:
        case states.Absent():
            return UNKNOWN_PLACEMENT
        case states.AwaitingInformation():
            return Refusal(
                code="not-complete",
                sentence="The referral is not complete; it can be awarded once it is.",
            )
        case states.Withdrawn():
            return Refusal(
                code="offer-withdrawn",
                sentence="The package was withdrawn; there is nothing left to award.",
            )
        case states.Confirmed() | states.Started():
            return Refusal(
                code="already-confirmed",
                sentence="The award is confirmed and cannot be replaced; withdraw the referral"
                " or ask the provider to hand it back.",
            )
        case states.Awarded() if placement.award.provider_id == provider_id:
            return Refusal(code="already-placed", sentence="This provider has the package already.")
        case states.Awarded() | states.Searching() | states.Exhausted():
            refusal = _why_not_provider(provider_id, market)
            if refusal is not None or override is not None:
                return refusal
            return _why_not_eligible(placement, provider_id, policy, market, day)
        case _:
            assert_never(placement)


def _why_not_provider(provider_id: UUID, market: Market) -> Refusal | None:
    provider = market.providers.get(provider_id)
    if provider is None:
        return Refusal(
            code="unknown-provider",
            sentence="No provider of this id is in the register; check the id.",
        )
    if provider.suspended:
        return Refusal(
            code="provider-suspended",
            sentence="This provider is suspended and gets no new packages.",
        )
    return None


def _why_not_eligible(
    placement: Searched,
    provider_id: UUID,
    policy: Policy,
    market: Market,
    day: date,
) -> Refusal | None:
    gate = opening_of(placement, provider_id, policy, market, day)
    if isinstance(gate, str):
        return Refusal(
            code="not-eligible",
            sentence=f"The gate {gate} keeps this provider out; to award in spite of it, give"
            " `override` with a ground and a second reason.",
        )
    return None


def can_award_by_hand(
    placement: Placement, provider_id: UUID, market: Market, policy: Policy, day: date
) -> bool:
    """Whether a person may award to a provider outside the ranking without a second ground."""
    return why_not_award_by_hand(placement, provider_id, market, policy=policy, day=day) is None
