"""What matching is asked to do, in the imperative. Which placement it is for, the caller knows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.matching.domain.asking import Terms
from services.matching.domain.codes import (
    AwardGround,
    DeclineReason,
    ReleaseReason,
    SourceKind,
    Urgency,
    WithdrawalReason,
)
from services.matching.domain.people_commands import PeopleCommand
from services.matching.domain.requirement import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReferral:
    """A referral was acknowledged, complete (`wanted` is there) or not."""

    referral_id: UUID
    received_at: datetime
    source_kind: SourceKind
    organisation: str
    ward: str
    urgency: Urgency
    complete_at: datetime | None
    wanted: Wanted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteReferral:
    """Nothing is missing any more."""

    complete_at: datetime
    urgency: Urgency
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawReferral:
    """The ward or hub ends the package."""

    reason: WithdrawalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A provider's yes or no to one offer.

    `answered_at` is the instant that the deadline is held against: when the providers service
    recorded it, or when it was said on the telephone. `reason` belongs to a no. A telephone answer
    has no `response_id`.
    """

    kind: Literal["accept", "decline"]
    offer_id: UUID
    provider_id: UUID
    answered_at: datetime
    reason: DeclineReason | None = None
    via: Literal["endpoint", "telephone"] = "endpoint"
    rate_pence: int | None = None
    """What it asks an hour, where that is quoted (spot)."""
    terms: Terms | None = None
    """A yes on this condition."""
    version: int | None = None
    """Of what is needed, as its provider has read it; None: that which the offer was made for."""
    response_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveAnswers:
    """All waiting answers of one placement at once, in recorded order.

    A telephone answer comes alone, since its refusal is returned to the broker.
    """

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounter:
    """A provider's yes or no to the terms that a broker put in place of its condition."""

    offer_id: UUID
    provider_id: UUID
    answered_at: datetime
    response_id: UUID
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAward:
    """The awarded provider takes the package for good.

    `version`: of what is needed, as it has read it; None: that which it was awarded, or agreed to.
    """

    provider_id: UUID
    award_id: UUID
    recorded_at: datetime
    response_id: UUID | None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAward:
    """The awarded provider gives it back before confirming."""

    provider_id: UUID
    award_id: UUID
    recorded_at: datetime
    response_id: UUID | None
    reason: ReleaseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStart:
    """The first visit was delivered at `started_at`."""

    provider_id: UUID
    award_id: UUID
    recorded_at: datetime
    response_id: UUID | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardByHand:
    """A broker awards outside the ranking, on a recorded ground. Source: domain rules 2 and 11.

    `override`: the second ground, for a provider that a gate keeps out.
    """

    provider_id: UUID
    ground: AwardGround
    override: AwardGround | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassTime:
    """A timer fired: settle, lapse, open, escalate whatever is due by now, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOutlook:
    """Say again how likely it is that somebody takes the package, if the word has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderMarket:
    """The register changed: ask again if there is somebody new to ask, and nobody who is suspended."""


AwardCommand = ConfirmAward | ReleaseAward | ReportStart
Command = (
    ReceiveReferral
    | CompleteReferral
    | WithdrawReferral
    | ReceiveAnswers
    | AnswerCounter
    | AwardCommand
    | AwardByHand
    | PeopleCommand
    | PassTime
    | ReviewOutlook
    | ReconsiderMarket
)
