"""Receive, supply, withdraw: load, decide, save, in the caller's transaction.

The order of locks is the same everywhere: the referral's row, then the person's open place. The
clock is read after both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referrals.api.bodies import ReferralIn, SupplyIn, WithdrawIn
from services.referrals.asked import (
    Asked,
    details_of,
    is_possible_birth,
    missing_json,
    outcode_of,
    supplied,
    wanted,
    what_is_missing,
)
from services.referrals.domain import referral as domain
from services.referrals.linking import check_linked
from services.referrals.person_room import Details, PersonRoom
from services.referrals.projections import BOARD
from services.referrals.store import QUERIES, REFERRALS, ReferralRow, columns_of, state_of
from shared import clock
from shared.contracts.model import Event
from shared.contracts.referrals import (
    ReferralCompleted,
    ReferralLinked,
    ReferralReceived,
    RequirementAmended,
    Source,
    WithdrawalRequested,
)
from shared.ids import new_id
from shared.messaging.outbox import NewEvent, append
from shared.postgres.connection import Connection
from shared.postgres.rows import Json
from shared.web.problems import Problem, invalid, not_found
from shared.web.tokens import Caller

TOPIC = "referrals.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrals:
    """What the service does for wards and hubs, with the room that it keeps persons in."""

    room: PersonRoom
    sends_sector: bool = False
    """Whether the council permits more than the outcode before an award. Source: domain rule 7."""

    async def receive(
        self, connection: Connection, body: ReferralIn, caller: Caller
    ) -> ReferralRow:
        """Acknowledges a referral, complete or not: stored, announced, on the board.

        Raises Problem 403 `outside-scope`, 409 `duplicate-referral`, 422.
        """
        source = body.source
        if not caller.scope.holds_ward(source.organisation, source.ward):
            raise _outside_scope()
        referral_id, asked, details = new_id(), Asked.of(body), details_of(body)
        now = await clock.now(connection)
        _check_birth(details, now)
        missing = what_is_missing(asked, details)
        linked_referral_id = body.linked_referral_id
        await check_linked(connection, referral_id, linked_referral_id, caller)
        command = domain.Receive(missing=missing, linked=linked_referral_id is not None)
        events = _decided(domain.decide(domain.NotReceived(), command, now))
        row = ReferralRow(
            referral_id=referral_id,
            sequence=0,
            state="incomplete",
            received_at=now,
            complete_at=None,
            withdrawal_reason=None,
            source_kind=source.kind,
            organisation=source.organisation,
            ward=source.ward,
            pathway=body.pathway,
            urgency=body.urgency,
            discharge_ready_at=None,
            ready_at=None,
            outcode=None,
            missing=Json("[]"),
            asked=Json("{}"),
            linked_referral_id=linked_referral_id,
        )
        row = _asking(row, asked, details)
        await self._save(
            connection,
            row=row,
            state=domain.NotReceived(),
            events=events,
            asked=asked,
            details=details,
        )
        await self._keep_person(connection, row, details, caller, now)
        return await self._current(connection, referral_id)

    async def supply(
        self, connection: Connection, referral_id: UUID, body: SupplyIn, caller: Caller
    ) -> ReferralRow:
        """Adds what was missing; when nothing is missing any more, the search starts. What changes
        afterwards, before care starts, is an amendment.

        Raises Problem 404, 409 `already-withdrawn`, `already-started` or
        `duplicate-referral`, 422.
        """
        row = await self._locked(connection, referral_id, caller)
        known = (await self.room.read(connection, [referral_id]))[referral_id]
        before = Asked.stored(row)
        asked, details = supplied(before, known, body)
        now = await clock.now(connection)
        _check_birth(details, now)
        state = state_of(row)
        missing = what_is_missing(asked, details)
        changed = _request_of(before, known) != _request_of(asked, details)
        linked = row.linked_referral_id
        if "linked_referral_id" in body.model_fields_set:
            linked = body.linked_referral_id
            await check_linked(connection, referral_id, linked, caller)
        command = domain.Supply(
            missing=missing, changed=changed, linked=linked != row.linked_referral_id
        )
        events = _decided(domain.decide(state, command, now))
        row = replace(_asking(row, asked, details), linked_referral_id=linked)
        await self._save(
            connection, row=row, state=state, events=events, asked=asked, details=details
        )
        await self._keep_person(connection, row, details, caller, now)
        return await self._current(connection, referral_id)

    async def withdraw(
        self, connection: Connection, referral_id: UUID, body: WithdrawIn, caller: Caller
    ) -> ReferralRow:
        """Asks matching to end the package, whatever has become of it.

        Raises Problem 404, 409 `already-withdrawn` if another reason was given before.
        """
        row = await self._locked(connection, referral_id, caller)
        now = await clock.now(connection)
        state = state_of(row)
        events = _decided(domain.decide(state, domain.Withdraw(reason=body.reason), now))
        if not events:
            return row
        await self._save(
            connection,
            row=row,
            state=state,
            events=events,
            asked=Asked.stored(row),
            details=Details(),
        )
        # The person may be referred anew from now on, since a withdrawal always ends the package.
        await QUERIES.release_nhs_numbers(connection, referral_ids=[referral_id])
        if body.note is not None:
            await QUERIES.save_note(
                connection,
                about_id=referral_id,
                kind="withdrawal",
                author=caller.subject,
                text=body.note,
                written_at=now,
            )
        return await self._current(connection, referral_id)

    async def _locked(
        self, connection: Connection, referral_id: UUID, caller: Caller
    ) -> ReferralRow:
        row = (await REFERRALS.load(connection, [referral_id], lock=True)).get(referral_id)
        return visible(row, caller)

    async def _current(self, connection: Connection, referral_id: UUID) -> ReferralRow:
        return (await REFERRALS.load(connection, [referral_id]))[referral_id]

    async def _save(
        self,
        connection: Connection,
        *,
        row: ReferralRow,
        state: domain.State,
        events: Sequence[domain.Event],
        asked: Asked,
        details: Details,
    ) -> None:
        """Saves the row as the events leave it, and appends them in the words of the contract."""
        for event in events:
            state = domain.evolve(state, event)
        contracts = [
            _contract(row, event, asked, details, with_sector=self.sends_sector) for event in events
        ]
        sequences = range(row.sequence + 1, row.sequence + 1 + len(events))
        after = replace(row, sequence=row.sequence + len(events), **columns_of(state))
        await REFERRALS.save(connection, [after])
        await append(
            connection,
            [
                NewEvent(
                    topic=TOPIC,
                    key=row.referral_id,
                    sequence=sequence,
                    type=contract.TYPE,
                    at=contract.at,
                    body=contract.model_dump_json(by_alias=True),
                    correlation_id=row.referral_id,
                )
                for sequence, contract in zip(sequences, contracts, strict=True)
            ],
        )
        await BOARD.apply(connection, contracts)

    async def _keep_person(
        self,
        connection: Connection,
        row: ReferralRow,
        details: Details,
        caller: Caller,
        now: datetime,
    ) -> None:
        """Seals the details, and takes the person's one open place."""
        number = details.person.nhs_number
        nhs_hmac = None if number is None else self.room.nhs_hmac(number)
        place: dict[str, Any] = {"referral_id": row.referral_id, "nhs_hmac": nhs_hmac}
        await QUERIES.release_other_nhs_numbers(connection, **place)
        if nhs_hmac is not None and await QUERIES.claim_nhs_number(connection, **place) is None:
            holder = await QUERIES.holder_of_nhs_number(connection, nhs_hmac=nhs_hmac)
            raise _duplicate(holder, caller)
        await QUERIES.save_person(
            connection,
            referral_id=row.referral_id,
            sealed=self.room.sealed(row.referral_id, details),
            changed_at=now,
        )


def visible(row: ReferralRow | None, caller: Caller) -> ReferralRow:
    """The row, if the caller's scope holds its ward. Raises Problem 404 else: the same as for none."""
    if row is None or not caller.scope.holds_ward(row.organisation, row.ward):
        raise not_found("referral")
    return row


def _asking(row: ReferralRow, asked: Asked, details: Details) -> ReferralRow:
    """The row with the columns that follow from what is asked."""
    missing = missing_json(what_is_missing(asked, details))
    return replace(
        row,
        urgency=asked.urgency,
        discharge_ready_at=asked.discharge_ready_at,
        ready_at=None if asked.requirement is None else asked.requirement.ready_at,
        outcode=outcode_of(details),
        missing=Json(missing),
        asked=Json(asked.model_dump_json(exclude_none=True)),
    )


def _contract(
    row: ReferralRow, event: domain.Event, asked: Asked, details: Details, *, with_sector: bool
) -> Event:
    match event:
        case domain.Received(at=at):
            missing = what_is_missing(asked, details)
            return ReferralReceived(
                referral_id=row.referral_id,
                at=at,
                received_at=at,
                source=Source.model_validate(
                    {
                        "kind": row.source_kind,
                        "organisation": row.organisation,
                        "ward": row.ward,
                    }
                ),
                pathway=row.pathway,
                urgency=asked.urgency,
                discharge_ready_at=asked.discharge_ready_at,
                complete_at=None if missing else at,
                missing=missing,
                wanted=None if missing else wanted(asked, details, with_sector=with_sector),
            )
        case domain.Completed(at=at):
            return ReferralCompleted(
                referral_id=row.referral_id,
                at=at,
                complete_at=at,
                urgency=asked.urgency,
                wanted=wanted(asked, details, with_sector=with_sector),
            )
        case domain.Amended(at=at):
            return RequirementAmended(
                referral_id=row.referral_id,
                at=at,
                amended_at=at,
                urgency=asked.urgency,
                wanted=wanted(asked, details),
            )
        case domain.Linked(at=at):
            return ReferralLinked(
                referral_id=row.referral_id, at=at, linked_referral_id=row.linked_referral_id
            )
        case domain.WithdrawalRequested(at=at, reason=reason):
            return WithdrawalRequested.model_validate(
                {"referral_id": row.referral_id, "at": at, "requested_at": at, "reason": reason}
            )


def _request_of(asked: Asked, details: Details) -> object:
    """What matching would be told: a change of anything else is no amendment."""
    if what_is_missing(asked, details):
        return None
    return wanted(asked, details)


def _decided(outcome: tuple[domain.Event, ...] | domain.Refusal) -> tuple[domain.Event, ...]:
    if isinstance(outcome, domain.Refusal):
        raise Problem(409, outcome.code, "Not as things stand", outcome.sentence)
    return outcome


def _check_birth(details: Details, now: datetime) -> None:
    born = details.person.date_of_birth
    if born is not None and not is_possible_birth(born, now.date()):
        raise invalid(
            ("person.date_of_birth", "date_of_birth", "must be past, and within 130 years")
        )


def _outside_scope() -> Problem:
    return Problem(
        403,
        "outside-scope",
        "This ward is not in your token's scope",
        "Send source.organisation and source.ward as your token names them, or use a hub's token.",
    )


def _duplicate(holder: Any, caller: Caller) -> Problem:
    """Names the other referral only to who may read it."""
    problem = Problem(
        409,
        "duplicate-referral",
        "This person has a referral that is under way",
        "Use the referral that is there, or have it withdrawn first; if you cannot see it, ask "
        "your care transfer hub.",
    )
    if holder is not None and caller.scope.holds_ward(holder["organisation"], holder["ward"]):
        problem.members["referral_id"] = str(holder["referral_id"])
    return problem
