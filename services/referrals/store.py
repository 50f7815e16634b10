"""The referrals service's tables: state rows, and every query that is not a whole row."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never
from uuid import UUID

from services.referrals.domain import referral as domain
from shared.postgres.queries import load_queries
from shared.postgres.rows import Json, RowTable

QUERIES: Any = load_queries(Path(__file__).parent / "sql" / "queries")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRow:
    """A referral in codes. Its row is locked by whoever decides about it."""

    referral_id: UUID
    sequence: int
    state: str
    received_at: datetime
    complete_at: datetime | None
    withdrawal_reason: str | None
    source_kind: str
    organisation: str
    ward: str
    pathway: str
    urgency: str
    discharge_ready_at: datetime | None
    ready_at: datetime | None
    outcode: str | None
    missing: Json
    asked: Json
    linked_referral_id: UUID | None = None
    """Of the person who lives with this one."""


REFERRALS = RowTable(ReferralRow, table="referrals", key="referral_id")


def state_of(row: ReferralRow | None) -> domain.State:
    """The state that a row stands for."""
    if row is None:
        return domain.NotReceived()
    received_at, complete_at = row.received_at, row.complete_at
    match row.state:
        case "incomplete":
            return domain.Incomplete(received_at=received_at)
        case "complete":
            assert complete_at is not None
            return domain.Complete(received_at=received_at, complete_at=complete_at)
        case "started":
            return domain.Started(received_at=received_at, complete_at=complete_at)
        case "ended":
            return domain.Ended(received_at=received_at, complete_at=complete_at)
        case "withdrawing" | "withdrawn":
            kind = domain.Withdrawing if row.state == "withdrawing" else domain.Withdrawn
            return kind(
                received_at=received_at,
                complete_at=complete_at,
                reason=row.withdrawal_reason or "",
            )
        case _:
            raise AssertionError(f"no such state: {row.state}")


def columns_of(state: domain.State) -> dict[str, Any]:
    """The columns of the row that a state decides."""
    match state:
        case domain.NotReceived():
            raise AssertionError("what was not received has no row")
        case domain.Incomplete():
            name, reason = "incomplete", None
        case domain.Complete():
            name, reason = "complete", None
        case domain.Started():
            name, reason = "started", None
        case domain.Ended():
            name, reason = "ended", None
        case domain.Withdrawing():
            name, reason = "withdrawing", state.reason
        case domain.Withdrawn():
            name, reason = "withdrawn", state.reason
        case _:
            assert_never(state)
    return {
        "state": name,
        "received_at": state.received_at,
        "complete_at": domain.complete_at(state),
        "withdrawal_reason": reason,
    }
