"""A placement's states: one class for each status, and only what the next decision needs.

Explanations (components, who was passed over) live in the events. Every value here survives JSON.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.matching.domain.asking import Terms
from services.matching.domain.codes import (
    ContractKind,
    EndingBecause,
    EscalationKind,
    Outlook,
    SearchCause,
    SourceKind,
    Urgency,
    Via,
)
from services.matching.domain.people import ByPeople, Hold
from services.matching.domain.requirement import Needed, Requirement, VisitsAlike

OfferStatus = Literal[
    "live", "accepted", "awarded", "declined", "lapsed", "withdrawn_placed", "withdrawn_ended",
    "waiting", "conditional", "countered", "refused", "withdrawn_changed",
]  # fmt: skip
"""`accepted` stands and may still win; `awarded` is the acceptance that took the package, also
after the award has ended; `waiting`: for its rate to be approved; `conditional`, `countered`: for terms;
`refused`: its rate or condition was; `withdrawn_placed` was withdrawn because another has the package."""

OPEN_OFFERS: frozenset[OfferStatus] = frozenset(
    {"live", "accepted", "waiting", "conditional", "countered"}
)
"""What an award or a withdrawal takes back."""

EndedBecause = EndingBecause | Literal["split", "merged", "care_goes_on"]

NO_TIER = -1
"""The tier of a round in which none has opened yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What offers and award are for, where that is not exactly what is needed now."""

    needed: Needed
    ready_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is fixed once the search has started."""

    received_at: datetime
    complete_at: datetime
    urgency: Urgency
    targets_minutes: tuple[int, ...]
    policy_name: str
    policy_version: str
    needed: Needed
    cause: SearchCause = "referral"
    follows: UUID | None = None
    """The placement whose care ends, if this is a later search."""
    bridging_until: datetime | None = None
    """Bridging care ends then; None for care that is to last."""
    uncovered_at: datetime | None = None
    """The first visit that the care before this leaves to nobody."""
    gap_at: datetime | None = None
    """The same with bridging care taken into account: from then a visit has nobody."""
    gap_alarm_at: datetime | None = None
    paperwork_due_at: datetime | None = None
    authorised_minutes: int | None = None
    ready_at: datetime | None = None
    requirement_version: int = 1
    superseded_before: int = 1
    """An answer to an older version of what is needed is about another package."""
    agreed: Agreed | None = None
    amended: Requirement | None = None
    """What is needed now, if it is not what the search began with."""
    counts_from_round: int = 1
    """A no to what was needed before a material change is none to what is needed now."""
    visit_minutes: tuple[int, ...] = ()
    """When visits begin, in minutes of the week (Monday 00:00 in London is 0), the first first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who has not been asked yet, in the order of asking."""

    provider_id: UUID
    tier: int
    tier_name: str
    place: int
    lot: str | None
    contract_kind: ContractKind
    no_room: bool = False
    """It had as many live offers as it may have when its turn came, and is asked once it has fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One package put to one provider. Live while now < `expires_at`."""

    offer_id: UUID
    provider_id: UUID
    round: int
    tier: int
    wave: int
    place: int
    lot: str | None
    contract_kind: ContractKind
    rate_pence: int | None
    tier_name: str
    made_at: datetime
    expires_at: datetime
    status: OfferStatus = "live"
    answered_at: datetime | None = None
    via: Via | None = None
    response_id: UUID | None = None
    version: int = 1
    """Of what is needed, that it is for."""
    terms: Terms | None = None
    """What is, or was, negotiated in place of what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """The acceptance that has the package, or had it if `ended` (within one decision only)."""

    award_id: UUID
    provider_id: UUID
    offer_id: UUID | None
    filled_at: datetime
    confirm_by: datetime
    ended: bool = False
    start_by: datetime | None = None
    """Care that has not started by then is overdue."""
    contract_kind: ContractKind | None = None
    lot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is needed has changed, and the provider has yet to say if it goes on."""

    version: int
    weekly_minutes: int
    answer_by: datetime
    outcode: str | None = None
    visits: tuple[VisitsAlike, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How an award was when its provider had said nothing to a change in time.

    A yes that was recorded in time gives it back, as long as nobody else has the package.
    """

    award: Award
    change: Change
    confirmed: bool
    review_at: datetime | None = None
    held_until: datetime | None = None
    warn_at: datetime | None = None
    retainer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Nothing is known of this placement."""

    status: Literal["absent"] = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What every status but `Absent` has."""

    placement_id: UUID
    referral_id: UUID
    heard: tuple[UUID, ...] = ()
    """The last answers' ids, so that a repeat changes nothing."""
    escalations: tuple[EscalationKind, ...] = ()
    """Open items."""
    target_missed: bool = False
    """The overdue target has been escalated, which happens once."""
    alarmed: tuple[EscalationKind, ...] = ()
    """Alarms of this award, pause or gap that time has raised, each once."""
    by_people: ByPeople | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingInformation(Known):
    """The headline clock runs; nobody can be asked yet."""

    status: Literal["awaiting_information"] = "awaiting_information"
    received_at: datetime
    source_kind: SourceKind
    organisation: str
    ward: str
    urgency: Urgency
    targets_minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched(Known):
    """What every status after the search has started has."""

    facts: Facts
    round: int = 1
    tier: int = NO_TIER
    """Index in the policy of the tier that is or was last open."""
    offers: tuple[Offer, ...] = ()
    """Every offer of every round, in the order of making."""
    released: tuple[UUID, ...] = ()
    """Providers that gave an award back."""
    left_out: tuple[UUID, ...] = ()
    """Providers not asked in this round because of an earlier one."""
    awards: int = 0
    """Awards so far, ended ones included."""
    silence: Silence | None = None
    """That ended the award before, if nobody has had the package since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching(Searched):
    """Offers are out, or an acceptance stands."""

    status: Literal["searching"] = "searching"
    tier_closes_at: datetime | None = None
    runs_on: bool = False
    """When the open tier's time is up, its live offers run on and who is unasked stays next."""
    ask_at: datetime | None = None
    """When to think again about asking, unless something happens before."""
    wave: int = 0
    """Waves made in the open tier."""
    unasked: tuple[Candidate, ...] = ()
    outlook: Outlook | None = None
    """What wards were last told; None until it is first reckoned."""
    decided_by: datetime | None = None
    """When the standing acceptances are settled; None while none stands."""
    hold: Hold | None = None
    """Nobody new is asked while it lasts, and acceptances stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted(Searched):
    """Nobody is left to ask; a person must act. Late acceptances still count."""

    status: Literal["exhausted"] = "exhausted"
    no_room: tuple[UUID, ...] = ()
    """Who was not asked for having as many live offers as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded(Searched):
    """Filled: one provider has the package and has yet to confirm."""

    status: Literal["awarded"] = "awarded"
    award: Award
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Searched):
    """The provider has read the plan and takes the package for good."""

    status: Literal["confirmed"] = "confirmed"
    award: Award
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Searched):
    """The first visit was delivered."""

    status: Literal["started"] = "started"
    award: Award
    review_at: datetime | None = None
    """When reablement is to be reviewed."""
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The person comes home, and the provider has yet to say if it goes on."""

    restart_at: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Searched):
    """The person is away; the package is held for its provider."""

    status: Literal["paused"] = "paused"
    award: Award
    review_at: datetime | None = None
    change: Change | None = None
    held_until: datetime
    warn_at: datetime
    retainer: bool
    restart: Restart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Searched):
    """The provider keeps care and access until its last visit, and holds the package no longer.

    `last_visit_at` None: until the placement that follows has started.
    """

    status: Literal["ending"] = "ending"
    award: Award
    because: EndingBecause
    last_visit_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Known):
    """Care is over, or the search goes on in other placements."""

    status: Literal["ended"] = "ended"
    because: EndedBecause
    provider_id: UUID | None = None
    """Who gave the care; None where nobody had the package."""
    follows: UUID | None = None
    """The placement whose care this took over or was to, unless it only bridged."""
    last_visit_at: datetime | None = None
    """Of care that ended on a day that was known."""
    into: tuple[UUID, ...] = ()
    """The placements that are searched instead."""
    paused: Paused | None = None
    """How it was when its provider had not said in time whether it comes back."""
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Known):
    """The package is ended. The offers stay, so that a late answer is told why it is refused."""

    status: Literal["withdrawn"] = "withdrawn"
    offers: tuple[Offer, ...] = ()


Held = Awarded | Confirmed | Started | Paused
"""One provider has the package by a live award."""
Carried = Awarded | Confirmed | Started | Paused | Ending
"""A provider gives care, or is going to."""
Open = Searching | Exhausted
AfterStart = Searching | Exhausted | Awarded | Confirmed | Started | Paused | Ending
Over = Ended | Withdrawn
Present = AwaitingInformation | AfterStart | Over
Placement = Absent | Present
STATUSES: tuple[type[Placement], ...] = (
    Absent,
    AwaitingInformation,
    Searching,
    Exhausted,
    Awarded,
    Confirmed,
    Started,
    Paused,
    Ending,
    Ended,
    Withdrawn,
)


def offers_of(placement: Placement) -> tuple[Offer, ...]:
    """Every offer that the placement knows."""
    if isinstance(placement, Absent | AwaitingInformation):
        return ()
    return placement.offers


def offer_of(placement: Placement, offer_id: UUID) -> Offer | None:
    """The offer of that id, if the placement knows it."""
    for offer in offers_of(placement):
        if offer.offer_id == offer_id:
            return offer
    return None
