"""Referrals as wards and hubs send them, and what matching says about them. All invented."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts import placements
from shared.ids import new_id

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PROVIDER = UUID("018f0000-0000-7000-8000-00000000aaaa")
OTHER = UUID("018f0000-0000-7000-8000-00000000bbbb")

_numbers = itertools.count(1)


def nhs_number() -> str:
    """A number nobody else in this run has, with a right check digit (range 999: for tests)."""
    while True:
        stem = f"999{next(_numbers):06d}"
        check = (
            11 - sum(int(d) * w for d, w in zip(stem, range(10, 1, -1), strict=True)) % 11
        ) % 11
        if check < 10:
            return f"{stem}{check}"


def person(**changes: Any) -> dict[str, Any]:
    """Somebody who needs care."""
    return {
        "nhs_number": nhs_number(),
        "given_name": "Marjorie Jane",
        "family_name": "Quillfeather",
        "date_of_birth": "1938-04-17",
        "gender": "female",
        "address_lines": ["17 Zanzibar Mews", "Walthamstow"],
        "postcode": "e17 9zz",
        "phone": "020 7946 0917",
        "key_safe": "left of the door, 4471X",
        "gp_practice": "Larkspur Surgery",
        "council_person_id": "LAS-8842917",
        "pen_picture": "Marjorie was a seamstress and likes Radio Three.",
        **changes,
    }


def visit(**changes: Any) -> dict[str, Any]:
    """A morning visit."""
    return {"weekday": "mon", "band": "morning", "minutes": 45, "carers": 1, **changes}


def requirement(**changes: Any) -> dict[str, Any]:
    """What is needed."""
    return {
        "care_type": "personal_care",
        "visits": [visit(), visit(weekday="tue", **{"from": "08:00", "to": "09:30", "band": None})],
        "needs": ["medication"],
        "ready_at": "2026-03-04T09:00:00+00:00",
        **changes,
    }


def referral(**changes: Any) -> dict[str, Any]:
    """A complete referral of ward aspen at whipps."""
    return {
        "source": {"kind": "hospital", "organisation": "whipps", "ward": "aspen"},
        "contact": {"name": "Sister Brackenbury", "phone": "x4471"},
        "pathway": "P1",
        "urgency": "routine",
        "discharge_ready_at": "2026-03-04T09:00:00+00:00",
        "authorisation": {
            "by": "Dr Penhaligon",
            "at": "2026-03-01T15:00:00+00:00",
            "basis": "panel",
            "funder": "council",
        },
        "person": person(),
        "requirement": requirement(),
        **changes,
    }


def without(body: dict[str, Any], *paths: str) -> dict[str, Any]:
    """A copy of the body without these members, named as `person.postcode`."""
    copied = {k: dict(v) if isinstance(v, dict) else v for k, v in body.items()}
    for path in paths:
        *above, last = path.split(".")
        place = copied
        for step in above:
            place = place[step]
        del place[last]
    return copied


def search_started(referral_id: UUID) -> placements.TierOpened:
    """Matching has opened the first tier."""
    return placements.TierOpened(
        referral_id=referral_id,
        placement_id=referral_id,
        at=T0,
        round=1,
        tier=0,
        tier_name="framework-lot",
        clause="4.2",
        because="first",
        closes_at=None,
        ranked=(),
        passed_over=(),
    )


def offers_made(
    referral_id: UUID, *offer_ids: UUID, expires_at: datetime = T0 + timedelta(minutes=30)
) -> placements.OffersMade:
    """A wave of offers is out."""
    return placements.OffersMade(
        referral_id=referral_id,
        placement_id=referral_id,
        at=T0,
        round=1,
        tier=0,
        tier_name="framework-lot",
        wave=1,
        expires_at=expires_at,
        offers=tuple(
            placements.OfferMade(
                offer_id=offer_id,
                provider_id=PROVIDER,
                place=place,
                lot="north",
                contract_kind="framework",
                rate_pence=1800,
            )
            for place, offer_id in enumerate(offer_ids, 1)
        ),
        passed_over=(),
    )


def awarded(
    referral_id: UUID,
    *,
    award_id: UUID | None = None,
    offer_id: UUID | None = None,
    provider_id: UUID = PROVIDER,
    at: datetime = T0 + timedelta(minutes=20),
) -> placements.Awarded:
    """A provider has it."""
    return placements.Awarded(
        referral_id=referral_id,
        placement_id=referral_id,
        at=at,
        award_id=award_id or new_id(),
        offer_id=offer_id,
        provider_id=provider_id,
        provider_name="Larch Home Care",
        accepted_at=at,
        tier=0,
        tier_name="framework-lot",
        lot="north",
        contract_kind="framework",
        rate_pence=1800,
        confirm_by=at + timedelta(hours=2),
        via="endpoint",
        ground=None,
        response_id=None,
    )


def about(referral_id: UUID, at: datetime = T0) -> dict[str, Any]:
    """The fields that every event of a placement has."""
    return {"referral_id": referral_id, "placement_id": referral_id, "at": at}
