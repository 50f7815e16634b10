"""One row an offer: to whom, when, and what became of it. What reports about offers are made from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain import negotiations as talks
from services.matching.domain.events import Event
from services.matching.domain.replacing import replace
from shared.postgres.connection import Connection
from shared.postgres.rows import RowTable

Outcome = Literal[
    "open", "conditional", "accepted", "awarded", "lost", "declined", "refused", "lapsed",
    "withdrawn",
]  # fmt: skip
"""`conditional`: a yes at a rate or on terms that a person must look at; `refused`: by that person;
`lost`: a yes that came to nothing because another provider had, or got, the package;
`withdrawn`: taken back before the provider had answered."""
_TOO_LATE = ("already-placed", "offer-withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """One offer."""

    offer_id: UUID
    placement_id: UUID
    provider_id: UUID
    lot: str | None
    contract_kind: str
    tier_name: str
    made_at: datetime
    expires_at: datetime
    outcome: Outcome = "open"
    reason: str | None = None
    """Why it was declined."""
    answered_at: datetime | None = None


def made(event: e.OffersMade) -> Iterator[OfferRow]:
    """The rows that an event begins."""
    for offer in event.offers:
        yield OfferRow(
            offer_id=offer.offer_id,
            placement_id=event.placement_id,
            provider_id=offer.provider_id,
            lot=offer.lot,
            contract_kind=offer.contract_kind,
            tier_name=event.tier_name,
            made_at=event.at,
            expires_at=event.expires_at,
        )


def touched(event: Any) -> Sequence[UUID]:
    """The offers to which an event does something after they were made."""
    match event:
        case e.OffersLapsed() | e.OffersWithdrawn():
            return event.offer_ids
        case e.OfferDeclined() | e.AcceptanceStood():
            return (event.offer_id,)
        case (
            talks.RateQuoted()
            | talks.RateRefused()
            | talks.ConditionRaised()
            | talks.ConditionRefused()
            | acts.AnswerCorrected()
        ):
            return (event.offer_id,)
        case e.Awarded(offer_id=UUID() as offer_id):
            return (offer_id,)
        case e.RequestRefused(request="accept", offer_id=UUID() as offer_id):
            return (offer_id,) if event.code in _TOO_LATE else ()
        case _:
            return ()


def project_offer(row: OfferRow, event: Event) -> OfferRow:
    """The offer after one more event that touches it."""
    match event:
        case e.OffersLapsed():
            return replace(row, outcome="lapsed")
        case e.OffersWithdrawn():
            said_yes = row.outcome in ("accepted", "conditional")
            return replace(row, outcome="lost" if said_yes else "withdrawn")
        case e.OfferDeclined():
            return replace(
                row, outcome="declined", reason=event.reason, answered_at=event.answered_at
            )
        case talks.RateQuoted() | talks.ConditionRaised():
            return replace(row, outcome="conditional", answered_at=event.accepted_at)
        case talks.RateRefused() | talks.ConditionRefused():
            return replace(row, outcome="refused")
        case acts.AnswerCorrected():
            outcome: Outcome = "open" if event.becomes == "live" else event.becomes
            return replace(row, outcome=outcome, reason=None, answered_at=None)
        case e.AcceptanceStood():
            return replace(row, outcome="accepted", answered_at=event.accepted_at)
        case e.Awarded():
            return replace(row, outcome="awarded", answered_at=event.accepted_at)
        case e.RequestRefused() if row.outcome == "withdrawn":
            return replace(row, outcome="lost", answered_at=event.at)
        case _:
            return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The table, made from events alone. An offer is made once, so that new ones are not read."""

    name: str
    topics: tuple[str, ...]
    rows: RowTable[OfferRow]
    whole_streams: bool = False

    async def apply(
        self, connection: Connection, events: Sequence[Any], *, table: str = ""
    ) -> None:
        """Brings the table up to date with these events: one load and one save for all of them."""
        changed = {row.offer_id: row for row in _new(events)}
        before = {key for event in events for key in touched(event)} - changed.keys()
        found = await self.rows.load(connection, sorted(before), table=table)
        for event in events:
            for key in touched(event):
                row = changed.get(key) or found.get(key)
                if row is not None:
                    changed[key] = project_offer(row, event)
        await self.rows.save(connection, changed.values(), table=table)


def _new(events: Iterable[Any]) -> Iterator[OfferRow]:
    for event in events:
        if isinstance(event, e.OffersMade):
            yield from made(event)


OFFERS = Offers(
    name="offers",
    topics=("placements.v1",),
    rows=RowTable(OfferRow, table="offers", key="offer_id"),
)
