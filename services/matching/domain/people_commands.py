"""What people ask of a search, in the imperative. Source: domain rules 2, 3, 9 and 11."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.matching.domain.asking import Terms
from services.matching.domain.codes import (
    AwardGround,
    DeclineReason,
    EscalationKind,
    Gender,
    PersonView,
    PersonViewBy,
)
from services.matching.domain.requirement import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSearch:
    """Ask nobody new until then; None: for as many days as the policy says."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSearch:
    """End a hold before its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpToTier:
    """Open a later tier now, whatever the one that is open has left."""

    tier_name: str
    ground: AwardGround


@dataclass(frozen=True, slots=True, kw_only=True)
class AskProvider:
    """Make an offer to this provider now, out of order."""

    provider_id: UUID
    ground: AwardGround


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipProvider:
    """Leave a provider out of this round."""

    provider_id: UUID
    ground: AwardGround


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludeProvider:
    """Never ask a provider for this package, and take back what it was offered."""

    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftExclusion:
    """Let a provider be asked again, or drop a proposed exclusion."""

    provider_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWindow:
    """Move the deadline of a live offer."""

    offer_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOffer:
    """Take one offer back."""

    offer_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAward:
    """End an award before the start, and search on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPersonView:
    """Write down what the person says of the plan."""

    view: PersonView
    told_by_role: PersonViewBy
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give the placement to a broker; None: to nobody in particular."""

    assignee_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Open an item for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseEscalation:
    """Say that an item is dealt with."""

    kind: EscalationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveToPolicy:
    """Go on under the policy that `step` is given, a newer one than the placement began with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendRequirement:
    """What is needed has changed before the start; by the ward or hub, or by a broker.

    A broker's without an outcode keeps the area. Source: domain rule 12.
    """

    by: Literal["referral", "broker"]
    requirement: Requirement
    outcode: str | None = None
    sector: str | None = None
    gender: Gender | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPackage:
    """The ward says with whose referral's person this one lives; None: with nobody's."""

    linked_referral_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRate:
    """Approve a quoted rate above the limit, or refuse it. Source: domain rule 1.

    `acts_as`: the names of whoever decides, one of which the policy must name to approve.
    """

    offer_id: UUID
    approved: bool
    acts_as: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCondition:
    """Accept a provider's condition, or refuse it."""

    offer_id: UUID
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterCondition:
    """Put other terms to the provider; None: until the tier's usual window is over."""

    offer_id: UUID
    terms: Terms
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAnswer:
    """What was written down of a telephone call is not what was said.

    `said` None: the call said nothing of this offer. `meant`: the offer of another provider, whose
    answer it was. `said_at` None: when it was written to have been said. `reason` belongs to a no.
    """

    offer_id: UUID
    said: Literal["accept", "decline"] | None
    reason: DeclineReason | None = None
    said_at: datetime | None = None
    meant: UUID | None = None


NegotiationCommand = DecideRate | DecideCondition | CounterCondition
SearchCommand = (
    HoldSearch | ResumeSearch | JumpToTier | AskProvider | SkipProvider | ChangeWindow
    | WithdrawOffer | CancelAward | CorrectAnswer
)  # fmt: skip
PlacementCommand = (
    ExcludeProvider | LiftExclusion | RecordPersonView | Assign | Escalate | CloseEscalation
    | MoveToPolicy | AmendRequirement | LinkPackage
)  # fmt: skip
PeopleCommand = SearchCommand | PlacementCommand | NegotiationCommand
