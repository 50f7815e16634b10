"""What everybody but matching has read and said, and what they want, as the records have it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from shared.contracts.referrals import Authorised, Wanted
from shared.contracts.requirement import Requirement, Visit
from tests.simulation.handlers.kafka import Record

READY = datetime.fromisoformat("2026-03-04T10:00:00+00:00")
OFFERS_MADE = b"homeward.placement.offers-made.v1"
RATE_QUOTED = b"homeward.placement.rate-quoted.v1"
CONDITION_RAISED = b"homeward.placement.condition-raised.v1"
COUNTERED = b"homeward.placement.condition-countered.v1"
AWARDED = b"homeward.placement.awarded.v1"


@dataclass(frozen=True, slots=True)
class Known:
    """An offer or an award as its provider has read it."""

    referral_id: UUID
    provider_id: UUID
    id: UUID
    until: datetime
    """When it lapses or should be confirmed."""


@dataclass(frozen=True, slots=True)
class Said:
    """A provider's answer as it was recorded."""

    response_id: UUID
    referral_id: UUID
    kind: str
    about_id: UUID
    recorded_at: datetime


def offers_in(record: Record) -> Iterator[Known]:
    """The offers that a record makes."""
    if dict(record.headers)["ce_type"] == OFFERS_MADE:
        body = json.loads(record.value or b"")
        until = datetime.fromisoformat(body["expires_at"])
        for offer in body["offers"]:
            yield _known(body, offer, "offer_id", until)


def known_of(record: Record, type: bytes, until: str) -> Iterator[Known]:
    """The offer that a record of this type is about."""
    if dict(record.headers)["ce_type"] == type:
        body = json.loads(record.value or b"")
        yield _known(body, body, "offer_id", datetime.fromisoformat(body[until]))


def awards_in(record: Record) -> Iterator[Known]:
    """The award that a record makes."""
    if dict(record.headers)["ce_type"] == AWARDED:
        body = json.loads(record.value or b"")
        yield _known(body, body, "award_id", datetime.fromisoformat(body["confirm_by"]))


def _known(body: Any, part: Any, id: str, until: datetime) -> Known:
    return Known(UUID(body["referral_id"]), UUID(part["provider_id"]), UUID(part[id]), until)


@cache
def wanted(outcode: str, care_type: Any) -> Wanted:
    """What a person needs."""
    return Wanted(
        outcode=outcode,
        requirement=Requirement(
            care_type=care_type,
            visits=(
                Visit(weekday="mon", band="morning", minutes=45),
                Visit(weekday="wed", band="tea", minutes=30),
            ),
            ready_at=READY,
        ),
        authorisation=Authorised(at=READY, basis="panel", funder="council", due_by=None),
        gender=None,
    )
