"""Events of `referrals.v1`: what a ward or hub has asked for. Written by the referrals service."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.codes import (
    AuthorisationBasis,
    Funder,
    Gender,
    MissingItem,
    Pathway,
    SourceKind,
    Urgency,
    WithdrawalReason,
)
from shared.contracts.model import Code, Instant, Minutes, Model, Outcode, ReferralEvent, Sector
from shared.contracts.requirement import Requirement


class Source(Model):
    """Where a referral comes from, as the council's own codes."""

    kind: SourceKind
    organisation: Code
    ward: Code


class Authorised(Model):
    """That the money is agreed. Who agreed it stays in the referrals service."""

    at: Instant | None
    basis: AuthorisationBasis
    funder: Funder
    due_by: Instant | None
    weekly_minutes: Minutes | None = None
    """As many were agreed; None where nothing was said of it."""


class Wanted(Model):
    """A complete request: everything that offers need.

    Location is the outcode, or the sector where the council permits it, and no nearer.
    """

    outcode: Outcode
    sector: Sector | None = None
    requirement: Requirement
    authorisation: Authorised
    gender: Gender | None
    """Only where the person prefers a carer's gender; else None. Source: domain rule 7."""


class ReferralReceived(ReferralEvent):
    """A referral was acknowledged; the headline clock runs. `wanted` is there if it was complete."""

    TYPE: ClassVar[str] = "homeward.referral.received.v1"
    TOPIC: ClassVar[str] = "referrals.v1"

    received_at: Instant
    source: Source
    pathway: Pathway
    urgency: Urgency
    discharge_ready_at: Instant | None
    complete_at: Instant | None
    missing: tuple[MissingItem, ...]
    wanted: Wanted | None


class ReferralCompleted(ReferralEvent):
    """Nothing is missing any more; the search can start. Comes at most once, after `received`."""

    TYPE: ClassVar[str] = "homeward.referral.completed.v1"
    TOPIC: ClassVar[str] = "referrals.v1"

    complete_at: Instant
    urgency: Urgency
    wanted: Wanted


class RequirementAmended(ReferralEvent):
    """What is needed has changed since the referral was complete: all of it, as it is now."""

    TYPE: ClassVar[str] = "homeward.referral.requirement-amended.v1"
    TOPIC: ClassVar[str] = "referrals.v1"

    amended_at: Instant
    urgency: Urgency
    wanted: Wanted


class WithdrawalRequested(ReferralEvent):
    """The ward or hub asks to end the package. Matching decides and always ends it."""

    TYPE: ClassVar[str] = "homeward.referral.withdrawal-requested.v1"
    TOPIC: ClassVar[str] = "referrals.v1"

    requested_at: Instant
    reason: WithdrawalReason


class ReferralLinked(ReferralEvent):
    """The person lives with the person of another referral: shown together, awarded separately.

    None: with nobody that is referred. Only one of the two names the other.
    """

    TYPE: ClassVar[str] = "homeward.referral.linked.v1"
    TOPIC: ClassVar[str] = "referrals.v1"

    linked_referral_id: UUID | None
