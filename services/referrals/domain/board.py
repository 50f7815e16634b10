"""What a ward reads about a referral: a status, its words, and how it stands against the targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Status = Literal[
    "waiting_for_information", "starting_search", "asking_providers", "deciding",
    "on_hold",
    "taken", "confirmed", "care_started", "nobody_left", "withdrawing", "withdrawn",
]  # fmt: skip
TargetState = Literal["running", "met", "over", "not_counted"]

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
}


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
        case _:
            return _PLAIN[standing.status]


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


def hint(status: Status) -> str | None:
    """What a ward must not do yet, until the package is confirmed or over."""
    return None if status in ("confirmed", "care_started", "withdrawn") else DO_NOT_BOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The instants that a referral's two clocks run between."""

    received_at: datetime
    complete_at: datetime | None
    filled_at: datetime | None
    withdrawn_at: datetime | None

    def stopped_at(self, now: datetime) -> datetime:
        """Where both clocks stand: at the fill, else the withdrawal, else now."""
        return self.filled_at or self.withdrawn_at or now

    def minutes(self, now: datetime) -> int:
        """Whole minutes on the headline clock, from received."""
        return _minutes(self.received_at, self.stopped_at(now))

    def minutes_since_complete(self, now: datetime) -> int | None:
        """Whole minutes from complete, None while something is missing."""
        if self.complete_at is None:
            return None
        return _minutes(self.complete_at, self.stopped_at(now))

    def target(self, target_minutes: int, now: datetime) -> TargetState:
        """How it stands against one target; withdrawn before its instant is outside the count.

        Source: domain glossary, clocks.
        """
        due_at = self.received_at + timedelta(minutes=target_minutes)
        if self.filled_at is not None:
            return "met" if self.filled_at <= due_at else "over"
        if self.withdrawn_at is not None and self.withdrawn_at <= due_at:
            return "not_counted"
        return "over" if now > due_at else "running"


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds() // 60))
