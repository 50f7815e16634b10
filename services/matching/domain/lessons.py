"""What a placement's offers teach about the providers that they were put to.

Lessons are the difference between two states of a placement, so it does not matter how many events
lie between them: comparing event by event or step by step teaches the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from services.matching.domain.codes import ContractKind
from services.matching.domain.placement import Offer, Placement, Searched, offers_of
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Needed

Outcome = Literal["accepted", "declined", "lapsed", "withdrawn", "awarded", "released"]
"""How an offer ended for the provider: `withdrawn` before it could answer, which says only that it
had not answered yet. `awarded` and `released` come after `accepted`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One thing that one offer taught: how it went from `asked_at` until `ended_at`.

    `undone`: a lesson taught before that is taken back, since the answer was given in time after
    all and only read late, or was never given and only written down. An award and its release carry the instant of the acceptance. `first`: it
    was among the first to be asked for the package; whoever is asked later gets what others left.
    """

    provider_id: UUID
    kind: ContractKind
    lot: str | None
    needed: Needed
    asked_at: datetime
    ended_at: datetime
    outcome: Outcome
    first: bool = True
    undone: bool = False


def lessons_of(before: Placement, after: Placement, now: datetime) -> Iterator[Lesson]:
    """What was learned while one placement went from one state to the other, ended by `now`."""
    offers, old = offers_of(after), offers_of(before)
    if offers is not old and offers:
        package = (_needed(before, after), offers[0].made_at)
        for n, offer in enumerate(offers):
            was = old[n] if n < len(old) else None
            if offer is not was:
                yield from _from_offer(was, offer, now, *package)
    if isinstance(after, Searched) and after.released:
        known = len(before.released) if isinstance(before, Searched) else 0
        for provider_id in after.released[known:]:
            yield from _from_release(after, provider_id)


def _needed(before: Placement, after: Placement) -> Needed:
    """A withdrawn placement no longer knows what was needed; the one before it does."""
    known = after if isinstance(after, Searched) else before
    assert isinstance(known, Searched)
    return known.facts.needed


def _from_offer(
    was: Offer | None, offer: Offer, now: datetime, needed: Needed, first_at: datetime
) -> Iterator[Lesson]:
    ended_before = None if was is None else _ending(was, now)
    ended = _ending(offer, now)
    if ended != ended_before:
        # What was taught of an offer that was taken back stays, since nobody knows any more when that
        # was.
        if ended_before is not None and ended_before[0] != "withdrawn":
            yield replace(_lesson(offer, needed, first_at, *ended_before), undone=True)
        if ended is not None:
            yield _lesson(offer, needed, first_at, *ended)
    if was is not None and was.status == "awarded" and offer.status != "awarded":
        assert was.answered_at is not None
        taken_back = _lesson(offer, needed, first_at, "awarded", was.answered_at)
        yield replace(taken_back, undone=True)
    if offer.status == "awarded" and (was is None or was.status != "awarded"):
        yield _lesson(offer, needed, first_at, "awarded", offer.answered_at or now)


def _ending(offer: Offer, now: datetime) -> tuple[Outcome, datetime] | None:
    """How the offer ended and when; None while it is live."""
    if offer.answered_at is not None:
        return ("declined" if offer.status == "declined" else "accepted"), offer.answered_at
    match offer.status:
        case "live":
            return None
        case "lapsed":
            return "lapsed", offer.expires_at
        case "withdrawn_placed" | "withdrawn_ended" | "withdrawn_changed":
            # At most: matching may have been away when the deadline passed.
            return "withdrawn", min(now, offer.expires_at)
        case (
            "accepted"
            | "awarded"
            | "declined"
            | "waiting"
            | "conditional"
            | "countered"
            | "refused"
        ):
            raise AssertionError(f"{offer.status} without an instant")
        case _:
            assert_never(offer.status)


def _from_release(after: Searched, provider_id: UUID) -> Iterator[Lesson]:
    """A yes that did not last; an award by hand was no answer, so giving it back teaches nothing."""
    for offer in reversed(after.offers):
        if offer.provider_id == provider_id and offer.status == "awarded":
            assert offer.answered_at is not None
            first_at = after.offers[0].made_at
            yield _lesson(offer, after.facts.needed, first_at, "released", offer.answered_at)
            return


def _lesson(
    offer: Offer, needed: Needed, first_at: datetime, outcome: Outcome, ended_at: datetime
) -> Lesson:
    return Lesson(
        provider_id=offer.provider_id,
        kind=offer.contract_kind,
        lot=offer.lot,
        needed=needed,
        asked_at=offer.made_at,
        ended_at=ended_at,
        outcome=outcome,
        first=offer.made_at == first_at,
    )
