"""Events of `placements.v1` about a search as a whole: how it began, goes on, ends, and what it asks of people."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.codes import (
    EscalationKind,
    Gender,
    Outlook,
    SearchCause,
    SourceKind,
    Urgency,
    WithdrawalReason,
)
from shared.contracts.model import Code, Instant, Minutes, Outcode, Sector
from shared.contracts.placement_event import PlacementEvent
from shared.contracts.requirement import Requirement


class AwaitingInformation(PlacementEvent):
    """The referral is known and its headline clock runs; offers wait until it is complete."""

    TYPE: ClassVar[str] = "homeward.placement.awaiting-information.v1"

    received_at: Instant
    source_kind: SourceKind
    organisation: Code
    ward: Code
    urgency: Urgency
    targets_minutes: tuple[Minutes, ...]


class SearchStarted(PlacementEvent):
    """Nothing is missing: the search begins under one version of the policy."""

    TYPE: ClassVar[str] = "homeward.placement.search-started.v1"

    received_at: Instant
    complete_at: Instant
    source_kind: SourceKind
    organisation: Code
    ward: Code
    urgency: Urgency
    outcode: Outcode
    gender: Gender | None
    requirement: Requirement
    policy_name: Code
    policy_version: str
    """Content hash of the policy document (16 hex digits)."""
    targets_minutes: tuple[Minutes, ...]
    cause: SearchCause = "referral"
    """Why this placement began; a later search has a clock of its own."""
    follows: UUID | None = None
    """The placement whose care ends, or which bridging care bridges to."""
    bridging_until: Instant | None = None
    """Bridging care ends then."""
    gap_at: Instant | None = None
    """The first visit that nobody holds unless this placement is filled."""
    gap_alarm_at: Instant | None = None
    paperwork_due_at: Instant | None = None
    """Until when the authorisation must be there, where care may start without."""
    authorised_minutes: Minutes | None = None
    """Weekly minutes that the money was agreed for."""
    sector: Sector | None = None
    """Where the council permits more than the outcode."""


class SearchReopened(PlacementEvent):
    """A new round begins from the first tier, without those in `left_out`."""

    TYPE: ClassVar[str] = "homeward.placement.search-reopened.v1"

    round: int
    because: Literal[
        "released",
        "market_changed",
        "award_cancelled",
        "asked_by_person",
        "policy_moved",
        "requirement_changed",
        "answer_corrected",
    ]
    left_out: tuple[UUID, ...]


class SearchExhausted(PlacementEvent):
    """The last tier has ended and nobody is left to ask; a person must act."""

    TYPE: ClassVar[str] = "homeward.placement.search-exhausted.v1"

    round: int


class OutlookChanged(PlacementEvent):
    """How likely somebody takes the package, in a word for wards; never a promise."""

    TYPE: ClassVar[str] = "homeward.placement.outlook-changed.v1"

    outlook: Outlook


class EscalationOpened(PlacementEvent):
    """An open item for a person, beside the status; it stops nothing by itself."""

    TYPE: ClassVar[str] = "homeward.placement.escalation-opened.v1"

    kind: EscalationKind


class EscalationClosed(PlacementEvent):
    """What the item asked for has come about."""

    TYPE: ClassVar[str] = "homeward.placement.escalation-closed.v1"

    kind: EscalationKind


class PlacementWithdrawn(PlacementEvent):
    """The package is ended at the ward's or hub's word; nothing follows."""

    TYPE: ClassVar[str] = "homeward.placement.withdrawn.v1"

    reason: WithdrawalReason
