"""What a ward reads about a referral: a status and its words, of a package whole or in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.referrals.domain.package import Package, Part

Status = Literal[
    "waiting_for_information", "starting_search", "asking_providers", "deciding",
    "on_hold",
    "taken", "confirmed", "care_started", "nobody_left", "withdrawing", "withdrawn",
    "restart_asked", "paused", "pause_lapsed", "ending", "ended",
]  # fmt: skip
OVER: frozenset[Status] = frozenset({"care_started", "withdrawn", "pause_lapsed", "ended"})
"""What a ward has to do nothing about; it goes down the board."""

Outlook = Literal["likely_today", "likely_tomorrow", "uncertain"]

DO_NOT_BOOK = "Do not book transport until confirmed."
"""Source: domain rule 15."""

_WORDS = {
    "authorisation": "authorisation",
    "requirement": "what care is needed",
    "requirement.care_type": "type of care",
    "requirement.visits": "visits",
    "requirement.ready_at": "start of care",
    "person.postcode": "postcode",
    "person.nhs_number": "NHS number",
    "person.name": "name",
    "person.date_of_birth": "date of birth",
    "person.address_lines": "address",
    "discharge_ready_at": "discharge-ready date",
}


_OUTLOOKS: Mapping[Outlook, str] = {
    "likely_today": "Provider likely today",
    "likely_tomorrow": "Provider likely tomorrow",
    "uncertain": "Uncertain when a provider is found",
}
"""Wards see words, not percentages. Source: domain rule 15."""

_PLAIN: Mapping[str, str] = {
    "starting_search": "Complete; the search is starting",
    "nobody_left": "Nobody left to ask: the brokerage team is on it",
    "withdrawing": "Being withdrawn",
    "withdrawn": "Withdrawn",
    "pause_lapsed": "The package is held no longer; when the person comes home it is searched anew",
    "ended": "Care has ended",
}

_LEAST_FIRST: Sequence[Status] = (
    "waiting_for_information", "nobody_left", "starting_search", "on_hold", "asking_providers",
    "deciding", "taken", "restart_asked", "paused", "confirmed", "care_started",
)  # fmt: skip
"""A package in parts stands where the part stands that is farthest from care."""


def status_of(
    package: Package, *, is_complete: bool, is_withdrawn: bool, is_withdrawing: bool
) -> Status:
    """The one status of a referral, from all of its placements."""
    if is_withdrawn or (is_withdrawing and package.is_over()):
        return "withdrawn"
    if is_withdrawing:
        return "withdrawing"
    active = package.active()
    if active:
        reached = {_status_of_part(part, is_complete=is_complete) for part in active}
        return next(status for status in _LEAST_FIRST if status in reached)
    states = {part.state for part in package.parts if not part.is_bridging}
    for state, status in _SETTLED.items():
        if state in states:
            return status
    return "starting_search" if is_complete else "waiting_for_information"


_SETTLED: Mapping[str, Status] = {
    "ending": "ending",
    "lapsed": "pause_lapsed",
    "ended": "ended",
    "withdrawn": "withdrawn",
}


def _status_of_part(part: Part, *, is_complete: bool) -> Status:
    match part.state:
        case "started":
            return "care_started"
        case "paused":
            return "paused" if part.restart_at is None else "restart_asked"
        case "confirmed" | "taken":
            return part.state
        case _ if part.standing:
            return "deciding"
        case _ if part.on_hold_until is not None and part.state == "searching":
            return "on_hold"
        case "exhausted":
            return "nobody_left"
        case _ if part.tier_name:
            return "asking_providers"
        case _:
            return "starting_search" if is_complete else "waiting_for_information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the words are made of. Times are ready to print, in local time."""

    status: Status
    missing: Sequence[str] = ()
    tier_name: str | None = None
    offers_out: int = 0
    next_deadline: str | None = None
    decided_by: str | None = None
    provider_name: str | None = None
    confirm_by: str | None = None
    held_until: str | None = None
    restart_at: str | None = None
    restart_by: str | None = None
    last_visit_at: str | None = None


def words(standing: Standing) -> str:
    """One sentence in plain words: what is happening, and what comes next by when."""
    match standing.status:
        case "waiting_for_information":
            lacking = (_WORDS.get(item, item) for item in standing.missing)
            return "Waiting for information: " + ", ".join(lacking)
        case "asking_providers":
            return _asking(standing)
        case "deciding":
            by = f" by {standing.decided_by}" if standing.decided_by else ""
            return f"A provider has said yes; it will be decided{by}"
        case "on_hold":
            by = f" until {standing.next_deadline}" if standing.next_deadline else ""
            return f"On hold at the brokerage team{by}: no new providers are asked, the clock runs"
        case "taken":
            by = f" (due by {standing.confirm_by})" if standing.confirm_by else ""
            return (
                f"A provider has taken it: {standing.provider_name}; "
                f"waiting for its confirmation{by}"
            )
        case "confirmed":
            return f"Confirmed: {standing.provider_name}"
        case "care_started":
            return f"Care started: {standing.provider_name}"
        case "paused" | "restart_asked":
            return _away(standing)
        case "ending":
            until = f" on {standing.last_visit_at}" if standing.last_visit_at else ""
            return f"Care ends{until}: {standing.provider_name}"
        case _:
            return _PLAIN[standing.status]


def _away(standing: Standing) -> str:
    if standing.status == "paused":
        until = f" until {standing.held_until}" if standing.held_until else ""
        return f"Paused: {standing.provider_name} holds the package{until}"
    by = f"; its answer is due by {standing.restart_by}" if standing.restart_by else ""
    return f"Coming home {standing.restart_at}: {standing.provider_name} is asked if it goes on{by}"


def _asking(standing: Standing) -> str:
    tier = (standing.tier_name or "the next tier").replace("-", " ").replace("_", " ")
    if not standing.offers_out:
        return f"Asking providers in {tier}: the next offers are about to go out"
    offers = "1 offer" if standing.offers_out == 1 else f"{standing.offers_out} offers"
    by = f", next answer due by {standing.next_deadline}" if standing.next_deadline else ""
    return f"Asking providers in {tier}: {offers} out{by}"


def outlook_words(status: Status, outlook: Outlook | None) -> str | None:
    """How likely a provider is found, while one is looked for; None where nothing is known yet."""
    looking = status in ("asking_providers", "deciding", "starting_search")
    return _OUTLOOKS[outlook] if looking and outlook else None


def hint(status: Status, *, can_be_planned_on: bool = False) -> str | None:
    """What a ward must not do yet: until every visit is confirmed, if only by bridging care."""
    settled = ("care_started", "withdrawn", "ending", "ended")
    return None if can_be_planned_on or status in settled else DO_NOT_BOOK
