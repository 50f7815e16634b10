"""One offer to one provider: its states, and what an answer to it comes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from services.providers.domain.ids import answer_id, counter_answer_id
from services.providers.domain.verdicts import Join, Refusal, Respond, Verdict

OfferStatus: TypeAlias = Literal[
    "live",  # made -> live; it can be answered while now < expires_at
    "standing",  # live | lapsed -> standing: a yes that waits for better-ranked providers
    "accepted",  # live | standing | lapsed -> accepted: the package was awarded
    "declined",  # live | lapsed -> declined
    "lapsed",  # live -> lapsed: no answer in time
    "waiting",  # live | lapsed -> waiting: a yes whose rate is to be approved
    "conditional",  # live | lapsed -> conditional: a yes on a condition, for a broker
    "countered",  # conditional -> countered: other terms were put to the provider
    "refused",  # waiting | conditional -> refused: the rate or the condition was
    "withdrawn",  # live | standing | lapsed -> withdrawn: placed elsewhere, or not needed any more
]
Answer: TypeAlias = Literal["accept", "decline", "accept_if"]
CounterAnswer: TypeAlias = Literal["accept_counter", "decline_counter"]

FOLLOWS: dict[OfferStatus, frozenset[OfferStatus]] = {
    "live": frozenset(
        {"standing", "accepted", "declined", "lapsed", "waiting", "conditional", "withdrawn"}
    ),
    "standing": frozenset({"accepted", "live", "lapsed", "withdrawn"}),
    "lapsed": frozenset(
        {"standing", "accepted", "declined", "waiting", "conditional", "withdrawn"}
    ),
    "waiting": frozenset({"standing", "accepted", "refused", "withdrawn"}),
    "conditional": frozenset({"standing", "accepted", "countered", "refused", "withdrawn"}),
    "countered": frozenset({"standing", "accepted", "declined", "lapsed", "withdrawn"}),
    "refused": frozenset(),
    "accepted": frozenset({"live", "lapsed", "withdrawn"}),
    "declined": frozenset({"live", "lapsed", "withdrawn"}),
    "withdrawn": frozenset({"accepted"}),
}
"""What matching may make of an offer in each state. `lapsed` is not the end: an answer recorded
before the deadline counts though the process that decides was late. An answer written down wrongly is
corrected: the offer is then as if it had none, and one withdrawn by a wrong award may be accepted.
Source: domain rules 6 and 11."""

ANSWERED_BY: dict[OfferStatus, Answer] = {
    "standing": "accept",
    "accepted": "accept",
    "declined": "decline",
    "waiting": "accept",
    "conditional": "accept_if",
    "countered": "accept_if",
}
"""The answer that an offer in this state has had, by the endpoint or by telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer as this service knows it; it may lag behind what matching has decided."""

    offer_id: UUID
    status: OfferStatus
    placed: bool
    """Withdrawn because the package was placed, and for no other reason."""
    held_here: bool
    """The provider holds an award of the referral, for example one made by a broker's hand."""
    changed: bool = False
    """Withdrawn because what is needed has changed."""
    versions: tuple[int, int] = (1, 1)
    """The oldest and the newest version of what is needed that an answer may be about."""
    expires_at: datetime
    """The deadline. The offer is live while now < expires_at."""


def is_open(offer: Offer, now: datetime) -> bool:
    """Whether the offer can be answered at `now`: a list's filter and the handler ask this."""
    return offer.status == "live" and now < offer.expires_at


def decide_answer(
    offer: Offer, answer: Answer, mine: Answer | None, now: datetime, version: int | None = None
) -> Verdict:
    """What `answer` at `now` comes to, when the endpoint recorded `mine` before (None: nothing).

    The first answer counts; the same one again joins it; after the deadline, or about a `version` of
    what is needed that is none any more, nothing is recorded. `now` must be read after the offer was
    locked. Source: domain rules 6 and 11.
    """
    response_id = answer_id(offer.offer_id)
    if mine is not None:
        return Join(response_id=response_id) if mine == answer else _refuse_other()
    match offer.status:
        case "standing" | "accepted" | "declined" | "waiting" | "conditional" | "countered":
            same = ANSWERED_BY[offer.status] == answer
            return Join(response_id=None) if same else _refuse_other()
        case "withdrawn":
            if offer.placed and offer.held_here:
                return Join(response_id=None) if answer == "accept" else _refuse_other()
            if offer.changed:
                return Refusal(code="requirement-changed")
            return Refusal(code="already-placed" if offer.placed else "offer-withdrawn")
        case "refused":
            return Refusal(code="offer-withdrawn")
        case "lapsed":
            return Refusal(code="offer-lapsed")
        case "live":
            if not is_open(offer, now):
                return Refusal(code="offer-lapsed")
            oldest, newest = offer.versions
            if version is not None and not oldest <= version <= newest:
                return Refusal(code="requirement-changed")
            return Respond(response_id=response_id)
        case _ as never:
            assert_never(never)


def decide_counter_answer(
    offer: Offer, answer: CounterAnswer, mine: CounterAnswer | None, now: datetime
) -> Verdict:
    """What an answer to our terms comes to, when `mine` was recorded before (None: nothing).

    `now` must be read after the offer was locked. Source: domain rule 6.
    """
    response_id = counter_answer_id(offer.offer_id)
    if mine is not None:
        return Join(response_id=response_id) if mine == answer else _refuse_other()
    if offer.status == "withdrawn":
        return Refusal(code="already-placed" if offer.placed else "offer-withdrawn")
    if offer.status != "countered":
        return Refusal(code="no-counter")
    if now >= offer.expires_at:
        return Refusal(code="offer-lapsed")
    return Respond(response_id=response_id)


def _refuse_other() -> Refusal:
    return Refusal(code="already-answered")
