"""What can come of a request: a new response, the wait for an earlier one, or a refusal."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

RefusalCode: TypeAlias = Literal[
    "already-placed",
    "offer-lapsed",
    "offer-withdrawn",
    "already-answered",
    "not-awarded",
    "already-confirmed",
    "person-view-missing",
    "no-counter",
    "requirement-changed",
    "change-unanswered",
    "placed-meanwhile",
    "rate-over-limit",
    "rate-refused",
    "condition-refused",
    "rate-not-asked",
    "not-found",
    "started-too-early",
    "started-in-future",
    "not-confirmed",
    "already-ending",
    "last-visit-in-past",
    "last-visit-too-far",
    "not-asked",
    "answer-too-late",
    "several-packages",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """Record a new response under this id and tell matching."""

    response_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The same was asked before: answer with what became of it, waiting if nothing has yet.

    `response_id` is None where it did not come by the endpoint (a telephone call): then the offer
    or the package itself says what became of it.
    """

    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing changes, and this is why."""

    code: RefusalCode
    awards: tuple[UUID, ...] = ()
    """Of `several-packages`: those that may be meant."""


Verdict: TypeAlias = Respond | Join | Refusal


def sentence_of(code: str) -> str:
    """What a person who is refused reads: why, and what to do. Raises KeyError for another code."""
    return _SENTENCES[code]


_SENTENCES: dict[str, str] = {
    "already-placed": "Another provider has this package. Nothing is expected of you.",
    "offer-lapsed": "The offer's deadline passed before this answer was recorded. A later offer of "
    "the package can be answered; telephone the brokerage team if you still want it.",
    "offer-withdrawn": "The offer was withdrawn: the package is not needed any more, is offered "
    "anew in other parts, or the brokerage team took the offer back. Nothing is expected of you.",
    "already-answered": "This was answered before in another way, and the first answer counts. "
    "Telephone the brokerage team to change it.",
    "not-awarded": "The package is not awarded to you, or not any more.",
    "already-confirmed": "You have confirmed this package, so it cannot be released. Telephone the "
    "brokerage team to agree a hand-back.",
    "person-view-missing": "The person's own view of the plan is not recorded yet. The brokerage team "
    "has been told; confirm again when it is.",
    "no-counter": "There are no terms of the brokerage team to answer, or not any more. Read the offer "
    "again.",
    "requirement-changed": "What is needed has changed since. Read what it is now, in a new offer or "
    "in the package, and answer that.",
    "placed-meanwhile": "Your answer was in time, but before it was read another provider had taken "
    "the package, or it was not needed any more. Telephone the brokerage team.",
    "change-unanswered": "What is needed has changed since the package was awarded to you. Read the "
    "package's change and agree to it or refuse it first.",
    "rate-over-limit": "The rate lies above the council's limit and cannot be approved. Telephone the "
    "brokerage team if you still want the package at the offered rate.",
    "rate-refused": "The rate was not approved and the offer is over. A later offer can be answered.",
    "condition-refused": "The condition was not accepted and the offer is over. A later offer can be "
    "answered.",
    "rate-not-asked": "Your contract says the rate; send the answer without one.",
    "not-found": "There is nothing here that you may see.",
    "started-too-early": "started_at lies before the package was awarded to you. Send the instant "
    "at which the first visit was delivered.",
    "started-in-future": "started_at lies in the future. Send it when that visit was delivered.",
    "not-confirmed": "You have not confirmed this package; release it instead.",
    "already-ending": "This care ends already. Telephone the brokerage team if your last visit "
    "must be sooner.",
    "last-visit-in-past": "last_visit_at lies more than a day back. Send the instant of your last "
    "visit, or now.",
    "last-visit-too-far": "last_visit_at lies more than a year ahead. Check the year.",
    "not-asked": "Nothing like this is asked of you about this package, or not any more.",
    "answer-too-late": "The time to answer is over, and others are asked. Telephone the brokerage "
    "team if you want to go on.",
    "several-packages": "You hold several parts of this referral's care. Put the award id of the "
    "one that you mean in the place of the referral id.",
}
