"""Which award a provider means by a referral, where it has, or had, several of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.providers.domain.awards import LIVE, AwardState
from services.providers.domain.verdicts import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """One award of a referral that a provider has, or had."""

    award_id: UUID
    state: AwardState


def award_meant(awards: Sequence[Had]) -> UUID | Refusal | None:
    """The award it holds, else the one that is ending, else its last (the first of `awards`).

    None without any; `several-packages` names those it holds, or those that are ending.
    """
    for states in (LIVE, frozenset[AwardState]({"ending"})):
        held = [award.award_id for award in awards if award.state in states]
        if len(held) == 1:
            return held[0]
        if held:
            return Refusal(code="several-packages", awards=tuple(held))
    return awards[0].award_id if awards else None
